"""What a measurement came to, as it is shown: figures, points, the table's cells, trust."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.gui.presenters.formats import significant
from workbench.services.profiling_results import MeasuredRuns, ProfilingResult

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ResultTile:
    """One figure of the result.

    Attributes:
        tone: good, warning, bad or empty.
        note: the small line below; `story` is the tool tip.
    """

    caption: str
    value: str
    unit: str
    note: str
    tone: str = ""
    story: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Predicted against measured.

    Attributes:
        measured_ms, predicted_ms: (n,).
        fitted: (n,) whether the table was fitted to it.
        names: of each configuration's operators.
        unit: of both, which are energies where it is mJ.
    """

    measured_ms: FloatArray
    predicted_ms: FloatArray
    fitted: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    unit: str = "ms"

    def describe(self, index: int) -> str:
        """A configuration in words."""
        measured, predicted = self.measured_ms[index], self.predicted_ms[index]
        error = 100 * (predicted / measured - 1)
        return (
            f"{self.names[index]}\n{'fitted' if self.fitted[index] else 'held out'}\n"
            f"measured {significant(measured, 3)} {self.unit}, predicted"
            f" {significant(predicted, 3)} {self.unit}"
            f" ({error:+.1f} %)"
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One operator on one layer after one predecessor.

    Attributes:
        latency_ms: None where the layer does not take the operator, or not after this one.
        measured: how many fitted configurations held it; 0 where the model stands in.
    """

    latency_ms: float | None
    measured: int


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Calibrated latency, operators down, layers across.

    Attributes:
        cells: for each operator a cell a layer.
    """

    operators: tuple[str, ...]
    layers: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def largest_ms(self) -> float:
        """The most that any cell takes."""
        return max((c.latency_ms or 0.0 for row in self.cells for c in row), default=0.0)

    @property
    def measured_share(self) -> tuple[int, int]:
        """How many cells were measured, of how many there are."""
        known = [cell for row in self.cells for cell in row if cell.latency_ms is not None]
        return sum(cell.measured > 0 for cell in known), len(known)


class ResultView:
    """Everything the result view shows of a `ProfilingResult`."""

    def __init__(self, result: ProfilingResult) -> None:
        self.result = result
        self.space = result.network.space
        self.points = _points(result)
        self.energy_points = _energy_points(result)

    @property
    def subtitle(self) -> str:
        """What was measured on what, and when."""
        parts = [self.result.network.description.name, self.result.profile.title]
        if self.result.runs is not None:
            when = self.result.runs.measured_at.replace("T", " ").split("+")[0]
            parts += [f"{self.result.runs.plan} plan", f"{when} UTC"]
        return " · ".join(parts)

    def tiles(self) -> tuple[ResultTile, ...]:
        """Share within the bands, median error, the whole network's latency, trust."""
        calibration, runs = self.result.calibration, self.result.runs
        count = calibration.held_out_configurations
        held_out = f"of {count} held-out configuration{'s' if count != 1 else ''}"
        story = "Whole configurations that the table was not fitted to."
        tiles = [
            _share("Within ±5 %", calibration.within_5_percent, 0.75, held_out, story),
            _share("Within ±10 %", calibration.within_10_percent, 0.95, held_out, story),
            ResultTile(
                "Median error", f"{100 * calibration.relative_error:.1f}", "%",
                f"table fitted to {calibration.fitted_configurations}", "", calibration.story,
            ),
        ]  # fmt: skip
        if runs is not None:
            low, high = runs.backbone.median_low_ms, runs.backbone.median_high_ms
            tiles.append(
                ResultTile(
                    "Whole network", significant(runs.backbone.p50_ms, 3), "ms",
                    f"95 %: {significant(low, 3)} to {significant(high, 3)}",
                    "", "Median of the backbone, with the 95 % confidence interval of the median.",
                )
            )  # fmt: skip
        return tuple(tiles)

    @property
    def trusted(self) -> bool:
        """Whether nothing speaks against the measurement."""
        return not self._reasons()

    def trust_lines(self) -> tuple[tuple[str, str, str], ...]:
        """(what, finding, tone) of everything that bears on trust."""
        runs = self.result.runs
        lines: list[tuple[str, str, str]] = []
        reasons = self._reasons()
        verdict = "; ".join(reasons) if reasons else "nothing speaks against it"
        invalid = bool(reasons) and runs is not None and runs.trust.enforced
        tone = "bad" if invalid else "warning" if reasons else "good"
        lines.append(("Measurement", f"invalid: {verdict}" if invalid else verdict, tone))
        if sustained := _note(self.result, "Sustained: "):
            lines.append(("Sustained", sustained, ""))
        if runs is not None:
            doubtful = sum(bool(run.reasons) for run in runs.runs)
            lines += [
                (
                    "Drift",
                    f"{100 * runs.trust.drift:.1f} % between the fastest and slowest round",
                    "",
                ),
                ("Core", f"had it for {100 * runs.trust.cpu_share:.0f} % of the time", ""),
                (
                    "Spread",
                    f"p90 lies {100 * runs.trust.spread:.0f} % above the median, typically",
                    "",
                ),
                (
                    "Runs",
                    f"{sum(run.runs for run in runs.runs):,} of {len(runs.runs)} configurations"
                    + (f", {doubtful} questionable" if doubtful else ""),
                    "",
                ),
            ]
        energy = self.result.energy
        if energy is not None:
            lines.append(("Energy", energy.summary.text(), ""))
            doubts = [f for f in energy.summary.figures if f.trust != "trusted"]
            if doubts:
                words = f"{len(doubts)} of {len(energy.summary.figures)} {doubts[0].trust}"
                lines.append(("", words, "warning"))
        power = self.result.profile.power
        if power is not None:
            lines.append(("Power", f"{power.active_mw[-1]:,.0f} mW, {power.story}", ""))
        else:
            lines.append(("Power", _note(self.result, "Power: ") or "not measured", ""))
        return tuple(lines)

    def predecessors(self) -> tuple[str, ...]:
        """Operators that a layer may come after, the backbone's first."""
        return tuple(dict.fromkeys(name for names in self.space.operators[:-1] for name in names))

    def heat(self, after: str) -> HeatTable:
        """The table's cells where the layer before has the operator `after`.

        Layer 2 comes after layer 1, which is never compressed, whatever `after` is.
        """
        calibration, sets = self.result.calibration, self.space.operators
        operators = tuple(dict.fromkeys(name for names in sets for name in names))
        layers = tuple(layer.name for layer in self.space.backbone.layers[1:])
        rows = []
        for name in operators:
            cells = []
            for decision, names in enumerate(sets):
                before = (after,) if decision == 0 else sets[decision - 1]
                if name not in names or after not in before:
                    cells.append(Cell(None, 0))
                    continue
                previous = before.index(after)
                choice = names.index(name)
                cells.append(
                    Cell(
                        calibration.latency_ms[decision][previous][choice],
                        calibration.measured[decision][previous][choice],
                    )
                )
            rows.append(tuple(cells))
        return HeatTable(operators, layers, tuple(rows))

    def heat_note(self) -> str:
        """What the outer columns hold beside their layer."""
        layers = self.space.backbone.layers
        return f"{layers[1].name} includes {layers[0].name}; {layers[-1].name} includes the head"

    def _reasons(self) -> tuple[str, ...]:
        if self.result.runs is not None:
            return self.result.runs.trust.reasons
        mark = _note(self.result, "Measurement ").removeprefix("questionable: ")
        mark = mark.removeprefix("invalid: ")
        return () if mark in ("", "trusted") else (mark,)


def _note(result: ProfilingResult, start: str) -> str:
    """What a note of the profile says after its first words."""
    for note in result.profile.notes:
        if note.startswith(start):
            return note.removeprefix(start).removesuffix(".")
    return ""


def _share(caption: str, share: float, good: float, note: str, story: str) -> ResultTile:
    tone = "good" if share >= good else "warning" if share >= good - 0.25 else "bad"
    return ResultTile(caption, f"{100 * share:.0f}", "%", note, tone, story)


def _points(result: ProfilingResult) -> Points | None:
    runs: MeasuredRuns | None = result.runs
    if runs is None:
        return None
    return Points(
        runs.measured_ms,
        runs.predicted_ms,
        np.arange(len(runs.measured_ms)) < runs.fitted,
        tuple(result.network.space.text(row) for row in runs.configurations),
    )


def _energy_points(result: ProfilingResult) -> Points | None:
    if result.energy is None or result.runs is None:
        return None
    rows = result.runs.configurations
    figures = [
        f
        for f in result.energy.summary.figures
        if f.energy_mj is not None and f.position < len(rows)
    ]
    if not figures:
        return None
    return Points(
        np.array([f.energy_mj for f in figures], dtype=float),
        np.array([f.predicted_mj for f in figures]),
        np.array([not f.held_out for f in figures]),
        tuple(result.network.space.text(rows[f.position]) for f in figures),
        "mJ",
    )
