"""A network's folder on disk with invented figures, for tests only."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from tests.helpers.networks import five_layer_space, invented_accuracy
from workbench.space.accuracy import AccuracyModel
from workbench.space.description import (
    FORMAT,
    VERSION,
    WEIGHTS_FILE,
    DataCard,
    NetworkDescription,
    write_accuracy,
    write_description,
)

_WEIGHTS = b"no weights: searching and replaying need none"


@functools.cache
def _accuracy() -> AccuracyModel:
    return invented_accuracy(five_layer_space(), 120)


def write_network(folder: Path) -> Path:
    """Write a five-layer network into `folder`, which is made."""
    accuracy = _accuracy()
    space = accuracy.space
    folder.mkdir(parents=True)
    (folder / WEIGHTS_FILE).write_bytes(_WEIGHTS)
    write_accuracy(folder, space, accuracy.measured)
    write_description(
        folder,
        NetworkDescription(
            format=FORMAT,
            version=VERSION,
            name=folder.name,
            title="Invented network",
            task="fashion_mnist",
            backbone=space.backbone,
            labels=tuple(map(str, range(space.backbone.classes))),
            data=DataCard("Invented data", "1", "none", {}, "none"),
            accuracy_percent=accuracy.backbone_percent,
            random_accuracy_percent=87.0,
            random_configurations=100,
            test_images=10_000,
            predictor_tables=tuple(
                tuple(tuple(float(value) for value in row) for row in table[..., 0])
                for table in accuracy.predicted.values
            ),
            predictor_error=accuracy.error,
            recipe={"epochs": 1},
            weights_sha256=hashlib.sha256(_WEIGHTS).hexdigest(),
            measured_configurations=len(accuracy.measured.configurations),
        ),
    )
    return folder
