"""Samples the context of this computer through psutil.

Reading (`read_counters`) and deriving (`derive`) are apart, so that the derivation is tested on
made-up counters.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from workbench.core.errors import SettingsError
from workbench.devices.capabilities import Capability
from workbench.devices.computer import ComputerDescription, describe_computer

MIN_SHARE = 0.01
FALLBACK_L2_KIB = 1024
"""Assumed where the system does not tell the size of its L2 cache; marked so."""

_CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal", "acpitz")


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """How what cannot be read is estimated.

    Attributes:
        cache_load_factor: share of the L2 cache that other programs are believed to hold when they
            keep all processors busy: free = size * (1 - factor * their load).
    """

    cache_load_factor: float = 0.6

    def __post_init__(self) -> None:
        if not 0.0 <= self.cache_load_factor <= 1.0:
            raise SettingsError(
                f"The cache load factor is {self.cache_load_factor:g}.",
                "It must lie between 0 and 1.",
            )


@dataclass(frozen=True, slots=True)
class Counters:
    """Raw readings at one moment.

    Attributes:
        busy_s, total_s: processor time since boot, summed over processors.
        own_s: processor time of this process since its start.
        waiting_threads: threads that run or wait to run, averaged over the last minute.
        memory_available_mib: memory that can be had without swapping.
        frequency_ratio, battery_percent, charging, temperature_c: None where they cannot be read.
    """

    busy_s: float
    total_s: float
    own_s: float
    waiting_threads: float
    memory_available_mib: float
    frequency_ratio: float | None = None
    battery_percent: float | None = None
    charging: bool | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class LocalReading:
    """The context of this computer over the time between two readings; None: cannot be read."""

    free_cache_kib: float
    cpu_share: float
    memory_available_mib: float
    cpu_frequency_ratio: float | None
    battery_percent: float | None
    charging: bool | None
    temperature_c: float | None
    other_load: float
    """Load of all other processes, 0 to 1 over all processors."""


def read_counters() -> Counters:
    """Read the counters now; takes some tens of microseconds to a millisecond."""
    times = psutil.cpu_times()
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    # On Linux `user` and `nice` hold the guests' time already, so guest fields are not added.
    names = ("user", "nice", "system", "irq", "softirq", "steal", "interrupt", "dpc")
    busy_s = sum(getattr(times, name, 0.0) for name in names)
    battery = _battery()
    return Counters(
        busy_s=busy_s,
        total_s=busy_s + idle_s,
        own_s=time.process_time(),
        waiting_threads=psutil.getloadavg()[0],
        memory_available_mib=psutil.virtual_memory().available / 2**20,
        frequency_ratio=_frequency_ratio(),
        battery_percent=None if battery is None else float(battery.percent),
        charging=None if battery is None else bool(battery.power_plugged),
        temperature_c=_temperature_c(),
    )


def derive(
    before: Counters,
    after: Counters,
    logical_cpus: int,
    l2_kib: float,
    settings: LocalSettings,
) -> LocalReading:
    """The context between two readings.

    With u the load of other processes and q the threads that compete for a busy processor (one at
    least; more by the system's average over a minute): an application gets a processor to itself
    while it idles and its fair part otherwise, (1 - u) + u / (1 + q). The recorder's own work is
    not counted as load.
    """
    passed_s = after.total_s - before.total_s
    used_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    # Two readings within one tick of the system's counters say nothing: assume no load.
    load = min(1.0, max(0.0, used_s / passed_s)) if passed_s > 0 else 0.0
    fair = 1.0 / (1.0 + max(1.0, after.waiting_threads / logical_cpus))
    return LocalReading(
        free_cache_kib=l2_kib * (1.0 - settings.cache_load_factor * load),
        cpu_share=max(MIN_SHARE, 1.0 - load + load * fair),
        memory_available_mib=after.memory_available_mib,
        cpu_frequency_ratio=after.frequency_ratio,
        battery_percent=after.battery_percent,
        charging=after.charging,
        temperature_c=after.temperature_c,
        other_load=load,
    )


class LocalSampler:
    """Samples this computer; each `sample` covers the time since the one before."""

    def __init__(self, settings: LocalSettings | None = None) -> None:
        self.settings = settings or LocalSettings()
        self.description: ComputerDescription = describe_computer()
        self.l2_kib = float(self.description.l2_kib or FALLBACK_L2_KIB)
        self._before = read_counters()

    def sample(self) -> LocalReading:
        """Read the context since the last call (or since the sampler was made)."""
        after = read_counters()
        reading = derive(
            self._before, after, self.description.logical_cpus, self.l2_kib, self.settings
        )
        self._before = after
        return reading

    def capabilities(self) -> tuple[Capability, ...]:
        """What can be read here and how, or why not; names are those of the reading's fields."""
        return capabilities(self._before, self.description, self.settings)


def capabilities(
    counters: Counters, description: ComputerDescription, settings: LocalSettings
) -> tuple[Capability, ...]:
    """What a computer with these readings can tell."""
    size = (
        f"L2 of {description.l2_kib} KiB"
        if description.l2_kib
        else f"size of the L2 cache not told by the system, {FALLBACK_L2_KIB} KiB assumed"
    )
    cache = f"{size}; free = size x (1 - {settings.cache_load_factor:g} x load of other processes)"
    share = "1 - load of other processes + load / (1 + threads per busy processor)"

    def read(name: str, value: object, how: str, why_not: str) -> Capability:
        return Capability(name, value is not None, how if value is not None else why_not)

    return (
        Capability("free_cache_kib", True, cache),
        Capability("cpu_share", True, share),
        Capability("memory_available_mib", True, "the system's estimate of available memory"),
        read(
            "cpu_frequency_ratio",
            counters.frequency_ratio,
            "current and maximum frequency as the system reports them",
            "the system does not report a maximum frequency (usual in a virtual machine)",
        ),
        read(
            "battery_percent",
            counters.battery_percent,
            "the system's battery",
            "this computer has no battery",
        ),
        read(
            "temperature_c",
            counters.temperature_c,
            "the processor's sensor",
            "the system shows no temperature of the processor",
        ),
        Capability(
            "thermal_status", False, "a desktop system has no counterpart to Android's status"
        ),
    )


def _frequency_ratio() -> float | None:
    with contextlib.suppress(OSError, NotImplementedError, RuntimeError, AttributeError):
        frequency = psutil.cpu_freq()
        if frequency is not None and frequency.max and frequency.current:
            return min(1.0, max(MIN_SHARE, float(frequency.current) / float(frequency.max)))
    return None


def _battery() -> Any:
    with contextlib.suppress(OSError, NotImplementedError, RuntimeError, AttributeError):
        battery = psutil.sensors_battery()
        if battery is not None and 0.0 <= battery.percent <= 100.0:
            return battery
    return None


def _temperature_c() -> float | None:
    if not hasattr(psutil, "sensors_temperatures"):
        return None
    with contextlib.suppress(OSError, NotImplementedError, RuntimeError):
        sensors: Mapping[str, Any] = psutil.sensors_temperatures()
        for name in _CPU_SENSORS:
            # A sensor that is asleep or broken reads 0 or absurd figures.
            values = [entry.current for entry in sensors.get(name, ()) if 1 < entry.current < 130]
            if values:
                return float(max(values))
    return None
