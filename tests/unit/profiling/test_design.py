"""The design of experiments: what it covers, and that held-out configurations are held out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.helpers.networks import deep_space, five_layer_space
from tests.helpers.spaces import small_space
from workbench.core.errors import SettingsError
from workbench.profiling.design import design_experiment
from workbench.profiling.pair_classes import PairClasses
from workbench.profiling.run_rules import PLANS
from workbench.space.design_space import ConfigArray, DesignSpace
from workbench.space.tables import latency_term_tables

SPACES = [five_layer_space(), small_space(), deep_space(6)]


@pytest.mark.parametrize("space", SPACES, ids=lambda s: s.backbone.name)
@pytest.mark.parametrize("plan", ["quick", "standard"])
def test_every_operator_on_every_layer_and_most_pairs(space: DesignSpace, plan: str) -> None:
    size = PLANS[plan]
    design = design_experiment(space, size.fit, size.held_out, np.random.default_rng(2))
    for decision, operators in enumerate(space.sizes):
        assert set(design.fit[:, decision].tolist()) == set(range(operators))
    assert covered_share(space, design.fit) >= 0.8


@pytest.mark.parametrize("space", SPACES, ids=lambda s: s.backbone.name)
@pytest.mark.parametrize("plan", PLANS)
def test_a_design_holds_more_pairs_than_as_many_random_configurations(
    space: DesignSpace, plan: str
) -> None:
    size = PLANS[plan]
    design = design_experiment(space, size.fit, size.held_out, np.random.default_rng(2))
    random = [
        covered_share(space, space.random_configurations(np.random.default_rng(seed), size.fit))
        for seed in range(10)
    ]
    assert covered_share(space, design.fit) > np.mean(random)


def covered_share(space: DesignSpace, configurations: ConfigArray) -> float:
    """Share of the classes of adjacent pairs that the configurations hold."""
    return float((PairClasses(space).matrix(configurations).sum(axis=0) > 0).mean())


def test_all_are_distinct_and_the_backbone_is_first() -> None:
    space = five_layer_space()
    design = design_experiment(space, 40, 30, np.random.default_rng(0))
    together = [tuple(row) for row in np.concatenate([design.fit, design.held_out]).tolist()]
    assert len(set(together)) == 70
    assert together[0] == space.backbone_configuration


def test_the_same_seed_gives_the_same_design() -> None:
    space = five_layer_space()
    one, two = (design_experiment(space, 20, 5, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one.fit, two.fit)
    np.testing.assert_array_equal(one.held_out, two.held_out)


@pytest.mark.parametrize(("fit", "held_out"), [(3, 5), (20, 0), (6000, 5)])
def test_sizes_that_do_not_suit_are_refused(fit: int, held_out: int) -> None:
    with pytest.raises(SettingsError):
        design_experiment(five_layer_space(), fit, held_out, np.random.default_rng(0))


def test_pairs_of_a_class_compute_the_same() -> None:
    space = small_space()
    classes = PairClasses(space)
    tables = latency_term_tables(space)
    for metric in tables.metrics:
        back = classes.to_tables(classes.of_tables(tables, metric))
        for table, expected in zip(back, tables.column(metric), strict=True):
            np.testing.assert_array_equal(table, expected)


def test_matrix_times_values_is_the_tables_total() -> None:
    space = small_space()
    classes = PairClasses(space)
    tables = latency_term_tables(space)
    configurations = space.random_configurations(np.random.default_rng(4), 50)
    totals = classes.matrix(configurations) @ classes.of_tables(tables, "moved_values")
    expected = tables.totals(configurations)[:, tables.metrics.index("moved_values")]
    np.testing.assert_allclose(totals, expected)
