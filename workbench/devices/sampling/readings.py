"""Readings of a phone, and the context that they mean."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.devices.local import MIN_SHARE, LocalSettings
from workbench.devices.parsers import (
    BatteryState,
    CpuCluster,
    CpuStat,
    ThermalState,
    cpu_load,
)
from workbench.devices.sampling.device_clock import DeviceTime

LOAD_WINDOW_S = 1.0
"""Load is taken over so long: counters tick a hundred times a second, too coarse for less."""


@dataclass(frozen=True, slots=True)
class PhoneReading:
    """What one sample of the stream holds; None: not read, or not in this sample.

    Attributes:
        time: when, by the phone's clocks.
        clocks_khz: policy such as ``policy0`` -> clock now.
        battery_percent, charging, battery_c: from the power supply's files.
        zone_c: the hottest sensor of the processor.
        own_cpu_s: processor time that sampling has taken; counts on within a stream.
    """

    time: DeviceTime
    cpu: CpuStat
    clocks_khz: Mapping[str, int]
    memory_available_mib: float | None = None
    battery_percent: float | None = None
    charging: bool | None = None
    battery_c: float | None = None
    zone_c: float | None = None
    own_cpu_s: float | None = None


class PhoneSource(Protocol):
    """A stream of readings from a phone."""

    @property
    def how(self) -> str:
        """What takes the readings, for the trace's notes."""
        ...

    def clock(self) -> DeviceTime:
        """The phone's time now: one exchange. Raises: DeviceError."""
        ...

    def readings(self, rate_hz: float, seconds: float) -> Generator[PhoneReading, None, None]:
        """Readings at a steady rate for `seconds`; closing the iterator ends them on the phone.

        Raises:
            DeviceError: the link broke, nothing came for long, or the sampler on the phone died.
        """
        ...


@dataclass(frozen=True, slots=True)
class SideReading:
    """What is asked every few seconds beside the stream."""

    battery: BatteryState
    thermal: ThermalState


@dataclass(frozen=True, slots=True)
class CacheSize:
    """The L2 cache of the cores that an app would run on.

    Attributes:
        kib: its size.
        story: where the size comes from.
    """

    kib: float
    story: str

    def __post_init__(self) -> None:
        if not 0 < self.kib <= 2**20:
            raise SettingsError(f"An L2 cache of {self.kib:g} KiB.", "Give its size in KiB.")


@dataclass(frozen=True, slots=True)
class Derivation:
    """How readings become columns of a trace.

    Attributes:
        clusters: the phone's, the fastest first.
        cache: of the fastest cluster.
        settings: the formula for the free cache.
    """

    clusters: tuple[CpuCluster, ...]
    cache: CacheSize
    settings: LocalSettings

    @property
    def cache_story(self) -> str:
        """How the free cache was found."""
        return (
            f"L2 of {self.cache.kib:g} KiB ({self.cache.story}); free = size x"
            f" (1 - {self.settings.cache_load_factor:g} x load of the fastest cores)"
        )


@dataclass(slots=True)
class PhoneContext:
    """Follows readings and says what context they mean.

    With u the load of the fastest cores: an application that competes with one other thread for a
    busy core gets (1 - u) + u / 2 of it.
    """

    derivation: Derivation
    stories: dict[str, Source] = field(default_factory=dict)
    """Where each column that ever had a value comes from."""
    _loads: deque[tuple[float, CpuStat]] = field(default_factory=deque)

    def begin(self, before: CpuStat) -> None:
        """Start a stream anew: loads count from these counters on."""
        self._loads.clear()
        self._loads.append((float("-inf"), before))

    def values(self, reading: PhoneReading, side: SideReading | None) -> dict[str, float]:
        """The columns that can be told now, by name."""
        found: dict[str, float] = {}
        self._processor(reading, found)
        if reading.memory_available_mib is not None:
            found["memory_available_mib"] = reading.memory_available_mib
            self._measured("memory_available_mib", "MemAvailable of /proc/meminfo")
        self._battery(reading, side, found)
        self._heat(reading, side, found)
        return found

    def _processor(self, reading: PhoneReading, found: dict[str, float]) -> None:
        fastest = self.derivation.clusters[0].cpus if self.derivation.clusters else None
        now_s = reading.time.device_s
        while len(self._loads) > 1 and now_s - self._loads[1][0] >= LOAD_WINDOW_S:
            self._loads.popleft()
        if self._loads:
            between = cpu_load(self._loads[0][1], reading.cpu)
            load = between.over(fastest)
            # The fast cores may all be unplugged; then an app runs on the others.
            load = between.over() if load is None else load
            if load is not None:
                settings, size = self.derivation.settings, self.derivation.cache
                found["cpu_share"] = max(MIN_SHARE, 1.0 - load / 2)
                found["free_cache_kib"] = size.kib * (1 - settings.cache_load_factor * load)
                self.stories["cpu_share"] = Source(
                    Provenance.ESTIMATED,
                    "1 - load / 2, load of the fastest cores by /proc/stat over the last"
                    f" {LOAD_WINDOW_S:g} s, unplugged ones left out",
                )
                self.stories["free_cache_kib"] = Source(
                    Provenance.ESTIMATED, self.derivation.cache_story
                )
        if reading.cpu.cpus:
            self._loads.append((now_s, reading.cpu))
        ratio = self._frequency_ratio(reading.clocks_khz)
        if ratio is not None:
            found["cpu_frequency_ratio"] = ratio
            self._measured(
                "cpu_frequency_ratio", "scaling_cur_freq over cpuinfo_max_freq of the fastest cores"
            )

    def _frequency_ratio(self, clocks_khz: Mapping[str, int]) -> float | None:
        if not self.derivation.clusters:
            return None
        fastest = self.derivation.clusters[0]
        # A policy is numbered by one of its cores.
        clock = next(
            (clocks_khz[f"policy{cpu}"] for cpu in fastest.cpus if f"policy{cpu}" in clocks_khz),
            None,
        )
        if clock is None or fastest.max_khz is None:
            return None
        return min(1.0, max(0.01, clock / fastest.max_khz))

    def _battery(
        self, reading: PhoneReading, side: SideReading | None, found: dict[str, float]
    ) -> None:
        told = None if side is None or side.battery.faked else side.battery
        if told is not None and told.percent is not None:
            found["battery_percent"] = told.percent
            self._measured("battery_percent", "dumpsys battery")
        elif reading.battery_percent is not None:
            found["battery_percent"] = reading.battery_percent
            self._measured("battery_percent", "capacity of the power supply")
        if told is not None and told.powered is not None:
            found["charging"] = float(told.powered)
            self._measured("charging", "dumpsys battery: whether any charger delivers power")
        elif reading.charging is not None:
            found["charging"] = float(reading.charging)
            self._measured("charging", "status of the power supply")

    def _heat(
        self, reading: PhoneReading, side: SideReading | None, found: dict[str, float]
    ) -> None:
        told = None if side is None or side.battery.faked else side.battery.temperature_c
        if told is not None:
            found["temperature_c"] = told
            self._measured("temperature_c", "the battery's, by dumpsys battery")
        elif reading.battery_c is not None:
            found["temperature_c"] = reading.battery_c
            self._measured("temperature_c", "the battery's, by its power supply")
        elif reading.zone_c is not None:
            found["temperature_c"] = reading.zone_c
            self._measured("temperature_c", "the processor's hottest thermal zone")
        status = None if side is None or side.thermal.faked else side.thermal.status
        if status is not None:
            found["thermal_status"] = float(status)
            self._measured("thermal_status", "dumpsys thermalservice")

    def _measured(self, column: str, story: str) -> None:
        self.stories[column] = Source(Provenance.MEASURED, story)
