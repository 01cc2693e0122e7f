"""Triggers: the vectorised scan finds what a plain loop finds, and says it in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.traces import make_trace
from workbench.context import (
    ContextSample,
    Trace,
    TriggerEvent,
    TriggerScanner,
    TriggerSettings,
    find_next_trigger,
)
from workbench.context import triggers as module
from workbench.core.errors import SettingsError

NEVER = TriggerSettings(
    battery_points=None,
    cache_percent=None,
    cpu_share_percent=None,
    event_rate_percent=None,
    frequency_percent=None,
    on_budget=False,
    on_thermal_status=False,
    on_charging=False,
    period_s=None,
    hold_s=0.0,
    min_dwell_s=0.0,
)


def only(**changes: object) -> TriggerSettings:
    values = {name: getattr(NEVER, name) for name in NEVER.__dataclass_fields__} | changes
    return TriggerSettings(**values)


def plain_next_trigger(
    columns: Mapping[str, np.ndarray],
    start: int,
    stop: int,
    reference: ContextSample,
    settings: TriggerSettings,
    last_s: float,
) -> tuple[int, str] | None:
    """The definition, sample by sample."""
    relative = {
        "free_cache_kib": settings.cache_percent,
        "cpu_share": settings.cpu_share_percent,
        "cpu_frequency_ratio": settings.frequency_percent,
        "event_rate_hz": settings.event_rate_percent,
    }
    exact = {
        "latency_budget_ms": settings.on_budget,
        "thermal_status": settings.on_thermal_status,
        "charging": settings.on_charging,
    }
    order = [*exact, *relative, "battery_percent"]
    since: dict[str, float] = {}
    for index in range(start, min(stop, len(columns["t_s"]))):
        t_s = columns["t_s"][index]
        fired = []
        for name in order:
            if name not in columns:
                continue
            before, now = getattr(reference, name), columns[name][index]
            if name in exact:
                away = exact[name] and now != before
            elif name == "battery_percent":
                points = settings.battery_points
                away = points is not None and abs(now - before) > points
            else:
                percent = relative[name]
                away = percent is not None and abs(now - before) > percent / 100 * before
            if not away:
                since.pop(name, None)
                continue
            since.setdefault(name, t_s)
            if t_s - since[name] >= settings.hold_s and t_s - last_s >= settings.min_dwell_s:
                fired.append(name)
        if fired:
            return index, fired[0]
        period = settings.period_s
        if period is not None and t_s - last_s >= max(period, settings.min_dwell_s):
            return index, "period"
    return None


def random_trace(seed: int, count: int) -> Trace:
    """Levels that wander, with jumps; whole seconds so that both sums of times are exact."""
    rng = np.random.default_rng(seed)

    def wander(low: float, high: float, jumps: int) -> np.ndarray:
        where = np.sort(rng.integers(0, count, jumps))
        steps = rng.uniform(low, high, jumps + 1)[np.searchsorted(where, np.arange(count))]
        return np.clip(steps + rng.normal(0, (high - low) / 30, count), low, high)

    return make_trace(
        count,
        t_s=np.cumsum(rng.integers(1, 4, count)),
        battery_percent=np.linspace(90, rng.uniform(20, 89), count),
        free_cache_kib=wander(200, 1000, 6),
        cpu_share=wander(0.2, 1.0, 6),
        cpu_frequency_ratio=wander(0.5, 1.0, 3),
        event_rate_hz=wander(0.2, 5, 4),
        charging=rng.integers(0, 2, 4)[np.arange(count) * 4 // count],
        thermal_status=rng.integers(0, 3, 5)[np.arange(count) * 5 // count],
        latency_budget_ms=rng.integers(4, 6, 3)[np.arange(count) * 3 // count],
    )


percents = st.none() | st.floats(1, 80)
trigger_settings = st.builds(
    TriggerSettings,
    battery_points=st.none() | st.floats(0.5, 30),
    cache_percent=percents,
    cpu_share_percent=percents,
    event_rate_percent=percents,
    frequency_percent=percents,
    on_budget=st.booleans(),
    on_thermal_status=st.booleans(),
    on_charging=st.booleans(),
    period_s=st.none() | st.integers(1, 300),
    hold_s=st.integers(0, 12),
    min_dwell_s=st.integers(0, 60),
)


@pytest.mark.parametrize("chunk", [1, 3, 256])
@given(seed=st.integers(0, 2**32), count=st.integers(2, 400), settings=trigger_settings)
def test_a_whole_day_of_decisions_equals_the_plain_loop(
    chunk: int, seed: int, count: int, settings: TriggerSettings
) -> None:
    trace = random_trace(seed, count)
    here = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FIRST_CHUNK", chunk)
        patch.setattr(module, "_LAST_CHUNK", 4 * chunk)
        while True:
            reference = trace.sample(here)
            arguments = (trace.columns, here + 1, count, reference, settings, reference.t_s)
            found = find_next_trigger(*arguments)
            expected = plain_next_trigger(*arguments)
            assert (found and (found.index, found.cause)) == expected
            if found is None:
                break
            assert found.t_s == trace.t_s[found.index]
            here = found.index


@given(
    seed=st.integers(0, 2**32),
    settings=trigger_settings,
    cuts=st.lists(st.integers(1, 399), max_size=6),
)
def test_scanning_span_by_span_with_a_battery_of_ones_own_equals_one_scan(
    seed: int, settings: TriggerSettings, cuts: list[int]
) -> None:
    trace = random_trace(seed, 400)
    battery = np.linspace(95, 5, 400)
    reference = trace.sample(0)
    mixed = dict(trace.columns) | {"battery_percent": battery}
    whole = find_next_trigger(mixed, 1, 400, reference, settings, reference.t_s)
    scanner = TriggerScanner(reference, settings, reference.t_s)
    found: TriggerEvent | None = None
    edges = [1, *sorted(set(cuts) - {1}), 400]
    for begin, end in pairwise(edges):
        found = scanner.scan(trace.columns, begin, end, battery_percent=battery[begin:end])
        if found is not None:
            break
    assert found == whole


def test_a_short_excursion_does_not_fire() -> None:
    cache = np.full(100, 900.0)
    cache[20:23] = 300
    cache[50:] = 300
    trace = make_trace(100, free_cache_kib=cache, battery_percent=np.full(100, 80.0))
    settings = only(cache_percent=15.0, hold_s=3.0)
    found = find_next_trigger(trace.columns, 1, 100, trace.sample(0), settings, 0.0)
    assert found is not None and found.index == 53


def test_nothing_fires_before_the_dwell_time_is_over() -> None:
    trace = make_trace(100, charging=np.r_[0, np.ones(99)])
    settings = only(on_charging=True, min_dwell_s=40.0)
    found = find_next_trigger(trace.columns, 1, 100, trace.sample(0), settings, 0.0)
    assert found is not None and (found.index, found.cause) == (40, "charging")


def test_decimal_sampling_times_do_not_delay_a_hold() -> None:
    trace = make_trace(60, t_s=np.arange(60) * 0.1, charging=np.r_[0, np.ones(59)])
    settings = only(on_charging=True, hold_s=0.3)
    found = find_next_trigger(trace.columns, 1, 60, trace.sample(0), settings, 0.0)
    assert found is not None and found.index == 4


def test_with_all_triggers_off_nothing_fires() -> None:
    trace = random_trace(1, 300)
    assert find_next_trigger(trace.columns, 1, 300, trace.sample(0), NEVER, 0.0) is None


def test_a_span_beyond_the_end_or_empty_is_no_error() -> None:
    trace = random_trace(1, 10)
    settings = only(cache_percent=0.0)
    assert find_next_trigger(trace.columns, 10, 500, trace.sample(0), settings, 0.0) is None
    assert find_next_trigger(trace.columns, 5, 5, trace.sample(0), settings, 0.0) is None


@pytest.mark.parametrize(
    ("column", "before", "after", "settings", "text"),
    [
        ("free_cache_kib", 1239, 451, {"cache_percent": 10}, "free cache 1.21 → 0.44 MiB (−64 %)"),
        ("free_cache_kib", 400, 900, {"cache_percent": 10}, "free cache 400 → 900 KiB (+125 %)"),
        ("cpu_share", 0.9, 0.47, {"cpu_share_percent": 9}, "CPU share 0.90 → 0.47 (−48 %)"),
        ("event_rate_hz", 0, 2, {"event_rate_percent": 9}, "event rate 0 → 2 /s"),
        ("battery_percent", 80.2, 74.9, {"battery_points": 5}, "battery 80 → 75 %"),
        ("charging", 0, 1, {"on_charging": True}, "charger plugged in"),
        ("charging", 1, 0, {"on_charging": True}, "charger unplugged"),
        ("thermal_status", 0, 2, {"on_thermal_status": True}, "thermal status none → moderate"),
        ("latency_budget_ms", 8, 5.5, {"on_budget": True}, "latency budget 8 → 5.5 ms"),
    ],
)
def test_the_text_says_what_changed(
    column: str, before: float, after: float, settings: dict[str, object], text: str
) -> None:
    trace = make_trace(2, **({"battery_percent": [80, 80]} | {column: [before, after]}))
    found = find_next_trigger(trace.columns, 1, 2, trace.sample(0), only(**settings), 0.0)
    assert found is not None
    assert (found.cause, found.text) == (column, text)
    assert (found.before, found.after) == (before, after)


def test_a_period_fires_when_nothing_changes() -> None:
    trace = make_trace(1000)
    settings = only(period_s=600.0)
    found = find_next_trigger(trace.columns, 1, 1000, trace.sample(0), settings, 0.0)
    assert found is not None
    assert (found.index, found.cause, found.text) == (
        600,
        "period",
        "10 min since the last decision",
    )


@pytest.mark.parametrize(
    "changes",
    [{"hold_s": -1.0}, {"period_s": 0.0}, {"cache_percent": math.nan}, {"min_dwell_s": math.inf}],
)
def test_senseless_settings_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        TriggerSettings(**changes)  # type: ignore[arg-type]
