"""The update period and the resolution of a gauge, from polled values."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.profiling.energy.period import resolution, update_period


def _polled(period_s: float, poll_s: float, seconds: float, levels: int, seed: int):
    """A held random reading, polled with jitter; few levels make readings repeat by chance."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(0, seconds, poll_s) + rng.uniform(0, 0.2 * poll_s, round(seconds / poll_s))
    values = rng.integers(0, levels, int(seconds / period_s) + 3)
    return t_s, values[((t_s + rng.uniform(0, period_s)) / period_s).astype(int)].astype(float)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("period_s", "seconds"), [(1.0, 150), (5.0, 150), (30.0, 270)])
def test_found_within_a_hundredth(period_s: float, seconds: float, seed: int) -> None:
    found = update_period(*_polled(period_s, 0.2, seconds, 10_000, seed))
    assert found is not None
    assert found.seconds == pytest.approx(period_s, rel=0.02)
    assert not found.at_most


@pytest.mark.parametrize("seed", range(5))
def test_readings_that_repeat_by_chance_are_not_taken_for_slow_updates(seed: int) -> None:
    found = update_period(*_polled(1.0, 0.2, 180, 3, seed))
    assert found is not None
    assert found.seconds == pytest.approx(1.0, rel=0.02)


def test_intervals_that_are_all_multiples_give_their_common_period() -> None:
    changes = np.cumsum([60.0, 90.0, 60.0, 90.0, 150.0, 60.0])
    t_s = np.arange(0, 540, 0.2)
    found = update_period(t_s, np.searchsorted(changes, t_s).astype(float))
    assert found is not None
    assert found.seconds == pytest.approx(30.0, rel=0.01)


def test_a_gauge_as_quick_as_the_polls_is_known_by_an_upper_bound() -> None:
    found = update_period(*_polled(0.18, 0.2, 60, 10_000, 0))
    assert found is not None
    assert found.at_most
    assert 0.18 <= found.seconds <= 0.25


def test_too_few_changes_give_no_period() -> None:
    t_s = np.arange(0, 60, 0.2)
    assert update_period(t_s, np.full(300, 5.0)) is None
    assert update_period(t_s, np.where(t_s < 20, 1.0, np.where(t_s < 40, 2.0, 3.0))) is None


def test_resolution_of_many_levels_is_their_smallest_gap() -> None:
    assert resolution(np.arange(20) * 156.0) == 156.0


def test_resolution_of_few_levels_is_no_multiple_of_the_step() -> None:
    assert resolution(np.array([-251.0, -251.0, -350.0])) == 1.0
    assert resolution(np.array([251_000.0, 350_000.0])) == 1000.0
    assert resolution(np.zeros(5)) == 1.0
