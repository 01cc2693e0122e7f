"""A phone while it is watched, as facts."""

from __future__ import annotations

from workbench.gui.presenters.devices import Fact, cluster_name
from workbench.services.phone_live import PhoneLive


def live_facts(live: PhoneLive) -> list[Fact]:
    """Clusters, heat and battery as they are now."""
    facts = []
    for number, (cluster, load) in enumerate(zip(live.clusters, live.loads)):
        parts = [f"{len(cluster.cpus)} cores"]
        if cluster.current_khz is not None:
            top = "" if cluster.max_khz is None else f" of {cluster.max_khz / 1000:,.0f}"
            parts.append(f"{cluster.current_khz / 1000:,.0f}{top} MHz")
        if cluster.cap_khz and cluster.max_khz and cluster.cap_khz < cluster.max_khz:
            parts.append(f"capped at {cluster.cap_khz / 1000:,.0f} MHz")
        if load is not None:
            parts.append(f"load {100 * load:.0f}\N{NO-BREAK SPACE}%")
        facts.append(
            Fact(
                cluster_name(number, len(live.clusters)),
                ", ".join(parts),
                "clock by cpufreq; load by /proc/stat over the last second",
            )
        )
    if live.memory_available_mib is not None:
        facts.append(Fact("Free memory", f"{live.memory_available_mib:,.0f} MiB"))
    facts += _heat_facts(live)
    return facts


def _heat_facts(live: PhoneLive) -> list[Fact]:
    """Battery, its current and temperatures."""
    facts = []
    battery = live.battery
    if battery.percent is not None:
        by = ", ".join(battery.powered_by or ())
        charger = f", powered by {by}" if by else ""
        percent = f"{battery.percent:.0f}\N{NO-BREAK SPACE}%"
        volts = "" if battery.voltage_mv is None else f", {battery.voltage_mv / 1000:.2f} V"
        facts.append(
            Fact(
                "Battery",
                f"{percent}, {battery.status or 'unknown'}{charger}{volts}",
                "dumpsys battery",
            )
        )
    if battery.temperature_c is not None:
        facts.append(Fact("Battery temperature", f"{battery.temperature_c:.1f} °C"))
    hot = [t for t in live.thermal.temperatures if t.kind != "battery"]
    if hot:
        text = ", ".join(f"{t.name} {t.value_c:.1f} °C" for t in hot[:4])
        more = f" and {len(hot) - 4} more" if len(hot) > 4 else ""
        facts.append(Fact("Temperatures", text + more, "dumpsys thermalservice"))
    if live.thermal.status:
        words = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
        facts.append(Fact("Throttling", words[min(6, live.thermal.status)]))
    return facts
