"""A lithium-ion battery and its fuel gauge."""

from __future__ import annotations

import bisect
import math
import random
from dataclasses import dataclass

from workbench.devices.virtual.simulation.settings import (
    Charger,
    CurrentUnit,
    GaugeSettings,
    SensorFault,
)

# Open-circuit voltage of a common 4.35 V cell by charge; between the points it is linear.
_CHARGE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_VOLTS = (3.30, 3.58, 3.66, 3.72, 3.76, 3.79, 3.83, 3.90, 3.98, 4.07, 4.18, 4.35)

RESISTANCE_OHM = 0.12
CHARGER_MA = {Charger.NONE: 0.0, Charger.USB: 450.0, Charger.AC: 1500.0}
TAPER_FROM = 0.9
"""Above this charge the charger's current falls towards none at full."""


def open_circuit_v(charge: float) -> float:
    """Voltage without load at a charge of 0 to 1."""
    charge = min(1.0, max(0.0, charge))
    right = min(len(_CHARGE) - 1, bisect.bisect_right(_CHARGE, charge))
    share = (charge - _CHARGE[right - 1]) / (_CHARGE[right] - _CHARGE[right - 1])
    return _VOLTS[right - 1] + share * (_VOLTS[right] - _VOLTS[right - 1])


def load_current_ma(power_mw: float, volts: float) -> float:
    """Current that delivers a power through the internal resistance: P = (V - I R) I."""
    watts = power_mw / 1000
    under_root = volts * volts - 4 * RESISTANCE_OHM * watts
    return 1000 * (volts - math.sqrt(max(0.0, under_root))) / (2 * RESISTANCE_OHM)


@dataclass(slots=True)
class Battery:
    """State of the battery.

    Attributes:
        capacity_mah: charge of the full battery.
        charge: share of it that is left, 0 to 1.
        charger: what is plugged in.
        current_ma: net current, positive while discharging.
        voltage_v: at the terminals.
    """

    capacity_mah: float
    charge: float
    charger: Charger = Charger.NONE
    current_ma: float = 0.0
    voltage_v: float = 0.0

    def __post_init__(self) -> None:
        self.voltage_v = open_circuit_v(self.charge)

    @property
    def status(self) -> str:
        """``Full``, ``Charging``, ``Not charging`` or ``Discharging``, as the kernel says it."""
        if self.charger is Charger.NONE:
            return "Discharging"
        if self.charge >= 0.999:
            return "Full"
        return "Charging" if self.current_ma < 0 else "Not charging"

    @property
    def percent(self) -> int:
        """Level as a phone shows it."""
        return math.ceil(self.charge * 100 - 1e-9)

    def step(self, power_mw: float, seconds: float) -> None:
        """Take a power from the battery for some time."""
        volts = open_circuit_v(self.charge)
        load_ma = load_current_ma(power_mw, volts)
        full = CHARGER_MA[self.charger]
        room = min(1.0, max(0.0, (1.0 - self.charge) / (1.0 - TAPER_FROM)))
        # Whatever is plugged in feeds the phone first; the rest goes into the battery.
        charging_ma = min(full, load_ma + (full - load_ma) * room) if full > load_ma else full
        self.current_ma = load_ma - charging_ma
        self.voltage_v = volts - self.current_ma / 1000 * RESISTANCE_OHM
        used_mah = self.current_ma * seconds / 3600
        self.charge = min(1.0, max(0.0, self.charge - used_mah / self.capacity_mah))


class FuelGauge:
    """What the phone's gauge reports of a battery: means over its period, with its errors.

    Args:
        generator: source of the readings' noise.
    """

    def __init__(self, settings: GaugeSettings, generator: random.Random) -> None:
        self.settings = settings
        self.fault = SensorFault.NONE
        self._random = generator
        self._next_update_s = settings.period_s
        self._charge_mas = 0.0
        self._seconds = 0.0
        self._reported_ma = 0.0
        self._reported_v = 0.0

    @property
    def next_update_s(self) -> float:
        """When the next reading comes, by the phone's clock."""
        return self._next_update_s

    def start(self, battery: Battery) -> None:
        """Report the battery as it is, before the first period is over."""
        self._reported_ma = battery.current_ma
        self._reported_v = battery.voltage_v

    def step(self, battery: Battery, now_s: float, seconds: float) -> None:
        """Watch the battery for some time, which ends now."""
        self._charge_mas += battery.current_ma * seconds
        self._seconds += seconds
        if now_s < self._next_update_s - 1e-9:
            return
        if self.fault is not SensorFault.FROZEN:
            error_ma = self.settings.offset_ma + self.settings.drift_ma_per_hour * now_s / 3600
            error_ma += self._random.gauss(0.0, self.settings.noise_ma)
            self._reported_ma = self._charge_mas / self._seconds + error_ma
            self._reported_v = battery.voltage_v
        self._charge_mas = self._seconds = 0.0
        while self._next_update_s <= now_s + 1e-9:
            self._next_update_s += self.settings.period_s

    def current_text(self) -> str:
        """``current_now`` in the gauge's own unit and sign."""
        if self.fault is SensorFault.NAN:
            return "nan"
        factor = 1000 if self.settings.unit is CurrentUnit.MICROAMPERE else 1
        return str(round(self._reported_ma * factor * self.settings.sign))

    def voltage_text(self) -> str:
        """``voltage_now`` in microvolts."""
        return "nan" if self.fault is SensorFault.NAN else str(round(self._reported_v * 1e6))
