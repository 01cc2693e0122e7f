"""A folded network as ordinary torch modules, so that hooks and profilers can count it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from workbench.network.folded import FoldedNetwork
from workbench.space.graph import Node


class _Channels(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        missing = self.channels - x.shape[1]
        if missing <= 0:
            return x[:, : self.channels]
        return torch.cat([x, x.new_zeros(len(x), missing, *x.shape[2:])], 1)


class _Concat(nn.Module):
    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, 1)


class _Add(nn.Module):
    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return first + second


class ModuleNetwork(nn.Module):
    """One module for each node of the graph."""

    def __init__(self, network: FoldedNetwork) -> None:
        super().__init__()
        self.nodes = network.graph.nodes
        self.steps = nn.ModuleList(_module(node) for node in self.nodes)
        with torch.no_grad():
            for step, weight, bias in zip(self.steps, network.weights, network.biases):
                if weight is not None:
                    step.weight.copy_(torch.from_numpy(weight))
                    step.bias.copy_(torch.from_numpy(bias))

    def forward(self, x: Tensor) -> Tensor:
        """Class scores."""
        outputs: list[Tensor] = []
        for node, step in zip(self.nodes, self.steps):
            y = step(*(x if source < 0 else outputs[source] for source in node.inputs))
            outputs.append(y.relu() if node.relu else y)
        return outputs[-1]


def _module(node: Node) -> nn.Module:
    match node.kind:
        case "conv":
            return nn.Conv2d(
                node.in_channels,
                node.out_channels,
                node.kernel,
                node.stride,
                (node.kernel[0] // 2, node.kernel[1] // 2),
                groups=node.groups,
            )
        case "linear":
            return nn.Linear(node.in_channels, node.out_channels)
        case "pool":
            return nn.AvgPool2d(node.kernel, ceil_mode=True, count_include_pad=False)
        case "global_pool":
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case "channels":
            return _Channels(node.out_channels)
        case "concat":
            return _Concat()
        case _:
            return _Add()
