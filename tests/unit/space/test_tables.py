import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.networks import OPERATORS, five_layer_space
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace
from workbench.space.graph import GraphBuilder
from workbench.space.tables import (
    COST_METRICS,
    LATENCY_TERMS,
    cost_of,
    cost_tables,
    latency_term_tables,
    latency_terms,
    peak_activation_bytes,
)

SPACE = five_layer_space()
COSTS = cost_tables(SPACE)
TERMS = latency_term_tables(SPACE)


@given(st.integers(0, SPACE.count - 1))
def test_pair_sums_equal_the_cost_of_the_whole_graph(index: int) -> None:
    configuration = SPACE.configuration(index)
    graph = SPACE.network_graph(configuration)
    row = np.array([configuration], dtype=np.uint8)
    assert tuple(COSTS.totals(row)[0]) == cost_of(graph)
    assert tuple(TERMS.totals(row)[0]) == latency_terms(graph.nodes)


def test_every_total_is_in_the_order_of_the_numbers() -> None:
    assert np.array_equal(COSTS.every_total(), COSTS.totals(SPACE.all_configurations()))


def test_costs_of_the_backbone_by_hand() -> None:
    macs = (
        24 * 9 * 28 * 28
        + 48 * 24 * 9 * 14 * 14
        + 48 * 48 * 9 * 14 * 14
        + 96 * 48 * 9 * 7 * 7
        + 96 * 96 * 9 * 7 * 7
        + 96 * 10
    )
    weights = 24 * 9 + 48 * 24 * 9 + 48 * 48 * 9 + 96 * 48 * 9 + 96 * 96 * 9 + 960
    biases = 24 + 48 + 48 + 96 + 96 + 10
    total = COSTS.totals(np.zeros((1, 4), dtype=np.uint8))[0]
    assert total[COST_METRICS.index("macs")] == macs
    assert total[COST_METRICS.index("param_bytes")] == 4 * (weights + biases)
    # Outputs of the convolutions, of the two shortcut sums, of pooling and of the head.
    values = 24 * 784 + 48 * 196 * 3 + 96 * 49 * 3 + 96 + 10
    assert total[COST_METRICS.index("activation_bytes")] == 4 * values


def test_narrowing_a_layer_cheapens_the_next_one() -> None:
    macs = COSTS.column("macs")[1]
    names = SPACE.operators[0]
    full = macs[names.index("identity"), 0]
    assert macs[names.index("ch50"), 0] == pytest.approx(full / 2)


def test_one_dimensional_layers_keep_their_height() -> None:
    operators = tuple(name for name in OPERATORS if name != "skip")
    space = DesignSpace(
        Backbone(
            "signal",
            (6, 1, 128),
            (
                ConvLayer("conv1", 16, kernel=(1, 5), stride=(1, 2)),
                ConvLayer("conv2", 32, kernel=(1, 5), stride=(1, 2), operators=operators),
            ),
            6,
        )
    )
    graph = space.network_graph(space.uniform("dwsep"))
    sizes = [node.out_size for node in graph.nodes]
    assert sizes == [(1, 64), (1, 32), (1, 32), (1, 1), (1, 1)]


def test_peak_activations_free_what_is_not_needed_again() -> None:
    builder = GraphBuilder(4, (10, 10))
    first = builder.conv(-1, 8, weight="a")
    second = builder.conv(first, 8, weight="b")
    builder.conv(second, 4, weight="c")
    graph = builder.build(4)
    # Widest moment: the second convolution holds the outputs of the first and its own.
    assert peak_activation_bytes(graph, 4 * 100 * 4) == (8 + 8) * 100 * 4


def test_latency_terms_count_each_kind_on_its_own() -> None:
    builder = GraphBuilder(8, (4, 4))
    builder.conv(-1, 8, weight="a", kernel=(3, 3))
    builder.conv(0, 8, weight="b", kernel=(3, 3), groups=8)
    builder.conv(1, 16, weight="c")
    terms = dict(zip(LATENCY_TERMS, latency_terms(builder.build(16).nodes)))
    assert terms == {
        "macs_3x3_s1": 8 * 8 * 9 * 16,
        "macs_grouped": 8 * 9 * 16,
        "macs_1x1": 8 * 16 * 16,
        "macs_other": 0,
        "linear_weights": 0,
        "moved_values": (8 + 8 + 8 + 8 + 8 + 16) * 16,
        "nodes": 3,
        "conv_weights": 8 * 8 * 9 + 8 * 9 + 8 * 16,
    }
