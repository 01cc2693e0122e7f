"""What kind of phone is simulated, beyond what its device profile says.

The defaults are typical figures for phones of the middle class, chosen so that everything happens
that a real phone shows; they describe no real device and are marked simulated wherever they appear.
"""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass, field
from enum import StrEnum

from workbench.core.errors import SettingsError


class CurrentUnit(StrEnum):
    """Unit in which the fuel gauge reports; the kernel asks for microamperes, vendors differ."""

    MICROAMPERE = "uA"
    MILLIAMPERE = "mA"


class Charger(StrEnum):
    """What is plugged in."""

    NONE = "none"
    USB = "usb"
    AC = "ac"


class SensorFault(StrEnum):
    """What is wrong with the fuel gauge."""

    NONE = "none"
    FROZEN = "frozen"
    NAN = "nan"


@dataclass(frozen=True, slots=True)
class GaugeSettings:
    """How the fuel gauge sees the battery's current.

    Attributes:
        period_s: seconds between two updates; a reading is the mean over the last such period.
        sign: +1 or -1, the sign of a reading while the battery discharges.
        noise_ma: standard deviation of a reading's random error.
        offset_ma: constant error.
        drift_ma_per_hour: how fast that error grows.
    """

    period_s: float = 1.0
    unit: CurrentUnit = CurrentUnit.MICROAMPERE
    sign: int = -1
    noise_ma: float = 1.0
    offset_ma: float = 0.0
    drift_ma_per_hour: float = 0.0

    def __post_init__(self) -> None:
        if not 0.01 <= self.period_s <= 600:
            raise SettingsError(
                f"The gauge's period is {self.period_s:g} s.", "It must lie within 0.01 and 600 s."
            )
        if self.sign not in (-1, 1):
            raise SettingsError("The gauge's sign must be 1 or -1.")
        if not (0 <= self.noise_ma < math.inf):
            raise SettingsError("The gauge's noise must be 0 or more.")


@dataclass(frozen=True, slots=True)
class AppUse:
    """An app in the foreground for a while.

    Attributes:
        package: Android's name of it.
        cores: processor time it takes, in cores.
        seconds: how long it stays.
        resident_mib: memory that it holds.
    """

    package: str
    cores: float
    seconds: float
    resident_mib: int


DAY_OF_APPS = (
    AppUse("com.android.launcher3", 0.08, 45, 110),
    AppUse("com.example.messages", 0.25, 180, 140),
    AppUse("com.example.browser", 0.9, 240, 420),
    AppUse("com.example.video", 0.6, 300, 350),
    AppUse("com.example.maps", 1.1, 200, 380),
    AppUse("com.example.camera", 1.6, 60, 300),
)


def host_abis() -> tuple[str, ...]:
    """Android's names of the instruction sets that this computer runs."""
    machine = platform.machine().lower()
    if machine in ("aarch64", "arm64"):
        return ("arm64-v8a",)
    return ("x86_64",)


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """A simulated phone.

    Attributes:
        serial: its serial number.
        seed: of everything random.
        api_level: version of Android's interfaces.
        abis: instruction sets that it claims to run, the preferred one first.
        shell_v2: False plays a phone before Android 7: no exit codes, CR LF line ends.
        battery_percent: charge at the start, 0 to 100.
        storage_bytes: size of the partition that can be written to.
        memory_mib: installed memory.
        ambient_c: temperature of the surroundings.
        base_mw: power of everything but processor and screen.
        screen_mw: power of the screen at full brightness.
        apps: what is in the foreground, over and over.
        unreadable: files that the shell user may not read, as some vendors have it.
    """

    serial: str = "VIRTUAL0001"
    seed: int = 0
    api_level: int = 30
    abis: tuple[str, ...] = field(default_factory=host_abis)
    shell_v2: bool = True
    battery_percent: float = 80.0
    charger: Charger = Charger.NONE
    gauge: GaugeSettings = field(default_factory=GaugeSettings)
    storage_bytes: int = 512 << 20
    memory_mib: int = 2048
    ambient_c: float = 25.0
    base_mw: float = 150.0
    screen_mw: float = 600.0
    apps: tuple[AppUse, ...] = DAY_OF_APPS
    unreadable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.battery_percent <= 100:
            raise SettingsError(
                f"The battery's charge is {self.battery_percent:g}%.",
                "It must lie between 0 and 100.",
            )
        if self.storage_bytes < 0 or self.memory_mib < 256:
            raise SettingsError(
                "Storage must be 0 bytes or more, memory 256 MiB or more.",
            )
        if not self.apps or any(app.seconds <= 0 for app in self.apps):
            raise SettingsError("There must be an app, and each must stay for a while.")
