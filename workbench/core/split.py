"""Labelled inputs in memory, as training and measuring take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """One part of a data set.

    Attributes:
        images: (n, channels, height, width), scaled as the network takes them.
        labels: (n,) class indices.
    """

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)
