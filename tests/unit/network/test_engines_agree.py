"""torch and ncnn give the same class scores for evolved networks, on images of real size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.networks import five_layer_space
from tests.helpers.random_network import write_random_network
from tests.helpers.spaces import signal_space, small_space
from workbench.network.evolution import Evolver
from workbench.network.ncnn_engine import NcnnNetwork
from workbench.network.running import TorchNetwork
from workbench.space.description import read_network
from workbench.space.design_space import DesignSpace


@pytest.mark.parametrize(
    "space",
    [five_layer_space(), small_space(), signal_space()],
    ids=["five", "small", "signal"],
)
def test_engines_agree_on_evolved_networks(space: DesignSpace, tmp_path: Path) -> None:
    network = read_network(write_random_network(tmp_path / "random", space))
    evolver = Evolver.read(network)
    rng = np.random.default_rng(7)
    images = rng.standard_normal((3, *space.backbone.input_shape)).astype(np.float32)
    for configuration in space.random_configurations(rng, 25):
        folded = evolver.evolve(configuration)
        expected = TorchNetwork(folded).scores(images)
        found = np.stack([NcnnNetwork(folded).run(image) for image in images])
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            found, expected, atol=1e-4 * scale, err_msg=space.text(configuration)
        )
