"""Ensemble training learns, reports, and goes on after whatever ended it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.tiny_training import SETTINGS, SPACE, TEST, TRAIN, Recorder, train
from workbench.core.errors import InputFileError, SettingsError
from workbench.core.split import Split
from workbench.network.checkpoint import CHECKPOINT_FILE, read_checkpoint, write_checkpoint
from workbench.network.evaluation import measure_accuracy
from workbench.network.evolution import Evolver
from workbench.network.running import TorchNetwork
from workbench.network.statistics import measure_statistics
from workbench.network.training import TrainingDivergedError, TrainingResult, train_ensemble
from workbench.network.weights_file import Weights
from workbench.space.design_space import DesignSpace
from workbench.tasks.fashion_mnist import BACKBONE

KILL_SCRIPT = Path(__file__).parents[2] / "helpers" / "train_until_killed.py"


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingResult, Recorder]:
    recorder = Recorder()
    return train(tmp_path_factory.mktemp("run"), recorder), recorder


@pytest.fixture(scope="module")
def weights(whole_run: tuple[TrainingResult, Recorder]) -> Weights:
    parameters = whole_run[0].parameters
    statistics = measure_statistics(
        SPACE,
        parameters,
        TRAIN,
        Recorder(),
        prefix_length=2,
        rng=np.random.default_rng(0),
        images_each=256,
    )
    return Weights(parameters, statistics)


def _same(one: TrainingResult, other: TrainingResult) -> bool:
    ours, theirs = one.parameters.tensors(), other.parameters.tensors()
    return all(np.array_equal(array, theirs[name]) for name, array in ours.items())


def test_every_kind_of_configuration_learns(weights: Weights) -> None:
    names = dict.fromkeys(name for names in SPACE.operators for name in names)
    uniform = np.array([SPACE.uniform(name) for name in names], dtype=np.uint8)
    found = measure_accuracy(SPACE, weights, TEST, uniform, Recorder(), threads=1)
    # Five classes: guessing gives 20%.
    assert found.accuracy_percent[0] > 90
    assert dict(zip(names, found.accuracy_percent > 30)) == dict.fromkeys(names, True)
    assert found.accuracy_percent.mean() > 75


def test_progress_is_told(whole_run: tuple[TrainingResult, Recorder]) -> None:
    result, recorder = whole_run
    fractions = [report[0] for report in recorder.reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) == result.schedule.steps
    assert recorder.reports[0][1] == "Training the backbone"
    assert recorder.reports[-1][1] == "Training the ensemble"
    detail = recorder.reports[-1][2]
    assert detail["step"] == detail["steps"] == result.schedule.steps
    for name in ("train_loss", "largest_percent", "smallest_percent", "random_percent"):
        assert np.isfinite(detail[name])


def test_a_run_stopped_twice_ends_like_one_that_was_not(
    whole_run: tuple[TrainingResult, Recorder], tmp_path: Path
) -> None:
    # Once in the middle of the plain phase, once in that of the ensemble.
    for stop_after in (7, 40):
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, Recorder(stop_after), resume=True)
    assert read_checkpoint(tmp_path)[1]["step"] == 47
    assert _same(train(tmp_path, resume=True), whole_run[0])


def test_a_killed_run_goes_on_from_its_last_checkpoint(
    whole_run: tuple[TrainingResult, Recorder], tmp_path: Path
) -> None:
    process = subprocess.Popen([sys.executable, str(KILL_SCRIPT), str(tmp_path)])
    try:
        while not (tmp_path / CHECKPOINT_FILE).is_file():
            assert process.poll() is None, "the run ended without a checkpoint"
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    recorder = Recorder()
    resumed = train(tmp_path, recorder, resume=True)
    assert 0 < len(recorder.reports) < resumed.schedule.steps
    assert _same(resumed, whole_run[0])


def test_without_resume_a_run_starts_over(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Recorder(5))
    recorder = Recorder(1)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, recorder)
    assert recorder.reports[0][2]["step"] == 1


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Recorder(2))
    path = tmp_path / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputFileError, match="no complete safetensors"):
        train(tmp_path, resume=True)


def test_a_checkpoint_of_another_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Recorder(2))
    other = DesignSpace(BACKBONE)
    images = np.zeros((300, 1, 28, 28), dtype=np.float32)
    split = Split(images, np.zeros(300, dtype=np.int64))
    with pytest.raises(InputFileError, match="no checkpoint of this network"):
        train_ensemble(other, split, SETTINGS, tmp_path, Recorder(), seed=1, resume=True)
    arrays, state = read_checkpoint(tmp_path)
    write_checkpoint(tmp_path, arrays, {**state, "schedule": {"steps": 3}})
    with pytest.raises(InputFileError, match="no checkpoint of this network"):
        train(tmp_path, resume=True)


def test_bfloat16_learns_too(tmp_path: Path) -> None:
    recorder = Recorder()
    settings = dataclasses.replace(SETTINGS, epochs=1.5)
    train_ensemble(SPACE, TRAIN, settings, tmp_path, recorder, seed=3, precision="bfloat16")
    assert recorder.reports[-1][2]["largest_percent"] > 80


def test_minutes_choose_the_number_of_steps(tmp_path: Path) -> None:
    steps = []
    for minutes in (0.5, 5.0):
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, Recorder(1), minutes=minutes)
        schedule = read_checkpoint(tmp_path)[1]["schedule"]
        steps.append(schedule["plain_steps"] + schedule["ensemble_steps"])
    # Ten times the minutes; the speed measured on a busy machine varies by far less than this.
    assert steps[1] > 2 * steps[0] > 2


def test_data_that_do_not_fit_are_refused_before_the_first_step(tmp_path: Path) -> None:
    wrong = Split(TRAIN.images[:, :, :-1], TRAIN.labels)
    few = Split(TRAIN.images[:40], TRAIN.labels[:40])
    for split, message in ((wrong, "the backbone takes"), (few, "too few")):
        with pytest.raises(SettingsError, match=message):
            train_ensemble(SPACE, split, SETTINGS, tmp_path, Recorder(), seed=1)
    assert not list(tmp_path.iterdir())


def test_a_diverged_run_says_so_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(TrainingDivergedError):
        train(tmp_path, settings=dataclasses.replace(SETTINGS, learning_rate=1e30, clip=1e30))
    assert not list(tmp_path.iterdir())


class TestEvaluation:
    """Accuracy of many configurations at once."""

    configurations = np.unique(SPACE.random_configurations(np.random.default_rng(1), 60), axis=0)

    def test_sharing_prefixes_changes_no_result(self, weights: Weights) -> None:
        found = measure_accuracy(SPACE, weights, TEST, self.configurations, Recorder(), threads=2)
        evolver = Evolver(SPACE, weights)
        for row, configuration in enumerate(self.configurations.tolist()):
            scores = TorchNetwork(evolver.evolve(configuration)).scores(TEST.images)
            right = 100 * (scores.argmax(1) == TEST.labels).mean()
            # An image on the edge between two classes may fall to either side.
            assert abs(found.accuracy_percent[row] - right) <= 100 / len(TEST)
        assert found.images == len(TEST)

    def test_a_stopped_measurement_goes_on(self, weights: Weights, tmp_path: Path) -> None:
        partial = tmp_path / "accuracy.safetensors"
        with pytest.raises(KeyboardInterrupt):
            measure_accuracy(
                SPACE, weights, TEST, self.configurations, Recorder(3), partial=partial, threads=1
            )
        assert partial.is_file()
        recorder = Recorder()
        resumed = measure_accuracy(
            SPACE, weights, TEST, self.configurations, recorder, partial=partial, threads=1
        )
        fresh_recorder = Recorder()
        fresh = measure_accuracy(
            SPACE, weights, TEST, self.configurations, fresh_recorder, threads=1
        )
        assert np.array_equal(resumed.accuracy_percent, fresh.accuracy_percent)
        assert len(recorder.reports) < len(fresh_recorder.reports)
        assert not partial.exists()

    def test_what_belongs_to_other_weights_is_not_taken_over(
        self, weights: Weights, tmp_path: Path
    ) -> None:
        partial = tmp_path / "accuracy.safetensors"
        with pytest.raises(KeyboardInterrupt):
            measure_accuracy(
                SPACE, weights, TEST, self.configurations[::2], Recorder(3), partial=partial,
                threads=1,
            )  # fmt: skip
        found = measure_accuracy(
            SPACE, weights, TEST, self.configurations, Recorder(), partial=partial, threads=1
        )
        fresh = measure_accuracy(SPACE, weights, TEST, self.configurations, Recorder(), threads=1)
        assert np.array_equal(found.accuracy_percent, fresh.accuracy_percent)
