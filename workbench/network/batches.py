"""Training batches: their order and light augmentation, from a seed and a step's number alone."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.core.split import Split
from workbench.space.recipe import TrainingSettings


class Batches:
    """Cuts a training set into batches and a part that is kept back.

    Attributes:
        kept: (images, labels) that are never trained on.
        per_epoch: full batches in the rest.
    """

    def __init__(self, data: Split, settings: TrainingSettings) -> None:
        images, labels = torch.from_numpy(data.images), torch.from_numpy(data.labels)
        cut = len(labels) - min(settings.validation_images, len(data) // 10)
        self._images, self._labels = images[:cut], labels[:cut]
        self._size, self._shift = settings.batch, settings.shift_pixels
        self._order = ((-1, -1), np.zeros(0, dtype=np.int64))
        self.kept = images[cut:], labels[cut:]
        self.per_epoch = cut // settings.batch

    def batch(self, seed: int, step: int) -> tuple[Tensor, Tensor]:
        """(batch, channels, height, width) images and (batch,) labels of a step."""
        epoch, position = divmod(step, self.per_epoch)
        if self._order[0] != (seed, epoch):
            order = np.random.default_rng([seed, 2, epoch]).permutation(len(self._labels))
            self._order = ((seed, epoch), order)
        start = position * self._size
        rows = torch.from_numpy(self._order[1][start : start + self._size])
        images = self._images[rows]
        if self._shift:
            images = shifted(images, self._shift, np.random.default_rng([seed, 4, step]))
        return images, self._labels[rows]


def shifted(images: Tensor, pixels: int, rng: np.random.Generator) -> Tensor:
    """Each image moved by up to `pixels` in both directions, zeros moving in."""
    count, _, height, width = images.shape
    padded = F.pad(images, (pixels, pixels, pixels, pixels))
    offsets = torch.from_numpy(rng.integers(0, 2 * pixels + 1, (2, count, 1)))
    rows = (offsets[0] + torch.arange(height))[:, None, :, None]
    columns = (offsets[1] + torch.arange(width))[:, None, None, :]
    channels = torch.arange(images.shape[1])[None, :, None, None]
    return padded[torch.arange(count)[:, None, None, None], channels, rows, columns]
