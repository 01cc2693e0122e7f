"""The replay engine: a trace and policies in, decisions and what they cost out.

Between two decisions a policy's configuration is fixed, so whole spans are computed at once with
numpy; only decisions are made one by one. In closed loop the battery of a span depends on the
energy the span itself takes, which is known as soon as its configuration is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workbench.context.records import ContextSample, Trace
from workbench.context.triggers import BrokenLimits, TriggerEvent, TriggerScanner, start_event
from workbench.core.errors import SettingsError
from workbench.replay.records import Decision, PolicyRun, ReplayResult, ReplaySettings
from workbench.replay.summary import summarise
from workbench.search.exact import Enumeration, Reference
from workbench.search.labels import LabelSetting
from workbench.search.policies import Policy
from workbench.search.problem import LATENCY, LOSS, STORAGE, Context, Problem, Situation
from workbench.space.design_space import Configuration
from workbench.space.tables import FloatArray

_FIRST_SPAN = 1024
_LAST_SPAN = 32_768
_LEAST_RATIO = 1e-3
"""A recorded share or clock of 0 would mean that nothing ever finishes; it is taken as 0.1%."""


@dataclass(frozen=True)
class Engine:
    """Replays traces of one problem.

    Attributes:
        backbone_percent: accuracy of the whole network, to turn losses into accuracies.
        battery_mj: energy of a full battery; None for a device without one (open loop then).
    """

    problem: Problem
    backbone_percent: float
    battery_mj: float | None

    def run(
        self,
        trace: Trace,
        policies: Sequence[Policy],
        settings: ReplaySettings,
        check_cancelled: Callable[[], None] | None = None,
        progress: Callable[[str, float], None] | None = None,
    ) -> ReplayResult:
        """Replay `trace` under each policy, one after the other.

        Args:
            check_cancelled: called before every decision; raises to stop.
            progress: called there with the policy's name and the share of the trace behind it.

        Raises:
            SettingsError: when no policy is given or the objective does not suit the profile.
        """
        if not policies:
            raise SettingsError("A replay needs at least one policy.")
        self.problem.check(settings.objective)
        day = _Day.of(trace, settings, self.problem)
        labels = None
        if settings.with_gap and not self.problem.enumerable:
            labels = LabelSetting(self.problem)
        runs = tuple(
            _Run(self, day, settings, policy, labels, check_cancelled, progress).run()
            for policy in policies
        )
        return ReplayResult(
            settings=settings,
            t_s=trace.t_s,
            inferences=day.inferences,
            latency_budget_ms=day.budget_ms,
            runs=runs,
            summaries=tuple(summarise(run, day.inferences) for run in runs),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """A trace made ready for every policy; arrays of shape (samples,)."""

    trace: Trace
    inferences: npt.NDArray[np.int64]
    budget_ms: FloatArray
    inverse_clock: FloatArray
    inverse_share: FloatArray
    free_cache_bytes: FloatArray
    power_mw: FloatArray | None
    background_percent: FloatArray

    @classmethod
    def of(cls, trace: Trace, settings: ReplaySettings, problem: Problem) -> _Day:
        t_s = trace.t_s
        # The last sample stands for as long as the one before it did.
        lasts_s = np.diff(t_s, append=2 * t_s[-1] - t_s[-2] if len(t_s) > 1 else t_s[-1] + 1.0)
        rng = np.random.default_rng(settings.seed)
        if settings.latency_budget_ms is not None:
            budget = np.full(len(t_s), settings.latency_budget_ms)
        elif "latency_budget_ms" in trace.columns:
            budget = np.asarray(trace["latency_budget_ms"])
        else:
            budget = np.full(len(t_s), settings.default_budget_ms)
        clock = np.maximum(trace["cpu_frequency_ratio"], _LEAST_RATIO)
        return cls(
            trace=trace,
            inferences=rng.poisson(trace["event_rate_hz"] * lasts_s),
            budget_ms=budget,
            inverse_clock=1 / clock,
            inverse_share=1 / np.maximum(trace["cpu_share"], _LEAST_RATIO),
            free_cache_bytes=trace["free_cache_kib"] * 1024.0,
            power_mw=None if problem.power_mw is None else problem.power_mw(clock),
            background_percent=np.diff(
                trace["battery_percent"], prepend=trace["battery_percent"][0]
            ),
        )


@dataclass(frozen=True, slots=True)
class _Span:
    """Cost of one configuration over a span of samples."""

    latency_ms: FloatArray
    energy_mj: FloatArray | None
    over_latency: npt.NDArray[np.bool_]
    over_storage: npt.NDArray[np.bool_]

    @property
    def broken_limits(self) -> FloatArray:
        """(samples,) `BrokenLimits` as numbers."""
        return self.over_latency * float(BrokenLimits.LATENCY) + self.over_storage * float(
            BrokenLimits.STORAGE
        )


class _Run:
    """One policy's walk over the day."""

    def __init__(
        self,
        engine: Engine,
        day: _Day,
        settings: ReplaySettings,
        policy: Policy,
        labels: LabelSetting | None,
        check_cancelled: Callable[[], None] | None,
        progress: Callable[[str, float], None] | None,
    ) -> None:
        self._engine, self._day, self._settings = engine, day, settings
        self._policy, self._labels = policy, labels
        self._check_cancelled = check_cancelled
        self._progress = progress
        # Each policy has its own stream, so that adding one does not change the others.
        self._rng = np.random.default_rng([settings.seed, *policy.name.encode()])
        self._reference_rng = np.random.default_rng([settings.seed, 1])
        self._closed = settings.loop == "closed" and engine.battery_mj is not None
        samples = len(day.trace)
        self._configuration_id = np.zeros(samples, dtype=np.int32)
        self._latency = np.zeros(samples)
        self._energy = np.full(samples, np.nan)
        self._battery = np.zeros(samples)
        self._over_latency = np.zeros(samples, dtype=bool)
        self._over_storage = np.zeros(samples, dtype=bool)
        self._ids: dict[Configuration, int] = {}
        self._decisions: list[Decision] = []
        self._search_ms: list[float] = []

    def run(self) -> PolicyRun:
        day, samples = self._day, len(self._day.trace)
        first = float(day.trace["battery_percent"][0])
        self._battery[0] = first
        event: TriggerEvent | None = start_event(0, float(day.trace.t_s[0]))
        at = 0
        while event is not None:
            if self._check_cancelled is not None:
                self._check_cancelled()
            if self._progress is not None:
                self._progress(self._policy.name, at / samples)
            configuration = self._decide(event)
            event = self._hold(configuration, at)
            at = event.index if event is not None else samples
        names = tuple(self._ids)
        losses = np.array([self._engine.problem.metrics_of(name)[LOSS] for name in names])
        return PolicyRun(
            name=self._policy.name,
            decisions=tuple(self._decisions),
            configurations=names,
            accuracy_percent=self._engine.backbone_percent - losses,
            over_accuracy=losses > self._settings.objective.loss_limit_points * (1 + 1e-12),
            configuration_id=self._configuration_id,
            latency_ms=self._latency,
            energy_mj=self._energy,
            battery_percent=self._battery,
            over_latency=self._over_latency,
            over_storage=self._over_storage,
            search_ms=np.array(self._search_ms),
        )

    # -- deciding ----------------------------------------------------------------------------

    def _context(self, index: int) -> Context:
        day = self._day
        kept = 1 - self._settings.headroom_percent / 100
        return Context(
            battery=min(max(self._battery[index] / 100, 0.0), 1.0),
            free_cache_bytes=float(day.free_cache_bytes[index]) * kept,
            cpu_share=1 / float(day.inverse_share[index]),
            frequency_ratio=1 / float(day.inverse_clock[index]),
            latency_budget_ms=float(day.budget_ms[index]) * kept,
        )

    def _decide(self, event: TriggerEvent) -> Configuration:
        situation = Situation(
            self._engine.problem, self._context(event.index), self._settings.objective
        )
        # Processor time of this thread: a window that redraws meanwhile is no part of the search.
        started = time.thread_time_ns()
        configuration = self._policy.decide(situation, self._rng)
        self._search_ms.append((time.thread_time_ns() - started) / 1e6)
        chosen = situation.outcome(configuration)
        before = None
        if self._decisions:
            before = situation.outcome(self._decisions[-1].chosen.configuration)
        reference = self._reference(situation)
        lambda1, lambda2 = situation.lambdas
        self._decisions.append(
            Decision(
                event=event,
                context=situation.context,
                chosen=chosen,
                before=before,
                reference=reference.configuration if reference else None,
                gap=reference.gap(chosen.objective) if reference and chosen.feasible else None,
                gap_is_bound=reference is not None and reference.is_bound,
                feasible_count=reference.feasible_count if reference else None,
                lambda1=lambda1,
                lambda2=lambda2,
            )
        )
        self._ids.setdefault(configuration, len(self._ids))
        return configuration

    def _reference(self, situation: Situation) -> Reference | None:
        if not self._settings.with_gap:
            return None
        if self._labels is not None:
            if situation.objective.efficiency == "intensity":
                return None
            return self._labels.reference(situation, self._reference_rng)
        return Enumeration(situation).reference()

    # -- holding a configuration ---------------------------------------------------------------

    def _hold(self, configuration: Configuration, start: int) -> TriggerEvent | None:
        """Run `configuration` from sample `start` until a trigger fires; None at the end."""
        day, samples = self._day, len(self._day.trace)
        scanner = None
        if self._policy.adapts:
            scanner = TriggerScanner(
                self._seen(start),
                self._settings.triggers,
                float(day.trace.t_s[start]),
                limits_met=self._decisions[-1].chosen.feasible,
            )
        row = self._engine.problem.metrics_of(configuration)
        identity = self._ids[configuration]
        begin, size = start, _FIRST_SPAN if scanner else _LAST_SPAN
        columns = self._columns
        while begin < samples:
            end = min(samples, begin + size)
            span = self._cost(row, begin, end)
            battery = self._charge(span, begin, end)
            event = None
            if scanner is not None:
                # The sample that was decided on cannot trigger again.
                first = max(begin, start + 1)
                event = scanner.scan(
                    columns,
                    first,
                    end,
                    battery_percent=battery[first - begin :],
                    broken_limits=span.broken_limits[first - begin :],
                )
            stop = end if event is None else event.index
            kept = slice(begin, stop)
            self._configuration_id[kept] = identity
            self._latency[kept] = span.latency_ms[: stop - begin]
            if span.energy_mj is not None:
                self._energy[kept] = span.energy_mj[: stop - begin]
            self._over_latency[kept] = span.over_latency[: stop - begin]
            self._over_storage[kept] = span.over_storage[: stop - begin]
            # One sample more: the charge at `stop` is known before what runs there is.
            known = min(stop + 1, samples)
            self._battery[begin:known] = battery[: known - begin]
            if event is not None:
                return event
            begin, size = end, min(2 * size, _LAST_SPAN)
        return None

    def _cost(self, row: FloatArray, begin: int, end: int) -> _Span:
        day = self._day
        storage = row[STORAGE]
        excess = storage - day.free_cache_bytes[begin:end]
        cpu_ms = np.maximum(excess, 0.0) * (1 / self._engine.problem.memory_bytes_per_ms)
        cpu_ms += row[LATENCY] * day.inverse_clock[begin:end]
        energy = None
        if day.power_mw is not None:
            energy = day.power_mw[begin:end] * cpu_ms / 1000
        latency_ms = cpu_ms * day.inverse_share[begin:end]
        return _Span(
            latency_ms=latency_ms,
            energy_mj=energy,
            over_latency=latency_ms > day.budget_ms[begin:end] * (1 + 1e-12),
            over_storage=excess > 1e-12 * storage,
        )

    def _charge(self, span: _Span, begin: int, end: int) -> FloatArray:
        """(end - begin + 1,) battery percent from `begin` on; one less at the trace's end."""
        day, last = self._day, min(end + 1, len(self._day.trace))
        if not self._closed or span.energy_mj is None:
            return np.asarray(day.trace["battery_percent"][begin:last])
        assert self._engine.battery_mj is not None
        drawn = span.energy_mj * day.inferences[begin:end] * (100 / self._engine.battery_mj)
        change = day.background_percent[begin + 1 : last] - drawn[: last - begin - 1]
        charge = np.empty(last - begin)
        charge[0] = self._battery[begin]
        np.cumsum(change, out=charge[1:])
        charge[1:] += charge[0]
        if charge.min() >= 0 and charge.max() <= 100:
            return charge
        return _clamped(charge[0], change)

    @property
    def _columns(self) -> dict[str, FloatArray]:
        return {**self._day.trace.columns, "latency_budget_ms": self._day.budget_ms}

    def _seen(self, index: int) -> ContextSample:
        """The context as the scanner compares it: with this run's battery and budget."""
        return replace(
            self._day.trace.sample(index),
            battery_percent=float(self._battery[index]),
            latency_budget_ms=float(self._day.budget_ms[index]),
        )


def _clamped(start: float, change: FloatArray) -> FloatArray:
    """Running sum from `start` that stays between empty and full."""
    charge, values = start, [start]
    for step in change.tolist():
        charge = min(max(charge + step, 0.0), 100.0)
        values.append(charge)
    return np.array(values)
