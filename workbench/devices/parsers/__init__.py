"""Pure parsers: bytes that a phone printed -> frozen records. They run nothing and open nothing.

A parser never raises on what a phone prints: what is missing or malformed is None or left out,
because vendors print all kinds of things and a recording must go on.
"""

from workbench.devices.parsers.battery import BatteryState, parse_battery
from workbench.devices.parsers.caches import parse_cache_listing
from workbench.devices.parsers.cpu import (
    CpuCluster,
    CpuLoad,
    CpuStat,
    CpuTimes,
    cpu_load,
    parse_clusters,
    parse_cpu_stat,
)
from workbench.devices.parsers.listing import FileListing, parse_listing
from workbench.devices.parsers.memory import MemoryInfo, parse_meminfo
from workbench.devices.parsers.power_supply import PowerSupply, parse_power_supplies
from workbench.devices.parsers.properties import DeviceProperties, parse_properties
from workbench.devices.parsers.thermal import Temperature, ThermalState, parse_thermal_service

__all__ = [
    "BatteryState",
    "CpuCluster",
    "CpuLoad",
    "CpuStat",
    "CpuTimes",
    "DeviceProperties",
    "FileListing",
    "MemoryInfo",
    "PowerSupply",
    "Temperature",
    "ThermalState",
    "cpu_load",
    "parse_battery",
    "parse_cache_listing",
    "parse_clusters",
    "parse_cpu_stat",
    "parse_listing",
    "parse_meminfo",
    "parse_power_supplies",
    "parse_properties",
    "parse_thermal_service",
]
