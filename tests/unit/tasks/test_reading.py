"""What a data folder holds is told before a training step: faults by kind, and what blocks."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.synthetic import patterns
from workbench.core.errors import InputFileError
from workbench.jobs import JobCancelled
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import DataCard
from workbench.space.recipe import TrainingSettings
from workbench.tasks.findings import BadDataError, Reading, UnfitDataError
from workbench.tasks.reading import read_data, usable_data
from workbench.tasks.task import Dataset, Task

SHAPE = (1, 6, 6)
CLASSES = ("cat", "dog", "cow")
CARD = DataCard("made up", "1", "none", {}, "by chance")


def _dataset(train: int = 40, test: int = 20, classes: int = 3, shape: tuple = SHAPE) -> Dataset:
    parts = (patterns(shape, classes, n, seed) for n, seed in ((train, 1), (test, 2)))
    return Dataset(*parts, CLASSES[:classes], CARD)


def _task(dataset: Dataset, faults: int = 0, **fields: object) -> Task:
    def read(folder: Path, reading: Reading) -> Dataset:
        for number in range(faults):
            kind = "truncated" if number % 3 else "missing"
            reading.leave_out(folder / "cat" / f"{number}.png", kind, "is no good")
        return dataset

    backbone = Backbone("b", SHAPE, (ConvLayer("conv1", 8), ConvLayer("conv2", 8)), 3)
    task = Task("animals", "Animals", backbone, TrainingSettings(batch=16), read, "Ask a farmer.")
    return dataclasses.replace(task, **fields)


def test_a_whole_folder_has_nothing_to_report(tmp_path: Path) -> None:
    dataset, report = usable_data(_task(_dataset()), tmp_path)
    assert (report.train, report.test, report.left_out, report.blocked) == (40, 20, 0, ())
    assert dataset.card == CARD


def test_faults_are_one_error_that_counts_them(tmp_path: Path) -> None:
    with pytest.raises(BadDataError) as caught:
        usable_data(_task(_dataset(), faults=9), tmp_path)
    error = caught.value
    assert error.message.splitlines() == [
        f"{tmp_path}: 9 of 69 samples cannot be used (6 truncated, 3 missing):",
        "  cat/0.png: is no good",
        "  cat/1.png: is no good",
        "  cat/2.png: is no good",
        "  … and 6 more",
    ]
    assert "--skip-bad-data" in error.hint
    assert len(error.detail.splitlines()) == 9
    assert pickle.loads(pickle.dumps(error)).report == error.report  # noqa: S301


def test_the_rest_is_used_where_the_user_says_so(tmp_path: Path) -> None:
    dataset, report = usable_data(_task(_dataset(), faults=2), tmp_path, skip_bad_data=True)
    assert report.counts == {"missing": 1, "truncated": 1}
    assert dataset.card.split == "by chance; without 2 unusable of 62 samples"


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        (_dataset(shape=(3, 6, 6)), "the data are 3x6x6, the recipe's network takes 1x6x6"),
        (_dataset(classes=2), "holds 2 classes, the recipe's network 3"),
        (_dataset(train=31), "has 31 samples for training; two batches of the recipe need 32"),
        (_dataset(test=9), "has 9 samples for testing; at least 10 are needed"),
        (_dataset(classes=1), "has samples for training of 1 classes; at least 2 are needed"),
    ],
)
def test_what_cannot_be_trained_is_refused_even_so(
    tmp_path: Path, dataset: Dataset, reason: str
) -> None:
    report = read_data(_task(dataset), tmp_path)[1]
    assert reason in report.blocked
    with pytest.raises(UnfitDataError) as caught:
        usable_data(_task(dataset), tmp_path, skip_bad_data=True)
    assert reason in caught.value.message


def test_classes_without_samples_are_named(tmp_path: Path) -> None:
    dataset = _dataset()
    test = dataset.test
    rows = test.labels != 1
    test = dataclasses.replace(test, images=test.images[rows], labels=test.labels[rows])
    report = read_data(_task(dataclasses.replace(dataset, test=test)), tmp_path)[1]
    assert [str(f) for f in report.findings] == ["dog: the class has no samples for testing"]
    assert report.left_out == 0


def test_the_head_follows_the_data_where_the_task_says_so(tmp_path: Path) -> None:
    task = _task(_dataset(classes=2), classes_from_data=True)
    assert not read_data(task, tmp_path)[1].blocked
    assert task.backbone_for(2).classes == 2
    assert _task(_dataset()).backbone_for(2).classes == 3


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    file = tmp_path / "archive.tar.gz"
    file.write_bytes(b"")
    with pytest.raises(InputFileError, match="is no folder") as caught:
        read_data(_task(_dataset()), file)
    assert caught.value.hint == "Ask a farmer."
    read_data(_task(_dataset(), takes_file=True), file)


def test_reading_reports_and_stops() -> None:
    class Context:
        cancelled = False
        reports: list[float | None] = []  # noqa: RUF012

        def progress(self, fraction: float | None, message: str = "", detail: object = None):
            self.reports.append(fraction)

        def check_cancelled(self) -> None:
            if self.cancelled:
                raise JobCancelled

    now = np.nditer(np.arange(0, 10, 0.05))
    context = Context()
    reading = Reading(Path("data"), context, clock=lambda: float(next(now)))
    for done in range(20):
        reading.progress(done, 20)
    assert 8 <= len(context.reports) <= 11
    context.cancelled = True
    with pytest.raises(JobCancelled):
        for done in range(20):
            reading.progress(done, 20)
