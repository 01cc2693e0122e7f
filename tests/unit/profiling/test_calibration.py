"""The calibrated table recovers a known one, and stays sensible where nothing was measured."""

from __future__ import annotations

import numpy as np
import pytest

from tests.helpers.networks import five_layer_space
from workbench.profiling.calibration import FittedTable, HeldOut, fit_table
from workbench.profiling.design import design_experiment
from workbench.profiling.latency_fit import least_prices
from workbench.profiling.pair_classes import PairClasses
from workbench.space.tables import PairTables, latency_term_tables

SPACE = five_layer_space()
CLASSES = PairClasses(SPACE)
PRICES = np.array([6e-8, 2e-7, 2.5e-7, 2.4e-7, 1e-7, 1.2e-6, 0.002, 1e-6])
EVERY = SPACE.all_configurations()


def _truth(seed: int, operator: float, pair: float) -> np.ndarray:
    """A device whose operators and pairs differ from any term model by random factors."""
    rng = np.random.default_rng(seed)
    priced = latency_term_tables(SPACE).with_metrics(PRICES[:, None], ("ms",))
    factors = {name: np.exp(rng.normal(0, operator)) for name in sorted(set(CLASSES.operators))}
    by_class = np.array([factors[name] for name in CLASSES.operators])
    scatter = np.exp(rng.normal(0, pair, CLASSES.count))
    return CLASSES.of_tables(priced, "ms") * by_class * scatter


def _predict(table: FittedTable, configurations: np.ndarray) -> np.ndarray:
    tables = PairTables(("ms",), tuple(part[..., None] for part in table.latency_ms))
    return tables.totals(configurations)[:, 0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recovers_a_known_table_within_noise(seed: int) -> None:
    truth = _truth(seed, operator=0.3, pair=0.05)
    rng = np.random.default_rng(seed)
    design = design_experiment(SPACE, 90, 30, rng)
    noise = np.exp(rng.normal(0, 0.01, len(design.fit)))
    table = fit_table(SPACE, design.fit, (CLASSES.matrix(design.fit) @ truth) * noise)
    errors = HeldOut(_predict(table, EVERY) / (CLASSES.matrix(EVERY) @ truth) - 1)
    assert errors.median < 0.015
    assert errors.within(0.05) > 0.95
    # The term model alone could not have done that.
    terms = latency_term_tables(SPACE).with_metrics(table.prices[:, None], ("ms",))
    alone = terms.totals(EVERY)[:, 0] / (CLASSES.matrix(EVERY) @ truth) - 1
    assert np.median(np.abs(alone)) > 2 * errors.median


def test_unmeasured_pairs_follow_the_model_not_zero() -> None:
    truth = _truth(5, operator=0.0, pair=0.0)
    fire = SPACE.operators[1].index("fire")
    kept = EVERY[EVERY[:, 1] != fire]
    sample = kept[np.random.default_rng(0).choice(len(kept), 80, replace=False)]
    table = fit_table(SPACE, sample, CLASSES.matrix(sample) @ truth)
    assert (table.measured[1][:, fire] == 0).all()
    unseen = EVERY[EVERY[:, 1] == fire]
    errors = HeldOut(_predict(table, unseen) / (CLASSES.matrix(unseen) @ truth) - 1)
    assert errors.median < 0.05


def test_no_entry_is_negative_even_on_contradicting_data() -> None:
    rng = np.random.default_rng(0)
    design = design_experiment(SPACE, 60, 5, rng)
    table = fit_table(SPACE, design.fit, rng.uniform(0.1, 10.0, 60), least_prices(2000.0))
    assert all((part >= 0).all() for part in table.latency_ms)


def test_measured_counts_configurations_by_class() -> None:
    configurations = np.array([SPACE.backbone_configuration] * 3, dtype=np.uint8)
    more = design_experiment(SPACE, 20, 5, np.random.default_rng(0)).fit
    sample = np.concatenate([configurations, more[1:]])
    table = fit_table(SPACE, sample, np.ones(len(sample)))
    assert table.measured[0][0, 0] >= 3
    assert sum(part.sum() for part in table.measured) >= len(sample) * SPACE.decisions


def test_held_out_shares() -> None:
    held_out = HeldOut(np.array([0.01, -0.04, 0.06, -0.2]))
    assert held_out.median == pytest.approx(0.05)
    assert held_out.within(0.05) == 0.5
    assert held_out.within(0.10) == 0.75
