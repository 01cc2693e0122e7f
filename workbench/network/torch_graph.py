"""Run a graph of primitive nodes with torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.space.graph import Graph, Node

Normalise = Callable[[Tensor, Node], Tensor]


def run_graph(
    graph: Graph, x: Tensor, weights: Mapping[str, Tensor], head_bias: Tensor, normalise: Normalise
) -> Tensor:
    """Output of `graph` on (batch, channels, height, width) inputs.

    Weights are the stored ones at full size; leading slices are taken here, in the type of `x`.
    `normalise` is asked for every node that has a batch normalisation.
    """
    outputs: list[Tensor] = []
    for node in graph.nodes:
        inputs = [outputs[index] if index >= 0 else x for index in node.inputs]
        if node.weight:
            weight = slice_of(weights[node.weight], node).to(x.dtype)
            if node.kind == "linear":
                y = F.linear(inputs[0], weight, head_bias.to(x.dtype))
            else:
                y = convolve(node, inputs[0], weight, None)
        else:
            y = run_node(node, inputs)
        if node.norm:
            y = normalise(y, node)
        if node.relu:
            y = F.relu_(y)
        outputs.append(y)
    return outputs[-1] if outputs else x


def slice_of(weight: Tensor, node: Node) -> Tensor:
    """The leading part of a stored weight that `node` uses."""
    out_channels, in_channels = node.weight_shape[:2]
    return weight[:out_channels, :in_channels]


def convolve(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A ``conv`` node with "same" padding: output size is input size / stride, rounded up."""
    padding = (node.kernel[0] // 2, node.kernel[1] // 2)
    return F.conv2d(x, weight, bias, node.stride, padding, 1, node.groups)


def run_node(node: Node, inputs: list[Tensor]) -> Tensor:
    """A node without weights."""
    x = inputs[0]
    match node.kind:
        case "pool":
            return F.avg_pool2d(x, node.kernel, node.stride, 0, True, False)
        case "channels":
            if node.out_channels <= node.in_channels:
                return x[:, : node.out_channels]
            return F.pad(x, (0, 0, 0, 0, 0, node.out_channels - node.in_channels))
        case "concat":
            return torch.cat(inputs, 1)
        case "add":
            return inputs[0] + inputs[1]
        case "global_pool":
            return F.adaptive_avg_pool2d(x, 1).flatten(1)
        case _:
            raise AssertionError(node.kind)
