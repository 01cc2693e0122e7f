"""What a measurement of energy tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.profiling.energy.result import EnergyPerInference


@dataclass(frozen=True, slots=True, eq=False)
class EnergyPlanned:
    """What will be measured.

    Attributes:
        positions: of the configurations among those of the latency measurement; the blocks'
            numbers count through these.
        fitted: how many of them the power model is fitted to; the others are held out.
        repeats: load blocks a configuration.
        block_s: length of a block.
        seconds: how long it takes, about.
    """

    positions: npt.NDArray[np.intp]
    fitted: int
    repeats: int
    block_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class EnergyBlock:
    """A block begins.

    Attributes:
        kind: ``idle`` or ``load``.
        configuration: number in `EnergyPlanned.positions`; below 0 when idle.
        round: from 1.
    """

    kind: str
    configuration: int
    round: int


@dataclass(frozen=True, slots=True)
class PowerReadings:
    """Power as the sensor told it since the last such record.

    Attributes:
        t_s: by the device's clock, ascending.
        power_mw: as many.
    """

    t_s: tuple[float, ...]
    power_mw: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EnergyMeasured:
    """All results, once the last block is done.

    Attributes:
        results: one a configuration, by its number in `EnergyPlanned.positions`.
        predicted_mj: by the power model and the latency table, as many.
    """

    results: tuple[EnergyPerInference, ...]
    predicted_mj: tuple[float, ...]
