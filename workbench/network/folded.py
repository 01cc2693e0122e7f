"""A network that can run: the graph of one configuration with its folded weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.space.graph import Graph

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FoldedNetwork:
    """Result of weight evolution; plain arrays, for any engine.

    Attributes:
        graph: from input to class scores.
        input_shape: (channels, height, width).
        weights: for each node its `Node.weight_shape` array with batch normalisation folded in,
            None for nodes without weights.
        biases: for each node its (out_channels,) array, None for nodes without weights.
    """

    graph: Graph
    input_shape: tuple[int, int, int]
    weights: tuple[Weights | None, ...]
    biases: tuple[Weights | None, ...]
