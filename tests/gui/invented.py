"""A network folder with invented accuracies, so that window tests run the real services."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.networks import five_layer_space, invented_accuracy
from workbench.space.description import (
    FORMAT,
    VERSION,
    DataCard,
    NetworkDescription,
    write_accuracy,
    write_description,
)


def write_network(networks: Path, name: str = "invented") -> Path:
    """Write a five-layer network into the folder `networks`; its accuracies are made up."""
    folder = networks / name
    folder.mkdir(parents=True)
    space = five_layer_space()
    accuracy = invented_accuracy(space, 600)
    tables = tuple(
        tuple(tuple(float(value) for value in row) for row in table[..., 0])
        for table in accuracy.predicted.values
    )
    write_description(
        folder,
        NetworkDescription(
            format=FORMAT,
            version=VERSION,
            name=name,
            title="Invented network",
            task="fashion_mnist",
            backbone=space.backbone,
            labels=tuple(f"class {index}" for index in range(10)),
            data=DataCard("invented data", "1", "CC0-1.0", {}, "none"),
            accuracy_percent=92.0,
            random_accuracy_percent=88.0,
            random_configurations=300,
            test_images=10_000,
            predictor_tables=tables,
            predictor_error=accuracy.error,
            recipe={},
            weights_sha256="0" * 64,
        ),
    )
    write_accuracy(folder, space, accuracy.measured)
    return folder
