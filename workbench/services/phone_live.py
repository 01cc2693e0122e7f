"""What a phone is doing now: clocks, loads, memory, heat and battery, about once a second.

Nothing is put on the phone for it: each look is one short command.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.devices.adb.describe import listing_command
from workbench.devices.adb.sections import run_sections
from workbench.devices.device import Device
from workbench.devices.errors import DeviceError
from workbench.devices.parsers import (
    BatteryState,
    CpuCluster,
    CpuStat,
    ThermalState,
    cpu_load,
    parse_battery,
    parse_clusters,
    parse_cpu_stat,
    parse_listing,
    parse_meminfo,
    parse_power_supplies,
    parse_thermal_service,
)
from workbench.devices.parsers.cpu import CPUFREQ_GLOB
from workbench.devices.parsers.power_supply import POWER_SUPPLY_GLOB
from workbench.devices.power.rails import (
    RAIL_COMMANDS,
    RailReading,
    RailsPower,
    rails_power,
    read_rails,
)
from workbench.jobs import JobContext
from workbench.services.devices import open_device

EVERY_S = 1.0
SLOW_EVERY = 5
"""Battery and thermal service are asked with every so many looks: they wake services."""
BACK_AFTER_S = 2.0
LOOK_TIMEOUT_S = 8.0

_FAST: Mapping[str, str] = {
    "stat": "grep '^cpu' /proc/stat",
    "memory": "cat /proc/meminfo",
    "cpufreq": listing_command(
        CPUFREQ_GLOB, ("related_cpus", "cpuinfo_max_freq", "scaling_max_freq", "scaling_cur_freq")
    ),
    "power": listing_command(POWER_SUPPLY_GLOB, ("type", "current_now", "voltage_now")),
}
_SLOW: Mapping[str, str] = {"battery": "dumpsys battery", "thermal": "dumpsys thermalservice"}

Connect = Callable[[], Device]


@dataclass(frozen=True, slots=True)
class PhoneLive:
    """A phone at one moment; None: it does not tell.

    Attributes:
        t_s: seconds since the watching began.
        clusters: clocks and caps now, the fastest first.
        loads: (clusters,) busy share of their cores since the look before.
        current_raw: reading of the battery's current sensor, unit and sign unchecked.
        voltage_raw: the same of its voltage.
        battery, thermal: as they were asked last.
        rails: what the rails for computing took when they were asked last; None: there are none, or
            their counters do not tell yet.
    """

    t_s: float
    clusters: tuple[CpuCluster, ...]
    loads: tuple[float | None, ...]
    memory_available_mib: float | None
    current_raw: int | None
    voltage_raw: int | None
    battery: BatteryState
    thermal: ThermalState
    rails: RailsPower | None

    @property
    def load(self) -> float | None:
        """Busy share over all clusters whose load is known, weighted by their cores."""
        known = [
            (len(c.cpus), load) for c, load in zip(self.clusters, self.loads) if load is not None
        ]
        cores = sum(count for count, _ in known)
        return sum(count * load for count, load in known) / cores if cores else None


@dataclass(frozen=True, slots=True)
class PhoneAway:
    """The phone cannot be asked now; it is tried again."""

    text: str


def watch_phone(
    context: JobContext,
    name: str,
    *,
    connect: Connect | None = None,
    every_s: float = EVERY_S,
) -> None:
    """Publish a `PhoneLive` at a steady rate until cancelled, a `PhoneAway` while it is gone.

    Args:
        name: serial number or HOST:PORT.
        connect: makes a connected device; that of `name` when None.
    """
    maker = connect or (lambda: open_device(name))
    while not context.cancelled:
        try:
            device = maker()
        except DeviceError as error:
            context.publish(PhoneAway(f"{error.message} {error.hint}".strip()))
        else:
            with contextlib.closing(device):
                _watch(context, device, every_s)
        if context.wait(BACK_AFTER_S):
            return


def _watch(context: JobContext, device: Device, every_s: float) -> None:
    """Look again and again until cancelled or the link breaks."""
    before: CpuStat | None = None
    slow: dict[str, bytes] = {}
    rails: RailReading | None = None
    power: RailsPower | None = None
    number = 0
    while not context.cancelled:
        commands = _FAST
        if number % SLOW_EVERY == 0:
            commands = {**_FAST, **_SLOW}
            # A phone without rails is asked for them once.
            if rails is None or rails.names:
                commands = {**commands, **RAIL_COMMANDS}
        number += 1
        try:
            found = run_sections(device, commands, timeout_s=LOOK_TIMEOUT_S)
        except DeviceError as error:
            context.publish(PhoneAway(f"{error.message} {error.hint}".strip()))
            return
        output = {key: section.output for key, section in found.items()}
        slow |= {key: output[key] for key in _SLOW if key in output}
        if "rails_at" in commands:
            asked = read_rails(output)
            power = rails_power(rails, asked)
            rails = asked
        stat = parse_cpu_stat(output.get("stat", b""))
        context.publish(_live(context.elapsed_s, output, slow, before, stat, power))
        before = stat
        if context.wait(every_s):
            return


def _live(
    t_s: float,
    output: Mapping[str, bytes],
    slow: Mapping[str, bytes],
    before: CpuStat | None,
    stat: CpuStat,
    rails: RailsPower | None,
) -> PhoneLive:
    clusters = parse_clusters(parse_listing(output.get("cpufreq", b"")))
    loads: tuple[float | None, ...] = (None,) * len(clusters)
    if before is not None:
        between = cpu_load(before, stat)
        loads = tuple(between.over(cluster.cpus) for cluster in clusters)
    supplies = parse_power_supplies(parse_listing(output.get("power", b"")))
    gauge = next((s for s in supplies if s.current_now_raw is not None), None)
    available_kib = parse_meminfo(output.get("memory", b"")).available_kib
    return PhoneLive(
        t_s=t_s,
        clusters=clusters,
        loads=loads,
        memory_available_mib=None if available_kib is None else available_kib / 1024,
        current_raw=None if gauge is None else gauge.current_now_raw,
        voltage_raw=None if gauge is None else gauge.voltage_now_raw,
        battery=parse_battery(slow.get("battery", b"")),
        thermal=parse_thermal_service(slow.get("thermal", b"")),
        rails=rails,
    )
