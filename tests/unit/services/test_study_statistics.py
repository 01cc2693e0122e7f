"""Intervals of a study against figures known from elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from workbench.services.study_statistics import mean_interval, ratio_interval


def test_the_interval_is_students_t() -> None:
    values = [3.1, 2.9, 3.4, 3.0, 3.3]
    found = mean_interval(values)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (found.mean, found.runs) == (pytest.approx(3.14), 5)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_one_run_has_no_interval() -> None:
    assert (mean_interval([2.0]).low, ratio_interval([2.0]).high) == (None, None)


def test_ratios_are_averaged_so_that_twice_and_half_cancel() -> None:
    found = ratio_interval([2.0, 0.5, 2.0, 0.5])
    assert found.mean == pytest.approx(1.0)
    assert found.low is not None and found.high is not None
    assert found.low * found.high == pytest.approx(1.0)
    low, _ = stats.t.interval(0.95, 3, loc=0, scale=stats.sem(np.log([2, 0.5, 2, 0.5])))
    assert found.low == pytest.approx(math.exp(low))


def test_intervals_cover_the_true_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        found = mean_interval(rng.normal(5.0, 1.0, 5))
        assert found.low is not None and found.high is not None
        hits += found.low <= 5.0 <= found.high
    assert 0.92 < hits / 400 < 0.98
