"""Clusters from cpufreq, and load from /proc/stat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from workbench.devices.parsers.listing import FileListing
from workbench.devices.parsers.text import lines_of, whole

CPUFREQ_GLOB = "/sys/devices/system/cpu/cpu[0-9]*/cpufreq"
CPUFREQ_FILES = (
    "related_cpus",
    "cpuinfo_max_freq",
    "cpuinfo_min_freq",
    "scaling_max_freq",
    "scaling_cur_freq",
    "scaling_governor",
    "scaling_available_frequencies",
)

_CPUFREQ = re.compile(r"/sys/devices/system/cpu/cpu(\d{1,4})/cpufreq/(\w+)", re.ASCII)
_STAT_LINE = re.compile(r"cpu(\d{0,4})((?: +\d{1,19}){4,})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class CpuCluster:
    """Cores that share a clock.

    Attributes:
        cpus: numbers of the cores, ascending.
        max_khz, min_khz: what the hardware can do.
        cap_khz: the highest clock allowed now; below `max_khz` while the phone throttles.
        current_khz: None where the file cannot be read or no core of the cluster is plugged in.
        frequencies_khz: available clocks, ascending; empty where they are not told.
    """

    cpus: tuple[int, ...]
    max_khz: int | None
    min_khz: int | None
    cap_khz: int | None
    current_khz: int | None
    governor: str | None
    frequencies_khz: tuple[int, ...]


def parse_clusters(listing: FileListing) -> tuple[CpuCluster, ...]:
    """Clusters, the fastest first.

    By `related_cpus` and never by number: on an MSM8937 cores 0-3 are the fast ones. A core that
    is unplugged has no cpufreq folder, yet stands in the `related_cpus` of its neighbours.
    """
    by_cpu: dict[int, dict[str, str]] = {}
    for match, value in listing.matching(_CPUFREQ):
        by_cpu.setdefault(int(match[1]), {})[match[2]] = value
    clusters: dict[tuple[int, ...], dict[str, str]] = {}
    for cpu, files in sorted(by_cpu.items()):
        related = _cpu_numbers(files.get("related_cpus", "")) or {cpu}
        known = clusters.setdefault(tuple(sorted(related | {cpu})), {})
        for name, value in files.items():
            known.setdefault(name, value)
    found = [_cluster(cpus, files) for cpus, files in clusters.items()]
    return tuple(sorted(found, key=lambda cluster: (-(cluster.max_khz or 0), cluster.cpus)))


def _cluster(cpus: tuple[int, ...], files: Mapping[str, str]) -> CpuCluster:
    frequencies = {whole(word) for word in files.get("scaling_available_frequencies", "").split()}
    return CpuCluster(
        cpus=cpus,
        max_khz=_khz(files.get("cpuinfo_max_freq")),
        min_khz=_khz(files.get("cpuinfo_min_freq")),
        cap_khz=_khz(files.get("scaling_max_freq")),
        current_khz=_khz(files.get("scaling_cur_freq")),
        governor=files.get("scaling_governor") or None,
        frequencies_khz=tuple(sorted(khz for khz in frequencies if khz is not None and khz > 0)),
    )


def _khz(text: str | None) -> int | None:
    value = whole(text)  # some kernels write "<unknown>"
    return value if value is not None and value > 0 else None


def _cpu_numbers(text: str) -> set[int]:
    """Numbers of `related_cpus`: separated by spaces, on some kernels ranges such as ``0-3``."""
    cpus: set[int] = set()
    for part in text.replace(",", " ").split():
        first, dash, last = part.partition("-")
        start, end = whole(first), whole(last if dash else first)
        if start is not None and end is not None and 0 <= start <= end < 1024:
            cpus.update(range(start, end + 1))
    return cpus


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Clock ticks since boot."""

    busy: int
    idle: int

    @property
    def total(self) -> int:
        """Busy and idle together."""
        return self.busy + self.idle


@dataclass(frozen=True, slots=True)
class CpuStat:
    """One reading of /proc/stat.

    Attributes:
        total: the sum line; None where it is missing.
        cpus: core -> its times; cores that are unplugged are not in it.
    """

    total: CpuTimes | None
    cpus: Mapping[int, CpuTimes]


def cpu_times(ticks: Sequence[int]) -> CpuTimes:
    """Busy and idle ticks from a line's counters, at least four: user nice system idle ...

    Guest time (from the ninth on) is left out: the kernel counts it into user and nice already.
    """
    idle = ticks[3] + (ticks[4] if len(ticks) > 4 else 0)
    return CpuTimes(sum(ticks[:8]) - idle, idle)


def parse_cpu_stat(output: bytes) -> CpuStat:
    """Parse /proc/stat: user nice system idle [iowait irq softirq steal guest guest_nice]."""
    total: CpuTimes | None = None
    cpus: dict[int, CpuTimes] = {}
    for line in lines_of(output):
        match = _STAT_LINE.fullmatch(line)
        if match is None:
            continue
        times = cpu_times([int(word) for word in match[2].split()])
        if match[1]:
            cpus[int(match[1])] = times
        else:
            total = times
    return CpuStat(total, MappingProxyType(cpus))


@dataclass(frozen=True, slots=True)
class CpuLoad:
    """Busy shares between two readings, 0 to 1.

    Attributes:
        by_cpu: core -> busy share; only cores that were plugged in at both readings.
        weights: core -> ticks it was watched for.
    """

    by_cpu: Mapping[int, float]
    weights: Mapping[int, int] = field(default_factory=dict)

    def over(self, cpus: Iterable[int] | None = None) -> float | None:
        """Busy share over these cores (all when None), weighted by time; None: none was seen."""
        chosen = [cpu for cpu in (self.by_cpu if cpus is None else cpus) if cpu in self.by_cpu]
        watched = sum(self.weights[cpu] for cpu in chosen)
        if not watched:
            return None
        return sum(self.by_cpu[cpu] * self.weights[cpu] for cpu in chosen) / watched


def cpu_load(before: CpuStat, after: CpuStat) -> CpuLoad:
    """Load of each core between two readings.

    The sum line is not used: while cores come and go its deltas can even be negative. A core whose
    counters went back (it was unplugged and came again) is left out of this interval.
    """
    by_cpu: dict[int, float] = {}
    weights: dict[int, int] = {}
    for cpu, late in after.cpus.items():
        early = before.cpus.get(cpu)
        if early is None:
            continue
        busy, idle = late.busy - early.busy, late.idle - early.idle
        # Idle time may step back by a tick or two, since iowait is attributed after the fact.
        if busy < 0 or idle < -2 or busy + max(idle, 0) == 0:
            continue
        weights[cpu] = busy + max(idle, 0)
        by_cpu[cpu] = busy / weights[cpu]
    return CpuLoad(MappingProxyType(by_cpu), MappingProxyType(weights))
