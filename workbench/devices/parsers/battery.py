"""``dumpsys battery``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.devices.parsers.text import flag, lines_of, whole

_STATUS = {1: "unknown", 2: "charging", 3: "discharging", 4: "not charging", 5: "full"}
_POWERED = re.compile(r"(\w+) powered")


@dataclass(frozen=True, slots=True)
class BatteryState:
    """What Android's battery service knows; None: not told.

    Attributes:
        percent: level as a share of its scale, 0 to 100.
        status: unknown, charging, discharging, not charging or full.
        powered_by: chargers that deliver power, such as ``("usb",)``. A battery can read as
            discharging while powered, so this decides whether energy can be measured.
        voltage_mv: terminal voltage.
        temperature_c: temperature of the pack.
        charge_counter_uah: charge left, by the gauge.
        faked: updates were stopped by ``dumpsys battery set``: nothing here is real.
    """

    percent: float | None
    status: str | None
    powered_by: tuple[str, ...] | None
    voltage_mv: float | None
    temperature_c: float | None
    charge_counter_uah: int | None
    technology: str | None
    faked: bool

    @property
    def powered(self) -> bool | None:
        """Whether any charger delivers power; None where the phone does not say."""
        return None if self.powered_by is None else bool(self.powered_by)


def parse_battery(output: bytes) -> BatteryState:
    """Parse ``dumpsys battery``."""
    values: dict[str, str] = {}
    faked = False
    for line in lines_of(output):
        faked = faked or "UPDATES STOPPED" in line
        name, colon, value = line.strip().partition(":")
        if colon:
            values.setdefault(name.strip().lower(), value.strip())
    powered: dict[str, bool] = {}
    for name, value in values.items():
        match = _POWERED.fullmatch(name)
        state = flag(value)
        if match is not None and state is not None:
            powered[match[1]] = state
    level, scale = whole(values.get("level")), whole(values.get("scale"))
    percent = None
    if level is not None and level >= 0:
        percent = min(100.0, level * 100 / (scale if scale is not None and scale > 0 else 100))
    tenths_c = whole(values.get("temperature"))
    return BatteryState(
        percent=percent,
        status=_STATUS.get(whole(values.get("status")) or 0),
        powered_by=tuple(name for name, on in powered.items() if on) if powered else None,
        voltage_mv=_millivolts(whole(values.get("voltage"))),
        # Android promises tenths of a degree; beyond these limits it is a broken sensor.
        temperature_c=tenths_c / 10 if tenths_c is not None and -400 < tenths_c < 1300 else None,
        charge_counter_uah=whole(values.get("charge counter")),
        technology=values.get("technology") or None,
        faked=faked,
    )


def _millivolts(value: int | None) -> float | None:
    """Android says millivolts; some vendors print microvolts or whole volts."""
    if value is None or value <= 0:
        return None
    if value >= 1_000_000:
        return value / 1000
    return value * 1000.0 if value < 20 else float(value)
