"""Run a folded network with torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.network.evolution import FoldedLayer
from workbench.network.folded import FoldedNetwork
from workbench.network.torch_graph import convolve, run_node
from workbench.space.graph import Graph, Node

_Step = tuple[Node, Tensor | None, Tensor | None, tuple[int, ...]]


class TorchNetwork:
    """A folded network or layer, ready to run; weights are shared with the numpy arrays."""

    def __init__(self, folded: FoldedNetwork | FoldedLayer) -> None:
        last_use = _last_use(folded.graph)
        self._steps: list[_Step] = []
        for index, (node, weight, bias) in enumerate(
            zip(folded.graph.nodes, folded.weights, folded.biases)
        ):
            done = tuple(source for source, last in last_use.items() if last == index)
            self._steps.append((node, _tensor(weight), _tensor(bias), done))

    def __call__(self, x: Tensor) -> Tensor:
        """Output for (batch, channels, height, width) float32 inputs; without gradients."""
        with torch.inference_mode():
            outputs: list[Tensor | None] = []
            y = x
            for node, weight, bias, done in self._steps:
                inputs = [x if source < 0 else outputs[source] for source in node.inputs]
                y = _run(node, inputs, weight, bias)  # type: ignore[arg-type]
                outputs.append(y)
                for source in done:
                    outputs[source] = None
            return y

    def scores(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(n, classes) scores of (n, channels, height, width) images."""
        result: npt.NDArray[np.float32] = self(torch.from_numpy(images)).numpy()
        return result


def _run(node: Node, inputs: list[Tensor], weight: Tensor | None, bias: Tensor | None) -> Tensor:
    if weight is None:
        y = run_node(node, inputs)
    elif node.kind == "linear":
        y = F.linear(inputs[0], weight, bias)
    else:
        y = convolve(node, inputs[0], weight, bias)
    return torch.relu_(y) if node.relu else y


def _last_use(graph: Graph) -> dict[int, int]:
    last = {}
    for index, node in enumerate(graph.nodes):
        for source in node.inputs:
            if source >= 0:
                last[source] = index
    return last


def _tensor(array: npt.NDArray[np.float32] | None) -> Tensor | None:
    return None if array is None else torch.from_numpy(array)
