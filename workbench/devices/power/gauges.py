"""The battery's current sensor: under which names kernels offer it, and which can be read.

The kernel's documentation names `current_now`, in microamperes. Vendors' kernels have the same
under names of their own (MediaTek's `BatteryAverageCurrent`, HTC's and Samsung's `batt_current`),
in units and signs of their own: what a reading means is found by calibrating it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.devices.capabilities import Capability
from workbench.devices.device import Device
from workbench.devices.errors import clean
from workbench.devices.parsers.listing import FileListing, parse_listing
from workbench.devices.parsers.text import finite

FOLDER = "/sys/class/power_supply"

CURRENT_FILES = (
    "current_now",
    "batt_current_now",
    "BatteryPresentCurrent",
    "batt_current",
    "current_avg",
    "BatteryAverageCurrent",
)
"""Best first: a present value tells more than a mean over a time that nobody documents."""
VOLTAGE_FILES = ("voltage_now", "batt_vol", "voltage_avg")
CHARGE_FILES = ("charge_counter", "charge_now", "charge_counter_ext")
_TYPE = "type"

_BATTERY_KINDS = ("battery", "bms")
_GAUGE_NAMES = re.compile(r"(?i)(battery|bms|bq27\w*|max17\w*|ds278\w*|.*fuel.?gauge.*)")
_NAME = re.compile(r"[A-Za-z0-9_.:@+-]{1,64}", re.ASCII)
_FILE = re.compile(r"/sys/class/power_supply/([^/]+)/(\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class BatteryGauge:
    """Files of one gauge that can be read.

    Attributes:
        current: path of the current; its unit and sign are not known yet.
        voltage: path of the voltage; None where none can be read.
        charge: path of the charge that is left; None where none can be read.
    """

    current: str
    voltage: str | None
    charge: str | None


@dataclass(frozen=True, slots=True)
class FoundGauge:
    """What was found.

    Attributes:
        gauge: the best one; None where none can be read.
        probed: every current file that is there, and whether it can be read or why not.
        reason: why there is no gauge; empty where there is one.
    """

    gauge: BatteryGauge | None
    probed: tuple[Capability, ...]
    reason: str


def find_gauge(device: Device, *, timeout_s: float = 20.0) -> FoundGauge:
    """Look for the battery's current sensor, in one round trip.

    Raises:
        DeviceError: as `Device.shell`.
    """
    names = (_TYPE, *CURRENT_FILES, *VOLTAGE_FILES, *CHARGE_FILES)
    paths = " ".join(f"{FOLDER}/*/{name}" for name in names)
    # /dev/null makes grep print the path even where the glob fits one file only.
    result = device.shell(f"grep '' {paths} /dev/null 2>&1", timeout_s=timeout_s)
    return choose_gauge(parse_listing(result.stdout))


def choose_gauge(listing: FileListing) -> FoundGauge:
    """The best gauge among files of ``/sys/class/power_supply``."""
    values: dict[str, dict[str, str]] = {}
    for match, value in listing.matching(_FILE):
        if _NAME.fullmatch(match[1]):
            values.setdefault(match[1], {})[match[2]] = value
    refused: dict[str, dict[str, str]] = {}
    for path, reason in listing.errors.items():
        failed = _FILE.fullmatch(path)
        if failed is not None and _NAME.fullmatch(failed[1]) and "No such file" not in reason:
            refused.setdefault(failed[1], {})[failed[2]] = clean(reason, 80)
    batteries = [
        name
        for name in sorted(values.keys() | refused.keys())
        if _is_battery(name, values.get(name, {}).get(_TYPE))
    ]
    probed: list[Capability] = []
    usable: list[tuple[int, int, str, str]] = []
    for name in batteries:
        for rank, file in enumerate(CURRENT_FILES):
            path = f"{FOLDER}/{name}/{file}"
            text = values.get(name, {}).get(file)
            if text is not None:
                reading = finite(text)
                told = "readable" if reading is not None else f"reads {clean(text, 20)!r}"
                probed.append(Capability(path, reading is not None, told))
                if reading is not None:
                    # A driver that knows no current often answers 0.
                    usable.append((int(reading == 0), rank, name, path))
            elif file in refused.get(name, {}):
                probed.append(Capability(path, False, refused[name][file]))
    if not usable:
        return FoundGauge(None, tuple(probed), _why_none(batteries, probed))
    _, _, name, path = min(usable)
    others = [name, *(other for other in batteries if other != name)]
    gauge = BatteryGauge(
        path, _first(values, others, VOLTAGE_FILES), _first(values, [name], CHARGE_FILES)
    )
    return FoundGauge(gauge, tuple(probed), "")


def _is_battery(name: str, kind: str | None) -> bool:
    """Whether it is a battery's, and not a charger's, whose current is none of the phone's."""
    if kind is not None:
        return kind.lower() in _BATTERY_KINDS
    return bool(_GAUGE_NAMES.fullmatch(name))


def _first(
    values: Mapping[str, Mapping[str, str]], supplies: list[str], files: tuple[str, ...]
) -> str | None:
    for name in supplies:
        for file in files:
            reading = finite(values.get(name, {}).get(file))
            if reading is not None and reading > 0:
                return f"{FOLDER}/{name}/{file}"
    return None


def _why_none(batteries: list[str], probed: list[Capability]) -> str:
    if probed:
        reasons = "; ".join(f"{c.name.removeprefix(FOLDER + '/')}: {c.how}" for c in probed)
        return f"the battery's current cannot be read ({reasons})"
    if batteries:
        return "the battery's driver tells no current"
    return "no battery is listed under /sys/class/power_supply, or it is closed to the shell user"
