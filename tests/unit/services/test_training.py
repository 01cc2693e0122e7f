"""Training from the command line to a network that can be read, in a worker process."""

from __future__ import annotations

import dataclasses
import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.spaces import small_space
from tests.helpers.synthetic import write_fashion_mnist
from tests.helpers.tiny_training import TEST, TRAIN
from workbench.__main__ import main
from workbench.core.errors import SettingsError
from workbench.core.files import sha256_of
from workbench.jobs import JobCancelled, run_in_thread
from workbench.network.checkpoint import has_checkpoint
from workbench.network.evolution import Evolver
from workbench.network.running import TorchNetwork
from workbench.services.training import TrainingRequest, start_training
from workbench.services.training_worker import configurations_to_measure, train_network
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import DataCard, read_network
from workbench.space.recipe import TrainingSettings
from workbench.tasks.findings import Reading
from workbench.tasks.registry import TASKS
from workbench.tasks.task import Dataset, Task

TINY = Task(
    name="tiny",
    title="Patterns",
    backbone=Backbone(
        "tiny",
        (1, 13, 11),
        (
            ConvLayer("conv1", 8),
            ConvLayer("conv2", 16, stride=(2, 2), operators=("identity", "fire", "ch50", "svd")),
            ConvLayer(
                "conv3", 16, shortcut=True, operators=("identity", "dwsep", "ch25", "mbv2", "skip")
            ),
            ConvLayer("conv4", 16, stride=(2, 2), operators=("identity", "sparse", "ch75")),
        ),
        5,
    ),
    training=TrainingSettings(plain_epochs=1, epochs=2, batch=32, validation_images=32),
    read=lambda _folder, _reading: Dataset(
        TRAIN, TEST, tuple("abcde"), DataCard("patterns", "1", "none", {}, "made up")
    ),
    data_hint="",
)


@pytest.fixture
def tiny_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command trains the tiny task, in a thread, so that the test sees the same code run."""
    monkeypatch.setitem(TASKS, "tiny", TINY)
    monkeypatch.setattr(
        "workbench.services.training.run_in_process",
        lambda _, kwargs, name, grace_s: run_in_thread(train_network, kwargs, name=name),
    )


@pytest.mark.usefixtures("tiny_task")
def test_the_command_writes_a_network_that_measures_as_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = [
        "train", "--task", "tiny", "--data", str(tmp_path), "--out", str(out),
        "--measure", "40", "--precision", "float32",
    ]  # fmt: skip
    assert main([*arguments, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    network = read_network(out)
    description = network.description
    assert description.accuracy_percent == pytest.approx(figures["accuracy_percent"])
    assert figures["measured_configurations"] == len(network.accuracy.measured.configurations)
    assert description.weights_sha256 == sha256_of(network.weights_path)
    confusion = np.array(description.confusion)
    assert confusion.sum(axis=1).tolist() == np.bincount(TEST.labels, minlength=5).tolist()
    right = 100 * np.trace(confusion) / len(TEST)
    assert right == pytest.approx(description.accuracy_percent, abs=0.005)
    assert description.recipe["seed"] == 1
    assert description.recipe["ensemble_steps"] == 38
    evolver = Evolver.read(network)
    measured = network.accuracy.measured
    for row in range(0, len(measured.configurations), 5):
        folded = evolver.evolve(measured.configurations[row].tolist())
        scores = TorchNetwork(folded).scores(TEST.images)
        right = 100 * (scores.argmax(1) == TEST.labels).mean()
        assert abs(right - measured.accuracy_percent[row]) <= 100 / len(TEST)
    # A finished run that is resumed has nothing left to do and gives the same network.
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    assert main([*arguments, "--resume"]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before
    assert f"whole network {description.accuracy_percent:.2f}%" in capsys.readouterr().out


@pytest.mark.usefixtures("tiny_task")
def test_a_cancelled_run_keeps_its_checkpoint(tmp_path: Path) -> None:
    job = start_training(TrainingRequest("tiny", tmp_path, tmp_path / "out", precision="float32"))
    while job.latest_progress is None or "step" not in job.latest_progress.detail:
        assert job.wait(0.005) is None
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result()
    assert has_checkpoint(tmp_path / "out" / "training")
    assert not (tmp_path / "out" / "network.json").exists()


def test_bad_data_are_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    write_fashion_mnist(data, 600, 60)
    path = data / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-10]))
    assert main(["train", "--data", str(data), "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert f"error: {data}: 10 of 660 samples cannot be used (1 truncated):" in captured.err
    assert f"{path.name}: is cut off after 590 of 600 labels" in captured.err
    assert "--skip-bad-data" in captured.err
    assert "Traceback" not in captured.err
    assert not out.exists()


def test_training_on_the_rest_says_so_in_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(_folder: Path, reading: Reading) -> Dataset:
        reading.leave_out("a/7.png", "truncated", "is cut off")
        return TINY.read(_folder, reading)

    monkeypatch.setitem(TASKS, "tiny", dataclasses.replace(TINY, read=read))
    monkeypatch.setattr(
        "workbench.services.training.run_in_process",
        lambda _, kwargs, name, grace_s: run_in_thread(train_network, kwargs, name=name),
    )
    out = tmp_path / "out"
    arguments = ["train", "--task", "tiny", "--data", str(tmp_path), "--out", str(out)]
    arguments += ["--measure", "20", "--precision", "float32", "--minutes", "0.01"]
    assert main(arguments) == 2
    assert main([*arguments, "--skip-bad-data"]) == 0
    assert "samples left out as unusable: 1" in capsys.readouterr().out
    split = read_network(out).description.data.split
    assert split.endswith(f"without 1 unusable of {len(TRAIN) + len(TEST) + 1:,} samples")


@pytest.mark.usefixtures("tiny_task")
def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    assert main(["train", "--task", "tiny", "--data", str(tmp_path), "--out", str(out)]) == 2
    assert f"error: {out}: cannot be made" in capsys.readouterr().err


def test_requests_without_sense_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no task"):
        start_training(TrainingRequest("none", tmp_path, tmp_path))
    with pytest.raises(SettingsError, match="minutes"):
        start_training(TrainingRequest("fashion_mnist", tmp_path, tmp_path, minutes=0))
    with pytest.raises(SettingsError, match="At least 20"):
        start_training(TrainingRequest("fashion_mnist", tmp_path, tmp_path, measured=3))


def test_large_spaces_are_sampled() -> None:
    space = small_space()
    chosen = configurations_to_measure(space, 1, 100)
    assert len(chosen) == len(np.unique(chosen, axis=0)) == 100
    assert (chosen[0] == 0).all()
    assert space.uniform("mbv2") in {tuple(row) for row in chosen.tolist()}
    assert len(configurations_to_measure(space, 1, None)) == space.count
    assert np.array_equal(chosen, configurations_to_measure(space, 1, 100))


def test_this_side_of_training_needs_no_torch() -> None:
    code = (
        "import sys, workbench.services.training, workbench.cli.train;"
        " assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
