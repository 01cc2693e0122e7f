"""/sys/class/power_supply: raw readings of gauges and chargers.

Values are kept as the kernel gives them. Its documentation promises microvolts and microamperes,
negative while discharging; vendors differ in scale and sign, so a reading becomes a current only
after it was calibrated on the device.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workbench.devices.parsers.listing import FileListing
from workbench.devices.parsers.text import whole

POWER_SUPPLY_GLOB = "/sys/class/power_supply/*"
POWER_SUPPLY_FILES = (
    "type",
    "status",
    "present",
    "online",
    "capacity",
    "voltage_now",
    "current_now",
    "current_avg",
    "power_now",
    "charge_counter",
    "temp",
)

_FILE = re.compile(r"/sys/class/power_supply/([^/]+)/(\w+)")


@dataclass(frozen=True, slots=True)
class PowerSupply:
    """One battery or charger; None: the file is not there or cannot be read.

    Attributes:
        name: folder, such as ``battery`` or ``bms``.
        kind: ``Battery``, ``USB``, ``Mains`` ...
        online: whether a charger delivers power.
        voltage_now_raw, current_now_raw, ...: as the kernel gives them, scale and sign unchecked.
        temperature_raw: tenths of a degree by the kernel's documentation.
        unreadable: file name -> the reason in the device's words.
    """

    name: str
    kind: str | None
    status: str | None
    present: bool | None
    online: bool | None
    capacity_percent: int | None
    voltage_now_raw: int | None
    current_now_raw: int | None
    current_avg_raw: int | None
    power_now_raw: int | None
    charge_counter_raw: int | None
    temperature_raw: int | None
    unreadable: Mapping[str, str]


def parse_power_supplies(listing: FileListing) -> tuple[PowerSupply, ...]:
    """Every power supply that the listing names, by name."""
    files: dict[str, dict[str, str]] = {}
    for match, value in listing.matching(_FILE):
        files.setdefault(match[1], {})[match[2]] = value
    unreadable: dict[str, dict[str, str]] = {}
    for path, reason in listing.errors.items():
        failed = _FILE.fullmatch(path)
        if failed is not None:
            unreadable.setdefault(failed[1], {})[failed[2]] = reason
    return tuple(
        _supply(name, files.get(name, {}), unreadable.get(name, {}))
        for name in sorted(files.keys() | unreadable.keys())
    )


def _supply(name: str, files: Mapping[str, str], unreadable: Mapping[str, str]) -> PowerSupply:
    capacity = whole(files.get("capacity"))
    return PowerSupply(
        name=name,
        kind=files.get("type") or None,
        status=files.get("status") or None,
        present=_switch(files.get("present")),
        online=_switch(files.get("online")),
        capacity_percent=capacity if capacity is not None and 0 <= capacity <= 100 else None,
        voltage_now_raw=whole(files.get("voltage_now")),
        current_now_raw=whole(files.get("current_now")),
        current_avg_raw=whole(files.get("current_avg")),
        power_now_raw=whole(files.get("power_now")),
        charge_counter_raw=whole(files.get("charge_counter")),
        temperature_raw=whole(files.get("temp")),
        unreadable=MappingProxyType(dict(unreadable)),
    )


def _switch(text: str | None) -> bool | None:
    value = whole(text)
    return None if value is None else value != 0
