"""The columns of a context trace: names with units, what they mean, what they may be."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

Between = Literal["linear", "previous"]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of a trace.

    Attributes:
        name: canonical name; a unit, where there is one, is its last part.
        unit: the unit in words, for messages and axes; empty for shares.
        description: one sentence.
        low, high: valid range, ends included.
        required: whether a file must have it.
        default: value that stands in where a file lacks it; None: the column stays absent.
        whole: whether only whole numbers are valid.
        between: how a value between two samples is found when a trace is resampled.
    """

    name: str
    unit: str
    description: str
    low: float
    high: float
    required: bool = False
    default: float | None = None
    whole: bool = False
    between: Between = "linear"

    @property
    def stem(self) -> str:
        """The name without its unit: ``free_cache`` of ``free_cache_kib``."""
        for suffix in ("_s", "_percent", "_kib", "_ratio", "_mib", "_c", "_hz", "_ms"):
            if self.name.endswith(suffix):
                return self.name.removesuffix(suffix)
        return self.name


# A share or ratio of 0 would make every inference last for ever, so both start at 0.01.
_SPECS = (
    ColumnSpec("t_s", "s", "Seconds since the start of the trace.", 0.0, 1e9, required=True),
    ColumnSpec("battery_percent", "%", "Charge of the battery.", 0.0, 100.0, required=True),
    ColumnSpec(
        "charging",
        "0 or 1",
        "Whether the device is on a charger or on mains power.",
        0.0,
        1.0,
        default=0.0,
        whole=True,
        between="previous",
    ),
    ColumnSpec(
        "free_cache_kib",
        "KiB",
        "Estimated part of the L2 cache that other programs leave free.",
        0.0,
        float(2**20),
        required=True,
    ),
    ColumnSpec(
        "cpu_share",
        "",
        "Share of a core's time that the application can get.",
        0.01,
        1.0,
        required=True,
    ),
    ColumnSpec(
        "cpu_frequency_ratio",
        "",
        "Clock frequency as a share of the core's maximum.",
        0.01,
        1.0,
        default=1.0,
    ),
    ColumnSpec(
        "memory_available_mib",
        "MiB",
        "Memory that can be had without swapping.",
        0.0,
        float(2**24),
        default=1024.0,
    ),
    ColumnSpec(
        "temperature_c",
        "°C",
        "Temperature of the battery on a phone, of the processor on a computer.",
        -40.0,
        150.0,
        default=25.0,
    ),
    ColumnSpec(
        "thermal_status",
        "0 to 6",
        "Android's thermal status: 0 none, 1 light, 2 moderate, 3 severe, ... 6 shutdown.",
        0.0,
        6.0,
        default=0.0,
        whole=True,
        between="previous",
    ),
    ColumnSpec(
        "event_rate_hz",
        "inferences/s",
        "Inferences the application asks for in a second.",
        0.0,
        1000.0,
        required=True,
        between="previous",
    ),
    ColumnSpec(
        "latency_budget_ms",
        "ms",
        "Longest time the application accepts for one inference.",
        0.001,
        600_000.0,
        between="previous",
    ),
)

COLUMNS: Mapping[str, ColumnSpec] = {spec.name: spec for spec in _SPECS}
"""All columns by name, in the order in which files have them."""


@dataclass(frozen=True, slots=True)
class ColumnProblem:
    """The first thing wrong in columns: `row` counts samples from 0; None where no row is meant."""

    row: int | None
    message: str
    hint: str


def problem_with_names(names: list[str]) -> ColumnProblem | None:
    """What is wrong with a set of column names: unknown, wrong unit, twice, missing."""
    for name in names:
        if name not in COLUMNS:
            return ColumnProblem(None, *_explain_unknown(name))
    for name in names:
        if names.count(name) > 1:
            return ColumnProblem(None, f"column {name} is there twice", "Remove one of the two.")
    for name, spec in COLUMNS.items():
        if spec.required and name not in names:
            unit = f" ({spec.unit})" if spec.unit else ""
            return ColumnProblem(
                None, f"column {name}{unit} is missing", f"Add it: {spec.description}"
            )
    return None


def _explain_unknown(name: str) -> tuple[str, str]:
    for spec in COLUMNS.values():
        if name == spec.stem or name.startswith(spec.stem + "_"):
            unit = spec.unit or "a share from 0 to 1"
            return (
                f"column {name!r} is not in the unit that is wanted",
                f"The column must be {spec.name} ({unit}): convert its values and rename it.",
            )
    close = difflib.get_close_matches(name, COLUMNS, n=1)
    did_you_mean = f"Did you mean {close[0]}? " if close else ""
    return f"unknown column {name!r}", f"{did_you_mean}Known columns: {', '.join(COLUMNS)}."


def problem_with_values(columns: Mapping[str, FloatArray]) -> ColumnProblem | None:
    """The first invalid value, by row and then by column; None when all are valid.

    Args:
        columns: known columns of one length, at least `t_s`.
    """
    found: list[tuple[int, ColumnProblem]] = []
    for name, values in columns.items():
        spec = COLUMNS[name]
        # Written so that NaN, for which every comparison is false, counts as wrong.
        good = (values >= spec.low) & (values <= spec.high)
        if spec.whole:
            good &= values == np.floor(values)
        if not good.all():
            row = int(np.argmin(good))
            found.append((row, _value_problem(spec, row, float(values[row]))))
    times = columns["t_s"]
    forward = times[1:] > times[:-1]
    if not forward.all():
        row = int(np.argmin(forward)) + 1
        found.append((row, _time_problem(row, float(times[row - 1]), float(times[row]))))
    return min(found, key=lambda item: item[0])[1] if found else None


def _value_problem(spec: ColumnSpec, row: int, value: float) -> ColumnProblem:
    if not np.isfinite(value):
        hint = "Leave the sample out where a value could not be read."
        return ColumnProblem(row, f"{spec.name} is {value}, which is not a number", hint)
    if spec.whole and spec.low <= value <= spec.high:
        return ColumnProblem(row, f"{spec.name} is {value:g}", f"It must be {spec.unit}, whole.")
    kind = "negative" if value < 0 <= spec.low else "out of range"
    unit = f" {spec.unit}" if spec.unit and not spec.whole else ""
    return ColumnProblem(
        row,
        f"{spec.name} is {kind} ({value:g})",
        f"It must lie between {spec.low:g} and {spec.high:g}{unit}.",
    )


def _time_problem(row: int, before: float, here: float) -> ColumnProblem:
    if before == here:
        return ColumnProblem(
            row, f"the time {here!r} s is there twice", "Keep one sample for each moment."
        )
    return ColumnProblem(
        row,
        f"time goes back, from {before!r} s to {here!r} s",
        "Sort the samples by t_s; join recordings only after shifting their times.",
    )
