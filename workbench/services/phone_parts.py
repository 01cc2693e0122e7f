"""What a phone's profile says of its clusters, memory and battery, and where that comes from."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.provenance import Provenance
from workbench.core.resources import device_profiles_root
from workbench.devices.adb.describe import PhoneDescription
from workbench.devices.agent.protocol import Info
from workbench.devices.errors import clean
from workbench.devices.parsers import CpuCluster
from workbench.devices.power.vendor_profile import VendorPower
from workbench.devices.profile import Battery, Cluster, DeviceProfile, Memory, PowerModel
from workbench.devices.profile_file import load_profile
from workbench.services.device_profiles import SUFFIX

FALLBACK_L2_KIB = 512.0
FALLBACK_MHZ = 2000.0
NOMINAL_V = 3.85
CLOCK_OFF = 0.02
"""How far the full clock in a power profile may be off the one that the phone states."""
LEAST_PERCENT = 30.0
"""Below this charge, dividing the charge counter by the level says little of the capacity."""

_CORE_TYPES = {
    (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD04): "Cortex-A35",
    (0x41, 0xD05): "Cortex-A55",
    (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72",
    (0x41, 0xD09): "Cortex-A73",
    (0x41, 0xD0A): "Cortex-A75",
    (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0D): "Cortex-A77",
    (0x41, 0xD41): "Cortex-A78",
    (0x41, 0xD44): "Cortex-X1",
    (0x41, 0xD46): "Cortex-A510",
    (0x41, 0xD47): "Cortex-A710",
    (0x41, 0xD48): "Cortex-X2",
    (0x41, 0xD4D): "Cortex-A715",
    (0x41, 0xD4E): "Cortex-X3",
    (0x41, 0xD80): "Cortex-A520",
    (0x41, 0xD81): "Cortex-A720",
    (0x41, 0xD82): "Cortex-X4",
}
"""(implementer, part) of the register MIDR_EL1, as the Linux kernel's cputype.h has them."""

_NAMES = {1: ("cpu",), 2: ("big", "little"), 3: ("prime", "big", "little")}


@dataclass(frozen=True, slots=True)
class PhoneParts:
    """Parts of a device profile; the cluster that networks ran on stands first.

    Attributes:
        power: an estimate for that cluster; None where nothing is known.
    """

    soc: str
    clusters: tuple[Cluster, ...]
    memory: Memory
    battery: Battery | None
    power: PowerModel | None


def phone_parts(
    phone: PhoneDescription,
    agent: Info,
    measured_on: int | None,
    vendor: VendorPower | None = None,
) -> PhoneParts:
    """Collect them from what the phone tells, and from the shipped profiles where it does not.

    Args:
        measured_on: position of the cluster that networks ran on; None for any.
        vendor: the phone's own power profile; None where it has none.
    """
    shipped = [load_profile(path) for path in sorted(device_profiles_root().glob(f"*{SUFFIX}"))]
    known = _same_soc(phone, shipped)
    clusters = _clusters(phone, agent, known, shipped)
    if measured_on:
        clusters.insert(0, clusters.pop(measured_on))
    if phone.simulated:
        clusters = [_simulated(c) for c in clusters]
    return PhoneParts(
        soc=clean(phone.properties.soc or "unknown", 200),
        clusters=tuple(clusters),
        memory=_memory(phone, known, shipped),
        battery=_battery(phone, shipped),
        power=_vendor_power(phone, vendor, measured_on) or _power(phone, known, measured_on),
    )


def _same_soc(phone: PhoneDescription, shipped: Sequence[DeviceProfile]) -> DeviceProfile | None:
    """A shipped profile of the same chip: its code, such as MSM8937, is in what the phone says."""
    told = [
        _plain(value)
        for name in ("ro.soc.model", "ro.board.platform", "ro.hardware")
        if (value := phone.properties.get(name))
    ]
    for profile in shipped:
        inside = re.search(r"\(([^)]+)\)", profile.soc)
        code = _plain(inside[1] if inside else profile.soc.split()[-1])
        fits = any(code in text or (len(text) >= 6 and text in code) for text in told)
        if len(code) >= 5 and fits and len(profile.clusters) == len(phone.clusters):
            return profile
    return None


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _clusters(
    phone: PhoneDescription,
    agent: Info,
    known: DeviceProfile | None,
    shipped: Sequence[DeviceProfile],
) -> list[Cluster]:
    if not phone.clusters:
        return [
            Cluster(
                name="cpu",
                core_type=clean(agent.cpu_model or "unknown", 200),
                cores=max(1, len(phone.cpu.cpus)),
                max_mhz=FALLBACK_MHZ,
                l2_kib=FALLBACK_L2_KIB,
                provenance=Provenance.ESTIMATED,
                story="the phone tells neither clusters nor clocks nor caches: assumed",
            )
        ]
    count = len(phone.clusters)
    names = _NAMES.get(count, tuple(f"cluster {number}" for number in range(count)))
    return [
        _cluster(phone, agent, cluster, name, known.clusters[n] if known else None, shipped)
        for n, (cluster, name) in enumerate(zip(phone.clusters, names, strict=True))
    ]


def _cluster(
    phone: PhoneDescription,
    agent: Info,
    cluster: CpuCluster,
    name: str,
    known: Cluster | None,
    shipped: Sequence[DeviceProfile],
) -> Cluster:
    max_mhz = cluster.max_khz / 1000 if cluster.max_khz else FALLBACK_MHZ
    clocks = tuple(khz / 1000 for khz in cluster.frequencies_khz)
    core_type = _core_type(agent, cluster) or (known.core_type if known else "")
    l2 = [c.size_kib for c in phone.caches if c.level == 2 and set(c.cpus) & set(cluster.cpus)]
    if l2:
        l2_kib, where = float(max(l2)), ""
    elif known is not None:
        l2_kib, where = known.l2_kib, "the table by chip"
    else:
        l2_kib, where = _usual_l2(core_type, shipped)
    told = "cores and clocks as the phone states them"
    assumed = "" if cluster.max_khz else f", the clock assumed at {FALLBACK_MHZ:.0f} MHz"
    cache = ", the L2 cache as well" if not where else f", the L2 cache from {where}"
    return Cluster(
        name=name,
        core_type=core_type or clean(agent.cpu_model or "unknown", 200),
        cores=len(cluster.cpus),
        max_mhz=max_mhz,
        l2_kib=l2_kib,
        frequencies_mhz=clocks if clocks and clocks[-1] == max_mhz else (),
        provenance=Provenance.ESTIMATED if where or assumed else Provenance.MEASURED,
        story=f"{told}{assumed}{cache}",
    )


def _core_type(agent: Info, cluster: CpuCluster) -> str:
    """From MIDR_EL1 where the kernel shows it; empty where not."""
    for told in agent.clusters:
        if set(told.cpus) & set(cluster.cpus) and told.midr:
            try:
                midr = int(told.midr, 16)
            except ValueError:
                continue
            return _CORE_TYPES.get((midr >> 24 & 0xFF, midr >> 4 & 0xFFF), "")
    return ""


def _usual_l2(core_type: str, shipped: Sequence[DeviceProfile]) -> tuple[float, str]:
    """What cores of this type mostly have, and where that comes from."""
    sizes = [c.l2_kib for p in shipped for c in p.clusters if c.core_type == core_type]
    if sizes:
        return float(statistics.median_low(sizes)), f"what most {core_type} have"
    return FALLBACK_L2_KIB, "nowhere: assumed"


def _memory(
    phone: PhoneDescription, known: DeviceProfile | None, shipped: Sequence[DeviceProfile]
) -> Memory:
    if known is not None:
        bandwidth = known.memory.bandwidth_bytes_per_s
        story = f"not measured here; from the shipped profile of the chip: {known.memory.story}"
    else:
        bandwidth = statistics.median(p.memory.bandwidth_bytes_per_s for p in shipped)
        story = f"not measured here; the middle of the {len(shipped)} shipped profiles"
    return Memory(
        bandwidth_bytes_per_s=bandwidth,
        provenance=Provenance.SIMULATED if phone.simulated else Provenance.ESTIMATED,
        story=story[:4000],
    )


def _battery(phone: PhoneDescription, shipped: Sequence[DeviceProfile]) -> Battery | None:
    """Capacity from the vendor's figure or the charge counter; None where nothing is known."""
    model = _plain(phone.properties.model or "")
    named = [p for p in shipped if p.battery is not None and len(_plain(p.title)) > 4]
    found = next((p for p in named if model and _plain(p.title).endswith(model)), None)
    if found is None:
        found = next((p for p in named if model and _plain(p.title) in model), None)
    provenance = Provenance.SIMULATED if phone.simulated else Provenance.ESTIMATED
    if found is not None and found.battery is not None:
        return Battery(
            capacity_mah=found.battery.capacity_mah,
            nominal_v=found.battery.nominal_v,
            provenance=provenance,
            story=found.battery.story,
        )
    battery = phone.battery
    percent, charge_uah = battery.percent, battery.charge_counter_uah
    if battery.faked or percent is None or percent < LEAST_PERCENT:
        return None
    # Some vendors count in mAh or in nothing known: only a plausible phone's battery is taken.
    capacity_mah = (charge_uah or 0) / 1000 / (percent / 100)
    if not 500 <= capacity_mah <= 20_000:
        return None
    return Battery(
        capacity_mah=float(f"{capacity_mah:.3g}"),
        nominal_v=NOMINAL_V,
        provenance=provenance,
        story=f"the gauge's charge counter over the level of {percent:.0f}%; usual nominal voltage",
    )


def _vendor_power(
    phone: PhoneDescription, vendor: VendorPower | None, measured_on: int | None
) -> PowerModel | None:
    """What the phone's own power profile states for the cluster with the same full clock."""
    if vendor is None or not phone.clusters:
        return None
    full_khz = phone.clusters[measured_on or 0].max_khz
    fitting = [c for c in vendor.clusters if full_khz and abs(c.khz[-1] / full_khz - 1) < CLOCK_OFF]
    if not fitting:
        return None
    cluster = fitting[0]
    return PowerModel(
        frequency_ratio=tuple(float(f"{khz / cluster.khz[-1]:.4g}") for khz in cluster.khz),
        active_mw=tuple(float(f"{ma * NOMINAL_V:.4g}") for ma in cluster.busy_ma),
        provenance=Provenance.SIMULATED if phone.simulated else Provenance.ESTIMATED,
        story=f"the phone's own power profile, in {vendor.path} (current with one core busy) times"
        f" {NOMINAL_V} V; its vendor's model, not a measurement",
    )


def _power(
    phone: PhoneDescription, known: DeviceProfile | None, measured_on: int | None
) -> PowerModel | None:
    """That of the same chip in a shipped profile, whose figures are for its fastest cluster."""
    if known is None or known.power is None or measured_on:
        return None
    return PowerModel(
        frequency_ratio=known.power.frequency_ratio,
        active_mw=known.power.active_mw,
        provenance=Provenance.SIMULATED if phone.simulated else Provenance.ESTIMATED,
        story=f"the shipped profile of the chip: {known.power.story}"[:4000],
    )


def _simulated(cluster: Cluster) -> Cluster:
    return Cluster(
        name=cluster.name,
        core_type=cluster.core_type,
        cores=cluster.cores,
        max_mhz=cluster.max_mhz,
        l2_kib=cluster.l2_kib,
        frequencies_mhz=cluster.frequencies_mhz,
        provenance=Provenance.SIMULATED,
        story=f"a virtual phone's: {cluster.story}",
    )
