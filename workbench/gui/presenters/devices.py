"""Devices as the Devices page shows them: rows of the list, facts, capabilities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.provenance import Provenance
from workbench.devices.capabilities import Capability
from workbench.devices.computer import Cache
from workbench.devices.device import TransportKind
from workbench.devices.profile import DeviceProfile
from workbench.gui.presenters.formats import significant
from workbench.gui.workspace import Choice
from workbench.services.computer import ComputerOverview
from workbench.services.devices import DeviceOverview, FoundDevice

COMPUTER = "this computer"
"""Key of this computer's row."""

_MARKS = {
    Provenance.MEASURED: "good",
    Provenance.CALIBRATED: "accent",
    Provenance.ESTIMATED: "warning",
    Provenance.SIMULATED: "",
    Provenance.ABSENT: "",
}

_NAMES = {
    "latency": "Latency",
    "energy": "Energy",
    "free_cache_kib": "Free cache",
    "cpu_share": "CPU share",
    "memory_available_mib": "Free memory",
    "cpu_frequency_ratio": "CPU frequency",
    "battery_percent": "Battery",
    "temperature_c": "Temperature",
    "thermal_status": "Thermal status",
}


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device in the list.

    Attributes:
        tone: of the state: good, warning, bad or empty.
        to_do: what the user can do about its state; empty when all is well.
        used: whether it is in use.
    """

    key: str
    title: str
    detail: str
    state: str
    tone: str
    to_do: str = ""
    used: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A line about a device; `story` is its tool tip."""

    name: str
    value: str
    story: str = ""


@dataclass(frozen=True, slots=True)
class DeviceDetails:
    """All that is shown of one device, or of one device profile.

    Attributes:
        mark: provenance of all of it, where one mark serves.
        story: of `mark`, or in its place where the facts come from.
        advice: what the user can do about its state.
    """

    title: str
    subtitle: str
    facts: tuple[Fact, ...]
    capabilities: tuple[Capability, ...] = ()
    mark: Provenance | None = None
    story: str = ""
    advice: str = ""


def capability_name(name: str) -> str:
    """A capability in words."""
    words = name.replace("_", " ").capitalize()
    return _NAMES.get(
        name, words.replace("Cpu ", "CPU ").replace("Stdout stderr", "Output streams")
    )


def computer_row(overview: ComputerOverview | None) -> DeviceRow:
    """This computer in the list."""
    detail = "" if overview is None else overview.description.cpu_model
    return DeviceRow(COMPUTER, "This computer", detail, "ready", "good")


def phone_rows(overview: DeviceOverview | None) -> tuple[DeviceRow, ...]:
    """Phones in the list."""
    return () if overview is None else tuple(_phone_row(found) for found in overview.devices)


def profile_row(choice: Choice, *, used: bool) -> DeviceRow:
    """A device profile in the list."""
    # Processors have long names: what is cut off at the end of a narrow line is theirs.
    facts = []
    if "Latency error" in choice.facts:
        facts.append(f"latency {choice.facts['Latency error']}")
    if "Energy" in choice.facts:
        facts.append(f"energy {choice.facts['Energy']}")
    facts.append(choice.facts.get("Processor", ""))
    if choice.facts.get("Origin") == "yours":
        facts.insert(0, "yours")
    return DeviceRow(
        choice.key, choice.label, " · ".join(fact for fact in facts if fact),
        str(choice.provenance or choice.detail),
        "bad" if choice.provenance is None else _MARKS[choice.provenance], used=used,
    )  # fmt: skip


def phones_text(overview: DeviceOverview | None) -> str:
    """Why there are no phones, or what is known of their server."""
    if overview is None:
        return "Looking for phones…"
    server = overview.server
    if overview.devices:
        return f"ADB server at {server.address}." if server.running else server.problem
    if server.running:
        return (
            f"No phones: the ADB server at {server.address} lists none. Plug one in with USB "
            "debugging on, or add one by its address."
        )
    usb = "" if overview.usb_direct.available else f" USB: {overview.usb_direct.how}."
    return f"No phones. {server.problem} A phone at an address can be reached without one.{usb}"


def computer_details(overview: ComputerOverview) -> DeviceDetails:
    """This computer in full."""
    computer = overview.description
    cores = f"{computer.logical_cpus} logical"
    if computer.physical_cores:
        cores = f"{computer.physical_cores} physical, {cores}"
    facts = [
        Fact("Processor", computer.cpu_model),
        Fact("Cores", cores),
        *cache_facts(computer.caches),
        Fact("Memory", f"{computer.memory_mib / 1024:.1f} GiB"),
        Fact("System", computer.system),
        Fact("Architecture", computer.architecture),
    ]
    return DeviceDetails(
        "This computer",
        f"{cores} cores · {computer.memory_mib / 1024:.0f} GiB · {computer.system}",
        tuple(facts),
        overview.capabilities,
        story="as the operating system states it",
    )


def cluster_name(number: int, count: int) -> str:
    """What to call the cluster at a position, the fastest first."""
    if count == 1:
        return "Cores"
    if count == 2:
        return ("Fast cores", "Slow cores")[number]
    return f"Cluster {number + 1}"


def cache_facts(caches: Sequence[Cache]) -> list[Fact]:
    """Caches by level and kind: size of one, and how many there are."""
    counts = Counter((cache.level, cache.kind, cache.size_kib) for cache in caches)
    facts = []
    for (level, kind, size_kib), count in sorted(counts.items()):
        size = f"{size_kib / 1024:g} MiB" if size_kib >= 1024 else f"{size_kib} KiB"
        word = {"Data": " data", "Instruction": " instructions"}.get(kind, "")
        facts.append(Fact(f"L{level}{word}", size if count == 1 else f"{count} × {size}"))
    return facts or [Fact("Caches", "not told by the system")]


_REACHED = {
    TransportKind.SERVER: "the ADB server",
    TransportKind.TCP: "TCP, directly",
    TransportKind.USB: "USB, directly",
}


def phone_details(found: FoundDevice, live: Sequence[Fact] = ()) -> DeviceDetails:
    """A phone, as far as it could be asked.

    Args:
        live: what it does now, in the place of what it said when it was found.
    """
    facts = [Fact("Serial", found.serial), Fact("Reached through", _REACHED[found.transport])]
    known = found.description
    if known is not None:
        properties = known.properties
        facts += [
            Fact("SoC", properties.soc or "not told"),
            Fact("Android", f"{properties.android_release or '?'} (API {properties.sdk or '?'})"),
            Fact("ABIs", ", ".join(properties.abis) or "not told"),
        ]
        if known.memory.total_kib is not None:
            facts.append(Fact("Memory", f"{known.memory.total_kib / 2**20:.1f} GiB"))
        facts += cache_facts(known.caches)
    if live:
        facts += live
    elif known is not None:
        for number, cluster in enumerate(known.clusters):
            top = "" if cluster.max_khz is None else f", up to {cluster.max_khz / 1000:,.0f} MHz"
            name = cluster_name(number, len(known.clusters))
            facts.append(Fact(name, f"{len(cluster.cpus)} cores{top}"))
        battery = known.battery
        if battery.percent is not None:
            facts.append(
                Fact(
                    "Battery",
                    f"{battery.percent:.0f}\N{NO-BREAK SPACE}%, {battery.status or 'unknown'}",
                )
            )
        if battery.temperature_c is not None:
            facts.append(Fact("Battery temperature", f"{battery.temperature_c:.1f} °C"))
    mark = Provenance.SIMULATED if found.simulated else Provenance.MEASURED
    return DeviceDetails(
        found.model or found.serial,
        found.meaning or found.state_text,
        tuple(facts),
        () if known is None else known.capabilities,
        mark if known is not None else None,
        "what the phone says about itself",
        found.to_do,
    )


def profile_details(profile: DeviceProfile) -> DeviceDetails:
    """A device profile in full."""
    facts = [Fact("Processor", profile.soc)]
    for cluster in profile.clusters:
        facts.append(
            Fact(
                f"Cluster {cluster.name}",
                f"{cluster.cores} × {cluster.core_type}, {cluster.max_mhz:,.0f} MHz,"
                f" L2 {cluster.l2_kib:,.0f} KiB",
                cluster.source.summary(),
            )
        )
    memory = profile.memory
    facts.append(
        Fact(
            "Memory",
            f"{memory.bandwidth_bytes_per_s / 1e9:.1f} GB/s ({memory.provenance})",
            memory.source.summary(),
        )
    )
    for calibration in profile.calibrations:
        facts.append(
            Fact(
                f"Latency of {calibration.network}",
                f"±{100 * calibration.relative_error:.1f} % ({calibration.provenance}),"
                f" {100 * calibration.within_10_percent:.0f} % within ±10 %",
                calibration.source.summary(),
            )
        )
    latency = profile.latency
    facts.append(
        Fact(
            "Other networks" if profile.calibrations else "Latency",
            f"±{100 * latency.relative_error:.0f} % ({latency.provenance})",
            latency.source.summary(),
        )
    )
    power = profile.power
    facts.append(
        Fact("Power", "not known: no energy figures")
        if power is None
        else Fact(
            "Power",
            f"{significant(power.active_mw[-1], 3)} mW a busy core ({power.provenance})",
            power.source.summary(),
        )
    )
    battery = profile.battery
    if battery is not None:
        facts.append(
            Fact(
                "Battery",
                f"{battery.capacity_mah:,.0f} mAh at {battery.nominal_v:g} V"
                f" ({battery.provenance})",
                battery.source.summary(),
            )
        )
    facts += [Fact("Note", note) for note in profile.notes]
    source = profile.calibrations[0].source if profile.calibrations else latency.source
    return DeviceDetails(
        profile.title, f"device profile {profile.id}", tuple(facts), (),
        source.provenance, source.story,
    )  # fmt: skip


def _phone_row(found: FoundDevice) -> DeviceRow:
    usable = found.state.usable
    detail = found.serial
    if found.description is not None:
        known = found.description
        release, percent = known.properties.android_release, known.battery.percent
        parts = (
            f"Android {release}" if release else "",
            next(iter(known.properties.abis), ""),
            "" if percent is None else f"{percent:.0f} %",
        )
        detail = " · ".join([detail, *filter(None, parts)])
    state = "simulated" if usable and found.simulated else "ready" if usable else found.state_text
    tone = "" if found.simulated else "good"
    return DeviceRow(
        found.serial, found.model or "Phone", detail, state, tone if usable else "warning",
        "" if usable else found.to_do or found.meaning,
    )  # fmt: skip
