"""Labelled inputs, as training and measuring take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Inputs = npt.NDArray[np.float32]
Images = Inputs | npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Rows = slice | npt.NDArray[np.int64]

_WHITE = np.float32(255)


@dataclass(frozen=True, slots=True)
class Split:
    """One part of a data set.

    Attributes:
        images: (n, channels, height, width): float32, scaled as the network takes them, or uint8,
            which `inputs` scales to 0..1 (a quarter of the memory; may lie in a mapped file).
        labels: (n,) class indices.
    """

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def inputs(self, rows: Rows) -> Inputs:
        """(k, channels, height, width) float32 inputs of the network."""
        chosen = self.images[rows]
        if chosen.dtype == np.uint8:
            return chosen.astype(np.float32) / _WHITE
        return chosen.astype(np.float32, copy=False)
