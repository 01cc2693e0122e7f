"""What a device under test must be able to do: idle, work, and have its power read meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from workbench.devices.parsers.battery import BatteryState
from workbench.profiling.energy.streams import FloatArray, SensorStream

Tick = Callable[[float], None]
"""Called while a block runs, with the device's time; what it raises ends the block."""

BURNER = -1
"""Key of the load that any device has: a small network, to keep a core busy."""

COLUMNS = 4
"""Of `Rig.take`: time in s, current, voltage, charge, as the device gives them."""


@dataclass(frozen=True, slots=True)
class Work:
    """A load block as it was run, by the clock of the readings.

    Attributes:
        start_s, end_s: of the counted inferences.
        inferences: how many.
        slept: the device slept meanwhile, or its clock was changed.
        cap_mhz: cap on the clock of the cores that it ran on, at the end; None: not told.
    """

    start_s: float
    end_s: float
    inferences: int
    slept: bool = False
    cap_mhz: float | None = None


class Rig(Protocol):
    """A device on which blocks are run while its sensor is read without a break."""

    def open(self, seconds: float) -> None:
        """Begin to read the sensor, for so long at least. Raises: DeviceError."""
        ...

    def idle(self, seconds: float, tick: Tick) -> tuple[float, float]:
        """Let the device rest; (start, end) by its clock."""
        ...

    def load(self, key: int, seconds: float, tick: Tick) -> Work:
        """Run a configuration, or `BURNER`, for so long at least.

        Raises:
            DeviceError: the link broke, or the device does not run it.
        """
        ...

    def battery(self) -> BatteryState:
        """The battery now."""
        ...

    def take(self) -> FloatArray:
        """(n, COLUMNS) readings since the last call."""
        ...

    def close(self) -> None:
        """End the reading."""
        ...


def stream_of(rows: FloatArray) -> SensorStream:
    """Readings as the analysis takes them; a charge that was never read is left out."""
    t_s, current, voltage, charge = rows.reshape(-1, COLUMNS).T
    return SensorStream(t_s, current, voltage, charge if np.isfinite(charge).any() else None)
