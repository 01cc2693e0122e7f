"""Size of the L2 cache of a phone's fastest cores: from sysfs, a device profile, or a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from workbench.devices.agent.protocol import AgentCluster
from workbench.devices.computer import Cache
from workbench.devices.parsers import CpuCluster
from workbench.devices.profile import DeviceProfile
from workbench.devices.sampling.readings import CacheSize

FALLBACK_KIB = 512.0
"""Where nothing tells, what most phones of the middle class have."""

_TYPICAL: dict[int, tuple[str, float]] = {
    0xD03: ("Cortex-A53", 512),
    0xD04: ("Cortex-A35", 512),
    0xD05: ("Cortex-A55", 128),
    0xD07: ("Cortex-A57", 2048),
    0xD08: ("Cortex-A72", 1024),
    0xD09: ("Cortex-A73", 1024),
    0xD0A: ("Cortex-A75", 256),
    0xD0B: ("Cortex-A76", 256),
    0xD0D: ("Cortex-A77", 256),
    0xD41: ("Cortex-A78", 512),
    0xD44: ("Cortex-X1", 1024),
    0xD46: ("Cortex-A510", 256),
    0xD47: ("Cortex-A710", 512),
    0xD48: ("Cortex-X2", 1024),
    0xD4D: ("Cortex-A715", 512),
    0xD4E: ("Cortex-X3", 1024),
}
"""Part number of ARM's cores -> name and the L2 size in KiB that chips usually give it.

From the cores' technical reference manuals; the chip's maker chooses, so these are estimates.
"""

_ARM = 0x41
_CODE = re.compile(r"[A-Z]{2,}\d{3,}", re.ASCII)


def l2_size(
    clusters: Sequence[CpuCluster],
    caches: Iterable[Cache],
    soc: str | None,
    profiles: Iterable[DeviceProfile],
    agent_clusters: Sequence[AgentCluster] = (),
) -> CacheSize:
    """The L2 cache of the fastest cluster, from the best source there is.

    Args:
        clusters: of the phone, the fastest first.
        soc: what the phone says of its system on chip, such as ``MSM8937``.
        profiles: known devices; one with the same system on chip lends its size.
        agent_clusters: as the agent tells them, for the type of the cores.
    """
    fastest = set(clusters[0].cpus) if clusters else set()
    sizes = [
        cache.size_kib
        for cache in caches
        if cache.level == 2 and (not fastest or fastest & set(cache.cpus))
    ]
    if sizes:
        return CacheSize(float(max(sizes)), "sysfs")
    code = (soc or "").upper()
    for profile in profiles:
        known = profile.soc.upper()
        if known in code or set(_CODE.findall(known)) & set(_CODE.findall(code)):
            # A profile lists the fastest cluster first.
            return CacheSize(
                float(profile.clusters[0].l2_kib), f"estimated, as in the profile {profile.id}"
            )
    for cluster in agent_clusters:
        part = _arm_part(cluster.midr)
        if part in _TYPICAL and (not fastest or fastest & set(cluster.cpus)):
            name, kib = _TYPICAL[part]
            return CacheSize(kib, f"estimated, usual for a {name}")
    return CacheSize(FALLBACK_KIB, "assumed: neither the phone nor a table tells")


def _arm_part(midr: str | None) -> int:
    """Part number of a core of ARM's own design; 0 for others."""
    try:
        value = int(midr or "", 16)
    except ValueError:
        return 0
    return (value >> 4) & 0xFFF if (value >> 24) & 0xFF == _ARM else 0
