"""Context in memory: one moment (`ContextSample`) and a whole table over time (`Trace`)."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from workbench.context.columns import (
    COLUMNS,
    ColumnSpec,
    FloatArray,
    problem_with_names,
    problem_with_values,
)
from workbench.core.errors import WorkbenchError
from workbench.core.provenance import Provenance, Source

__all__ = ["COLUMNS", "ColumnSpec", "ContextSample", "Trace", "TraceError", "TraceInfo"]

MAX_SAMPLES = 3_000_000
Origin = Literal["recorded", "synthetic"]
NOTE_NAME = re.compile(r"[a-z][a-z0-9_]*")


class TraceError(WorkbenchError):
    """A trace that breaks the rules of the format.

    Attributes:
        entry: the entry of the header that is wrong; empty where it is something else.
    """

    def __init__(self, message: str, hint: str = "", *, entry: str = "") -> None:
        super().__init__(message, hint)
        self.entry = entry


@dataclass(frozen=True, slots=True)
class ContextSample:
    """The context at one moment; fields are the columns of a trace.

    Attributes:
        t_s: seconds since the start of the trace.
        latency_budget_ms: None where the trace sets no budget.
    """

    t_s: float
    battery_percent: float
    free_cache_kib: float
    cpu_share: float
    event_rate_hz: float
    charging: bool = False
    cpu_frequency_ratio: float = 1.0
    memory_available_mib: float = 1024.0
    temperature_c: float = 25.0
    thermal_status: int = 0
    latency_budget_ms: float | None = None

    @property
    def free_cache_bytes(self) -> float:
        """The free cache in bytes, the unit of a configuration's storage."""
        return self.free_cache_kib * 1024.0


@dataclass(frozen=True, slots=True)
class TraceInfo:
    """What a trace says about itself.

    Attributes:
        title: short name for lists.
        device: what it was recorded on or made for.
        origin: "recorded" or "synthetic".
        start: moment of t_s = 0, ISO 8601 with the offset from UTC.
        created: moment of writing, ISO 8601 with the offset from UTC.
        generator: program and seed that made it, or the recorder and its version.
        description: a few sentences on one line.
        column_sources: where the values of a column come from; columns that are not named were
            measured (recorded traces) or simulated (synthetic ones).
        gaps: spans (from, to) in seconds in which nothing was recorded.
        notes: further facts by name, such as the cost of the sampler.
    """

    title: str
    device: str
    origin: Origin
    start: str
    created: str
    generator: str
    description: str = ""
    column_sources: Mapping[str, Source] = field(default_factory=dict)
    gaps: tuple[tuple[float, float], ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``recorded``, ``synthetic``, or ``simulated``: recorded from something that imitates."""
        made_up = any(
            source.provenance is Provenance.SIMULATED for source in self.column_sources.values()
        )
        return "simulated" if self.origin == "recorded" and made_up else self.origin

    def __post_init__(self) -> None:
        for name in ("title", "device", "generator", "description"):
            _check_line(name, getattr(self, name), empty_allowed=name == "description")
        if self.origin not in ("recorded", "synthetic"):
            raise TraceError(
                f"origin is {self.origin!r}", "It must be recorded or synthetic.", entry="origin"
            )
        for name in ("start", "created"):
            parse_moment(name, getattr(self, name))
        for column, source in self.column_sources.items():
            if column not in COLUMNS:
                raise TraceError(f"a source is given for the unknown column {column!r}")
            _check_line(f"column {column}", source.story)
            if source.relative_error is not None:
                raise TraceError(f"the source of {column} has no place for a relative error")
        last = -math.inf
        for begin, end in self.gaps:
            if not (last <= begin < end < math.inf):
                raise TraceError(
                    f"the gap from {begin!r} s to {end!r} s is not after the one before it",
                    "Gaps must be sorted, not overlap and end after they begin.",
                    entry="gap",
                )
            last = end
        for name, text in self.notes.items():
            if not NOTE_NAME.fullmatch(name):
                raise TraceError(
                    f"{name!r} cannot be the name of a note",
                    "Use lower-case letters, digits and underscores.",
                    entry=f"note {name}",
                )
            _check_line(f"note {name}", text)
        object.__setattr__(self, "column_sources", MappingProxyType(dict(self.column_sources)))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))

    @property
    def start_moment(self) -> dt.datetime:
        """`start` as a datetime with its offset from UTC."""
        return parse_moment("start", self.start)


def parse_moment(name: str, text: str) -> dt.datetime:
    """Parse an ISO 8601 moment that has an offset from UTC.

    Raises:
        TraceError: when it is malformed or lacks the offset.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = dt.datetime.min
    if moment.tzinfo is None:
        raise TraceError(
            f"{name} is {text!r}, which is not a moment with an offset from UTC",
            "Write it as 2026-03-02T09:00:00+01:00.",
            entry=name,
        )
    return moment


def _check_line(name: str, text: str, empty_allowed: bool = False) -> None:
    """Header entries are single trimmed lines, so that reading gives back what was written."""
    if not text and not empty_allowed:
        raise TraceError(f"{name} is empty", "Give it a text.", entry=name)
    if text != text.strip() or not all(char.isprintable() for char in text):
        raise TraceError(
            f"{name} holds a line break, a control character or blanks at its ends",
            "Write it as one line of plain text.",
            entry=name,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A table of context over time, at least one sample.

    Attributes:
        info: what the trace says about itself.
        columns: read-only float64 arrays of shape (samples,), by column name. All columns of
            `COLUMNS` except `latency_budget_ms`, which may be absent.

    Raises:
        TraceError: when columns are missing, unknown, of unequal length or hold invalid values.
    """

    info: TraceInfo
    columns: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        problem = problem_with_names(list(self.columns))
        if problem is None and any(
            name not in self.columns and spec.default is not None for name, spec in COLUMNS.items()
        ):
            raise TraceError("a column is missing", "Use `complete_columns` to add the defaults.")
        if problem is not None:
            raise TraceError(problem.message, problem.hint)
        ready = {}
        for name in COLUMNS:
            if name in self.columns:
                # Adding 0 turns -0.0 into 0.0, so that equal values are equal in a file too.
                ready[name] = np.array(self.columns[name], dtype=np.float64, ndmin=1) + 0.0
                ready[name].flags.writeable = False
        shapes = {values.shape for values in ready.values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise TraceError(f"columns differ in shape: {sorted(shapes)}")
        if not 1 <= ready["t_s"].size <= MAX_SAMPLES:
            raise TraceError(
                f"a trace of {ready['t_s'].size:,} samples",
                f"It must have 1 to {MAX_SAMPLES:,} samples.",
            )
        problem = problem_with_values(ready)
        if problem is not None:
            raise TraceError(f"sample {problem.row}: {problem.message}", problem.hint)
        object.__setattr__(self, "columns", MappingProxyType(ready))

    def __len__(self) -> int:
        return int(self.columns["t_s"].size)

    def __getitem__(self, name: str) -> FloatArray:
        return self.columns[name]

    @property
    def t_s(self) -> FloatArray:
        """Times, shape (samples,), strictly increasing."""
        return self.columns["t_s"]

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last sample."""
        return float(self.t_s[-1] - self.t_s[0])

    def sample(self, index: int) -> ContextSample:
        """The context at sample `index` (negative: from the end)."""
        return sample_at(self.columns, index)

    def index_at(self, t_s: float) -> int:
        """Index of the last sample at or before `t_s`; 0 before the first."""
        return max(0, int(np.searchsorted(self.t_s, t_s, side="right")) - 1)

    def crop(self, from_s: float, to_s: float) -> Trace:
        """The samples with from_s <= t_s <= to_s. Times are kept, so the time of day stays right.

        Raises:
            TraceError: when no sample lies in the span.
        """
        first = int(np.searchsorted(self.t_s, from_s, side="left"))
        last = int(np.searchsorted(self.t_s, to_s, side="right"))
        if first >= last:
            raise TraceError(
                f"no sample lies between {from_s:g} s and {to_s:g} s",
                f"The trace goes from {self.t_s[0]:g} s to {self.t_s[-1]:g} s.",
            )
        gaps = tuple(
            (max(begin, from_s), min(end, to_s))
            for begin, end in self.info.gaps
            if max(begin, from_s) < min(end, to_s)
        )
        columns = {name: values[first:last] for name, values in self.columns.items()}
        return Trace(replace(self.info, gaps=gaps), columns)

    def resample(self, rate_hz: float) -> Trace:
        """The trace at a steady rate, starting at the first sample.

        Levels are interpolated linearly; states (charging, thermal status, event rate, budget) keep
        their last value. Gaps stay marked.

        Raises:
            TraceError: when the rate is not positive or gives too many samples.
        """
        if not (math.isfinite(rate_hz) and rate_hz > 0):
            raise TraceError(f"a rate of {rate_hz} Hz", "Choose a rate above 0.")
        count = math.floor(self.duration_s * rate_hz * (1 + 1e-12)) + 1
        if count > MAX_SAMPLES:
            raise TraceError(
                f"{rate_hz:g} Hz gives {count:,} samples",
                f"Choose a lower rate: {MAX_SAMPLES:,} samples are allowed.",
            )
        old_s = self.t_s
        new_s = np.minimum(old_s[0] + np.arange(count) / rate_hz, old_s[-1])
        held = np.searchsorted(old_s, new_s, side="right") - 1
        columns = {
            name: values[held]
            if COLUMNS[name].between == "previous"
            else np.interp(new_s, old_s, values)
            for name, values in self.columns.items()
        }
        columns["t_s"] = new_s
        return Trace(self.info, columns)


def sample_at(columns: Mapping[str, FloatArray], index: int) -> ContextSample:
    """The context at `index` of columns that have every column but perhaps the budget."""
    budget = columns.get("latency_budget_ms")
    return ContextSample(
        t_s=float(columns["t_s"][index]),
        battery_percent=float(columns["battery_percent"][index]),
        free_cache_kib=float(columns["free_cache_kib"][index]),
        cpu_share=float(columns["cpu_share"][index]),
        event_rate_hz=float(columns["event_rate_hz"][index]),
        charging=bool(columns["charging"][index]),
        cpu_frequency_ratio=float(columns["cpu_frequency_ratio"][index]),
        memory_available_mib=float(columns["memory_available_mib"][index]),
        temperature_c=float(columns["temperature_c"][index]),
        thermal_status=int(columns["thermal_status"][index]),
        latency_budget_ms=None if budget is None else float(budget[index]),
    )


def complete_columns(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Add the columns that have a default and are absent; the others are passed on as they are."""
    complete = dict(columns)
    size = len(columns["t_s"])
    for name, spec in COLUMNS.items():
        if name not in complete and spec.default is not None:
            complete[name] = np.full(size, spec.default)
    return complete
