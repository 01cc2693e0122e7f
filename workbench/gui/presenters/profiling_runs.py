"""The runs of a measurement as rows: what each is, how far it is, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.gui.presenters.formats import duration, significant
from workbench.profiling.energy.live import EnergyBlock, EnergyMeasured, EnergyPlanned
from workbench.profiling.energy.summary import EnergyFigure, figures_of
from workbench.profiling.live import RunMeasured, RunsPlanned, RunStarted
from workbench.services.profiling_results import ProfilingResult
from workbench.services.profiling_setup import ProfilingPreview
from workbench.space.design_space import DesignSpace


@dataclass(slots=True)
class RunRow:
    """One configuration.

    Attributes:
        number: from 1, in the order of the design.
        names: its operators.
        fitted: whether the table is fitted to it; else it is held out.
        expected_ms: what the device profile in use predicts; None where there is none.
        started: round that it is in; 0 while it is not being measured.
        measured: its figures so far.
        energy_planned: whether its energy is measured too.
        energy_round: round of its load block that runs now; 0 while none does.
        energy: its energy, once it was measured.
    """

    number: int
    names: tuple[str, ...]
    fitted: bool
    expected_ms: float | None = None
    started: int = 0
    measured: RunMeasured | None = None
    energy_planned: bool = False
    energy_round: int = 0
    energy: EnergyFigure | None = None

    @property
    def running(self) -> bool:
        """Whether it is being measured right now."""
        return self.started > 0 or self.energy_round > 0

    @property
    def complete(self) -> bool:
        """Whether all its blocks are done."""
        return self.measured is not None and self.measured.complete

    @property
    def progress(self) -> float:
        """Share of its blocks that are done."""
        return 0.0 if self.measured is None else self.measured.rounds_done / self.measured.rounds

    @property
    def group(self) -> str:
        """``fit`` or ``held out``."""
        return "fit" if self.fitted else "held out"

    @property
    def state(self) -> str:
        """What is going on with it, in words."""
        if self.energy_round:
            return f"energy {self.energy_round}"
        if self.running:
            return f"round {self.started}"
        if self.measured is None:
            return "planned"
        if self.complete:
            return "measured"
        return f"{self.measured.rounds_done} of {self.measured.rounds}"

    @property
    def trust(self) -> str:
        """``trusted``, ``questionable``, or empty while it is not complete."""
        if not self.complete or self.measured is None:
            return ""
        return "questionable" if self.measured.reasons else "trusted"

    @property
    def reason(self) -> str:
        """What speaks against it."""
        return "" if self.measured is None else "; ".join(self.measured.reasons)

    def story(self) -> str:
        """All that is known of it, for a tool tip."""
        lines = [" · ".join(self.names)]
        lines.append("fits the table" if self.fitted else "held out: checks the table")
        if self.expected_ms is not None:
            lines.append(f"expected {significant(self.expected_ms, 3)} ms")
        found = self.measured
        if found is not None:
            lines.append(f"{found.runs:,} runs in {found.rounds_done} of {found.rounds} blocks")
            lines.append(f"first run after loading {significant(found.first_ms, 3)} ms")
            lines.append(f"had the core for {found.cpu_share:.0%} of the time")
            lines += [f"questionable: {reason}" for reason in found.reasons]
        if self.energy is not None:
            lines += energy_story(self.energy)
        return "\n".join(lines)


def energy_story(energy: EnergyFigure) -> list[str]:
    """What is known of a configuration's energy."""
    interval = f"95 %: {significant(energy.low_mj, 3)} to {significant(energy.high_mj, 3)} mJ"
    predicted = f"predicted {significant(energy.predicted_mj, 3)} mJ"
    if energy.energy_mj is None or energy.error is None:
        return [f"energy not resolved ({interval}), {predicted}"]
    return [
        f"energy {significant(energy.energy_mj, 3)} mJ ({interval})",
        f"{predicted} ({100 * energy.error:+.1f} %); energy {energy.trust}",
    ]


class RunBoard:
    """The rows of one measurement; takes its records as they come."""

    def __init__(self) -> None:
        self.rows: list[RunRow] = []
        self.fitted = 0
        self.rounds = 0
        self._running: int | None = None
        self._energy: list[int] = []
        self._energy_fitted = 0

    @classmethod
    def of(
        cls,
        space: DesignSpace,
        planned: RunsPlanned,
        expected_ms: Sequence[float] | None = None,
    ) -> RunBoard:
        """Rows of a plan."""
        board = cls()
        board.fitted, board.rounds = planned.fitted, planned.rounds
        board.rows = [
            RunRow(
                number + 1,
                space.names(configuration),
                number < planned.fitted,
                None if expected_ms is None else float(expected_ms[number]),
            )
            for number, configuration in enumerate(planned.configurations)
        ]
        return board

    def fill(self, measured: Sequence[RunMeasured]) -> None:
        """Take figures that were measured before."""
        for run in measured:
            self.rows[run.position].measured = run

    def take(self, record: RunStarted | RunMeasured) -> list[int]:
        """Take a record; returns the rows that changed. One of no row of this plan is ignored."""
        if not 0 <= record.position < len(self.rows):
            return []
        changed = self.stop()
        row = self.rows[record.position]
        if isinstance(record, RunStarted):
            row.started = record.round
            self._running = record.position
        else:
            row.measured = record
        return [*changed, record.position]

    @property
    def has_energy(self) -> bool:
        """Whether energy is or was measured of any row."""
        return any(row.energy_planned or row.energy is not None for row in self.rows)

    def plan_energy(self, planned: EnergyPlanned) -> list[int]:
        """Energy of some rows is measured; returns the rows that changed."""
        self._energy = [int(p) for p in planned.positions if 0 <= p < len(self.rows)]
        self._energy_fitted = planned.fitted
        for position in self._energy:
            self.rows[position].energy_planned = True
        return self._energy

    def take_energy(self, record: EnergyBlock | EnergyMeasured) -> list[int]:
        """Take a record of the energy part; returns the rows that changed."""
        changed = [p for p in self._energy if self.rows[p].energy_round]
        for position in changed:
            self.rows[position].energy_round = 0
        if isinstance(record, EnergyBlock):
            if 0 <= record.configuration < len(self._energy):
                position = self._energy[record.configuration]
                self.rows[position].energy_round = record.round
                changed.append(position)
            return changed
        figures = figures_of(self._energy, self._energy_fitted, record)
        self.fill_energy(figures)
        return [figure.position for figure in figures]

    def fill_energy(self, figures: Sequence[EnergyFigure]) -> None:
        """Take energies that were measured."""
        for figure in figures:
            if 0 <= figure.position < len(self.rows):
                self.rows[figure.position].energy = figure

    def stop(self) -> list[int]:
        """Nothing is being measured any more; returns the rows that changed."""
        changed = [number for number, row in enumerate(self.rows) if row.energy_round]
        for number in changed:
            self.rows[number].energy_round = 0
        if self._running is None:
            return changed
        before, self._running = self._running, None
        self.rows[before].started = 0
        return [*changed, before]

    @property
    def complete(self) -> int:
        """Rows of which all blocks are done."""
        return sum(row.complete for row in self.rows)

    @property
    def questionable(self) -> int:
        """Complete rows that should not be relied on."""
        return sum(row.trust == "questionable" for row in self.rows)

    def summary(self) -> str:
        """One line about all rows."""
        count, held_out = len(self.rows), len(self.rows) - self.fitted
        if not count:
            return ""
        parts = [f"{count} configurations", f"{self.fitted} to fit, {held_out} held out"]
        if self.complete:
            parts.append(f"{self.complete} measured")
        energies = sum(row.energy is not None for row in self.rows)
        if energies:
            parts.append(f"energy of {energies}")
        if self.questionable:
            parts.append(f"{self.questionable} questionable")
        return " · ".join(parts)


def status_text(message: str, fraction: float | None, eta_s: float | None) -> str:
    """One line: what is being done, how far, how long."""
    parts = [(message[:1].upper() + message[1:]) or "Working"]
    if fraction:
        parts.append(f"{100 * fraction:.0f} %")
    if eta_s is not None and fraction is not None and fraction < 1:
        parts.append(f"{duration(eta_s)} left")
    return " · ".join(parts)


def same_plan(one: RunsPlanned, other: RunsPlanned) -> bool:
    """Whether two plans measure the same."""
    return (
        one.fitted == other.fitted
        and one.configurations.shape == other.configurations.shape
        and bool((one.configurations == other.configurations).all())
    )


def board_of(preview: ProfilingPreview | None, planned: RunsPlanned) -> RunBoard:
    """The rows of a plan, with what the preview expects of them where it is the same plan."""
    if preview is None:
        return RunBoard()
    same = same_plan(preview.planned, planned)
    expected = preview.expected_ms if same and preview.expected_ms is not None else None
    return RunBoard.of(
        preview.network.space, planned, None if expected is None else expected.tolist()
    )


def measured_board(preview: ProfilingPreview | None, result: ProfilingResult) -> RunBoard | None:
    """The rows of a plan with the figures that were kept; None where another one was measured."""
    runs, energy = result.runs, result.energy
    if preview is None or runs is None:
        return None
    planned = RunsPlanned(runs.configurations, runs.fitted, runs.runs[0].rounds)
    if not same_plan(preview.planned, planned):
        return None
    board = board_of(preview, planned)
    board.fill(runs.runs)
    if energy is not None:
        board.fill_energy(energy.summary.figures)
    return board
