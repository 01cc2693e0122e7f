"""When to decide anew: triggers on a changed context, on a period, or both, with hysteresis.

A scan goes from one decision to the next. It compares all watched columns at once, chunk by chunk,
so that a day of samples with a thousand decisions costs a fraction of a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import IntFlag
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.context.columns import FloatArray
from workbench.context.records import ContextSample
from workbench.core.errors import SettingsError

Cause = Literal[
    "start",
    "battery_percent",
    "charging",
    "free_cache_kib",
    "cpu_share",
    "cpu_frequency_ratio",
    "event_rate_hz",
    "latency_budget_ms",
    "thermal_status",
    "limits",
    "period",
]

_FIRST_CHUNK = 256
_LAST_CHUNK = 16_384
_EPSILON = 1e-9
"""Times are sums of decimal fractions; a hold of 3 s must not take a sample longer for that."""


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    """What makes a policy decide anew. None (or False) switches a trigger off.

    Attributes:
        battery_points: the charge moved by more than so many percentage points.
        cache_percent, cpu_share_percent, event_rate_percent, frequency_percent: the value changed
            by more than this part of what it was at the last decision.
        on_budget: the latency budget changed.
        on_thermal_status: the thermal status changed.
        on_charging: the charger was plugged in or out.
        on_limits: a limit that the running configuration met when it was chosen is broken now.
        period_s: so long after the last decision, whatever happens.
        hold_s: a change counts only when it lasts so long without a break, so that a noisy context
            does not make the network flap.
        min_dwell_s: no decision earlier than this after the last one, except for broken limits,
            which cannot wait.
    """

    battery_points: float | None = 5.0
    cache_percent: float | None = 15.0
    cpu_share_percent: float | None = 25.0
    event_rate_percent: float | None = None
    frequency_percent: float | None = 15.0
    on_budget: bool = True
    on_thermal_status: bool = True
    on_charging: bool = True
    on_limits: bool = True
    period_s: float | None = None
    hold_s: float = 20.0
    min_dwell_s: float = 90.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bool) or value is None:
                continue
            positive = item.name == "period_s"
            if not (math.isfinite(value) and (value > 0 if positive else value >= 0)):
                bound = "above 0" if positive else "0 or more"
                raise SettingsError(f"{item.name} is {value}.", f"It must be {bound}.")


class BrokenLimits(IntFlag):
    """Which limits the running configuration breaks."""

    LATENCY = 1
    STORAGE = 2


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """Why a decision is due.

    Attributes:
        index: the sample at which it is due.
        t_s: that sample's time.
        cause: the column that moved, "limits" for a broken limit, "period", or "start" for the
            first decision.
        before, after: the column's value at the last decision and now; times for "period", a
            `BrokenLimits` number for "limits".
        text: one line for people, such as ``free cache 1.21 → 0.44 MiB (−64 %)``.
    """

    index: int
    t_s: float
    cause: Cause
    before: float
    after: float
    text: str


def start_event(index: int, t_s: float) -> TriggerEvent:
    """The event of a first decision, which nothing precedes."""
    return TriggerEvent(index, t_s, "start", math.nan, math.nan, "start")


def find_next_trigger(
    columns: Mapping[str, FloatArray],
    start: int,
    stop: int,
    reference: ContextSample,
    settings: TriggerSettings,
    last_decision_t_s: float,
) -> TriggerEvent | None:
    """The first trigger at a sample in [start, stop), or None.

    Args:
        columns: a trace's columns, arrays of shape (samples,).
        start: the sample after the last decision.
        reference: the context at the last decision.
        last_decision_t_s: its time.
    """
    return TriggerScanner(reference, settings, last_decision_t_s).scan(columns, start, stop)


class TriggerScanner:
    """Looks for the trigger that follows one decision, over spans that follow one another.

    What has lasted for a while is carried from one `scan` to the next, so that a caller which
    computes the battery as it goes along may scan span by span. After a trigger, make a new one.
    """

    def __init__(
        self,
        reference: ContextSample,
        settings: TriggerSettings,
        last_decision_t_s: float,
        *,
        limits_met: bool = False,
    ) -> None:
        """Prepare to scan.

        Args:
            limits_met: whether the configuration chosen meets every limit, so that breaking one
                is news; `scan` must then be given `broken_limits`.
        """
        self._settings = settings
        self._last_s = last_decision_t_s
        bounds = _bounds(reference, settings)
        if limits_met and settings.on_limits:
            bounds["limits"] = (0.0, 0.0, 0.0)
        self._names = list(bounds)
        self._before = [before for before, _, _ in bounds.values()]
        self._low = np.array([[low] for _, low, _ in bounds.values()])
        self._high = np.array([[high] for _, _, high in bounds.values()])
        # When each column's present excursion began; infinity while there is none.
        self._since_s = np.full(len(self._names), np.inf)

    def scan(
        self,
        columns: Mapping[str, FloatArray],
        start: int,
        stop: int,
        *,
        battery_percent: FloatArray | None = None,
        broken_limits: FloatArray | None = None,
    ) -> TriggerEvent | None:
        """The first trigger at a sample in [start, stop), or None.

        Args:
            columns: columns of the whole trace, shape (samples,).
            battery_percent: the charge for this span alone, shape (stop - start,), where it is
                computed in closed loop; by default the trace's own.
            broken_limits: `BrokenLimits` numbers for this span alone, shape (stop - start,).
        """
        computed: dict[str, FloatArray] = {}
        if battery_percent is not None:
            computed["battery_percent"] = battery_percent
        if broken_limits is not None:
            computed["limits"] = broken_limits
        times = columns["t_s"]
        stop = min(stop, len(times))
        period_index = self._period_index(times, start, stop)
        end = stop if period_index is None else period_index + 1
        size, begin = _FIRST_CHUNK, start
        while begin < end and self._names:
            finish = min(end, begin + size)
            found = self._scan_chunk(columns, begin, finish, start, computed)
            if found is not None:
                return found
            begin = finish
            size = min(2 * size, _LAST_CHUNK)
        if period_index is None:
            return None
        t_s = float(times[period_index])
        text = f"{_span(t_s - self._last_s)} since the last decision"
        return TriggerEvent(period_index, t_s, "period", self._last_s, t_s, text)

    def _period_index(self, times: FloatArray, start: int, stop: int) -> int | None:
        period_s = self._settings.period_s
        if period_s is None:
            return None
        due_s = self._last_s + max(period_s, self._settings.min_dwell_s) - _EPSILON
        index = max(start, int(np.searchsorted(times, due_s)))
        return index if index < stop else None

    def _scan_chunk(
        self,
        columns: Mapping[str, FloatArray],
        begin: int,
        finish: int,
        start: int,
        computed: Mapping[str, FloatArray],
    ) -> TriggerEvent | None:
        values = np.empty((len(self._names), finish - begin))
        for row, name in enumerate(self._names):
            if name in computed:
                values[row] = computed[name][begin - start : finish - start]
            else:
                values[row] = columns[name][begin:finish]
        away = (values < self._low) | (values > self._high)
        rows = np.flatnonzero(away.any(axis=1))
        quiet = np.ones(len(self._names), dtype=np.bool_)
        quiet[rows] = False
        self._since_s[quiet] = np.inf
        if not rows.size:
            return None
        times = columns["t_s"][begin:finish]
        settled = times >= self._last_s + self._settings.min_dwell_s - _EPSILON
        best: tuple[int, int] | None = None
        for row in rows.tolist():
            waits = np.ones_like(settled) if self._names[row] == "limits" else settled
            offset = self._first_held(row, away[row], times, waits)
            if offset is not None and (best is None or offset < best[0]):
                best = (offset, row)
        if best is None:
            return None
        offset, row = best
        cause = self._names[row]
        before, after = self._before[row], float(values[row, offset])
        return TriggerEvent(
            index=begin + offset,
            t_s=float(times[offset]),
            cause=cause,
            before=before,
            after=after,
            text=_TEXTS[cause](before, after),
        )

    def _first_held(
        self,
        row: int,
        away: npt.NDArray[np.bool_],
        times: FloatArray,
        settled: npt.NDArray[np.bool_],
    ) -> int | None:
        """Offset at which an excursion has lasted for `hold_s`; keeps the time it began."""
        begins = np.where(away, times, -np.inf)
        begins[1:][away[:-1]] = -np.inf
        if away[0]:
            begins[0] = min(self._since_s[row], times[0])
        # Later excursions begin later, so the running maximum is the present one's beginning.
        since_s = np.maximum.accumulate(begins)
        fires = away & settled & (times - since_s >= self._settings.hold_s - _EPSILON)
        self._since_s[row] = since_s[-1] if away[-1] else np.inf
        offset = int(np.argmax(fires))
        return offset if fires[offset] else None


def _bounds(
    reference: ContextSample, settings: TriggerSettings
) -> dict[Cause, tuple[float, float, float]]:
    """For each watched column: its value at the last decision and the bounds it may move within.

    In the order in which causes are named when several fire at the same sample.
    """
    bounds: dict[Cause, tuple[float, float, float]] = {}

    def exactly(name: Cause, value: float | None, watched: bool) -> None:
        if watched and value is not None:
            bounds[name] = (float(value), float(value), float(value))

    def relative(name: Cause, value: float, percent: float | None) -> None:
        if percent is not None:
            margin = abs(value) * percent / 100.0
            bounds[name] = (value, value - margin, value + margin)

    exactly("latency_budget_ms", reference.latency_budget_ms, settings.on_budget)
    exactly("thermal_status", reference.thermal_status, settings.on_thermal_status)
    exactly("charging", reference.charging, settings.on_charging)
    relative("free_cache_kib", reference.free_cache_kib, settings.cache_percent)
    relative("cpu_share", reference.cpu_share, settings.cpu_share_percent)
    relative("cpu_frequency_ratio", reference.cpu_frequency_ratio, settings.frequency_percent)
    relative("event_rate_hz", reference.event_rate_hz, settings.event_rate_percent)
    points = settings.battery_points
    if points is not None:
        charge = reference.battery_percent
        bounds["battery_percent"] = (charge, charge - points, charge + points)
    return bounds


_THERMAL = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")


def _change(before: float, after: float) -> str:
    """The relative change as in ``(−64 %)``; empty from 0, where there is none."""
    if before == 0:
        return ""
    percent = round((after - before) / abs(before) * 100)
    return f" ({'−' if percent < 0 else '+'}{abs(percent)} %)"


def _cache_text(before: float, after: float) -> str:
    if max(before, after) >= 1024:
        return f"free cache {before / 1024:.2f} → {after / 1024:.2f} MiB{_change(before, after)}"
    return f"free cache {before:.0f} → {after:.0f} KiB{_change(before, after)}"


def _limits_text(broken: BrokenLimits) -> str:
    names = {
        BrokenLimits.LATENCY: "latency over its budget",
        BrokenLimits.STORAGE: "working set over the free cache",
    }
    return ", ".join(text for flag, text in names.items() if flag in broken)


def _ratio_text(what: str) -> Callable[[float, float], str]:
    return lambda before, after: f"{what} {before:.2f} → {after:.2f}{_change(before, after)}"


_TEXTS: dict[Cause, Callable[[float, float], str]] = {
    "latency_budget_ms": lambda before, after: f"latency budget {before:g} → {after:g} ms",
    "thermal_status": lambda before, after: (
        f"thermal status {_THERMAL[int(before)]} → {_THERMAL[int(after)]}"
    ),
    "charging": lambda before, after: "charger plugged in" if after else "charger unplugged",
    "free_cache_kib": _cache_text,
    "cpu_share": _ratio_text("CPU share"),
    "cpu_frequency_ratio": _ratio_text("CPU frequency, share of maximum,"),
    "event_rate_hz": lambda before, after: (
        f"event rate {before:.3g} → {after:.3g} /s{_change(before, after)}"
    ),
    "limits": lambda before, after: _limits_text(BrokenLimits(int(after))),
    "battery_percent": lambda before, after: f"battery {before:.0f} → {after:.0f} %",
}


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
