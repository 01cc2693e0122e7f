"""What the live strips show of this computer and of a phone."""

from __future__ import annotations

from workbench.core.provenance import Provenance
from workbench.devices.local import LocalReading
from workbench.gui.widgets.live_strips import Strip
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.services.phone_live import PhoneLive

_ESTIMATED = Provenance.ESTIMATED.value

COMPUTER_STRIPS = (
    Strip("load", "Load of others", "%", 0, 100, 0, "warning"),
    Strip("share", "CPU share", "", 0, 1, 2, "lilac", _ESTIMATED),
    Strip("memory", "Free memory", "GiB", 0, None, 1, "accent"),
    Strip("cache", "Free cache", "KiB", 0, None, 0, "good", _ESTIMATED),
)

_RAW = Strip("current", "Battery current", "raw", 0, None, 0, "good")
_CALIBRATED = Strip("current", "Battery current", "mA", 0, None, 0, "good")
_PHONE = (
    Strip("load", "Load", "%", 0, 100, 0, "warning"),
    Strip("clock", "Fastest cores", "MHz", 0, None, 0, "lilac"),
    Strip("memory", "Free memory", "MiB", 0, None, 0, "accent"),
    Strip("temperature", "Battery heat", "°C", 15, 60, 1, "bad"),
)


def phone_strips(*, calibrated: bool) -> tuple[Strip, ...]:
    """Quantities of a phone, its current in mA where the sensor is calibrated."""
    return (*_PHONE, _CALIBRATED if calibrated else _RAW)


def computer_values(reading: LocalReading) -> dict[str, float | None]:
    """The values of `COMPUTER_STRIPS` in a reading."""
    return {
        "load": 100 * reading.other_load,
        "share": reading.cpu_share,
        "memory": reading.memory_available_mib / 1024,
        "cache": reading.free_cache_kib,
    }


def phone_values(live: PhoneLive, sensor: SensorCalibration | None) -> dict[str, float | None]:
    """The values of `phone_strips` at one moment; the current by its size."""
    current = None if live.current_raw is None else float(abs(live.current_raw))
    if current is not None and sensor is not None:
        current *= sensor.ma_per_raw
    load = live.load
    clock_khz = live.clusters[0].current_khz if live.clusters else None
    return {
        "load": None if load is None else 100 * load,
        "clock": None if clock_khz is None else clock_khz / 1000,
        "memory": live.memory_available_mib,
        "temperature": live.battery.temperature_c,
        "current": current,
    }
