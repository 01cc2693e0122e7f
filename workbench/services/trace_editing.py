"""Edits of traces that leave a mark in the trace, and figures about its columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from workbench.context import COLUMNS, Trace
from workbench.context.columns import FloatArray
from workbench.context.scenario import Scenario, synthesise
from workbench.core.provenance import Provenance, Source

MAX_NOTE = 2000


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """One column at a glance.

    Attributes:
        low, mean, high: in the column's unit; the mean is over time.
        source: where its values come from.
    """

    name: str
    low: float
    mean: float
    high: float
    source: Source

    @property
    def constant(self) -> bool:
        """Whether it has one value throughout."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class TraceFigures:
    """A trace at a glance.

    Attributes:
        step_s: median time between samples; None for a single sample.
        drain_percent_per_hour: mean change of the charge while not charging, positive when it
            falls; None where that time is too short to tell.
        gap_s: time in gaps, in all.
        columns: one a column, without the time.
    """

    samples: int
    duration_s: float
    step_s: float | None
    drain_percent_per_hour: float | None
    gap_s: float
    columns: tuple[ColumnFigures, ...]


def sources_of(trace: Trace) -> dict[str, Source]:
    """Where the values of every column come from, also of those that the header does not name."""
    recorded = trace.info.origin == "recorded"
    usual = Source(
        Provenance.MEASURED if recorded else Provenance.SIMULATED,
        trace.info.generator,
    )
    return {
        name: trace.info.column_sources.get(name, usual) for name in trace.columns if name != "t_s"
    }


def figures_of(trace: Trace) -> TraceFigures:
    """Figures of a trace; takes a few milliseconds for 100,000 samples."""
    sources = sources_of(trace)
    steps = np.diff(trace.t_s)
    columns = []
    for name, values in trace.columns.items():
        if name == "t_s":
            continue
        low, high = float(values.min()), float(values.max())
        mean = _mean(name, values, steps)
        columns.append(ColumnFigures(name, low, mean, high, sources[name]))
    return TraceFigures(
        samples=len(trace),
        duration_s=trace.duration_s,
        step_s=float(np.median(steps)) if steps.size else None,
        drain_percent_per_hour=_drain(trace, steps),
        gap_s=sum(end - begin for begin, end in trace.info.gaps),
        columns=tuple(columns),
    )


def _mean(name: str, values: FloatArray, steps: FloatArray) -> float:
    if not steps.size:
        return float(values[0])
    held = COLUMNS[name].between == "previous"
    levels = values[:-1] if held else (values[:-1] + values[1:]) / 2.0
    return float(np.average(levels, weights=steps))


def _drain(trace: Trace, steps: FloatArray) -> float | None:
    idle = trace["charging"][:-1] == 0
    hours = float(steps[idle].sum()) / 3600.0
    if hours < 0.05:
        return None
    return -float(np.diff(trace["battery_percent"])[idle].sum()) / hours


def cropped(trace: Trace, from_s: float, to_s: float) -> Trace:
    """The samples between two times, with a note of it; times of day stay.

    Raises:
        TraceError: when no sample lies there.
    """
    result = trace.crop(from_s, to_s)
    clock = time_of_day(trace)
    return _noted(result, f"cropped to {clock(from_s)}-{clock(to_s)}")


def resampled(trace: Trace, rate_hz: float) -> Trace:
    """The trace at a steady rate, with a note of it.

    Raises:
        TraceError: when the rate is not positive or gives too many samples.
    """
    return _noted(trace.resample(rate_hz), f"resampled to {rate_hz:g} Hz")


def time_of_day(trace: Trace) -> Callable[[float], str]:
    """A function from seconds of the trace to a time of day such as ``09:30:00``."""
    start = trace.info.start_moment

    def clock(t_s: float) -> str:
        return f"{start + dt.timedelta(seconds=round(t_s)):%H:%M:%S}"

    return clock


def retitled(trace: Trace, title: str) -> Trace:
    """The trace under another title."""
    return Trace(replace(trace.info, title=title), trace.columns)


def _noted(trace: Trace, edit: str) -> Trace:
    before = trace.info.notes.get("edits", "")
    text = f"{before}; {edit}" if before else edit
    notes = dict(trace.info.notes) | {"edits": text[-MAX_NOTE:].strip()}
    return Trace(replace(trace.info, notes=notes), trace.columns)


def compose(scenario: Scenario, seed: int) -> Trace:
    """Make the trace of a scenario, always the same for a seed.

    Raises:
        TraceError: when the scenario leads to values outside the columns' ranges.
    """
    return synthesise(scenario, np.random.default_rng(seed), f"seed {seed}")
