"""``dumpsys thermalservice`` (Android 10 and later)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.devices.parsers.text import finite, flag, lines_of, whole

_HAL_TITLE = "Current temperatures from HAL:"
_STATUS = re.compile(r"\s*Thermal Status: (\d)\s*", re.ASCII)
_OVERRIDE = re.compile(r"\s*IsStatusOverride: (\w+)\s*")
_TEMPERATURE = re.compile(
    r"\s*Temperature\{mValue=([^,]+), mType=(-?\d+), mName=(.*), mStatus=(\d+)\}\s*", re.ASCII
)
_TYPES = {
    -1: "unknown",
    0: "cpu",
    1: "gpu",
    2: "battery",
    3: "skin",
    4: "usb port",
    5: "power amplifier",
    6: "bcl voltage",
    7: "bcl current",
    8: "bcl percentage",
    9: "npu",
}
_NOT_DEGREES = frozenset({6, 7, 8})


@dataclass(frozen=True, slots=True)
class Temperature:
    """One sensor: degrees Celsius and Android's severity, 0 (none) to 6 (shutdown)."""

    name: str
    kind: str
    value_c: float
    status: int


@dataclass(frozen=True, slots=True)
class ThermalState:
    """What Android's thermal service knows.

    Attributes:
        status: overall severity, 0 to 6; None where it is not told.
        faked: the status was set by hand and says nothing about the phone.
        temperatures: current readings; empty where the vendor gives none.
    """

    status: int | None
    faked: bool
    temperatures: tuple[Temperature, ...]

    def hottest_c(self, kind: str) -> float | None:
        """The highest reading among sensors of this kind, such as ``skin``."""
        return max((t.value_c for t in self.temperatures if t.kind == kind), default=None)


def parse_thermal_service(output: bytes) -> ThermalState:
    """Parse ``dumpsys thermalservice``.

    Only what stands after "Current temperatures from HAL:" counts: the cached list above it keeps
    values from the last change of severity, which may be hours old. Limits of battery current
    (bcl) are in the same list but are no temperatures.
    """
    status: int | None = None
    faked = False
    current = False
    temperatures: list[Temperature] = []
    for line in lines_of(output):
        if found := _STATUS.fullmatch(line):
            value = int(found[1])
            status = value if value <= 6 else None
        elif found := _OVERRIDE.fullmatch(line):
            faked = bool(flag(found[1]))
        elif line.strip() == _HAL_TITLE:
            current = True
        elif found := _TEMPERATURE.fullmatch(line):
            if current:
                temperatures += _temperature(found)
        elif line.strip().endswith(":"):
            current = False
    return ThermalState(status, faked, tuple(temperatures))


def _temperature(match: re.Match[str]) -> list[Temperature]:
    value, kind, severity = finite(match[1]), whole(match[2]), whole(match[4])
    if value is None or kind is None or severity is None or kind in _NOT_DEGREES:
        return []
    if not -60 < value < 200:  # sensors that are off report such things as -274 or 32767
        return []
    return [Temperature(match[3], _TYPES.get(kind, "unknown"), value, min(severity, 6))]
