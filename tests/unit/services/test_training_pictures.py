"""From folders of colour pictures to networks that are searched and replayed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.cifar_files import write_cifar100
from tests.helpers.picture_folders import write_imagenet, write_statefarm
from workbench.__main__ import main
from workbench.jobs import run_in_thread
from workbench.services.training_worker import train_network
from workbench.space.accuracy import ENUMERABLE
from workbench.space.description import read_network
from workbench.tasks.options import TaskOptions
from workbench.tasks.registry import TASKS, task
from workbench.tasks.task import Task

DATA: dict[str, Callable[[Path], object]] = {
    "imagenet": lambda folder: write_imagenet(folder, 14, 6),
    "statefarm": lambda folder: write_statefarm(folder, drivers=4, each=2),
    "cifar100": lambda folder: write_cifar100(folder, 120, 100),
}


def _tiny(found: Task) -> Task:
    """The recipe with its layers, strides and shortcuts, but narrow and hardly trained."""
    stem, *layers = found.backbone.layers
    backbone = dataclasses.replace(
        found.backbone,
        layers=(
            dataclasses.replace(stem, out_channels=8),
            *(
                dataclasses.replace(layer, out_channels=8, operators=("identity", "svd", "ch50"))
                for layer in layers
            ),
        ),
    )
    settings = dataclasses.replace(
        found.training, plain_epochs=1, epochs=1, batch=16, statistics_images=16
    )
    return dataclasses.replace(found, backbone=backbone, training=settings)


@pytest.mark.parametrize("name", DATA)
def test_a_trained_network_of_pictures_is_searched_and_replayed(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = TaskOptions(input_size=32) if name == "imagenet" else TaskOptions()
    monkeypatch.setitem(TASKS, name, _tiny(task(name, options)))
    monkeypatch.setattr(
        "workbench.services.training.run_in_process",
        lambda _, kwargs, name, grace_s: run_in_thread(train_network, kwargs, name=name),
    )
    data, out = tmp_path / "data", tmp_path / "out"
    DATA[name](data)
    train = ["train", "--task", name, "--data", str(data), "--out", str(out)]
    # Twenty of CIFAR's hundred classes are not in so few images.
    assert main([*train, "--measure", "20", "--precision", "float32", "--skip-bad-data"]) == 0
    network = read_network(out)
    assert network.space.backbone.input_shape[0] == 3
    assert network.description.backbone.classes == len(network.description.labels)
    capsys.readouterr()
    where = ["--network", str(out), "--device-profile", "redmi_3s"]
    context = ["--battery", "0.5", "--cache-kb", "4000", "--latency-budget-ms", "100"]
    assert main(["search", *where, *context, "--repeats", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["optimum"] is not None
    # Not trained to be told apart, so an accuracy limit may be out of reach; cost limits are not.
    assert found["chosen"]["storage_bytes"] < 4000 * 1024
    if name == "imagenet":
        assert network.space.count > ENUMERABLE
        replay = ["replay", *where, "--trace", "sample_day", "--policy", "runtime3c"]
        assert main([*replay, "--out", str(tmp_path / "replay")]) == 0
        assert (tmp_path / "replay" / "summary.csv").is_file()
