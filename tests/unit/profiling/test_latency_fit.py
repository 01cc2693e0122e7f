"""The fit of the latency model finds what generated the data and says how wrong it can be."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.profiling.latency_fit import fit_terms, least_prices, leave_one_group_out
from workbench.space.tables import LATENCY_TERMS

N_TERMS = len(LATENCY_TERMS)
SCALE = np.array([1e8, 1e8, 1e7, 1e7, 1e6, 1e7, 100, 1e6])


def _networks(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 1.0, (n, N_TERMS)) * SCALE


def test_recovers_known_prices_with_a_zero_among_them() -> None:
    terms = _networks(40)
    truth = np.arange(N_TERMS) / SCALE
    found = fit_terms(terms, terms @ truth)
    np.testing.assert_allclose(found * SCALE, truth * SCALE, atol=1e-6)


def test_minimises_relative_not_absolute_error() -> None:
    # One huge network contradicts many small ones: an absolute fit would follow the huge one.
    counts = np.array([[1.0], [1.1], [0.9], [1000.0]])
    latency_ms = np.array([1.0, 1.1, 0.9, 3000.0])
    price = fit_terms(counts, latency_ms)[0]
    ratio = counts[:, 0] / latency_ms
    assert price == pytest.approx(ratio.sum() / (ratio @ ratio))
    assert price < 1.5


def test_floor_is_kept_where_the_data_says_nothing_of_a_node() -> None:
    terms = _networks(30)
    truth = np.ones(N_TERMS) / SCALE
    truth[LATENCY_TERMS.index("nodes")] = 0.0
    floor = least_prices(1400.0)
    assert floor[6] == pytest.approx(2500 / 1.4e6)
    assert floor[LATENCY_TERMS.index("macs_1x1")] == pytest.approx(1 / (64 * 1.4e6))
    assert floor[LATENCY_TERMS.index("macs_3x3_s1")] == 0
    assert fit_terms(terms, terms @ truth)[6] == pytest.approx(0, abs=1e-9)
    assert fit_terms(terms, terms @ truth, floor)[6] >= floor[6]


def test_left_out_error_is_of_networks_the_fit_never_saw() -> None:
    terms = np.vstack([_networks(20), _networks(20)])
    truth = np.ones(N_TERMS) / SCALE
    latency_ms = terms @ truth
    latency_ms[[3, 23]] *= 2.0  # both points of one network are off by the same factor
    groups = [f"net{i % 20}" for i in range(40)]
    error = leave_one_group_out(terms, latency_ms, groups)
    # A fit that had seen its twin would predict the odd network better than the others' law does.
    assert error.errors[3] == pytest.approx(-0.5, abs=0.1)
    assert error.errors[23] == pytest.approx(-0.5, abs=0.1)
    assert error.median < 0.15
    assert error.p90 >= error.median
