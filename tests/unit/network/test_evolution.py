"""Folded networks compute what the trained ensemble with its statistics computes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.helpers.folded import reference_output
from tests.helpers.spaces import small_space
from tests.helpers.synthetic import patterns
from tests.helpers.torch_modules import ModuleNetwork
from workbench.network.ensemble import Ensemble
from workbench.network.evolution import Evolver
from workbench.network.parameters import Parameters, initial_parameters
from workbench.network.running import TorchNetwork
from workbench.network.statistics import measure_statistics
from workbench.network.weights_file import Weights

SPACE = small_space()
DATA = patterns(SPACE.backbone.input_shape, 5, 48, 1)
IMAGES = DATA.images


class Quiet:
    """A reporter that nobody reads."""

    def progress(self, *_: object) -> None:
        """Nothing."""

    def check_cancelled(self) -> None:
        """Never."""


def random_parameters(seed: int) -> Parameters:
    """Parameters as after training: scale and shift differ from 1 and 0."""
    rng = np.random.default_rng(seed)
    parameters = initial_parameters(SPACE, rng)
    for norm, gamma in parameters.gamma.items():
        gamma *= rng.uniform(0.5, 1.5, gamma.shape).astype(np.float32)
        parameters.beta[norm] += rng.normal(0, 0.2, gamma.shape).astype(np.float32)
    parameters.head_bias += rng.normal(0, 1, parameters.head_bias.shape).astype(np.float32)
    return parameters


def weights_of(parameters: Parameters, prefix_length: int) -> Weights:
    statistics = measure_statistics(
        SPACE, parameters, DATA, Quiet(), prefix_length=prefix_length,
        rng=np.random.default_rng(0), images_each=len(DATA),
    )  # fmt: skip
    return Weights(parameters, statistics)


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return random_parameters(2)


@pytest.fixture(scope="module")
def whole_prefix(parameters: Parameters) -> Weights:
    """Statistics that know every choice before a layer."""
    return weights_of(parameters, SPACE.decisions)


def some_configurations() -> list[tuple[int, ...]]:
    rows = SPACE.random_configurations(np.random.default_rng(5), 30)
    return [SPACE.backbone_configuration, *(tuple(row) for row in rows.tolist())]


def test_folded_networks_agree_with_the_trained_ones(
    parameters: Parameters, whole_prefix: Weights
) -> None:
    # On the images that the statistics were measured on, and with statistics that know the whole
    # prefix, batch statistics are the stored ones: training and folding must give the same.
    evolver = Evolver(SPACE, whole_prefix)
    ensemble = Ensemble(SPACE, parameters)
    images = torch.from_numpy(IMAGES)
    with torch.no_grad():
        stem = ensemble.stem(images)
        for configuration in some_configurations():
            trained = ensemble.rest(stem, configuration)[1].numpy()
            folded = TorchNetwork(evolver.evolve(configuration)).scores(IMAGES)
            scale = np.abs(trained).max()
            np.testing.assert_allclose(
                folded, trained, rtol=0, atol=2e-5 * scale, err_msg=SPACE.text(configuration)
            )


def test_all_ways_to_run_a_folded_network_agree(whole_prefix: Weights) -> None:
    evolver = Evolver(SPACE, whole_prefix)
    for configuration in some_configurations()[:12]:
        network = evolver.evolve(configuration)
        scores = TorchNetwork(network).scores(IMAGES[:2])
        with torch.no_grad():
            modules = ModuleNetwork(network)(torch.from_numpy(IMAGES[:2])).numpy()
        np.testing.assert_allclose(scores, modules, atol=1e-4)
        np.testing.assert_allclose(scores[0], reference_output(network, IMAGES[0]), atol=1e-4)


def test_the_graph_is_the_one_that_is_counted(whole_prefix: Weights) -> None:
    evolver = Evolver(SPACE, whole_prefix)
    for configuration in some_configurations():
        network = evolver.evolve(configuration)
        assert network.graph == SPACE.network_graph(configuration)
        for node, weight, bias in zip(network.graph.nodes, network.weights, network.biases):
            assert (() if weight is None else weight.shape) == node.weight_shape
            assert (bias is None) == (weight is None)
            assert bias is None or bias.shape == (node.out_channels,)


def test_a_small_cache_gives_the_same_networks(whole_prefix: Weights) -> None:
    roomy, tight = Evolver(SPACE, whole_prefix), Evolver(SPACE, whole_prefix, cache_bytes=1)
    for configuration in some_configurations() * 2:
        one, other = roomy.evolve(configuration), tight.evolve(configuration)
        for a, b in zip(one.weights, other.weights):
            assert (a is None and b is None) or np.array_equal(a, b)


def test_statistics_depend_on_what_stands_before(parameters: Parameters) -> None:
    statistics = weights_of(parameters, 1).statistics
    assert statistics.mean["conv1.identity.conv"].shape == (8,)
    assert statistics.mean["conv2.identity.conv"].shape == (16,)
    means = statistics.mean["conv3.identity.conv"]
    assert means.shape == (len(SPACE.operators[0]), 16)
    after = {name: means[index] for index, name in enumerate(SPACE.operators[0])}
    assert not np.allclose(after["identity"], after["fire"], atol=0.01)
    for norm, variance in statistics.variance.items():
        assert (variance >= 0).all(), norm


def test_evolution_needs_no_torch(tmp_path: Path) -> None:
    code = "import sys, workbench.network.evolution; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
