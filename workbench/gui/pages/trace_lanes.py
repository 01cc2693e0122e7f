"""The lanes of a context trace: one a column that tells something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.context import COLUMNS, Trace
from workbench.gui.plots.decimate import Curve
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.plots.lanes import CurveLane
from workbench.gui.plots.trace_stack import GapCover
from workbench.gui.presenters.formats import fixed, significant
from workbench.gui.presenters.traces import TITLES, TraceView

ALWAYS = ("battery_percent", "free_cache_kib", "cpu_share")
"""Shown even where they never change: a replay lives on them."""


def _mebibytes(kib: float) -> tuple[str, str]:
    return (fixed(kib / 1024, 2), "MiB") if kib >= 100 else (fixed(kib, 0), "KiB")


def _memory(mib: float) -> tuple[str, str]:
    return (fixed(mib / 1024, 2), "GiB") if mib >= 1024 else (fixed(mib, 0), "MiB")


def _plain(decimals: int, unit: str = "") -> Callable[[float], tuple[str, str]]:
    return lambda value: (fixed(value, decimals), unit)


def _charging(value: float) -> tuple[str, str]:
    return ("on", "charger") if value else ("off", "")


_THERMAL = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")


def _thermal(value: float) -> tuple[str, str]:
    return (_THERMAL[int(value)], "") if value == value else ("–", "")


@dataclass(frozen=True, slots=True)
class _Look:
    tone: str
    text: Callable[[float], tuple[str, str]]
    low: float | None = 0.0
    high: float | None = None
    stretch: int = 10


_LOOKS = {
    "battery_percent": _Look("good", _plain(0, "%"), 0.0, 100.0),
    "charging": _Look("good", _charging, 0.0, 1.0, 6),
    "free_cache_kib": _Look("accent", _mebibytes),
    "cpu_share": _Look("lilac", _plain(2), 0.0, 1.0),
    "cpu_frequency_ratio": _Look("lilac", _plain(2), 0.0, 1.0, 7),
    "memory_available_mib": _Look("accent", _memory, None, None, 8),
    "temperature_c": _Look("warning", _plain(1, "°C"), None),
    "thermal_status": _Look("bad", _thermal, 0.0, None, 6),
    "event_rate_hz": _Look("accent", lambda value: (significant(value), "/s"), 0.0, None, 9),
    "latency_budget_ms": _Look("warning", lambda value: (significant(value), "ms"), 0.0, None, 7),
}


class TraceLanes:
    """Fills a `LaneStack` with a trace."""

    def __init__(self, stack: LaneStack) -> None:
        self._stack = stack
        self._lanes: dict[str, CurveLane] = {}
        self._covers: list[GapCover] = []
        self._shown: Trace | None = None

    def show(self, view: TraceView) -> None:
        """Show a trace: the columns that change, and those in `ALWAYS`."""
        if view.trace is self._shown:
            return
        names = tuple(
            column.name
            for column in view.figures.columns
            if column.name in ALWAYS or not column.constant
        )
        self.draw(view.curves, names, view.trace.info.gaps, view.origin_s)
        self._shown = view.trace

    def draw(
        self,
        curves: Mapping[str, Curve],
        names: tuple[str, ...],
        gaps: tuple[tuple[float, float], ...],
        origin_s: float,
    ) -> None:
        """Draw the named columns, at least one sample; the playhead stays where it is if it can."""
        self._shown = None
        if tuple(self._lanes) != names:
            self._lanes = {name: self._make(name) for name in names}
            self._covers = [GapCover(lane.view) for lane in self._lanes.values()]
            self._stack.set_lanes(list(self._lanes.values()))
        for name, lane in self._lanes.items():
            look, curve = _LOOKS[name], curves[name]
            low = look.low
            if low is None:
                low = curve.low - max(1.0, 0.15 * (curve.high - curve.low))
            lane.set_curve(curve, low, max(look.high or curve.high, low + 1e-3))
        for cover in self._covers:
            cover.set_spans(gaps)
        t_s = curves[names[0]].t_s
        start_s, end_s = float(t_s[0]), float(t_s[-1])
        self._stack.set_span(start_s, max(end_s, start_s + 1e-3), origin_s)
        if not start_s <= self._stack.t_s <= end_s:
            self._stack.show_at(start_s)
        self._stack.redraw()

    def _make(self, name: str) -> CurveLane:
        look = _LOOKS[name]
        return CurveLane(
            name,
            TITLES[name],
            self._stack.origin,
            tone=look.tone,
            text=look.text,
            unit=COLUMNS[name].unit,
            stretch=look.stretch,
        )
