"""What a network takes each class for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from workbench.core.split import Split
from workbench.network.evolution import Evolver
from workbench.network.running import TorchNetwork
from workbench.network.weights_file import Weights
from workbench.space.design_space import DesignSpace

_AT_ONCE = 100


def confusion_of_whole_network(
    space: DesignSpace, weights: Weights, data: Split
) -> npt.NDArray[np.int64]:
    """(classes, classes) counts of the uncompressed network: rows are labels, columns answers."""
    whole = TorchNetwork(Evolver(space, weights).evolve(space.backbone_configuration))
    classes = space.backbone.classes
    counts = np.zeros((classes, classes), dtype=np.int64)
    for start in range(0, len(data), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        answers = whole(torch.from_numpy(data.inputs(part))).argmax(1).numpy()
        np.add.at(counts, (data.labels[part], answers), 1)
    return counts
