"""The ensemble while it is trained: torch parameters and forward passes with batch statistics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.core.split import Split
from workbench.network.memory import images_at_once
from workbench.network.parameters import NORM_EPSILON, Array, Parameters
from workbench.network.torch_graph import run_graph
from workbench.space.design_space import DesignSpace
from workbench.space.graph import Graph, Node


class Ensemble:
    """All operators of a design space with shared, trainable weights.

    Attributes:
        tensors: name (as in `Parameters.tensors`) to leaf tensor.
        dtype: type of the activations; weights are kept in float32.
    """

    def __init__(
        self, space: DesignSpace, parameters: Parameters, dtype: torch.dtype = torch.float32
    ) -> None:
        self.space = space
        self.dtype = dtype
        self.tensors: dict[str, Tensor] = {}
        self._weights: dict[str, Tensor] = {}
        self.load(parameters)

    def load(self, parameters: Parameters) -> None:
        """Replace all values (fresh tensors: an optimiser must be made anew)."""
        self.tensors = {
            name: torch.tensor(array, requires_grad=True)
            # Files hold names in alphabetical order; sums over all tensors must not depend on it.
            for name, array in sorted(parameters.tensors().items())
        }
        self._weights = {
            name.removeprefix("weight/"): tensor
            for name, tensor in self.tensors.items()
            if name.startswith("weight/")
        }

    def parameters(self) -> Parameters:
        """A copy of the values."""
        arrays: dict[str, Array] = {
            name: tensor.detach().numpy().copy() for name, tensor in self.tensors.items()
        }
        return Parameters.from_tensors(arrays)

    def clear_gradients(self) -> None:
        """Forget all gradients; tensors that no pass of a step uses are then left as they are."""
        for tensor in self.tensors.values():
            tensor.grad = None

    def stem(self, images: Tensor) -> Tensor:
        """Output of layer 1 for (batch, channels, height, width) float32 images."""
        x = images.to(dtype=self.dtype, memory_format=torch.channels_last)
        return self._run(self.space.stem_graph(), x)

    def rest(self, stem: Tensor, configuration: Sequence[int]) -> tuple[list[Tensor], Tensor]:
        """Output of every layer from layer 2 on, and the (batch, classes) float32 scores."""
        features: list[Tensor] = []
        x, previous = stem, 0
        for decision, choice in enumerate(configuration):
            x = self._run(self.space.graph_of(decision, previous, choice), x)
            features.append(x)
            previous = choice
        return features, self._run(self.space.head_graph(previous), x).float()

    def _run(self, graph: Graph, x: Tensor) -> Tensor:
        return run_graph(graph, x, self._weights, self.tensors["head_bias"], self._normalise)

    def _normalise(self, y: Tensor, node: Node) -> Tensor:
        gamma = self.tensors[f"gamma/{node.norm}"][: node.out_channels]
        beta = self.tensors[f"beta/{node.norm}"][: node.out_channels]
        return F.batch_norm(y, None, None, gamma, beta, True, 0.0, NORM_EPSILON)


def accuracy_on_batches(
    ensemble: Ensemble, data: Split, configurations: Sequence[Sequence[int]]
) -> list[float]:
    """Accuracy in percent of each configuration, normalised with the statistics of each batch.

    A quick figure to watch while training; the folded networks are measured afterwards.
    """
    right = np.zeros(len(configurations))
    at_once = images_at_once(ensemble.space.backbone.input_shape, most=500, least=50)
    with torch.no_grad():
        for start in range(0, len(data), at_once):
            part = slice(start, start + at_once)
            stem = ensemble.stem(torch.from_numpy(data.inputs(part)))
            labels = torch.from_numpy(data.labels[part])
            for row, configuration in enumerate(configurations):
                scores = ensemble.rest(stem, configuration)[1]
                right[row] += int((scores.argmax(1) == labels).sum())
    return [100.0 * float(count) / len(data) for count in right]
