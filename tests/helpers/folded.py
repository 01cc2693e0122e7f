"""Folded networks with random weights, and a slow, plain reference that runs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from workbench.network.folded import FoldedNetwork
from workbench.space.design_space import DesignSpace
from workbench.space.graph import Node

Floats = npt.NDArray[np.float64]


def random_network(
    space: DesignSpace, configuration: Sequence[int], rng: np.random.Generator
) -> FoldedNetwork:
    """The network of a configuration; weights keep activations near 1."""
    graph = space.network_graph(configuration)
    weights: list[npt.NDArray[np.float32] | None] = []
    biases: list[npt.NDArray[np.float32] | None] = []
    for node in graph.nodes:
        if not node.weight_shape:
            weights.append(None)
            biases.append(None)
            continue
        scale = np.sqrt(2 / np.prod(node.weight_shape[1:]))
        weights.append((rng.standard_normal(node.weight_shape) * scale).astype(np.float32))
        biases.append((rng.standard_normal(node.out_channels) * 0.1).astype(np.float32))
    return FoldedNetwork(graph, space.backbone.input_shape, tuple(weights), tuple(biases))


def reference_output(network: FoldedNetwork, image: npt.NDArray[np.float32]) -> Floats:
    """Class scores by definition, in double precision."""
    outputs: list[Floats] = []
    for index, node in enumerate(network.graph.nodes):
        inputs = [image.astype(float) if i < 0 else outputs[i] for i in node.inputs]
        value = _run(node, inputs, network.weights[index], network.biases[index])
        value = np.maximum(value, 0) if node.relu else value
        assert value.reshape(node.out_channels, -1).shape[1] == np.prod(node.out_size)
        outputs.append(value)
    return outputs[-1].reshape(-1)


def _run(
    node: Node,
    inputs: list[Floats],
    weight: npt.NDArray[np.float32] | None,
    bias: npt.NDArray[np.float32] | None,
) -> Floats:
    x = inputs[0]
    if node.kind == "conv":
        assert weight is not None
        assert bias is not None
        return _convolve(node, x, weight.astype(float), bias.astype(float))
    if node.kind == "linear":
        assert weight is not None
        assert bias is not None
        return weight.astype(float) @ x.reshape(-1) + bias
    if node.kind == "pool":
        return _pool(node, x)
    if node.kind == "global_pool":
        return x.mean(axis=(1, 2))
    if node.kind == "concat":
        return np.concatenate(inputs)
    if node.kind == "add":
        return inputs[0] + inputs[1]
    grown = np.zeros((node.out_channels, *x.shape[1:]))
    kept = min(node.in_channels, node.out_channels)
    grown[:kept] = x[:kept]
    return grown


def _convolve(node: Node, x: Floats, weight: Floats, bias: Floats) -> Floats:
    (kh, kw), (sh, sw), (oh, ow) = node.kernel, node.stride, node.out_size
    padded = np.pad(x, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)))
    per_group_in, per_group_out = node.in_channels // node.groups, node.out_channels // node.groups
    result = np.zeros((node.out_channels, oh, ow))
    for channel in range(node.out_channels):
        first = channel // per_group_out * per_group_in
        for dy in range(kh):
            for dx in range(kw):
                window = padded[
                    first : first + per_group_in,
                    dy : dy + sh * (oh - 1) + 1 : sh,
                    dx : dx + sw * (ow - 1) + 1 : sw,
                ]
                result[channel] += np.tensordot(weight[channel, :, dy, dx], window, 1)
        result[channel] += bias[channel]
    return result


def _pool(node: Node, x: Floats) -> Floats:
    (sh, sw), (oh, ow) = node.stride, node.out_size
    rows = [x[:, i * sh : (i + 1) * sh] for i in range(oh)]
    return np.stack(
        [
            np.stack([row[:, :, j * sw : (j + 1) * sw].mean(axis=(1, 2)) for j in range(ow)], -1)
            for row in rows
        ],
        axis=1,
    )
