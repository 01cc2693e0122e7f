"""What the Traces page shows: a trace with its figures, and the entries of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.context import COLUMNS, Trace
from workbench.context.columns import FloatArray
from workbench.core.provenance import Provenance
from workbench.gui.plots.decimate import Curve
from workbench.gui.presenters.formats import clock, duration, fixed, significant
from workbench.gui.workspace import Choice
from workbench.services.catalogue import SAMPLE_TRACE
from workbench.services.trace_editing import ColumnFigures, TraceFigures, figures_of
from workbench.services.trace_library import TraceSummary

TITLES = {
    "battery_percent": "Battery",
    "charging": "Charging",
    "free_cache_kib": "Free cache",
    "cpu_share": "CPU share",
    "cpu_frequency_ratio": "CPU frequency",
    "memory_available_mib": "Memory",
    "temperature_c": "Temperature",
    "thermal_status": "Thermal status",
    "event_rate_hz": "Event rate",
    "latency_budget_ms": "Budget",
}
ORIGIN_STORIES = {
    "recorded": "Recorded on a device; the columns below say how each was read.",
    "simulated": "Recorded from a virtual phone: nothing in it was measured.",
    "synthetic": "Made up: nothing in it was measured.",
}
_UNITS = {"charging": "", "thermal_status": "", "event_rate_hz": "/s"}
_DECIMALS = {
    "battery_percent": 1, "charging": 0, "cpu_share": 2, "cpu_frequency_ratio": 2,
    "memory_available_mib": 0, "free_cache_kib": 0, "temperature_c": 1, "thermal_status": 0,
    "event_rate_hz": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One row of the table of columns."""

    name: str
    title: str
    unit: str
    low: str
    mean: str
    high: str
    provenance: Provenance
    story: str


@dataclass(frozen=True, slots=True, eq=False)
class TraceView:
    """A trace, ready to be shown.

    Attributes:
        curves: every column, ready to be drawn at any zoom.
        origin_s: time of day at t = 0, in seconds.
        facts: one line about length, rate, gaps and battery.
        rows: the table of columns.
        notes: (name, text) of every further fact in the trace's header.
    """

    trace: Trace
    curves: Mapping[str, Curve]
    figures: TraceFigures
    origin_s: float
    facts: str
    rows: tuple[ColumnRow, ...]
    notes: tuple[tuple[str, str], ...]

    @property
    def span_s(self) -> tuple[float, float]:
        """Times of the first and last sample."""
        return float(self.trace.t_s[0]), float(self.trace.t_s[-1])


def build_view(trace: Trace) -> TraceView:
    """Compute what is shown of a trace; for a worker thread."""
    figures = figures_of(trace)
    moment = trace.info.start_moment
    origin_s = moment.hour * 3600.0 + moment.minute * 60 + moment.second
    info = trace.info
    notes = [("device", info.device), ("start", info.start), ("generator", info.generator)]
    if info.description:
        notes.append(("description", info.description))
    return TraceView(
        trace,
        curves_of(trace.columns),
        figures,
        origin_s,
        facts_text(figures, trace),
        tuple(_row(column) for column in figures.columns),
        (*notes, *((name.replace("_", " "), text) for name, text in info.notes.items())),
    )


def curves_of(columns: Mapping[str, FloatArray]) -> dict[str, Curve]:
    """Curves over `t_s`, thinned already for a whole view: that takes a while for a large trace."""
    t_s = columns["t_s"]
    curves = {}
    for name, values in columns.items():
        if name != "t_s":
            curves[name] = Curve(t_s, values, step=COLUMNS[name].between == "previous")
            curves[name].visible(float(t_s[0]), float(t_s[-1]), 1000)
    return curves


def facts_text(figures: TraceFigures, trace: Trace) -> str:
    """Such as ``8.0 h · 28,800 samples · one a second · battery 86 → 30 % (7.0 % an hour)``."""
    parts = [duration(figures.duration_s)]
    word = "sample" if figures.samples == 1 else "samples"
    parts.append(f"{figures.samples:,} {word}")
    if figures.step_s is not None:
        parts.append(rate_text(figures.step_s))
    battery = trace["battery_percent"]
    change = f"battery {battery[0]:.0f} → {battery[-1]:.0f} %"
    drain = figures.drain_percent_per_hour
    if drain is not None and battery[0] != battery[-1]:
        change += f" ({fixed(drain, 1)} %/h)"
    parts.append(change)
    gaps = len(trace.info.gaps)
    if gaps:
        word = "gap" if gaps == 1 else "gaps"
        parts.append(f"{gaps} {word}, {duration(figures.gap_s)}")
    return " · ".join(parts)


def rate_text(step_s: float) -> str:
    """How often samples come."""
    if step_s >= 1.5:
        return f"every {significant(step_s, 2)} s"
    return "1 Hz" if abs(step_s - 1) < 0.05 else f"{significant(1 / step_s, 2)} Hz"


def _row(column: ColumnFigures) -> ColumnRow:
    unit = _UNITS.get(column.name, COLUMNS[column.name].unit)
    decimals = _DECIMALS.get(column.name)

    def text(value: float) -> str:
        return significant(value, 3) if decimals is None else fixed(value, decimals)

    # The mean of a state is a share: how long the charger was on.
    share = decimals == 0 and column.high <= 6
    mean = "" if column.constant else fixed(column.mean, 2) if share else text(column.mean)
    return ColumnRow(
        column.name,
        TITLES[column.name],
        unit,
        text(column.low),
        mean,
        "" if column.constant else text(column.high),
        column.source.provenance,
        column.source.story,
    )


def count_text(summaries: Sequence[TraceSummary]) -> str:
    """Such as ``5 traces · 2 recorded, 2 synthetic, 1 cannot be read``."""
    counts = [
        f"{count} {words}"
        for words, count in (
            ("recorded", sum(summary.origin == "recorded" for summary in summaries)),
            ("simulated", sum(summary.origin == "simulated" for summary in summaries)),
            ("synthetic", sum(summary.origin == "synthetic" for summary in summaries)),
            ("cannot be read", sum(bool(summary.error) for summary in summaries)),
        )
        if count
    ]
    word = "trace" if len(summaries) == 1 else "traces"
    return " · ".join(part for part in (f"{len(summaries)} {word}", ", ".join(counts)) if part)


def list_line(summary: TraceSummary) -> str:
    """The second line of an entry in the library."""
    if summary.error:
        return "cannot be read"
    return f"{duration(summary.duration_s)} · {summary.samples:,} samples · {summary.device}"


def list_tip(summary: TraceSummary) -> str:
    """Everything about an entry, plain text: its file's name and every column's provenance."""
    if summary.error:
        return summary.error
    lines = [summary.title, f"on the command line: {summary.id}"]
    if summary.description:
        lines.append(summary.description)
    lines.append("")
    for name, source in (summary.sources or {}).items():
        lines.append(f"{TITLES[name]}: {source.summary()}")
    return "\n".join(lines)


def choice_of(summary: TraceSummary) -> Choice:
    """An entry as the choosers take it."""
    if summary.error:
        return Choice(summary.id, summary.id, "cannot be read", None, summary.error)
    hours, minutes = summary.start[11:13], summary.start[14:16]
    start_s = int(hours) * 3600 + int(minutes) * 60 + int(summary.start[17:19] or 0)
    end_s = start_s + summary.span_s[1] + 1
    begin = clock(start_s + summary.span_s[0], with_seconds=False)
    return Choice(
        summary.id,
        summary.title,
        summary.origin,
        None,
        summary.description,
        {
            "Span": f"{begin}–{clock(end_s, with_seconds=False)}",
            "Samples": f"{summary.samples:,}",
            "Origin": summary.origin,
            "Device": summary.device,
        },
    )


def choices_of(summaries: Sequence[TraceSummary]) -> list[Choice]:
    """All entries, the sample first."""
    choices = [choice_of(summary) for summary in summaries]
    return sorted(choices, key=lambda choice: choice.key != SAMPLE_TRACE)
