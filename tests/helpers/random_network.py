"""A network's folder with random weights, for tests that need a complete one on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.files import sha256_of
from workbench.network.parameters import initial_parameters
from workbench.network.weights_file import (
    PREFIX_LENGTH,
    Weights,
    empty_statistics,
    write_weights,
)
from workbench.space.accuracy import MeasuredAccuracy, PredictorError
from workbench.space.description import (
    FORMAT,
    VERSION,
    WEIGHTS_FILE,
    DataCard,
    NetworkDescription,
    write_accuracy,
    write_description,
)
from workbench.space.design_space import DesignSpace


def write_random_network(folder: Path, space: DesignSpace) -> Path:
    """Write a network that was never trained; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    statistics = empty_statistics(space, PREFIX_LENGTH)
    for name, variance in statistics.variance.items():
        variance += rng.uniform(0.5, 1.5, variance.shape).astype(np.float32)
        statistics.mean[name] += rng.normal(0, 0.1, variance.shape).astype(np.float32)
    write_weights(folder / WEIGHTS_FILE, Weights(initial_parameters(space, rng), statistics))
    tables = tuple(
        tuple(tuple(0.1 * choice for choice in range(size)) for _ in range(space.predecessors(d)))
        for d, size in enumerate(space.sizes)
    )
    write_description(
        folder,
        NetworkDescription(
            FORMAT, VERSION, folder.name, "Random", "none", space.backbone,
            tuple(f"class {i}" for i in range(space.backbone.classes)),
            DataCard("none", "0", "none", {}, "none"),
            50.0, 40.0, 10, 100, tables, PredictorError(1.0, 2.0, 0.9, 0.8, 10), {},
            sha256_of(folder / WEIGHTS_FILE),
        ),
    )  # fmt: skip
    configurations = np.unique(space.random_configurations(rng, 12), axis=0)
    accuracy = np.full(len(configurations), 45.0)
    write_accuracy(folder, space, MeasuredAccuracy(configurations, accuracy, 100))
    return folder
