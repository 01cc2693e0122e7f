"""Made-up stretches of a day, each unlike the others, to compare policies over many contexts.

They are traces over time, not single moments: what a policy costs depends on how long it holds a
configuration and on what the battery did before.
"""

from __future__ import annotations

import numpy as np

from workbench.context.records import Trace
from workbench.context.scenario import AppSpan, Charging, Contention, Scenario, synthesise

GENERATED_HOURS = 2.0
_START = "2026-03-02T09:00:00+01:00"
_APPS = ("pocket", "sounds are watched", "camera assistant", "navigation", "music", "video call")


def generated_scenario(
    rng: np.random.Generator, number: int, cache_kib: float, device: str
) -> Scenario:
    """A random scenario of `GENERATED_HOURS`: charge, apps, contention, sometimes a charger.

    Ranges are those of the sample day: event rates from 0.2 to 5 a second, drains from 4 to 10% an
    hour, contention that leaves 15 to 60% of the cache and takes 20 to 50% of the processor.

    Args:
        cache_kib: cache of the device that the contexts are for.
    """
    length_s = GENERATED_HOURS * 3600
    apps = [
        AppSpan(
            from_s=float(from_s),
            name=str(rng.choice(_APPS)),
            event_rate_hz=round(float(np.exp(rng.uniform(np.log(0.2), np.log(5.0)))), 2),
            drain_percent_per_hour=round(float(rng.uniform(4, 10)), 1),
            cpu_load=round(float(rng.uniform(0.05, 0.15)), 2),
        )
        for from_s in (0, *np.sort(rng.uniform(600, length_s - 600, rng.integers(1, 4))).round())
    ]
    contentions = []
    for from_s in np.sort(rng.uniform(0, length_s - 300, rng.integers(1, 5))).round():
        to_s = min(length_s, float(from_s + rng.uniform(300, 1800).__round__()))
        contentions.append(
            Contention(
                from_s=float(from_s),
                to_s=to_s,
                free_cache_kib=round(cache_kib * float(rng.uniform(0.15, 0.6))),
                cpu_load=round(float(rng.uniform(0.2, 0.5)), 2),
                memory_mib=float(rng.integers(150, 450)),
            )
        )
    charging: tuple[Charging, ...] = ()
    if rng.random() < 0.2:
        from_s = float(round(rng.uniform(600, length_s / 2)))
        charging = (Charging(from_s, from_s + 1800.0, round(float(rng.uniform(20, 40)), 1)),)
    return Scenario(
        title=f"Generated contexts {number}",
        device=f"{device}, L2 {cache_kib:g} KiB",
        description="Random apps, contention and charge. Synthetic: nothing in it was measured.",
        start=_START,
        duration_s=length_s,
        battery_percent=round(float(rng.uniform(15, 100)), 1),
        cache_kib=cache_kib,
        idle_free_cache_kib=round(cache_kib * 0.93),
        apps=tuple(apps),
        contentions=tuple(contentions),
        charging=charging,
    )


def generated_trace(seed: int, number: int, cache_kib: float, device: str) -> Trace:
    """Trace `number` of a seed: the same bit by bit each time, whatever else is generated."""
    rng = np.random.default_rng([seed, number])
    scenario = generated_scenario(rng, number, cache_kib, device)
    return synthesise(scenario, rng, f"generated contexts {number} of seed {seed}")
