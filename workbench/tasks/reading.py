"""Read a task's data and see whether its recipe can be trained on them."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from workbench.core.errors import InputFileError
from workbench.core.split import Split
from workbench.tasks.findings import BadDataError, DataReport, Reading, Reporter, UnfitDataError
from workbench.tasks.task import Dataset, Task

_NAMED_CLASSES = 5
MIN_TEST_ITEMS = 10
"""Accuracy on fewer says nothing."""


def read_data(
    task: Task, folder: Path, reporter: Reporter | None = None, *, scratch: Path | None = None
) -> tuple[Dataset, DataReport]:
    """Read a folder as far as it can be read, and report what cannot.

    Args:
        scratch: folder for pixels that memory does not hold; None forgets the pixels of pictures.

    Raises:
        InputFileError: when nothing in the folder can be read as this task's data.
        JobCancelled: when the job was asked to stop.
    """
    if not folder.is_dir() and not (task.takes_file and folder.is_file()):
        raise InputFileError(folder, "is no folder", task.data_hint)
    reading = Reading(folder, reporter, scratch=scratch)
    dataset = task.read(folder, reading)
    _note_empty_classes(dataset, reading)
    report = DataReport(
        task=task.name,
        folder=str(folder),
        shape=dataset.train.images.shape[1:],
        classes=dataset.classes,
        train=len(dataset.train),
        test=len(dataset.test),
        findings=tuple(reading.findings),
        blocked=tuple(_blocked(task, dataset)),
        pixel_bytes=reading.pixel_bytes,
    )
    return dataset, report


def usable_data(
    task: Task,
    folder: Path,
    reporter: Reporter | None = None,
    *,
    skip_bad_data: bool = False,
    scratch: Path | None = None,
) -> tuple[Dataset, DataReport]:
    """Read a folder for training.

    Args:
        scratch: folder for pixels that memory does not hold; the system's own when None.
        skip_bad_data: the user wants to train on what can be read.

    Raises:
        InputFileError: when nothing in the folder can be read as this task's data.
        UnfitDataError: when the recipe cannot be trained on what can be read.
        BadDataError: when something cannot be read, unless `skip_bad_data`.
        JobCancelled: when the job was asked to stop.
    """
    scratch = scratch or Path(tempfile.gettempdir())
    dataset, report = read_data(task, folder, reporter, scratch=scratch)
    if report.blocked:
        raise UnfitDataError(report)
    if not report.findings:
        return dataset, report
    if not skip_bad_data:
        raise BadDataError(report)
    # A network says on what it was trained: less than the data set's name promises.
    split = (
        f"{dataset.card.split}; without {report.left_out:,} unusable of {report.items:,} samples"
    )
    card = dataclasses.replace(dataset.card, split=split)
    return dataclasses.replace(dataset, card=card), report


def _note_empty_classes(dataset: Dataset, reading: Reading) -> None:
    counts = {name: _class_counts(split, dataset) for name, split in _parts(dataset)}
    for index, label in enumerate(dataset.classes):
        empty = [name for name, count in counts.items() if not count[index]]
        if empty:
            what = f"the class has no samples for {' or '.join(empty)}"
            reading.leave_out(label, "without samples", what, items=0)


def _blocked(task: Task, dataset: Dataset) -> list[str]:
    """Reasons why the recipe cannot be trained on these data."""
    reasons = []
    expected, found = task.backbone.input_shape, dataset.train.images.shape[1:]
    if found != expected or dataset.test.images.shape[1:] != expected:
        reasons.append(f"the data are {_by(found)}, the recipe's network takes {_by(expected)}")
    classes = len(dataset.classes)
    if classes != task.backbone.classes and not task.classes_from_data:
        reasons.append(f"holds {classes} classes, the recipe's network {task.backbone.classes}")
    present = int((_class_counts(dataset.train, dataset) > 0).sum())
    if present < 2:
        reasons.append(f"has samples for training of {present} classes; at least 2 are needed")
    needed = 2 * task.training.batch
    if len(dataset.train) < needed:
        reasons.append(
            f"has {len(dataset.train):,} samples for training; two batches of the recipe need"
            f" {needed:,}"
        )
    if len(dataset.test) < MIN_TEST_ITEMS:
        reasons.append(
            f"has {len(dataset.test)} samples for testing; at least {MIN_TEST_ITEMS} are needed"
        )
    return reasons


def _parts(dataset: Dataset) -> tuple[tuple[str, Split], ...]:
    return (("training", dataset.train), ("testing", dataset.test))


def _class_counts(split: Split, dataset: Dataset) -> np.ndarray:
    return np.bincount(split.labels, minlength=len(dataset.classes))


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
