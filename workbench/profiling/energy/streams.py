"""What was read of a battery's sensors, and whether it can be used at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.profiling.energy.errors import SensorError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MAX_MISSING = 0.2
"""Share of readings that may be missing; a sensor that fails more often is not to be relied on."""

CELL_V = (2.5, 5.0)
"""Voltages that a lithium-ion cell of a phone can have."""

PACK_V = (2.5, 26.0)
"""The same for packs of several cells, as some boards and foldables have them."""


@dataclass(frozen=True, slots=True)
class SensorStream:
    """Polled readings of a battery's gauge, as the kernel gives them.

    Between two updates of the gauge the same value is read again and again.

    Attributes:
        t_s: (n,) when each was read, by the device's clock, ascending.
        current_raw: (n,) ``current_now``; unit and sign unknown; NaN where it could not be read.
        voltage_raw: (n,) ``voltage_now``, microvolts by the kernel's documentation.
        charge_uah: (n,) charge counter, NaN where it was not read; None where there is none.
    """

    t_s: FloatArray
    current_raw: FloatArray
    voltage_raw: FloatArray
    charge_uah: FloatArray | None = None

    def __post_init__(self) -> None:
        columns = [self.current_raw, self.voltage_raw]
        if self.charge_uah is not None:
            columns.append(self.charge_uah)
        if self.t_s.ndim != 1 or any(column.shape != self.t_s.shape for column in columns):
            raise ValueError("every column of a stream must have the shape of its times")

    def between(self, start_s: float, end_s: float) -> SensorStream:
        """The readings in a span, both ends included."""
        first, last = np.searchsorted(self.t_s, (start_s, np.nextafter(end_s, np.inf)))
        part = slice(int(first), int(last))
        return SensorStream(
            self.t_s[part], self.current_raw[part], self.voltage_raw[part],
            None if self.charge_uah is None else self.charge_uah[part],
        )  # fmt: skip


def usable(stream: SensorStream) -> SensorStream:
    """The readings without the missing ones.

    Raises:
        SensorError: when there are too few readings, too many are missing, or the clock jumped.
    """
    if len(stream.t_s) < 2:
        raise SensorError("The current sensor gave no readings.")
    if not np.isfinite(stream.t_s).all() or (np.diff(stream.t_s) <= 0).any():
        raise SensorError(
            "The device's clock went back while the sensor was read.",
            "Measure again; read the sensor by the clock that counts since the device's start.",
        )
    good = np.isfinite(stream.current_raw) & np.isfinite(stream.voltage_raw)
    missing = 1.0 - float(good.mean())
    if missing > MAX_MISSING:
        raise SensorError(
            f"The current sensor gave no number in {missing:.0%} of its readings.",
            detail=f"{int((~good).sum())} of {len(good)} readings are not a number",
        )
    charge = None if stream.charge_uah is None else stream.charge_uah[good]
    return SensorStream(
        stream.t_s[good], stream.current_raw[good], stream.voltage_raw[good], charge
    )


def volts_per_raw(voltage_raw: FloatArray) -> float:
    """Scale of the voltage: microvolts as documented, or millivolts or volts as some print it.

    Raises:
        SensorError: when no unit makes it the voltage of a battery.
    """
    typical = float(np.median(voltage_raw))
    for factor in (1e-6, 1e-3, 1.0):
        if PACK_V[0] <= typical * factor <= PACK_V[1]:
            return factor
    raise SensorError(
        f"The battery's voltage reads {typical:g}, which is no battery's in any unit."
    )
