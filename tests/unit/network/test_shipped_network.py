"""The networks that ship are what their descriptions say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.files import sha256_of
from workbench.core.resources import assets_root
from workbench.network.confusion import confusion_of_whole_network
from workbench.network.evolution import Evolver
from workbench.network.ncnn_engine import NcnnNetwork
from workbench.network.running import TorchNetwork
from workbench.network.weights_file import read_weights
from workbench.space.description import Network, read_network
from workbench.space.tables import COST_METRICS, cost_tables
from workbench.tasks.fashion_mnist import BACKBONE, CLASSES, TASK
from workbench.tasks.reading import usable_data
from workbench.tasks.registry import task

DATA = Path("/usr/share/datasets/fashion-mnist")
DRUMS = Path("/usr/share/hydrogen/data/drumkits")
SHIPPED = sorted(path.name for path in (assets_root() / "networks").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(assets_root() / "networks" / "fashion_mnist")


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request: pytest.FixtureRequest) -> Network:
    return read_network(assets_root() / "networks" / request.param)


def test_every_network_is_the_one_its_recipe_makes(shipped: Network) -> None:
    description = shipped.description
    recipe = task(description.task)
    assert description.name == shipped.folder.name == recipe.name
    assert description.backbone == recipe.backbone
    assert description.weights_sha256 == sha256_of(shipped.weights_path)
    assert description.measured_configurations in (0, shipped.space.count)
    assert len(shipped.accuracy.measured.configurations) == shipped.space.count
    whole = (shipped.accuracy.measured.configurations == 0).all(axis=1)
    measured_percent = shipped.accuracy.measured.accuracy_percent[whole]
    assert measured_percent == description.accuracy_percent
    for text in (description.data.licence, description.data.version, description.data.split):
        assert text
    assert shipped.weights_path.stat().st_size < 2e6


@pytest.mark.parametrize("name", ["hapt", "drums"])
def test_hand_crafted_baselines_are_operators_of_the_network(name: str) -> None:
    space = read_network(assets_root() / "networks" / name).space
    for operator in ("fire", "mbv2", "svd", "sparse"):
        assert all(operator in operators for operators in space.operators)


def test_engines_agree_on_every_shipped_network(shipped: Network) -> None:
    evolver = Evolver.read(shipped)
    rng = np.random.default_rng(3)
    images = rng.random((2, *shipped.space.backbone.input_shape), dtype=np.float32)
    names = dict.fromkeys(name for names in shipped.space.operators for name in names)
    for configuration in [shipped.space.uniform(name) for name in names]:
        folded = evolver.evolve(configuration)
        expected = TorchNetwork(folded).scores(images)
        found = np.stack([NcnnNetwork(folded).run(image) for image in images])
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            found, expected, atol=1e-4 * scale, err_msg=shipped.space.text(configuration)
        )


def test_activities_are_told_apart_for_people_never_seen() -> None:
    description = read_network(assets_root() / "networks" / "hapt").description
    assert description.accuracy_percent >= 90
    assert description.random_accuracy_percent >= 90
    assert description.test_images == 2996
    assert min(map(float, description.class_accuracy_percent)) >= 80  # type: ignore[arg-type]


def test_drum_sounds_of_other_makers_are_told_apart() -> None:
    description = read_network(assets_root() / "networks" / "drums").description
    # Always naming the largest class would be right for 31% of them.
    assert description.accuracy_percent >= 70
    assert description.test_images == 132
    assert sum(map(sum, description.confusion)) == 132


@pytest.mark.skipif(not DRUMS.is_dir(), reason="needs Debian's package hydrogen-drumkits")
def test_accuracy_on_the_drum_sounds_is_the_one_in_the_table() -> None:
    network = read_network(assets_root() / "networks" / "drums")
    dataset = usable_data(task("drums"), DRUMS)[0]
    assert dataset.card == network.description.data
    weights = read_weights(network.weights_path, network.space)
    counts = confusion_of_whole_network(network.space, weights, dataset.test)
    assert counts.tolist() == [list(row) for row in network.description.confusion]


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
