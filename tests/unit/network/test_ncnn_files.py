"""Networks written for ncnn compute what their graphs say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.folded import random_network, reference_output
from tests.helpers.spaces import signal_space, small_space
from workbench.core.errors import WorkbenchError
from workbench.network.folded import FoldedNetwork
from workbench.network.ncnn_engine import NcnnNetwork
from workbench.network.ncnn_files import ncnn_files
from workbench.space.design_space import DesignSpace
from workbench.space.graph import Graph, Node

SPACE = small_space()


def _pairs(space: DesignSpace) -> list[tuple[int, ...]]:
    """Configurations that hold every adjacent pair of operators of the last two layers."""
    first, second, third = space.sizes
    return [((a + b) % first, a, b) for a in range(second) for b in range(third)]


@pytest.mark.parametrize("space", [SPACE, signal_space()], ids=["images", "signals"])
def test_every_pair_of_operators_agrees_with_the_reference(space: DesignSpace) -> None:
    rng = np.random.default_rng(5)
    image = rng.standard_normal(space.backbone.input_shape).astype(np.float32)
    for configuration in _pairs(space):
        network = random_network(space, configuration, rng)
        expected = reference_output(network, image)
        found = NcnnNetwork(network).run(image)
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            found, expected, atol=1e-4 * scale, err_msg=space.text(configuration)
        )


def test_files_round_trip_through_disk_and_say_what_they_hold(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    configuration = SPACE.parse("fire/skip/dwsep")
    files = ncnn_files(random_network(SPACE, configuration, rng))
    param, weights = files.save(tmp_path / "net.v1")
    assert param.name == "net.v1.param"
    assert param.read_text() == files.param
    assert weights.read_bytes() == files.weights
    lines = files.param.splitlines()
    layers, blobs = map(int, lines[1].split())
    assert layers == len(lines) - 2
    assert blobs == sum(int(line.split()[3]) for line in lines[2:])
    # A blob is written once and read at most once.
    written, read = [], []
    for line in lines[2:]:
        fields = line.split()
        ins, outs = int(fields[2]), int(fields[3])
        read += fields[4 : 4 + ins]
        written += fields[4 + ins : 4 + ins + outs]
    assert len(set(written)) == len(written)
    assert len(set(read)) == len(read)
    assert set(written) - set(read) == {"out"}
    assert "Split" in files.param


def test_timing_returns_one_positive_time_a_run() -> None:
    rng = np.random.default_rng(5)
    network = NcnnNetwork(random_network(SPACE, SPACE.backbone_configuration, rng))
    times = network.time_ns(np.zeros(SPACE.backbone.input_shape, np.float32), 7)
    assert times.shape == (7,)
    assert (times > 0).all()


def test_what_the_engine_lacks_is_refused() -> None:
    node = Node("add", (-1, -1), 4, 4, (2, 2), (2, 2), relu=True)
    network = FoldedNetwork(Graph((node,), 4, 4), (4, 2, 2), (None,), (None,))
    with pytest.raises(WorkbenchError, match="ReLU"):
        ncnn_files(network)
