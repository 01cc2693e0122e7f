"""Meters on a device's power rails: counters of energy on Pixels, INA3221 chips on Jetsons.

A Pixel's meter is printed by its power.stats service (HAL 2.0), in mWs and without a time, or read
from the driver's ``energy_value``, in uWs with the meter's own time in ms. An INA3221 shows as
hwmon (voltage in mV, current in mA) or, with older kernels, as iio (power in mW).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workbench.devices.parsers.text import finite, lines_of, whole

MAX_RAILS = 64
MAX_UWS = 1e15
"""30 W for a year: no counter is at more."""
MAX_MW = 1e6

ENERGY_FILE = "energy_value"
HWMON_FILES = (
    "name",
    *(f"{kind}{n}_{what}" for n in (1, 2, 3) for kind, what in (("in", "label"), ("in", "input"))),
    *(f"curr{n}_input" for n in (1, 2, 3)),
)
IIO_FILES = tuple(name for n in (0, 1, 2) for name in (f"rail_name_{n}", f"in_power{n}_input"))

_METER_START = re.compile(r"=+ PowerStats HAL 2\.0 energy meter =+")
_METER_END = re.compile(r"=+ End of PowerStats HAL 2\.0 energy meter =+")
# The newer form is "[rail]:subsystem", the first one the rail alone.
_METER_LINE = re.compile(
    r"\s*(?:\[([^\[\]]{1,64})\]:(.{0,64}?)|(\S{1,64}))\s+(\d{1,15}\.\d{1,3}) mWs(?: \(.*\))?\s*",
    re.ASCII,
)
_DRIVER_LINE = re.compile(
    r"\s*CH\d{1,3}\(T=(\d{1,15})\)\[([^\[\]]{1,64})\],\s*(\d{1,15})\s*", re.ASCII
)
# Not `parse_listing`: an iio folder's own name holds a colon.
_NAMES = "|".join((ENERGY_FILE, *HWMON_FILES, *IIO_FILES))
_FILE = re.compile(rf"(/\S+)/({_NAMES}):(.*)", re.ASCII)
_REFUSED = re.compile(rf"(?:grep|toybox|sh)[^/]*: (/\S+)/({_NAMES}): (.+)", re.ASCII)
_RAIL = re.compile(r"[\w .,:()/+&-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RailEnergy:
    """A rail's counter at one moment.

    Attributes:
        name: such as ``S2M_VDD_CPUCL2``.
        subsystem: what it feeds, such as ``CPU(BIG)``; empty where it is not told.
        energy_uws: since the device's start. The service prints it after a conversion to 32-bit
            floating point: a counter past 16 Ws is only good to 2^-24 of its value.
        t_ms: the meter's own time; None where it is not told.
    """

    name: str
    subsystem: str
    energy_uws: float
    t_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RailPower:
    """A rail's power at one moment.

    Attributes:
        name: such as ``VDD_CPU_GPU_CV``.
        power_mw: the chip's average over its own conversion time.
    """

    name: str
    power_mw: float


@dataclass(frozen=True, slots=True)
class RailFiles:
    """The rails among small files that were printed with their paths.

    Attributes:
        energies: of a Pixel's driver.
        powers: of INA3221 chips.
        refused: path -> why it could not be read, in the device's words.
    """

    energies: tuple[RailEnergy, ...]
    powers: tuple[RailPower, ...]
    refused: Mapping[str, str]


def parse_energy_meter(output: bytes) -> tuple[RailEnergy, ...]:
    """The energy meter in a dump of the power.stats service, with the column of changes or without.

    Sections about states and consumers are passed over.
    """
    found: list[RailEnergy] = []
    inside = False
    for line in lines_of(output):
        if _METER_START.fullmatch(line.strip()):
            inside = True
        elif _METER_END.fullmatch(line.strip()):
            inside = False
        elif inside and (match := _METER_LINE.fullmatch(line)) is not None:
            name = match[1] or match[3]
            subsystem = (match[2] or "").strip()
            energy = (finite(match[4]) or 0.0) * 1000
            found.append(RailEnergy(name, subsystem if _RAIL.fullmatch(subsystem) else "", energy))
    return _energies(found)


def parse_rail_files(output: bytes) -> RailFiles:
    """The output of ``grep "" FILES /dev/null 2>&1`` over `ENERGY_FILE`, `HWMON_FILES` and
    `IIO_FILES` of some folders."""
    folders: dict[str, dict[str, list[str]]] = {}
    refused: dict[str, str] = {}
    for line in lines_of(output):
        found = _FILE.fullmatch(line)
        if found is not None:
            folders.setdefault(found[1], {}).setdefault(found[2], []).append(found[3].strip())
            continue
        failed = _REFUSED.fullmatch(line)
        if failed is not None and "*" not in failed[1] and "No such file" not in failed[3]:
            refused[f"{failed[1]}/{failed[2]}"] = failed[3].strip()
    energies: list[RailEnergy] = []
    powers: list[RailPower] = []
    for folder in sorted(folders):
        lines = folders[folder]
        energies += _driver(lines.get(ENERGY_FILE, []))
        powers += _ina3221({name: texts[0] for name, texts in lines.items()})
    return RailFiles(_energies(energies), _powers(powers), MappingProxyType(refused))


def _driver(lines: Iterable[str]) -> list[RailEnergy]:
    matches = filter(None, map(_DRIVER_LINE.fullmatch, lines))
    return [RailEnergy(m[2], "", float(m[3]), int(m[1])) for m in matches]


def _ina3221(values: Mapping[str, str]) -> list[RailPower]:
    """Rails of one folder; a channel without a name is connected to nothing."""
    found = []
    if values.get("name") == "ina3221":
        for n in (1, 2, 3):
            millivolts, milliamperes = values.get(f"in{n}_input"), values.get(f"curr{n}_input")
            volts, amperes = whole(millivolts), whole(milliamperes)
            if volts is not None and amperes is not None:
                found.append(RailPower(values.get(f"in{n}_label", ""), volts * amperes / 1000))
    for n in (0, 1, 2):
        power = finite(values.get(f"in_power{n}_input"))
        if power is not None:
            found.append(RailPower(values.get(f"rail_name_{n}", ""), power))
    return found


def _energies(found: Iterable[RailEnergy]) -> tuple[RailEnergy, ...]:
    by_name: dict[str, RailEnergy] = {}
    for rail in found:
        if _RAIL.fullmatch(rail.name) and 0 <= rail.energy_uws <= MAX_UWS:
            by_name.setdefault(rail.name, rail)
    return tuple(by_name.values())[:MAX_RAILS]


def _powers(found: Iterable[RailPower]) -> tuple[RailPower, ...]:
    by_name: dict[str, RailPower] = {}
    for rail in found:
        # A board without load may read a little below 0: the chip measures both directions.
        if _RAIL.fullmatch(rail.name) and rail.name != "NC" and abs(rail.power_mw) <= MAX_MW:
            by_name.setdefault(rail.name, rail)
    return tuple(by_name.values())[:MAX_RAILS]
