"""Replays of the workbench's services as the Replay page shows them."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from workbench.context.records import Trace
from workbench.export.region_text import extrapolation_text, region_summary
from workbench.gui.presenters.formats import clock
from workbench.gui.presenters.replay_knobs import ReplayKnobs
from workbench.gui.presenters.replay_view import (
    DecisionView,
    Figures,
    MeasuredView,
    PolicyView,
    Region,
    ReplayView,
    SpaceView,
)
from workbench.jobs import JobContext
from workbench.replay.records import PolicyRun, ReplayResult, ReplaySettings
from workbench.search.exact import Enumeration
from workbench.search.policies import policy_names
from workbench.search.problem import LATENCY, LOSS, STORAGE, Context, Outcome, Situation
from workbench.services.catalogue import find_network, find_trace
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.evolving import EvolutionMeter
from workbench.services.measured_region import MeasuredRegion
from workbench.services.replaying import DEFAULT_POLICIES, Replayer, default_settings
from workbench.space.design_space import Configuration

MAX_DOTS = 6_000
"""Configurations drawn of a space too large to be shown whole."""
_MEANING = {
    "latency": "latency {now:.3g} ms over {limit:.3g} ms",
    "storage": "working set {now:.0f} KiB over {limit:.0f} KiB of free cache",
    "accuracy": "accuracy loss {now:.1f} points over {limit:.1f}",
}


class ServicesBackend:
    """Opens sessions on what the catalogue holds."""

    def open(self, network: str, device: str, trace: str) -> ServicesSession:
        """Load a network, a device profile and a trace.

        Raises:
            WorkbenchError: when one of them cannot be read.
        """
        deployment = deploy(find_network(network), find_profile(device))
        return ServicesSession(deployment, find_trace(trace))


class ServicesSession:
    """One deployment and one trace, ready to be replayed again and again."""

    def __init__(self, deployment: Deployment, trace: Trace) -> None:
        self._deployment = deployment
        self._problem = deployment.problem
        self._trace = trace
        self._replayer = Replayer(deployment)
        self._meter = EvolutionMeter(deployment.network)
        self._meter.prepare()  # here on a worker: cards are made on the GUI thread
        self._measured = MeasuredRegion(deployment, trace)
        # Where the whole space is a table, the optimum is looked up when a card asks for it: that
        # keeps dragging a slider quick.
        settings = default_settings(deployment)
        self._settings = replace(settings, with_gap=not deployment.problem.enumerable)
        self._design = deployment.problem.space
        self._metrics, self._dots = self._make_dots()
        start = trace.info.start_moment.time()
        midnight = dt.datetime.combine(dt.date.min, dt.time.min)
        self._origin_s = (dt.datetime.combine(dt.date.min, start) - midnight).total_seconds()
        self.space = self._make_space()
        self._knobs = ReplayKnobs(self._settings, trace)
        self.knobs = self._knobs.knobs
        self.policies = policy_names(self._design)
        self.default_policies = tuple(
            name for name in DEFAULT_POLICIES if name in self.policies
        ) or (self.policies[0],)

    def run(
        self, context: JobContext, policies: Sequence[str], values: Mapping[str, float]
    ) -> ReplayView:
        """Replay the whole trace."""
        result = self._replayer.run(
            self._trace,
            policies,
            self._knobs.settings(values),
            context.check_cancelled,
            lambda name, share: context.progress(share, name),
        )
        return ReplayView(
            t_s=result.t_s,
            origin_s=self._origin_s,
            context=self._trace.columns,
            policies=tuple(self._policy_view(result, run) for run in result.runs),
            layers=tuple(range(2, 2 + self._design.decisions)),
            budget_ms=result.latency_budget_ms,
            configurations=self._design.count,
            subtitle=self._subtitle(result.settings),
            latency_source=self._deployment.latency_source,
            energy_source=self._deployment.energy_source,
            accuracy_error_points=self._accuracy_error(),
            measured=self._measured_view(result),
        )

    def _measured_view(self, result: ReplayResult) -> MeasuredView:
        region = self._measured.of(result)
        return MeasuredView(
            calibrated=region.calibrated,
            shares={run.policy: run.configuration_share for run in region.runs},
            summary=tuple(region_summary(region.document())),
            to_measure=region.to_measure,
            unmeasured=self._unmeasured,
        )

    def _unmeasured(self, operators: tuple[str, ...]) -> bool:
        return self._measured.pairs_missing(self._design.parse(operators)) is not None

    def _extrapolated(self, configuration: Configuration, sample: int) -> str:
        """Why figures of a configuration at a sample rest on nothing measured."""
        if not self._measured.calibrated:
            return ""
        storage = float(self._problem.metrics_of(configuration)[STORAGE])
        pairs = self._measured.pairs_missing(configuration)
        contexts = self._measured.contexts_at(sample, storage)
        return extrapolation_text(pairs or (), contexts)

    def region(
        self, view: ReplayView, policy: PolicyView, t_s: float, values: Mapping[str, float]
    ) -> Region:
        """What is allowed at a time, with the battery of one policy."""
        settings = self._knobs.settings(values)
        sample = view.sample_at(t_s)
        context = self._context(
            view.budget_ms, policy.battery_percent, sample, settings.headroom_percent
        )
        situation = Situation(self._problem, context, settings.objective)
        floor = self._backbone_percent - settings.objective.loss_limit_points
        return Region(situation.evaluate(self._metrics).violation == 0, floor)

    def _subtitle(self, settings: ReplaySettings) -> str:
        info = self._trace.info
        first, last = float(self._trace.t_s[0]), float(self._trace.t_s[-1])
        span = "–".join(
            clock(self._origin_s + t_s, with_seconds=False) for t_s in (first, last + 1)
        )
        parts = (info.title, span, info.kind, f"seed {settings.seed}", f"{settings.loop} loop")
        return " · ".join(parts)

    # ---- the space -----------------------------------------------------------------------------

    @functools.cached_property
    def _backbone_percent(self) -> float:
        return self._deployment.network.description.accuracy_percent

    def _accuracy_error(self) -> float | None:
        description = self._deployment.network.description
        measured = len(self._deployment.network.accuracy.measured.configurations)
        whole = measured >= self._design.count
        return None if whole else description.predictor_error.mean_abs_points

    def _make_dots(self) -> tuple[np.ndarray, np.ndarray | None]:
        """(METRICS, k) of the configurations to draw; (k, decisions) of them when not all."""
        if self._problem.enumerable and self._design.count <= MAX_DOTS:
            return self._problem.every_metric, None
        rng = np.random.default_rng(0)
        dots = np.unique(self._design.random_configurations(rng, MAX_DOTS), axis=0)
        return self._problem.metrics_of_many(dots), dots

    def _make_space(self) -> SpaceView:
        metrics = self._metrics
        present = dict.fromkeys(name for names in self._design.operators for name in names)
        return SpaceView(
            accuracy_percent=self._backbone_percent - metrics[LOSS],
            latency_ms=metrics[LATENCY],
            energy_mj=self._energy(metrics[LATENCY]),
            storage_kib=metrics[STORAGE] / 1024,
            operators_of=self._operators_of,
            point_of=self._point_of,
            operators=tuple(present),
            total=self._design.count,
        )

    def _energy(self, latency_ms: np.ndarray) -> np.ndarray | None:
        power = self._problem.power_mw
        return None if power is None else latency_ms * float(power(1.0)) / 1000

    def _operators_of(self, index: int) -> tuple[str, ...]:
        if self._dots is None:
            return self._design.names(self._design.configuration(index))
        return self._design.names(self._dots[index])

    @functools.lru_cache(maxsize=4096)  # noqa: B019 (sessions are few and live long)
    def _point_of(self, operators: tuple[str, ...]) -> Figures:
        metrics = self._problem.metrics_of(self._design.parse(operators))
        energy = self._energy(metrics[LATENCY : LATENCY + 1])
        return Figures(
            accuracy_percent=float(self._backbone_percent - metrics[LOSS]),
            latency_ms=float(metrics[LATENCY]),
            energy_mj=None if energy is None else float(energy[0]),
            storage_kib=float(metrics[STORAGE]) / 1024,
        )

    # ---- policies ------------------------------------------------------------------------------

    def _policy_view(self, result: ReplayResult, run: PolicyRun) -> PolicyView:
        names = [self._design.names(decision.chosen.configuration) for decision in run.decisions]
        return PolicyView(
            name=run.name,
            accuracy_percent=run.accuracy_at_samples,
            latency_ms=run.latency_ms,
            energy_mj=run.energy_mj,
            battery_percent=run.battery_percent,
            over_budget=run.over_latency,
            decision_t_s=np.array([decision.event.t_s for decision in run.decisions]),
            decision_operators=names,
            describe=functools.partial(self._describe, result, run),
            figures_at=functools.partial(self._figures_at, result, run),
        )

    def _describe(self, result: ReplayResult, run: PolicyRun, index: int) -> DecisionView:
        decision = run.decisions[index]
        chosen, context = decision.chosen, decision.context
        reference, gap, count = decision.reference, decision.gap, decision.feasible_count
        if self._problem.enumerable:
            seen = Situation(self._problem, context, result.settings.objective)
            optimum = Enumeration(seen).reference()
            reference, count = optimum.configuration, optimum.feasible_count
            gap = optimum.gap(chosen.objective) if chosen.feasible else None
        # The searcher sees limits less the headroom; the table shows what really held.
        true = self._situation(result, run, decision.event.index)
        before = decision.before
        return DecisionView(
            t_s=decision.event.t_s,
            why="start of the replay" if decision.event.cause == "start" else decision.event.text,
            operators=self._design.names(chosen.configuration),
            lambda1=decision.lambda1,
            lambda2=decision.lambda2,
            battery_percent=100 * context.battery,
            now=self._figures(true.outcome(chosen.configuration)),
            before=None if before is None else self._figures(true.outcome(before.configuration)),
            feasible_count=count,
            gap=gap,
            gap_is_bound=decision.gap_is_bound,
            exact_operators=None if reference is None else self._design.names(reference),
            blocked=self._blocked(chosen, context, result.settings),
            search_ms=float(run.search_ms[index]),
            evolve_ms=self._meter.evolve_ms(chosen.configuration),
            extrapolated=self._extrapolated(chosen.configuration, decision.event.index),
        )

    def _figures_at(self, result: ReplayResult, run: PolicyRun, sample: int) -> Figures:
        configuration = run.configurations[int(run.configuration_id[sample])]
        return self._figures(self._situation(result, run, sample).outcome(configuration))

    def _situation(self, result: ReplayResult, run: PolicyRun, sample: int) -> Situation:
        """The context as it really was at a sample."""
        context = self._context(result.latency_budget_ms, run.battery_percent, sample)
        return Situation(self._problem, context, result.settings.objective)

    def _figures(self, outcome: Outcome) -> Figures:
        return Figures(
            accuracy_percent=self._backbone_percent - outcome.loss_points,
            latency_ms=outcome.latency_ms,
            energy_mj=outcome.energy_mj,
            storage_kib=outcome.storage_bytes / 1024,
            over=frozenset(outcome.violated),
        )

    def _context(
        self, budget_ms: np.ndarray, battery: np.ndarray, sample: int, headroom_percent: float = 0.0
    ) -> Context:
        trace = self._trace
        kept = 1 - headroom_percent / 100
        return Context(
            battery=float(np.clip(battery[sample] / 100, 0.0, 1.0)),
            free_cache_bytes=float(trace["free_cache_kib"][sample]) * 1024 * kept,
            cpu_share=max(1e-3, float(trace["cpu_share"][sample])),
            frequency_ratio=max(1e-3, float(trace["cpu_frequency_ratio"][sample])),
            latency_budget_ms=float(budget_ms[sample]) * kept,
        )

    def _blocked(self, chosen: Outcome, context: Context, settings: ReplaySettings) -> str:
        limits = {
            "latency": (chosen.latency_ms, context.latency_budget_ms),
            "storage": (chosen.storage_bytes / 1024, context.free_cache_bytes / 1024),
            "accuracy": (chosen.loss_points, settings.objective.loss_limit_points),
        }
        parts = []
        for name in chosen.violated:
            now, limit = limits[name]
            parts.append(_MEANING[name].format(now=now, limit=limit))
        if not parts:
            return ""
        return f"{'; '.join(parts)} (limits less {settings.headroom_percent:g} % headroom)"
