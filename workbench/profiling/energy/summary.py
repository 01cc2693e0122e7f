"""What measuring energy came to, in figures that are kept and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.profiling.energy.live import EnergyMeasured


@dataclass(frozen=True, slots=True)
class EnergyFigure:
    """Energy of one configuration.

    Attributes:
        position: among the configurations of the latency measurement.
        held_out: whether the power model was not fitted to it.
        energy_mj: None where it is not resolved.
        low_mj, high_mj: 95% confidence interval.
        predicted_mj: by the power model and the latency table.
        trust: ``trusted``, or what speaks against it.
    """

    position: int
    held_out: bool
    energy_mj: float | None
    low_mj: float
    high_mj: float
    predicted_mj: float
    trust: str

    @property
    def error(self) -> float | None:
        """Signed relative error of the prediction; None where nothing was resolved."""
        return None if self.energy_mj is None else self.predicted_mj / self.energy_mj - 1


@dataclass(frozen=True, slots=True)
class EnergySummary:
    """What measuring energy came to.

    Attributes:
        active_mw, low_mw, high_mw: power of a busy core and its 95% interval.
        figures: of each configuration, those of the fit first.
        within_5_percent, within_10_percent: share of the held-out ones that were predicted so
            closely; None where none was resolved.
        sensor: what it was read by.
        run: of the project.
        provenance: measured, or simulated by a virtual phone.
    """

    active_mw: float
    low_mw: float
    high_mw: float
    figures: tuple[EnergyFigure, ...]
    within_5_percent: float | None
    within_10_percent: float | None
    sensor: str
    run: int
    provenance: str

    def text(self) -> str:
        """One line."""
        told = (
            f"{self.provenance}: {self.active_mw:.0f} mW a busy core"
            f" (95 % interval {self.low_mw:.0f} to {self.high_mw:.0f})"
        )
        if self.within_5_percent is None or self.within_10_percent is None:
            return told
        return (
            f"{told}; energy of held-out configurations predicted within 5 %:"
            f" {self.within_5_percent:.0%}, within 10 %: {self.within_10_percent:.0%}"
        )


def figures_of(
    positions: Sequence[int], fitted: int, measured: EnergyMeasured
) -> tuple[EnergyFigure, ...]:
    """Energies of configurations in figures.

    Args:
        positions: of these among the configurations of the latency measurement.
        fitted: how many of them, from the first, the power model was fitted to.
    """
    return tuple(
        EnergyFigure(
            position=int(position),
            held_out=number >= fitted,
            energy_mj=result.energy_mj if result.resolved else None,
            low_mj=result.low_mj,
            high_mj=result.high_mj,
            predicted_mj=predicted,
            trust=result.trust.mark,
        )
        for number, (position, result, predicted) in enumerate(
            zip(positions, measured.results, measured.predicted_mj)
        )
    )
