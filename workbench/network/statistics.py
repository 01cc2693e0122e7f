"""Batch-norm statistics of every operator after every (recent) prefix, measured after training.

Normalising with the statistics of the training batches fails: an operator's input depends on what
stands before it. So each layer's statistics are measured for each combination of the choices right
before it, on training images, with the layers before normalised by what was measured for them.
Where choices further back are left open, the statistics are averages over several of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.core.split import Split
from workbench.network.memory import images_at_once
from workbench.network.parameters import NORM_EPSILON, Array, Parameters
from workbench.network.torch_graph import run_graph
from workbench.network.training import Reporter
from workbench.network.weights_file import Statistics, context_sizes, empty_statistics
from workbench.space.design_space import DesignSpace
from workbench.space.graph import Graph, Node

_LEAST_IMAGES = 512
"""Of large images, which have more places each, fewer are taken, but not less than that."""
OPEN_PREFIXES = 8
"""How many choices of the layers further back are averaged over, at most."""


def measure_statistics(
    space: DesignSpace,
    parameters: Parameters,
    data: Split,
    reporter: Reporter,
    *,
    prefix_length: int,
    rng: np.random.Generator,
    images_each: int,
) -> Statistics:
    """Measure all statistics on training images.

    Args:
        images_each: images each statistic is measured on, in all.
    """
    images = torch.from_numpy(data.inputs(rng.permutation(len(data))[:images_each]))
    with torch.inference_mode():
        return _Measurement(space, parameters, reporter, prefix_length, rng).run(images)


def statistics_images(space: DesignSpace, most: int) -> int:
    """Images that each statistic of a network is measured on: `most`, or fewer large ones."""
    least = min(most, _LEAST_IMAGES)
    return images_at_once(space.backbone.input_shape, most=most, least=least)


class _Measurement:
    def __init__(
        self,
        space: DesignSpace,
        parameters: Parameters,
        reporter: Reporter,
        prefix_length: int,
        rng: np.random.Generator,
    ) -> None:
        self.space, self.reporter, self.rng = space, reporter, rng
        self.statistics = empty_statistics(space, prefix_length)
        self.weights = {n: torch.from_numpy(a) for n, a in parameters.weights.items()}
        self.gamma = {n: torch.from_numpy(a) for n, a in parameters.gamma.items()}
        self.beta = {n: torch.from_numpy(a) for n, a in parameters.beta.items()}
        self.head_bias = torch.from_numpy(parameters.head_bias)
        self.done, self.total = 0, self._runs()

    def run(self, images: Tensor) -> Statistics:
        """Layer by layer, because each is measured behind normalised ones."""
        images = images.contiguous(memory_format=torch.channels_last)
        self._measure_stem(images)
        for decision in range(self.space.decisions):
            self._measure_decision(decision, images)
        return self.statistics

    def _runs(self) -> int:
        length = self.statistics.prefix_length
        return sum(
            math.prod(context_sizes(self.space, decision, length))
            * min(OPEN_PREFIXES, math.prod(self.space.sizes[: max(0, decision - length)]))
            for decision in range(self.space.decisions)
        )

    def _open_prefixes(self, decision: int) -> list[tuple[int, ...]]:
        sizes = self.space.sizes[: max(0, decision - self.statistics.prefix_length)]
        if math.prod(sizes) <= OPEN_PREFIXES:
            return list(itertools.product(*map(range, sizes)))
        return [tuple(self.rng.integers(0, sizes).tolist()) for _ in range(OPEN_PREFIXES)]

    def _measure_stem(self, images: Tensor) -> None:
        """In parts: the stem's output of all large images at once takes gigabytes."""
        graph = self.space.stem_graph()
        squares: dict[str, Array] = {}
        for part in images.tensor_split(min(OPEN_PREFIXES, len(images))):
            means = self._measure(graph, (), part, len(part) / len(images))
            for norm, mean in means.items():
                squares[norm] = squares.get(norm, 0.0) + len(part) / len(images) * mean**2
        # Parts differ in their means too, and all images together vary by that as well.
        for norm, square in squares.items():
            self.statistics.variance[norm][()] += square - self.statistics.mean[norm][()] ** 2

    def _measure_decision(self, decision: int, images: Tensor) -> None:
        length = min(decision, self.statistics.prefix_length)
        opened = self._open_prefixes(decision)
        for first, part in zip(opened, images.tensor_split(len(opened))):
            x = self._normalised(self.space.stem_graph(), (), part)
            for position, choice in enumerate(first):
                x = self._step(first[:position], choice, x)
            for prefix, y in self._prefixes(first, length, x):
                context = self.statistics.context(prefix)
                previous = prefix[-1] if prefix else 0
                for choice in range(self.space.sizes[decision]):
                    graph = self.space.graph_of(decision, previous, choice)
                    self._measure(graph, context, y, 1 / len(opened))
                self.done += 1
                self.reporter.check_cancelled()
                self.reporter.progress(
                    self.done / self.total, "Measuring batch-norm statistics", {}
                )

    def _prefixes(
        self, prefix: tuple[int, ...], length: int, x: Tensor
    ) -> Iterator[tuple[tuple[int, ...], Tensor]]:
        """Every continuation of `prefix` by `length` choices, with its output."""
        if not length:
            yield prefix, x
            return
        for choice in range(self.space.sizes[len(prefix)]):
            y = self._step(prefix, choice, x)
            yield from self._prefixes((*prefix, choice), length - 1, y)

    def _step(self, prefix: tuple[int, ...], choice: int, x: Tensor) -> Tensor:
        graph = self.space.graph_of(len(prefix), prefix[-1] if prefix else 0, choice)
        return self._normalised(graph, self.statistics.context(prefix), x)

    def _measure(
        self, graph: Graph, context: tuple[int, ...], x: Tensor, share: float
    ) -> dict[str, Array]:
        """Add `share` of the means and variances found on `x` to the statistics; the means."""
        means: dict[str, Array] = {}

        def normalise(y: Tensor, node: Node) -> Tensor:
            variance, mean = torch.var_mean(y, (0, 2, 3), correction=0)
            width = node.out_channels
            means[node.norm] = mean.numpy()
            self.statistics.mean[node.norm][context][:width] += share * mean.numpy()
            self.statistics.variance[node.norm][context][:width] += share * variance.numpy()
            return self._batch_norm(y, node, mean, variance)

        self._run(graph, x, normalise)
        return means

    def _normalised(self, graph: Graph, context: tuple[int, ...], x: Tensor) -> Tensor:
        def normalise(y: Tensor, node: Node) -> Tensor:
            mean = torch.from_numpy(self.statistics.mean[node.norm][context])
            variance = torch.from_numpy(self.statistics.variance[node.norm][context])
            return self._batch_norm(y, node, mean, variance)

        return self._run(graph, x, normalise)

    def _batch_norm(self, y: Tensor, node: Node, mean: Tensor, variance: Tensor) -> Tensor:
        width = node.out_channels
        gamma, beta = self.gamma[node.norm][:width], self.beta[node.norm][:width]
        return F.batch_norm(
            y, mean[:width], variance[:width], gamma, beta, False, 0.0, NORM_EPSILON
        )

    def _run(self, graph: Graph, x: Tensor, normalise: Callable[[Tensor, Node], Tensor]) -> Tensor:
        return run_graph(graph, x, self.weights, self.head_bias, normalise)
