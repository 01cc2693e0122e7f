"""Files of ``/proc`` and ``/sys``, made from the simulation when they are read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.devices.virtual.simulation.processor import CpuCluster
from workbench.devices.virtual.simulation.settings import Charger

if TYPE_CHECKING:
    from workbench.devices.virtual.machine import Machine

TICKS = 100
"""Ticks of ``/proc/stat`` in a second."""

Text = Callable[[], str]

_CPU = "/sys/devices/system/cpu"
_POWER = "/sys/class/power_supply"
_THERMAL = "/sys/class/thermal"


class SystemFiles:
    """What the simulation shows as files; see `filesystem.GeneratedFiles`."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._files: dict[str, Text] = {
            **_proc_files(machine),
            **_cpu_files(machine),
            **_power_files(machine),
            **_thermal_files(machine),
            "/system/build.prop": lambda: "".join(
                f"{name}={value}\n" for name, value in machine.properties.items()
            ),
        }
        self._folders: dict[str, set[str]] = {"/system/bin": set(), "/dev": {"null"}}
        for path in [*self._files, "/system/bin/x", "/dev/null"]:
            while path != "/":
                parent, _, name = path.rpartition("/")
                self._folders.setdefault(parent or "/", set()).add(name)
                path = parent or "/"
        self._folders["/system/bin"] = set()

    def find(self, path: str) -> Callable[[], bytes] | None:
        """The function that makes a file."""
        make = self._files.get(path) or self._process_file(path)
        if make is None:
            if path in ("/dev/null", "/dev/zero", "/dev/urandom"):
                return bytes
            folder, _, name = path.rpartition("/")
            if folder == "/system/bin" and name in self._machine.program_names:
                return bytes
            return None
        text = make

        def read() -> bytes:
            if not self._machine.may_read(path):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            self._machine.catch_up()
            return text().encode()

        return read

    def children(self, path: str) -> list[str] | None:
        """Names in a folder."""
        if path == "/proc":
            numbers = [str(process.pid) for process in self._machine.processes.all()]
            return [*self._folders["/proc"], *numbers]
        if path == "/system/bin":
            return sorted(self._machine.program_names)
        parts = path.split("/")
        if len(parts) == 3 and parts[1] == "proc" and parts[2].isdecimal():
            known = self._machine.processes.find(int(parts[2])) is not None
            return ["cmdline", "comm", "stat", "status"] if known else None
        found = self._folders.get(path)
        return None if found is None else sorted(found)

    def static_paths(self) -> list[str]:
        """All files that stand apart from processes."""
        return list(self._files)

    def _process_file(self, path: str) -> Text | None:
        parts = path.split("/")
        if len(parts) != 4 or parts[1] != "proc" or not parts[2].isdecimal():
            return None
        process = self._machine.processes.find(int(parts[2]))
        if process is None:
            return None
        ticks = round(process.cpu_s * TICKS)
        start = round(process.started_s * TICKS)
        pages = process.resident_kib // 4
        name = process.name[:15]
        texts = {
            "cmdline": process.command.replace(" ", "\0") + "\0",
            "comm": name + "\n",
            "stat": (
                f"{process.pid} ({name}) S {process.parent} {process.pid} 0 0 -1 4194304 0 0 0 0"
                f" {ticks} 0 0 0 20 0 1 0 {start} {pages * 4096 * 4} {pages} 0\n"
            ),
            "status": (
                f"Name:\t{name}\nState:\tS (sleeping)\nPid:\t{process.pid}\n"
                f"PPid:\t{process.parent}\nVmRSS:\t{process.resident_kib:8} kB\n"
            ),
        }
        text = texts.get(parts[3])
        return None if text is None else lambda: text


def _proc_files(machine: Machine) -> dict[str, Text]:
    model = machine.model

    def stat() -> str:
        lines = []
        totals = [0, 0]
        for cluster in model.clusters:
            for index, cpu in enumerate(cluster.cpus):
                busy, idle = (
                    round(cluster.busy_s[index] * TICKS),
                    round(cluster.idle_s[index] * TICKS),
                )
                totals[0] += busy
                totals[1] += idle
                lines.append(f"cpu{cpu} {busy} 0 0 {idle} 0 0 0 0 0 0\n")
        head = f"cpu  {totals[0]} 0 0 {totals[1]} 0 0 0 0 0 0\n"
        boot = f"btime {round(machine.boot_wall_s)}\nprocesses {machine.processes.last_pid}\n"
        running = sum(sum(cluster.busy) for cluster in model.clusters)
        return head + "".join(lines) + boot + f"procs_running {max(1, round(running))}\n"

    def meminfo() -> str:
        total, available = machine.memory_kib()
        return (
            f"MemTotal:       {total:8} kB\nMemFree:        {available // 3:8} kB\n"
            f"MemAvailable:   {available:8} kB\nBuffers:        {total // 60:8} kB\n"
            f"Cached:         {available // 2:8} kB\nSwapTotal:             0 kB\n"
            "SwapFree:              0 kB\n"
        )

    def loadavg() -> str:
        running = sum(sum(cluster.busy) for cluster in model.clusters)
        count = len(machine.processes.all())
        return (
            f"{running:.2f} {running:.2f} {running:.2f} {max(1, round(running))}/{count}"
            f" {machine.processes.last_pid}\n"
        )

    def uptime() -> str:
        idle = sum(sum(cluster.idle_s) for cluster in model.clusters)
        return f"{machine.uptime_s():.2f} {idle:.2f}\n"

    def cpuinfo() -> str:
        blocks = []
        for cluster in model.clusters:
            for cpu in cluster.cpus:
                blocks.append(
                    f"processor\t: {cpu}\nmodel name\t: simulated {cluster.profile.core_type}\n\n"
                )
        return "".join(blocks) + f"Hardware\t: simulated {machine.profile.soc}\n"

    return {
        "/proc/stat": stat,
        "/proc/meminfo": meminfo,
        "/proc/loadavg": loadavg,
        "/proc/uptime": uptime,
        "/proc/cpuinfo": cpuinfo,
        "/proc/version": lambda: "Linux version 4.9.0-simulated (AdaSpring Workbench)\n",
        "/proc/sys/kernel/random/boot_id": lambda: f"{machine.boot_id}\n",
    }


def _cpu_files(machine: Machine) -> dict[str, Text]:
    count = machine.model.cpus
    every = f"0-{count - 1}\n" if count > 1 else "0\n"
    files: dict[str, Text] = {
        f"{_CPU}/{name}": (lambda: every) for name in ("possible", "present", "online")
    }
    files[f"{_CPU}/kernel_max"] = lambda: f"{count - 1}\n"
    for index, cluster in enumerate(machine.model.clusters):
        policy = _policy_files(cluster)
        for name, text in policy.items():
            files[f"{_CPU}/cpufreq/policy{cluster.cpus[0]}/{name}"] = text
        for cpu in cluster.cpus:
            files[f"{_CPU}/cpu{cpu}/online"] = lambda: "1\n"
            files[f"{_CPU}/cpu{cpu}/topology/physical_package_id"] = _constant(f"{index}\n")
            for name, text in policy.items():
                files[f"{_CPU}/cpu{cpu}/cpufreq/{name}"] = text
    return files


def _policy_files(cluster: CpuCluster) -> dict[str, Text]:
    cpus = " ".join(map(str, cluster.cpus)) + "\n"
    steps = cluster.frequencies_khz

    def time_in_state() -> str:
        rows = zip(steps, cluster.seconds_at)
        return "".join(f"{khz} {round(seconds * TICKS)}\n" for khz, seconds in rows)

    return {
        "related_cpus": lambda: cpus,
        "affected_cpus": lambda: cpus,
        "cpuinfo_max_freq": lambda: f"{steps[-1]}\n",
        "cpuinfo_min_freq": lambda: f"{steps[0]}\n",
        "scaling_max_freq": lambda: f"{cluster.cap_khz}\n",
        "scaling_min_freq": lambda: f"{steps[0]}\n",
        "scaling_cur_freq": lambda: f"{cluster.khz}\n",
        "scaling_available_frequencies": lambda: " ".join(map(str, steps)) + "\n",
        "scaling_available_governors": lambda: "schedutil\n",
        "scaling_governor": lambda: "schedutil\n",
        "stats/time_in_state": time_in_state,
    }


def _constant(text: str) -> Text:
    return lambda: text


def _power_files(machine: Machine) -> dict[str, Text]:
    model = machine.model
    battery, gauge = model.battery, model.gauge
    if battery is None or gauge is None:
        return {}
    full_uah = round(battery.capacity_mah * 1000)
    files: dict[str, Text] = {
        "type": lambda: "Battery\n",
        "present": lambda: "1\n",
        "health": lambda: "Good\n",
        "technology": lambda: "Li-ion\n",
        "status": lambda: f"{battery.status}\n",
        "capacity": lambda: f"{battery.percent}\n",
        "voltage_now": lambda: f"{gauge.voltage_text()}\n",
        "current_now": lambda: f"{gauge.current_text()}\n",
        "charge_counter": lambda: f"{round(battery.charge * full_uah)}\n",
        "charge_full": lambda: f"{full_uah}\n",
        "charge_full_design": lambda: f"{full_uah}\n",
        "temp": lambda: f"{round(model.thermal.case_c * 10)}\n",
    }
    found: dict[str, Text] = {f"{_POWER}/battery/{name}": text for name, text in files.items()}
    for name, kind in (("usb", Charger.USB), ("ac", Charger.AC)):
        shown = "USB" if kind is Charger.USB else "Mains"
        found[f"{_POWER}/{name}/type"] = _constant(f"{shown}\n")
        found[f"{_POWER}/{name}/online"] = _online(machine, kind)
    return found


def _online(machine: Machine, kind: Charger) -> Text:
    def online() -> str:
        battery = machine.model.battery
        return "1\n" if battery is not None and battery.charger is kind else "0\n"

    return online


def _thermal_files(machine: Machine) -> dict[str, Text]:
    thermal = machine.model.thermal
    zones: list[tuple[str, Callable[[], float]]] = [
        ("cpu-thermal", lambda: thermal.chip_c),
        ("case-thermal", lambda: thermal.case_c),
    ]
    if machine.model.battery is not None:
        zones.append(("battery", lambda: thermal.case_c))
    files: dict[str, Text] = {}
    for index, (name, read) in enumerate(zones):
        files[f"{_THERMAL}/thermal_zone{index}/type"] = _constant(f"{name}\n")
        files[f"{_THERMAL}/thermal_zone{index}/temp"] = _milli(read)
    files[f"{_THERMAL}/cooling_device0/type"] = lambda: "thermal-cpufreq-0\n"
    files[f"{_THERMAL}/cooling_device0/max_state"] = lambda: "6\n"
    files[f"{_THERMAL}/cooling_device0/cur_state"] = lambda: f"{min(6, thermal.steps_down)}\n"
    return files


def _milli(read: Callable[[], float]) -> Text:
    return lambda: f"{round(read() * 1000)}\n"
