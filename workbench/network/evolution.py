"""Weight evolution: from a configuration to a network that runs, without training. Numpy only.

Each layer takes the leading slices of the stored weights, and its batch normalisation is folded
into them with the statistics that belong to the choices before it. Layers that were folded once
are kept, so that going back to a known configuration is only wiring.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.network.folded import FoldedNetwork
from workbench.network.parameters import HEAD, NORM_EPSILON, Array
from workbench.network.weights_file import Weights, read_weights
from workbench.space.description import Network
from workbench.space.design_space import DesignSpace
from workbench.space.graph import Graph, Node

CACHE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class FoldedLayer:
    """One layer of a configuration: its graph, and weight and bias of each node (None without)."""

    graph: Graph
    weights: tuple[Array | None, ...]
    biases: tuple[Array | None, ...]

    @property
    def bytes(self) -> int:
        """Size of the arrays."""
        return sum(a.nbytes for a in (*self.weights, *self.biases) if a is not None)


def scale_and_shift(weights: Weights) -> tuple[dict[str, Array], dict[str, Array]]:
    """Each batch normalisation as y = scale x + shift: name to (*contexts, channels) arrays."""
    scales, shifts = {}, {}
    for norm, variance in weights.statistics.variance.items():
        scale = weights.parameters.gamma[norm] / np.sqrt(variance + np.float32(NORM_EPSILON))
        scales[norm] = scale
        shifts[norm] = weights.parameters.beta[norm] - weights.statistics.mean[norm] * scale
    return scales, shifts


class Evolver:
    """Makes runnable networks from the weights of a self-evolutionary network.

    Args:
        cache_bytes: how much of the folded layers is kept, least recently used dropped first.
    """

    def __init__(
        self, space: DesignSpace, weights: Weights, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self.space = space
        self._weights = weights.parameters.weights
        self._head_bias = weights.parameters.head_bias
        self._statistics = weights.statistics
        self._scale, self._shift = scale_and_shift(weights)
        self._cache: OrderedDict[tuple[int, tuple[int, ...], int], FoldedLayer] = OrderedDict()
        self._cache_bytes, self._cached_bytes = cache_bytes, 0
        self._moved: dict[tuple[int, int, int, int], tuple[Node, ...]] = {}
        self._stem = self._fold(space.stem_graph(), ())
        self._heads = [self._fold(space.head_graph(c), ()) for c in range(space.sizes[-1])]

    @staticmethod
    def read(network: Network) -> Evolver:
        """The evolver of a network on disk.

        Raises:
            InputFileError: when its weights are missing, damaged or do not belong to it.
        """
        return Evolver(network.space, read_weights(network.weights_path, network.space))

    @property
    def stem(self) -> FoldedLayer:
        """Layer 1."""
        return self._stem

    def head(self, choice: int) -> FoldedLayer:
        """The classifier after operator `choice` of the last decision."""
        return self._heads[choice]

    def layer(self, prefix: tuple[int, ...], choice: int) -> FoldedLayer:
        """The layer after the choices `prefix`, under operator `choice`."""
        key = (len(prefix), self._statistics.context(prefix), choice)
        if (known := self._cache.get(key)) is not None:
            self._cache.move_to_end(key)
            return known
        previous = prefix[-1] if prefix else 0
        folded = self._fold(self.space.graph_of(len(prefix), previous, choice), key[1])
        self._cache[key] = folded
        self._cached_bytes += folded.bytes
        while self._cached_bytes > self._cache_bytes and len(self._cache) > 1:
            self._cached_bytes -= self._cache.popitem(last=False)[1].bytes
        return folded

    def evolve(self, configuration: Sequence[int]) -> FoldedNetwork:
        """The folded network of a configuration."""
        prefix: tuple[int, ...] = ()
        nodes = self._stem.graph.nodes
        weights, biases = self._stem.weights, self._stem.biases
        for choice in map(int, configuration):
            layer = self.layer(prefix, choice)
            nodes += self._moved_nodes(layer.graph, len(nodes), prefix, choice)
            weights += layer.weights
            biases += layer.biases
            prefix += (choice,)
        head = self._heads[prefix[-1]]
        nodes += self._moved_nodes(head.graph, len(nodes), prefix, -1)
        graph = Graph(nodes, self._stem.graph.in_channels, head.graph.out_channels)
        return FoldedNetwork(
            graph, self.space.backbone.input_shape, weights + head.weights, biases + head.biases
        )

    def _moved_nodes(
        self, graph: Graph, offset: int, prefix: tuple[int, ...], choice: int
    ) -> tuple[Node, ...]:
        """The nodes of a layer as they stand behind `offset` others."""
        key = (len(prefix), prefix[-1] if prefix else 0, choice, offset)
        if key not in self._moved:
            self._moved[key] = tuple(
                replace(node, inputs=tuple(index + offset for index in node.inputs))
                for node in graph.nodes
            )
        return self._moved[key]

    def _fold(self, graph: Graph, context: tuple[int, ...]) -> FoldedLayer:
        folded = [self._fold_node(node, context) for node in graph.nodes]
        return FoldedLayer(graph, tuple(w for w, _ in folded), tuple(b for _, b in folded))

    def _fold_node(self, node: Node, context: tuple[int, ...]) -> tuple[Array | None, Array | None]:
        if not node.weight:
            return None, None
        out_channels, in_channels = node.weight_shape[:2]
        weight = self._weights[node.weight][:out_channels, :in_channels]
        if not node.norm:
            bias = self._head_bias if node.weight == HEAD else np.zeros(out_channels, np.float32)
            return np.ascontiguousarray(weight), bias
        scale = self._scale[node.norm][context][:out_channels]
        shift = self._shift[node.norm][context][:out_channels]
        # Multiplying makes a new contiguous array, so nothing is copied twice.
        return weight * scale.reshape(-1, *(1,) * (weight.ndim - 1)), shift
