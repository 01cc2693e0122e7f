"""Scenarios: the same seed gives the same bytes; what is declared happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.context import Trace, TraceError, read_trace, write_trace
from workbench.context.sample_day import SAMPLE_DAY, SEED, sample_day
from workbench.context.scenario import (
    AppSpan,
    Charging,
    Contention,
    Heat,
    Noise,
    Scenario,
    synthesise,
)
from workbench.core.errors import SettingsError
from workbench.core.resources import assets_root

SILENT = Noise(cache=0, event_rate=0, cpu_share=0, memory_mib=0, temperature_c=0, drift=0)


def make(noise: Noise = SILENT, seed: int = 1, **changes: object) -> Trace:
    scenario = Scenario(
        title="An hour",
        device="made up",
        start="2026-03-02T09:00:00+01:00",
        duration_s=3600,
        battery_percent=50,
        cache_kib=1024,
        idle_free_cache_kib=900,
        apps=(AppSpan(0, "one", 1.0, 6.0, cpu_load=0.1), AppSpan(1800, "two", 4.0, 12.0)),
        noise=noise,
    )
    return synthesise(replace(scenario, **changes), np.random.default_rng(seed), "a test")


def test_the_shipped_sample_day_is_what_its_seed_gives(tmp_path: Path) -> None:
    write_trace(sample_day(), tmp_path / "again.csv")
    shipped = assets_root() / "traces" / "sample_day.csv"
    assert (tmp_path / "again.csv").read_bytes() == shipped.read_bytes()
    assert shipped.stat().st_size < 2 * 2**20


def test_the_sample_day_is_the_day_that_is_promised() -> None:
    trace = read_trace(assets_root() / "traces" / "sample_day.csv")
    assert trace.info.origin == "synthetic" and f"seed {SEED}" in trace.info.generator
    assert len(trace) == 28_800 and trace.duration_s == 28_799
    assert trace.info.start_moment.hour == 9
    battery = trace["battery_percent"]
    assert battery[0] == 86 and 28 < battery[-1] < 33 and (np.diff(battery) <= 0).all()
    cache = trace["free_cache_kib"]
    assert cache.max() <= 1024
    assert 850 < np.median(cache[cache > 800]) < 1000
    for span in SAMPLE_DAY.contentions:
        assert 600 <= span.to_s - span.from_s <= 2400
        settled = cache[int(span.from_s) + 90 : int(span.to_s)]
        assert settled.min() > 230 and settled.max() < 560
    assert set(trace["thermal_status"]) == {0, 1, 2}
    assert set(trace["cpu_frequency_ratio"]) == {0.7, 0.85, 1.0}
    assert 0.3 < trace["cpu_share"].min() < 0.5
    assert trace["event_rate_hz"].min() > 0.1 and trace["event_rate_hz"].max() < 6.5


def test_one_seed_gives_one_trace_and_another_seed_another() -> None:
    first, same, other = make(Noise()), make(Noise()), make(Noise(), seed=2)
    for name, values in first.columns.items():
        assert values.tobytes() == same[name].tobytes()
    assert first["free_cache_kib"].tobytes() != other["free_cache_kib"].tobytes()


def test_the_battery_follows_the_apps_drain_and_the_charger() -> None:
    battery = make()["battery_percent"]
    assert battery[1800] == pytest.approx(47.0, abs=0.01)
    assert battery[3599] == pytest.approx(41.0, abs=0.02)
    charged = make(charging=(Charging(0, 900, 206.0),))
    assert charged["charging"].tolist() == [1.0] * 900 + [0.0] * 2700
    assert charged["battery_percent"][900] == pytest.approx(100.0, abs=0.06)
    assert charged["battery_percent"].max() <= 100


def test_contention_takes_cache_and_processor_and_gives_them_back() -> None:
    trace = make(contentions=(Contention(600, 1500, 300, 0.5, 200, fall_s=10, rise_s=20),))
    cache, share, memory = (
        trace[name] for name in ("free_cache_kib", "cpu_share", "memory_available_mib")
    )
    assert (cache[599], cache[1499], cache[1700]) == (900, 300, 900)
    assert 300 < cache[610] < 900 and 300 < cache[1510] < 900
    assert (share[599], share[1499]) == (0.9, 0.4)
    assert (memory[599], memory[1499]) == (1400, 1200)


def test_of_two_contentions_at_once_the_harder_counts() -> None:
    both = (Contention(0, 3600, 500, 0.3), Contention(0, 3600, 300, 0.2))
    trace = make(contentions=both)
    assert trace["free_cache_kib"][-1] == 300
    assert trace["cpu_share"][1700] == 0.6


def test_heat_throttles_with_hysteresis() -> None:
    heat = Heat(idle_c=30, rise_c=20, time_constant_s=60, light_c=35, moderate_c=39)
    hot = Contention(300, 1500, 300, 0.6)
    trace = make(heat=heat, contentions=(hot,))
    status, ratio = trace["thermal_status"], trace["cpu_frequency_ratio"]
    assert status[299] == 0 and status[1499] == 2 and status[-1] == 0
    assert ratio[1499] == 0.7 and ratio[299] == 1.0
    assert np.abs(np.diff(status)).max() == 1
    assert np.count_nonzero(np.diff(status)) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"apps": ()},
        {"apps": (AppSpan(5, "late", 1, 1),)},
        {"duration_s": 0.0},
        {"rate_hz": -1.0},
        {"contentions": (Contention(50, 50, 300, 0.1),)},
    ],
)
def test_senseless_scenarios_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        make(**changes)


def test_impossible_values_do_not_become_a_trace() -> None:
    with pytest.raises(TraceError, match="temperature_c"):
        make(heat=Heat(idle_c=200))
