"""The sample day: a made-up phone from 9:00 to 17:00, shipped as `assets/traces/sample_day.csv`.

To write the file anew after a change: ``write_trace(sample_day(), path)``. A test compares the two.
"""

from __future__ import annotations

import numpy as np

from workbench.context.records import Trace
from workbench.context.scenario import AppSpan, Contention, Scenario, synthesise

SEED = 7


def _at(clock: str) -> float:
    """Seconds since 9:00 of a time such as ``14:05``."""
    hours, minutes = clock.split(":")
    return (int(hours) - 9) * 3600.0 + int(minutes) * 60.0


SAMPLE_DAY = Scenario(
    title="Sample day",
    device="made-up phone, L2 1024 KiB",
    description=(
        "A phone in use from 9:00 to 17:00: the battery falls from 86 % to about 30 %, other apps "
        "take cache and processor time ten times. Synthetic: nothing in it was measured."
    ),
    start="2026-03-02T09:00:00+01:00",
    duration_s=8 * 3600.0,
    battery_percent=86.0,
    cache_kib=1024.0,
    idle_free_cache_kib=950.0,
    apps=(
        AppSpan(_at("9:00"), "reading mail", 0.5, 4.6),
        AppSpan(_at("9:40"), "walking, sounds are watched", 2.0, 6.2),
        AppSpan(_at("10:35"), "pocket", 0.2, 4.0, cpu_load=0.07),
        AppSpan(_at("11:20"), "camera assistant", 5.0, 9.6, cpu_load=0.12),
        AppSpan(_at("12:22"), "lunch, music", 1.0, 5.8),
        AppSpan(_at("13:10"), "pocket", 0.2, 4.4, cpu_load=0.07),
        AppSpan(_at("13:50"), "navigation", 3.0, 9.4, cpu_load=0.13),
        AppSpan(_at("14:42"), "desk, sounds are watched", 1.0, 6.2),
        AppSpan(_at("15:35"), "video call in the background", 2.0, 9.2, cpu_load=0.12),
        AppSpan(_at("16:30"), "way home", 2.0, 7.8),
    ),
    contentions=(
        Contention(_at("9:24"), _at("9:35"), 500, 0.30, 150),
        Contention(_at("9:58"), _at("10:33"), 480, 0.32, 260),
        Contention(_at("11:24"), _at("12:04"), 300, 0.43, 420),
        Contention(_at("12:08"), _at("12:21"), 265, 0.36, 380),
        Contention(_at("12:58"), _at("13:09"), 470, 0.30, 160),
        Contention(_at("13:26"), _at("13:47"), 430, 0.33, 240),
        Contention(_at("13:58"), _at("14:36"), 265, 0.45, 450),
        Contention(_at("15:06"), _at("15:18"), 490, 0.30, 180),
        Contention(_at("15:48"), _at("16:25"), 400, 0.45, 330),
        Contention(_at("16:41"), _at("16:52"), 360, 0.36, 220),
    ),
)


def sample_day() -> Trace:
    """Make the sample day, always the same bit by bit."""
    return synthesise(SAMPLE_DAY, np.random.default_rng(SEED), f"seed {SEED}")
