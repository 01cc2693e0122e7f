"""A small network that keeps a processor busy, where no network of the user's is at hand."""

from __future__ import annotations

import numpy as np

from workbench.network.folded import FoldedNetwork
from workbench.network.ncnn_files import NcnnFiles, ncnn_files
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace

INPUT_SHAPE = (16, 24, 24)


def burner_files() -> NcnnFiles:
    """Two convolutions and a classifier with fixed random weights; a millisecond or so a run."""
    layers = (ConvLayer("conv1", 32), ConvLayer("conv2", 32, operators=("identity",)))
    space = DesignSpace(Backbone("burner", INPUT_SHAPE, layers, 4))
    graph = space.network_graph([0] * space.decisions)
    rng = np.random.default_rng(0)
    weights, biases = [], []
    for node in graph.nodes:
        shape = node.weight_shape
        scale = np.sqrt(2 / max(1, int(np.prod(shape[1:])))) if shape else 0.0
        weights.append((rng.standard_normal(shape) * scale).astype(np.float32) if shape else None)
        biases.append(np.zeros(node.out_channels, np.float32) if shape else None)
    return ncnn_files(FoldedNetwork(graph, INPUT_SHAPE, tuple(weights), tuple(biases)))
