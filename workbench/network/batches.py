"""Training batches: their order and light augmentation, from a seed and a step's number alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.core.split import Split
from workbench.network.augment import augmented
from workbench.space.recipe import TrainingSettings


class Batches:
    """Cuts a training set into batches and a part that is kept back.

    Attributes:
        kept: (images, labels) that are never trained on.
        per_epoch: full batches in the rest.
    """

    def __init__(self, data: Split, settings: TrainingSettings) -> None:
        cut = len(data) - min(settings.validation_images, len(data) // 10)
        # Data may be in the order of their classes: those kept back must not be the last of them.
        order = np.random.default_rng(0).permutation(len(data))
        kept = np.sort(order[cut:])
        self._data, self._rows = data, np.sort(order[:cut])
        self._size, self._settings = settings.batch, settings
        self._order = ((-1, -1), np.zeros(0, dtype=np.int64))
        self.kept = Split(data.images[kept], data.labels[kept])
        self.per_epoch = cut // settings.batch

    def batch(self, seed: int, step: int) -> tuple[Tensor, Tensor]:
        """(batch, channels, height, width) images and (batch,) labels of a step."""
        epoch, position = divmod(step, self.per_epoch)
        if self._order[0] != (seed, epoch):
            rng = np.random.default_rng([seed, 2, epoch])
            rows = self._balanced(rng) if self._settings.balanced else self._rows
            self._order = ((seed, epoch), rng.permutation(rows))
        start = position * self._size
        rows = self._order[1][start : start + self._size]
        images = torch.from_numpy(self._data.inputs(rows))
        rng = np.random.default_rng([seed, 4, step])
        return augmented(images, self._settings, rng), torch.from_numpy(self._data.labels[rows])

    def _balanced(self, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """As many rows as there are, each class equally often; of large ones some are left out."""
        labels = self._data.labels[self._rows]
        each = -(-len(labels) // len(np.unique(labels)))
        drawn = [
            np.resize(rng.permutation(self._rows[labels == label]), each)
            for label in np.unique(labels)
        ]
        return rng.permutation(np.concatenate(drawn))[: len(labels)]
