"""Cost tables: what each operator costs after each predecessor, from real shape propagation.

Narrowing a layer changes the next one's input, so a table is indexed by (previous operator,
operator) and the cost of a configuration is a sum over adjacent pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.space.design_space import ConfigArray, DesignSpace
from workbench.space.graph import Graph, Node

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairTables:
    """Additive metrics of adjacent operator pairs.

    Attributes:
        metrics: names, with units.
        values: for each decision a (predecessors, operators, metrics) array. Layer 1 is counted
            with the first decision and the head with the last, so sums are whole networks.
    """

    metrics: tuple[str, ...]
    values: tuple[FloatArray, ...]

    def totals(self, configurations: ConfigArray) -> FloatArray:
        """(n, metrics) sums over the layers of (n, decisions) configurations."""
        choices = np.asarray(configurations, dtype=np.intp)
        previous = np.zeros(len(choices), dtype=np.intp)
        total = np.zeros((len(choices), len(self.metrics)))
        for decision, table in enumerate(self.values):
            total += table[previous, choices[:, decision]]
            previous = choices[:, decision]
        return total

    def every_total(self) -> FloatArray:
        """(configurations, metrics) sums of every configuration, in the order of their numbers.

        For spaces small enough to hold; one broadcast sum a layer.
        """
        total: FloatArray = self.values[0][0]
        for table in self.values[1:]:
            predecessors = table.shape[0]
            prefixes = total.reshape(-1, predecessors, 1, total.shape[-1])
            total = (prefixes + table[None]).reshape(-1, total.shape[-1])
        return total

    def with_metrics(self, matrix: FloatArray, names: Sequence[str]) -> PairTables:
        """New metrics as linear combinations: `matrix` is (metrics, new metrics)."""
        return PairTables(tuple(names), tuple(table @ matrix for table in self.values))

    def column(self, metric: str) -> tuple[FloatArray, ...]:
        """For each decision the (predecessors, operators) table of one metric."""
        position = self.metrics.index(metric)
        return tuple(table[..., position] for table in self.values)

    def join(self, other: PairTables) -> PairTables:
        """Both sets of metrics side by side."""
        return PairTables(
            self.metrics + other.metrics,
            tuple(np.concatenate(pair, axis=-1) for pair in zip(self.values, other.values)),
        )


def pair_tables(
    space: DesignSpace, metrics: Sequence[str], count: Callable[[Graph], Sequence[float]]
) -> PairTables:
    """Tabulate `count(graph)`, which returns one number a metric, over all adjacent pairs."""
    stem = np.asarray(count(space.stem_graph()), dtype=float)
    values = []
    for decision, size in enumerate(space.sizes):
        table = np.zeros((space.predecessors(decision), size, len(metrics)))
        # Operators with the same input width have the same graph: count each once.
        widths: dict[int, FloatArray] = {}
        for previous in range(table.shape[0]):
            width = space.in_channels(decision, previous)
            if width not in widths:
                widths[width] = np.array(
                    [count(space.graph_of(decision, previous, choice)) for choice in range(size)],
                    dtype=float,
                )
            table[previous] = widths[width]
        values.append(table)
    values[0] += stem
    for choice in range(space.sizes[-1]):
        values[-1][:, choice] += np.asarray(count(space.head_graph(choice)), dtype=float)
    return PairTables(tuple(metrics), tuple(values))


COST_METRICS = ("macs", "param_bytes", "activation_bytes")
"""C, Sp and Sa: multiply-accumulates, bytes of parameters, summed bytes of activations."""


def cost_of(graph: Graph) -> tuple[int, int, int]:
    """(C, Sp, Sa) of a graph; Sa sums the output of every node."""
    return (
        sum(node.macs for node in graph.nodes),
        sum(node.param_bytes for node in graph.nodes),
        sum(node.activation_bytes for node in graph.nodes),
    )


def cost_tables(space: DesignSpace) -> PairTables:
    """C, Sp and Sa of all adjacent pairs."""
    return pair_tables(space, COST_METRICS, cost_of)


def peak_activation_bytes(graph: Graph, input_bytes: int) -> int:
    """Largest number of bytes alive at once when outputs are freed after their last use."""
    last_use = {index: index for index in range(-1, len(graph.nodes))}
    for index, node in enumerate(graph.nodes):
        for source in node.inputs:
            last_use[source] = index
    alive = {-1: input_bytes}
    peak = input_bytes
    for index, node in enumerate(graph.nodes):
        alive[index] = node.activation_bytes
        peak = max(peak, sum(alive.values()))
        alive = {key: size for key, size in alive.items() if last_use[key] > index}
    return peak


def arithmetic_intensity(
    macs: FloatArray,
    param_bytes: FloatArray,
    activation_bytes: FloatArray,
    mu: tuple[float, float] = (0.4, 0.6),
) -> FloatArray:
    """E = mu1 C/Sp + mu2 C/Sa, in multiply-accumulates a byte.

    Source: AdaSpring's hardware-efficiency criterion (Liu et al., IMWUT 2021); mu as it is
    commonly quoted.
    """  # fmt: skip
    return mu[0] * macs / param_bytes + mu[1] * macs / activation_bytes


LATENCY_TERMS = (
    "macs_3x3_s1",
    "macs_1x1",
    "macs_other",
    "macs_grouped",
    "linear_weights",
    "moved_values",
    "nodes",
    "conv_weights",
)
"""Terms of the latency model: what an engine's time depends on, each with its own price."""


def latency_terms(nodes: Sequence[Node]) -> tuple[float, ...]:
    """Count the `LATENCY_TERMS` of some nodes.

    3x3 convolutions of stride 1 run as Winograd and 1x1 ones as a matrix product, so their
    multiply-accumulates cost differently; grouped ones (depthwise too) cost most. Moved values
    are inputs read and outputs written.
    """
    terms = dict.fromkeys(LATENCY_TERMS, 0.0)
    for node in nodes:
        terms["nodes"] += 1
        in_values = node.in_channels * node.in_size[0] * node.in_size[1]
        terms["moved_values"] += in_values + node.out_values
        if node.kind == "linear":
            terms["linear_weights"] += node.weights
        elif node.kind == "conv":
            terms["conv_weights"] += node.weights
            terms[_conv_term(node)] += node.macs
    return tuple(terms.values())


def _conv_term(node: Node) -> str:
    if node.groups > 1:
        return "macs_grouped"
    if node.kernel == (1, 1):
        return "macs_1x1"
    if node.kernel == (3, 3) and node.stride == (1, 1):
        return "macs_3x3_s1"
    return "macs_other"


def latency_term_tables(space: DesignSpace) -> PairTables:
    """`LATENCY_TERMS` of all adjacent pairs."""
    return pair_tables(space, LATENCY_TERMS, lambda graph: latency_terms(graph.nodes))
