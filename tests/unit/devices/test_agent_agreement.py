"""torch, the ncnn wheel, and the agent give the same class scores for the shipped networks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.helpers.agent import Agent, native_abi, of_kind
from tests.helpers.spaces import small_space
from workbench.core.resources import assets_root
from workbench.network.ensemble_file import write_ensemble
from workbench.network.evolution import Evolver
from workbench.network.ncnn_engine import NcnnNetwork
from workbench.network.ncnn_files import ncnn_files
from workbench.network.parameters import initial_parameters
from workbench.network.running import TorchNetwork
from workbench.network.weights_file import Weights, empty_statistics, read_weights
from workbench.space.description import read_network
from workbench.space.design_space import DesignSpace
from workbench.tasks.fashion_mnist import TASK
from workbench.tasks.reading import usable_data

CONFIGURATIONS = 50
IMAGES = 2
TOLERANCE = 1e-4
DATA = Path("/usr/share/datasets/fashion-mnist")

Floats = npt.NDArray[np.float32]


@dataclass
class Case:
    """Files for the agent, and what torch says: (configurations, images, classes).

    Attributes:
        shape: of one input, as the agent takes it.
    """

    folder: Path
    stems: list[Path]
    expected: Floats
    shape: str


def _images(shape: tuple[int, int, int]) -> Floats:
    if shape == TASK.backbone.input_shape and DATA.is_dir():
        return usable_data(TASK, DATA)[0].test.inputs(slice(IMAGES))
    return np.random.default_rng(3).random((IMAGES, *shape), dtype=np.float32)


@pytest.fixture(scope="module", params=["fashion_mnist", "hapt"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("agreement")
    network = read_network(assets_root() / "networks" / request.param)
    evolver = Evolver.read(network)
    images = _images(network.space.backbone.input_shape)
    images.astype("<f4").tofile(folder / "images.bin")
    write_ensemble(
        folder / "ensemble.bin", network.space, read_weights(network.weights_path, network.space)
    )
    rows = network.space.random_configurations(np.random.default_rng(11), CONFIGURATIONS).tolist()
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    (folder / "configurations.txt").write_text(text)
    expected, stems = [], []
    for index, row in enumerate(rows):
        folded = evolver.evolve(row)
        expected.append(TorchNetwork(folded).scores(images))
        wheel = NcnnNetwork(folded)
        found = np.stack([wheel.run(image) for image in images])
        np.testing.assert_allclose(found, expected[-1], rtol=0, atol=TOLERANCE)
        stems.append(folder / f"network{index}")
        ncnn_files(folded).save(stems[-1])
    shape = ",".join(map(str, network.space.backbone.input_shape))
    return Case(folder, stems, np.stack(expected), shape)


# The 32 bit agent shares its sources with the 64 bit one; emulated, it takes a third of a second
# a run, so it gets fewer.
BENCH_CONFIGURATIONS = {native_abi(): 50, "arm64-v8a": 50, "armeabi-v7a": 8}


@pytest.mark.parametrize(("abi", "configurations"), BENCH_CONFIGURATIONS.items())
def test_bench_agrees_with_torch_and_the_wheel(abi: str, configurations: int, case: Case) -> None:
    agent = Agent(abi)
    assert configurations <= len(case.stems)
    for stem, expected in zip(case.stems[:configurations], case.expected):
        lines = agent.records(
            "bench", "--param", f"{stem}.param", "--bin", f"{stem}.bin", "--shape", case.shape,
            "--input", case.folder / "images.bin", "--warm-up", "0", "--runs", "0", "--scores",
        )  # fmt: skip
        found = [line["values"] for line in of_kind(lines, "scores")]
        np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE, err_msg=stem.name)


def random_weights(space: DesignSpace) -> Weights:
    """Statistics and parameters as after training: none is 0 or 1."""
    rng = np.random.default_rng(2)
    parameters = initial_parameters(space, rng)
    statistics = empty_statistics(space, 2)
    for norm, gamma in parameters.gamma.items():
        gamma *= rng.uniform(-1.5, 1.5, gamma.shape).astype(np.float32)
        parameters.beta[norm] += rng.normal(0, 0.2, gamma.shape).astype(np.float32)
        shape = statistics.mean[norm].shape
        statistics.mean[norm] += rng.normal(0, 0.3, shape).astype(np.float32)
        statistics.variance[norm] += rng.uniform(0.5, 2, shape).astype(np.float32)
    parameters.head_bias += rng.normal(0, 1, parameters.head_bias.shape).astype(np.float32)
    return Weights(parameters, statistics)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_every_operator_behind_every_other_agrees(threads: str, tmp_path: Path) -> None:
    space = small_space()
    weights = random_weights(space)
    evolver = Evolver(space, weights)
    first, second, third = space.sizes
    rows = [((a + b) % first, a, b) for a in range(second) for b in range(third)]
    (tmp_path / "rows.txt").write_text("".join(f"{a},{b},{c}\n" for a, b, c in rows))
    write_ensemble(tmp_path / "ensemble.bin", space, weights)
    shape = space.backbone.input_shape
    image = np.random.default_rng(5).standard_normal((1, *shape)).astype("<f4")
    image.tofile(tmp_path / "image.bin")
    lines = Agent(native_abi()).records(
        "evolve", "--ensemble", tmp_path / "ensemble.bin", "--configurations",
        tmp_path / "rows.txt", "--input", tmp_path / "image.bin", "--repeats", "1", "--scores",
        "--threads", threads,
    )  # fmt: skip
    for row, line in zip(rows, of_kind(lines, "scores"), strict=True):
        expected = TorchNetwork(evolver.evolve(row)).scores(image)[0]
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            line["values"], expected, rtol=0, atol=TOLERANCE * scale, err_msg=space.text(row)
        )


# With a small cache, prepared layers are dropped and made again in between.
@pytest.mark.parametrize(
    ("abi", "cache"),
    [
        (native_abi(), ("--prepare-all",)),
        (native_abi(), ("--cache-mib", "1")),
        (native_abi(), ("--repack",)),
        *((abi, ("--cache-mib", "1")) for abi in ("arm64-v8a", "armeabi-v7a")),
    ],
)
def test_evolved_networks_agree_with_torch(abi: str, cache: tuple[str, ...], case: Case) -> None:
    agent = Agent(abi)
    lines = agent.records(
        "evolve", "--ensemble", case.folder / "ensemble.bin",
        "--configurations", case.folder / "configurations.txt",
        "--input", case.folder / "images.bin", "--repeats", "2", "--scores", *cache,
    )  # fmt: skip
    scores = of_kind(lines, "scores")
    found = np.array([line["values"] for line in scores]).reshape(case.expected.shape)
    np.testing.assert_allclose(found, case.expected, rtol=0, atol=TOLERANCE)
    evolved, end = of_kind(lines, "evolved"), lines[-1]
    assert all(len(line["ns"]) == 2 and min(line["ns"]) > 0 for line in evolved)
    assert end["configurations"] == CONFIGURATIONS
    if cache == ("--prepare-all",):
        assert {line["prepared"] for line in evolved} == {0}
        assert end["evicted"] == 0
    else:
        assert evolved[0]["prepared"] > 0
    if "--cache-mib" in cache:
        # The network for signals is so small that nothing has to go.
        assert end["evicted"] > 0 or case.shape == "6,1,128"
        assert end["bytes"] < 3 * 2**20
