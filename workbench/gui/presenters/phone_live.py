"""A phone while it is watched, as facts."""

from __future__ import annotations

import numpy as np

from workbench.gui.presenters.devices import Fact, cluster_name
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.services.phone_live import PhoneLive


def live_facts(live: PhoneLive, sensor: SensorCalibration | None = None) -> list[Fact]:
    """Clusters, heat and battery as they are now.

    Args:
        sensor: how the battery's current sensor has to be read; None: not calibrated.
    """
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
    return [*facts, *_heat_facts(live), *sensor_facts(live, sensor), *_rail_facts(live)]


def sensor_facts(live: PhoneLive, known: SensorCalibration | None) -> list[Fact]:
    """The battery's current now, and how its sensor has to be read."""
    if live.current_raw is None:
        return []
    if known is None:
        return [
            Fact(
                "Battery current",
                f"{live.current_raw:,} raw: unit and sign not known, not calibrated",
                "Vendors differ in unit and sign. Calibrating finds both on this very phone.",
            )
        ]
    now_ma = float(known.milliamperes(np.array([live.current_raw], dtype=float))[0])
    flow = "out of the battery" if now_ma >= 0 else "into the battery"
    facts = [
        Fact("Battery current", f"{abs(now_ma):,.0f} mA {flow}", known.sensor),
        Fact("Its sensor", f"{sensor_text(known)} ({known.provenance})", known.sensor),
        Fact("Evidence", "; ".join(known.evidence)),
    ]
    return [*facts, Fact("But", "; ".join(known.reasons))] if known.reasons else facts


def sensor_text(known: SensorCalibration) -> str:
    """Such as ``µA, negative while discharging, a new reading every 5 s; confidence high``."""
    unit = "µA" if known.unit == "uA" else known.unit
    sign = "negative" if known.discharge_sign < 0 else "positive"
    return (
        f"{unit}, {sign} while discharging, a new reading every {known.period_s:.3g} s; confidence"
        f" {known.confidence}"
    )


def _rail_facts(live: PhoneLive) -> list[Fact]:
    """What the rails for computing take."""
    if live.rails is None:
        return []
    found = live.rails
    over = f", mean over {found.seconds:.0f} s" if found.seconds else ""
    return [
        Fact(
            "Rails",
            f"{found.power_mw:,.0f} mW{over}: {' + '.join(found.rails.names)}",
            f"{found.rails.what}; measured behind the charger, so also right while charging",
        )
    ]


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
