"""The network that ships is what its description says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.files import sha256_of
from workbench.core.resources import assets_root
from workbench.network.evolution import Evolver
from workbench.network.running import TorchNetwork
from workbench.space.description import Network, read_network
from workbench.space.tables import COST_METRICS, cost_tables
from workbench.tasks.fashion_mnist import BACKBONE, CLASSES, TASK
from workbench.tasks.reading import usable_data

DATA = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(assets_root() / "networks" / "fashion_mnist")


def test_figures_and_hash(network: Network) -> None:
    description = network.description
    assert description.backbone == BACKBONE
    assert description.labels == CLASSES
    assert description.weights_sha256 == sha256_of(network.weights_path)
    assert description.accuracy_percent >= 91
    assert description.random_accuracy_percent >= 87
    assert description.random_configurations == 300
    assert len(network.accuracy.measured.configurations) >= 500
    assert description.predictor_error.mean_abs_points < 0.5
    whole = (network.accuracy.measured.configurations == 0).all(axis=1)
    assert network.accuracy.measured.accuracy_percent[whole] == description.accuracy_percent


def test_it_fits_the_caches_it_was_made_for(network: Network) -> None:
    totals = cost_tables(network.space).totals(np.zeros((1, 4), dtype=np.uint8))[0]
    cost = dict(zip(COST_METRICS, totals))
    assert cost["macs"] < 13e6
    assert cost["param_bytes"] < 650 * 1024


def test_every_layer_folds_to_finite_weights(network: Network) -> None:
    evolver = Evolver.read(network)
    rows = network.space.random_configurations(np.random.default_rng(1), 200)
    for configuration in rows.tolist():
        folded = evolver.evolve(configuration)
        assert all(np.isfinite(a).all() for a in (*folded.weights, *folded.biases) if a is not None)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_accuracy_on_the_test_images_is_the_one_in_the_table(network: Network) -> None:
    dataset = usable_data(TASK, DATA)[0]
    assert dataset.card == network.description.data
    evolver = Evolver.read(network)
    measured = network.accuracy.measured
    images, labels = dataset.test.inputs(slice(2000)), dataset.test.labels[:2000]
    for row in (0, len(measured.configurations) // 2):
        folded = evolver.evolve(measured.configurations[row].tolist())
        right = 100 * (TorchNetwork(folded).scores(images).argmax(1) == labels).mean()
        # 2,000 of the 10,000 images: within four standard errors of the accuracy on all.
        expected = measured.accuracy_percent[row]
        assert abs(right - expected) < 4 * np.sqrt(expected * (100 - expected) / 2000)
