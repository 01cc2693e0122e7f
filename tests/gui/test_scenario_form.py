"""The form of a scenario: the same seed gives the same day, and what makes no sense is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import SettingsError
from workbench.gui.presenters.scenario_form import ScenarioForm, preview_of, scenario_of
from workbench.services.trace_editing import compose

TODAY = dt.date(2026, 3, 2)


def test_the_same_seed_gives_the_same_day() -> None:
    form = ScenarioForm(hours=1.0)
    first, again = (compose(scenario_of(form, TODAY), form.seed) for _ in range(2))
    assert all(np.array_equal(first[name], again[name]) for name in first.columns)
    other = compose(scenario_of(replace(form, seed=2), TODAY), 2)
    assert not np.array_equal(first["free_cache_kib"], other["free_cache_kib"])


def test_the_day_is_as_the_form_says() -> None:
    form = ScenarioForm(hours=4.0, drain_percent_per_hour=6.0, bursts=5, switches=3, noise=0.0)
    scenario = scenario_of(form, TODAY)
    assert len(scenario.contentions) == 5 and len(scenario.apps) == 4
    trace = compose(scenario, form.seed)
    assert trace.info.origin == "synthetic"
    assert trace.info.start.startswith("2026-03-02T09:00")
    assert len(trace) == 4 * 3600
    used = trace["battery_percent"][0] - trace["battery_percent"][-1]
    assert 0.6 * 24 < used < 1.4 * 24


def test_charging_raises_the_battery_where_it_was_asked_for() -> None:
    form = ScenarioForm(hours=2.0, battery_percent=30, charge_from="09:30", charge_to="10:30")
    trace = compose(scenario_of(form, TODAY), 1)
    on = trace["charging"] == 1
    assert trace.t_s[on][0] == 1800 and trace.t_s[on][-1] == 5399
    assert trace["battery_percent"][5399] > trace["battery_percent"][1800] + 25


@given(
    bursts=st.integers(0, 200),
    minutes=st.floats(0.1, 240),
    hours=st.floats(0.05, 72),
    switches=st.integers(0, 50),
    seed=st.integers(1, 999_999),
)
def test_any_form_gives_spans_inside_the_day(
    bursts: int, minutes: float, hours: float, switches: int, seed: int
) -> None:
    form = ScenarioForm(
        bursts=bursts, burst_minutes=minutes, hours=hours, switches=switches, seed=seed
    )
    scenario = scenario_of(form, TODAY)
    for span in scenario.contentions:
        assert 0 <= span.from_s < span.to_s <= form.duration_s + 1e-6
    ends = [span.to_s for span in scenario.contentions]
    begins = [span.from_s for span in scenario.contentions]
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))


def test_a_preview_is_short_and_alike() -> None:
    scenario = preview_of(scenario_of(ScenarioForm(hours=24.0), TODAY))
    assert scenario.duration_s * scenario.rate_hz <= 4000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": " "}, "no title"),
        ({"start_clock": "9 o'clock"}, "start is no time of day"),
        ({"charge_from": "12:00"}, "end of charging is no time"),
        ({"charge_from": "12:00", "charge_to": "11:00"}, "does not lie within"),
        ({"charge_from": "20:00", "charge_to": "21:00"}, "does not lie within"),
    ],
)
def test_what_makes_no_sense_is_said(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        scenario_of(replace(ScenarioForm(), **changes), TODAY)
