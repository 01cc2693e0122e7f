"""The gradients of one training step: the whole network teaches the other configurations.

The "sandwich rule" and distillation in place follow Yu and Huang, "Universally slimmable networks
and improved training techniques" (ICCV 2019); matching feature maps follows Romero et al.,
"FitNets" (ICLR 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.network.ensemble import Ensemble
from workbench.space.design_space import Configuration
from workbench.space.recipe import TrainingSettings

_LEAST_ENERGY = 1e-6


class Sandwich:
    """Computes gradients of an ensemble.

    Args:
        pool: its threads run the passes of a step.
    """

    def __init__(self, settings: TrainingSettings, pool: ThreadPoolExecutor) -> None:
        self._settings, self._pool = settings, pool

    def gradients(
        self,
        ensemble: Ensemble,
        images: Tensor,
        labels: Tensor,
        chosen: Sequence[tuple[str, Configuration]],
    ) -> dict[str, float]:
        """Set the gradients of a step; returns loss and training accuracies.

        The passes run side by side; their gradients are added in a fixed order, so that the sum
        does not depend on which was done first.

        Args:
            chosen: configurations to train beside the whole network, each with the name that its
                accuracy gets in the result.
        """
        stem = ensemble.stem(images)
        shared = stem.detach().requires_grad_()
        features, scores = ensemble.rest(shared, ensemble.space.backbone_configuration)
        loss = F.cross_entropy(scores, labels)
        figures = {"loss": loss.item(), "largest_percent": _percent_right(scores, labels)}
        leaves = [shared, *ensemble.tensors.values()]
        teacher = _Teacher(
            scores.detach().softmax(1),
            [feature.detach() for feature in features],
            [max(_LEAST_ENERGY, float(_mean_square(f.detach()))) for f in features],
        )
        whole = self._pool.submit(torch.autograd.grad, loss, leaves, allow_unused=True)
        students = [
            self._pool.submit(self._student, ensemble, leaves, labels, teacher, configuration)
            for _, configuration in chosen
        ]
        _add_gradients(leaves, whole.result())
        for (kind, _), student in zip(chosen, students):
            gradients, figures[kind] = student.result()
            _add_gradients(leaves, gradients)
        # Every pass began at the stem's output; the way back through the stem is common.
        stem.backward(shared.grad)
        return figures

    def _student(
        self,
        ensemble: Ensemble,
        leaves: list[Tensor],
        labels: Tensor,
        teacher: _Teacher,
        chosen: Configuration,
    ) -> tuple[tuple[Tensor | None, ...], float]:
        features, scores = ensemble.rest(leaves[0], chosen)
        loss = self._student_loss(scores, labels, teacher.answer)
        share = self._settings.feature_matching / len(features)
        if share:
            for ours, theirs, energy in zip(features, teacher.features, teacher.energies):
                loss = loss + share / energy * _Distance.apply(ours, theirs)
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
        return gradients, _percent_right(scores, labels)

    def _student_loss(self, scores: Tensor, labels: Tensor, answer: Tensor) -> Tensor:
        share = self._settings.distillation
        distance = F.cross_entropy(scores, answer)
        return (1 - share) * F.cross_entropy(scores, labels) + share * distance


@dataclass(frozen=True, slots=True)
class _Teacher:
    """What the whole network says about a batch: answer, feature maps and their mean squares."""

    answer: Tensor
    features: list[Tensor]
    energies: list[float]


class _Distance(torch.autograd.Function):
    """Mean square difference of feature maps; narrower ones to the leading channels.

    Its own function because the composed one spends a tenth of a step on intermediate results.
    """

    @staticmethod
    def forward(ctx: Any, ours: Tensor, theirs: Tensor) -> Tensor:
        """Mean of (ours - theirs) squared."""
        difference = ours - theirs[:, : ours.shape[1]]
        ctx.save_for_backward(difference)
        return _mean_square(difference)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Gradient for ours; theirs is a target."""
        (difference,) = ctx.saved_tensors
        return difference * float(gradients[0] * 2 / difference.numel()), None


def _mean_square(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dtype=torch.float32).square() / x.numel()


def _add_gradients(leaves: list[Tensor], gradients: tuple[Tensor | None, ...]) -> None:
    for leaf, gradient in zip(leaves, gradients):
        if gradient is not None:
            leaf.grad = gradient if leaf.grad is None else leaf.grad.add_(gradient)


def _percent_right(scores: Tensor, labels: Tensor) -> float:
    return 100.0 * float((scores.argmax(1) == labels).float().mean())
