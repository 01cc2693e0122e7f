"""What a connected phone is and what can be read on it, with the reason where something cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
from workbench.devices.adb.sections import Section, run_sections
from workbench.devices.agent.binaries import agent_for
from workbench.devices.capabilities import Capability
from workbench.devices.computer import Cache
from workbench.devices.device import Device, DeviceInfo
from workbench.devices.errors import clean
from workbench.devices.parsers import (
    BatteryState,
    CpuCluster,
    CpuStat,
    DeviceProperties,
    MemoryInfo,
    PowerSupply,
    ThermalState,
    parse_battery,
    parse_cache_listing,
    parse_clusters,
    parse_cpu_stat,
    parse_listing,
    parse_meminfo,
    parse_power_supplies,
    parse_properties,
    parse_thermal_service,
)
from workbench.devices.parsers.caches import CACHE_FILES, CACHE_GLOB
from workbench.devices.parsers.cpu import CPUFREQ_FILES, CPUFREQ_GLOB
from workbench.devices.parsers.power_supply import POWER_SUPPLY_FILES, POWER_SUPPLY_GLOB
from workbench.devices.power.rails import RAIL_COMMANDS, RailReading, rails_capability, read_rails

WORK_FOLDER = "/data/local/tmp"
"""The one folder that the shell user of every phone may write to and run programs from."""


def listing_command(glob: str, names: tuple[str, ...]) -> str:
    """A shell line whose output `parse_listing` reads."""
    # /dev/null makes grep print the path even where the glob fits one file only.
    return "grep '' " + " ".join(f"{glob}/{name}" for name in names) + " /dev/null"


_COMMANDS: Mapping[str, str] = {
    "properties": "getprop",
    "cpufreq": listing_command(CPUFREQ_GLOB, CPUFREQ_FILES),
    "caches": listing_command(CACHE_GLOB, CACHE_FILES),
    "stat": "cat /proc/stat",
    "memory": "cat /proc/meminfo",
    "power": listing_command(POWER_SUPPLY_GLOB, POWER_SUPPLY_FILES),
    "battery": "dumpsys battery",
    "thermal": "dumpsys thermalservice",
    "folder": f"test -d {WORK_FOLDER} && test -w {WORK_FOLDER}",
    **RAIL_COMMANDS,
}
_NOTHING = Section(1, b"")


@dataclass(frozen=True, slots=True)
class PhoneDescription:
    """A phone at the moment it was asked.

    Attributes:
        capabilities: of the transport, then of what can be read; each with how, or why not.
    """

    info: DeviceInfo
    properties: DeviceProperties
    clusters: tuple[CpuCluster, ...]
    caches: tuple[Cache, ...]
    cpu: CpuStat
    memory: MemoryInfo
    battery: BatteryState
    power_supplies: tuple[PowerSupply, ...]
    thermal: ThermalState
    rails: RailReading
    capabilities: tuple[Capability, ...]

    @property
    def simulated(self) -> bool:
        """Whether nothing of this was measured on a real phone."""
        return self.info.simulated or self.properties.simulated

    @property
    def title(self) -> str:
        """Manufacturer and model, cleaned for display; a virtual phone's model says all."""
        model = self.properties.model or self.info.model or self.info.serial
        maker = "" if self.simulated else self.properties.manufacturer or ""
        named = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
        return clean(named, 60)


def describe_phone(device: Device, *, timeout_s: float = 20.0) -> PhoneDescription:
    """Ask a phone all of it, in one round trip.

    Raises:
        DeviceError: as `Device.shell`.
    """
    found = run_sections(device, _COMMANDS, timeout_s=timeout_s)

    def output(name: str) -> bytes:
        return found.get(name, _NOTHING).output

    properties = parse_properties(output("properties"))
    clusters = parse_clusters(parse_listing(output("cpufreq")))
    caches = parse_cache_listing(parse_listing(output("caches")))
    cpu = parse_cpu_stat(output("stat"))
    memory = parse_meminfo(output("memory"))
    battery = parse_battery(output("battery"))
    supplies = parse_power_supplies(parse_listing(output("power")))
    thermal = parse_thermal_service(output("thermal"))
    rails = read_rails({name: output(name) for name in RAIL_COMMANDS})
    writable = found.get("folder", _NOTHING).exit_code == 0
    return PhoneDescription(
        info=device.info,
        properties=properties,
        clusters=clusters,
        caches=caches,
        cpu=cpu,
        memory=memory,
        battery=battery,
        power_supplies=supplies,
        thermal=thermal,
        rails=rails,
        capabilities=(
            *device.capabilities(),
            _programs(properties, writable),
            *_processor(clusters, caches, cpu, memory),
            *_battery(battery, supplies),
            rails_capability(rails),
            *_heat(properties, battery, thermal),
        ),
    )


def _programs(properties: DeviceProperties, writable: bool) -> Capability:
    if not writable:
        return Capability("agent", False, f"{WORK_FOLDER} cannot be written")
    try:
        binary = agent_for(properties.abis)
    except WorkbenchError as error:
        return Capability("agent", False, clean(error.message))
    return Capability("agent", True, f"built for {binary.abi}, runs from {WORK_FOLDER}")


def _processor(
    clusters: tuple[CpuCluster, ...], caches: tuple[Cache, ...], cpu: CpuStat, memory: MemoryInfo
) -> tuple[Capability, ...]:
    current = any(cluster.current_khz is not None for cluster in clusters)
    l2 = [cache for cache in caches if cache.level == 2]
    estimated = ", estimated from free memory and page cache" if memory.available_estimated else ""
    return (
        _read("cpu_clusters", clusters, "cpufreq, by related_cpus", "cpufreq cannot be read"),
        _read("cpu_frequency", current, "scaling_cur_freq", "no current clock can be read"),
        _read("cpu_load", cpu.cpus, "/proc/stat", "/proc/stat cannot be read"),
        _read(
            "memory_available",
            memory.available_kib is not None,
            f"/proc/meminfo{estimated}",
            "/proc/meminfo cannot be read",
        ),
        _read(
            "l2_size",
            l2,
            "sysfs",
            "the kernel does not tell the size of its caches: taken from a table by processor",
        ),
    )


def _battery(
    battery: BatteryState, supplies: tuple[PowerSupply, ...]
) -> tuple[Capability, Capability, Capability]:
    if battery.faked:
        why = "updates were stopped by hand: run `dumpsys battery reset` on the phone"
        return (
            Capability("battery_percent", False, why),
            Capability("battery_current", False, why),
            Capability("energy_now", False, why),
        )
    percent = _read(
        "battery_percent", battery.percent is not None, "dumpsys battery", "the phone does not tell"
    )
    gauge = next((supply for supply in supplies if supply.current_now_raw is not None), None)
    if gauge is not None:
        current = Capability(
            "battery_current",
            True,
            f"/sys/class/power_supply/{clean(gauge.name, 40)}/current_now, to be calibrated",
        )
    else:
        reasons = {
            f"{clean(supply.name, 40)}: {clean(supply.unreadable['current_now'], 60)}"
            for supply in supplies
            if "current_now" in supply.unreadable
        }
        why = "; ".join(sorted(reasons)) or "no power supply shows a current_now"
        current = Capability("battery_current", False, why)
    if battery.powered:
        by = ", ".join(clean(name, 20) for name in battery.powered_by or ())
        energy = Capability(
            "energy_now",
            False,
            f"the phone is being charged ({by}): unplug it and connect over Wi-Fi",
        )
    else:
        energy = Capability("energy_now", current.available, current.how)
    return percent, current, energy


def _heat(
    properties: DeviceProperties, battery: BatteryState, thermal: ThermalState
) -> tuple[Capability, Capability]:
    temperature = _read(
        "temperature",
        battery.temperature_c is not None or bool(thermal.temperatures),
        "dumpsys thermalservice" if thermal.temperatures else "dumpsys battery",
        "neither the battery nor the thermal service tells one",
    )
    sdk = properties.sdk
    if thermal.faked:
        why = "the status was set by hand: run `cmd thermalservice reset` on the phone"
        return temperature, Capability("thermal_status", False, why)
    old = sdk is not None and sdk < 29
    why = f"Android before 10 has none (API level {sdk})" if old else "the phone does not tell"
    status = _read("thermal_status", thermal.status is not None, "dumpsys thermalservice", why)
    return temperature, status


def _read(name: str, value: object, how: str, why_not: str) -> Capability:
    return Capability(name, bool(value), how if value else why_not)
