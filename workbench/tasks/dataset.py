"""A classification data set in memory, ready for a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.space.description import DataCard

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Inputs with their labels.

    Attributes:
        images: (n, channels, height, width), scaled as the network takes them.
        labels: (n,) class indices.
    """

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: npt.NDArray[np.int64] | slice) -> Split:
        """The part with these indices."""
        return Split(self.images[indices], self.labels[indices])


@dataclass(frozen=True, slots=True)
class Dataset:
    """Training and test part of a data set; the test part is never trained on."""

    train: Split
    test: Split
    classes: tuple[str, ...]
    card: DataCard
