"""The stored weights of a self-evolutionary network: names, full-size shapes, initial values.

Numpy only. A weight named ``<layer>.<weight set>.<node>`` is stored at the size of the widest
graph that uses it; every other graph takes its leading slice. A batch normalisation named
``<layer>.<operator>.<node>`` belongs to one operator, because narrowed and factorised layers have
other statistics even where they share weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.space.design_space import DesignSpace
from workbench.space.graph import Graph, Node

Array = npt.NDArray[np.float32]

HEAD = "head"
NORM_EPSILON = 1e-5
"""Added to a variance before its root is taken; the same in training and folding."""


@dataclass(slots=True)
class Parameters:
    """Everything that training changes.

    Attributes:
        weights: name to array, output channels first.
        gamma, beta: norm name to (channels,) scale and shift.
        head_bias: (classes,).
    """

    weights: dict[str, Array]
    gamma: dict[str, Array]
    beta: dict[str, Array]
    head_bias: Array

    def tensors(self) -> dict[str, Array]:
        """All arrays under the names they have in files."""
        named = {f"weight/{name}": array for name, array in self.weights.items()}
        named |= {f"gamma/{name}": array for name, array in self.gamma.items()}
        named |= {f"beta/{name}": array for name, array in self.beta.items()}
        return named | {"head_bias": self.head_bias}

    @staticmethod
    def from_tensors(named: dict[str, Array]) -> Parameters:
        """The reverse of `tensors`; other names are ignored."""

        def group(prefix: str) -> dict[str, Array]:
            return {
                name.removeprefix(prefix): array
                for name, array in named.items()
                if name.startswith(prefix)
            }

        return Parameters(group("weight/"), group("gamma/"), group("beta/"), named["head_bias"])


def layer_graphs(space: DesignSpace) -> Iterator[Graph]:
    """Every graph that a layer of the space can be, the stem and the heads included."""
    yield space.stem_graph()
    for decision, size in enumerate(space.sizes):
        widths: dict[int, int] = {}
        for previous in range(space.predecessors(decision)):
            widths.setdefault(space.in_channels(decision, previous), previous)
        for previous in widths.values():
            for choice in range(size):
                yield space.graph_of(decision, previous, choice)
    for choice in range(space.sizes[-1]):
        yield space.head_graph(choice)


def _nodes(space: DesignSpace) -> Iterator[Node]:
    for graph in layer_graphs(space):
        yield from graph.nodes


def tensor_shapes(space: DesignSpace) -> dict[str, tuple[int, ...]]:
    """Shape of every array of `Parameters.tensors`."""
    weights: dict[str, tuple[int, ...]] = {}
    norms: dict[str, int] = {}
    for node in _nodes(space):
        if node.weight:
            known = weights.get(node.weight, node.weight_shape)
            weights[node.weight] = tuple(map(max, known, node.weight_shape))
        if node.norm:
            norms[node.norm] = max(norms.get(node.norm, 0), node.out_channels)
    shapes: dict[str, tuple[int, ...]] = {
        f"weight/{name}": shape for name, shape in weights.items()
    }
    shapes |= {f"gamma/{name}": (channels,) for name, channels in norms.items()}
    shapes |= {f"beta/{name}": (channels,) for name, channels in norms.items()}
    return shapes | {"head_bias": (space.backbone.classes,)}


def initial_parameters(space: DesignSpace, rng: np.random.Generator) -> Parameters:
    """Random weights (He et al., 2015), gamma 1, beta 0."""
    named: dict[str, Array] = {}
    for name, shape in tensor_shapes(space).items():
        if name.startswith("weight/"):
            scale = math.sqrt(2.0 / math.prod(shape[1:]))
            named[name] = rng.normal(0.0, scale, shape).astype(np.float32)
        else:
            fill = 1.0 if name.startswith("gamma/") else 0.0
            named[name] = np.full(shape, fill, dtype=np.float32)
    named[f"weight/{HEAD}"] *= np.float32(0.5)
    return Parameters.from_tensors(named)
