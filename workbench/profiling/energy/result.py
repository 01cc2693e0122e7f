"""Energy per inference, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.core.provenance import Source


@dataclass(frozen=True, slots=True)
class EnergyTrust:
    """Whether a measured energy may be relied on.

    Attributes:
        reasons: what speaks against it; empty when nothing does.
        spread: standard deviation of the repeats over their mean; infinite around 0.
    """

    reasons: tuple[str, ...]
    spread: float

    @property
    def mark(self) -> str:
        """``trusted``, or ``questionable: ...`` with the reasons."""
        return f"questionable: {'; '.join(self.reasons)}" if self.reasons else "trusted"


@dataclass(frozen=True, slots=True)
class EnergyPerInference:
    """What one inference takes from the battery beyond what the idle phone takes.

    Attributes:
        configuration: its number in the plan.
        energy_mj: millijoules an inference. Not to be shown as a figure unless `resolved`.
        low_mj, high_mj: 95% confidence interval.
        repeats_mj: what each load block gave by itself.
        idle_mw: mean power of the idle phone around the load blocks.
        net_mw: mean power beyond that while it ran.
        inferences: in all load blocks that count.
        scatter_mj, rounding_mj: half widths of the interval from the scatter of the repeats and
            from the coarseness of the sensor alone.
        source: measured or simulated, and how.
    """

    configuration: int
    energy_mj: float
    low_mj: float
    high_mj: float
    repeats_mj: tuple[float, ...]
    idle_mw: float
    net_mw: float
    inferences: int
    scatter_mj: float
    rounding_mj: float
    trust: EnergyTrust
    source: Source

    @property
    def resolved(self) -> bool:
        """Whether the interval lies above 0: the phone tells this load from idling."""
        return self.low_mj > 0

    @property
    def relative_half_width(self) -> float:
        """Half the interval over the energy; infinite where that is not resolved."""
        return (self.high_mj - self.low_mj) / 2 / self.energy_mj if self.resolved else np.inf

    def text(self) -> str:
        """``12.3 mJ (95%: 12.0 to 12.6)``, or that it is not resolved and what it is at most."""
        if not self.resolved:
            return f"not resolved (95%: {self.low_mj:.3g} to {self.high_mj:.3g} mJ)"
        return f"{self.energy_mj:.3g} mJ (95%: {self.low_mj:.3g} to {self.high_mj:.3g})"


@dataclass(frozen=True, slots=True)
class EstimatedEnergy:
    """Energy per inference from a power model, where nothing could be measured.

    Attributes:
        energy_mj: None where the device's profile knows no power; never 0 in its place.
        source: estimated, and from which model; absent where there is none.
    """

    energy_mj: float | None
    source: Source

    def text(self) -> str:
        """``about 12.3 mJ``, or ``no estimate``."""
        return "no estimate" if self.energy_mj is None else f"about {self.energy_mj:.3g} mJ"
