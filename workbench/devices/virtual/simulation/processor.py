"""Clusters of cores: load, clock, power, time counters."""

from __future__ import annotations

import bisect

from workbench.devices.profile import Cluster, DeviceProfile, power_mw

DEFAULT_CORE_MW = 500.0
"""Power of a core at full clock where a profile knows none; it falls with the clock squared."""

HEADROOM = 1.25
"""The governor asks for a quarter more clock than the load needs, as Linux's schedutil does."""

_STEPS_WHERE_UNKNOWN = (0.5, 0.75, 1.0)


class CpuCluster:
    """Cores that share a clock.

    Args:
        first_cpu: number of its first core; clusters are numbered in the profile's order.
        profile: of the whole phone; its power holds for its first cluster.
    """

    def __init__(self, cluster: Cluster, first_cpu: int, profile: DeviceProfile) -> None:
        self.profile = cluster
        self.cpus = tuple(range(first_cpu, first_cpu + cluster.cores))
        steps = cluster.frequencies_mhz or tuple(
            cluster.max_mhz * share for share in _STEPS_WHERE_UNKNOWN
        )
        self.frequencies_khz = tuple(round(mhz * 1000) for mhz in steps)
        self.core_mw = tuple(_core_mw(profile, cluster, khz) for khz in self.frequencies_khz)
        self.cap = len(self.frequencies_khz) - 1
        """Index of the highest clock that is allowed now."""
        self.at = 0
        """Index of the clock now."""
        self.busy = [0.0] * cluster.cores
        self.busy_s = [0.0] * cluster.cores
        self.idle_s = [0.0] * cluster.cores
        self.seconds_at = [0.0] * len(self.frequencies_khz)
        self.spent_mj = 0.0
        """Energy that it took so far."""

    @property
    def khz(self) -> int:
        """The clock now."""
        return self.frequencies_khz[self.at]

    @property
    def cap_khz(self) -> int:
        """The highest clock that is allowed now."""
        return self.frequencies_khz[self.cap]

    def place(self, heavy_cores: float, light_cores: float) -> None:
        """Spread load over the cores: heavy threads keep one busy each, light ones share all."""
        each = light_cores / len(self.busy)
        left = heavy_cores
        for index in range(len(self.busy)):
            taken = min(1.0, left)
            left -= taken
            self.busy[index] = min(1.0, taken + each)

    def step(self, seconds: float) -> float:
        """Let time pass; returns the mean power in milliwatts."""
        wanted_khz = max(self.busy) * HEADROOM * self.frequencies_khz[-1]
        found = bisect.bisect_left(self.frequencies_khz, wanted_khz)
        self.at = min(found, self.cap)
        self.seconds_at[self.at] += seconds
        for index, busy in enumerate(self.busy):
            self.busy_s[index] += busy * seconds
            self.idle_s[index] += (1.0 - busy) * seconds
        power_mw = sum(self.busy) * self.core_mw[self.at]
        self.spent_mj += power_mw * seconds
        return power_mw


def _core_mw(profile: DeviceProfile, cluster: Cluster, khz: int) -> float:
    ratio = khz / 1000 / cluster.max_mhz
    # The profile's power is that of its first cluster; slower cores take less in proportion.
    share = cluster.max_mhz / profile.clusters[0].max_mhz
    known = power_mw(profile, ratio)
    full = DEFAULT_CORE_MW * ratio * ratio if known is None else float(known)
    return full * share


def make_clusters(profile: DeviceProfile) -> tuple[CpuCluster, ...]:
    """The clusters of a profile, in its order; cores are numbered from 0."""
    clusters = []
    first = 0
    for cluster in profile.clusters:
        clusters.append(CpuCluster(cluster, first, profile))
        first += cluster.cores
    return tuple(clusters)
