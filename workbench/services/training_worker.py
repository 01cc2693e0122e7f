"""Train a network and measure it: the part that runs in a worker process, because it needs torch.

The steps of a run leave their results in ``<out>/training``: a run that was ended anywhere goes on
from there. The network itself is written at the end, ``network.json`` last.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from workbench import __version__
from workbench.core.errors import InputFileError, SettingsError
from workbench.core.files import sha256_of
from workbench.core.split import Split
from workbench.jobs import JobContext
from workbench.network.confusion import confusion_of_whole_network
from workbench.network.evaluation import measure_accuracy
from workbench.network.statistics import measure_statistics, statistics_images
from workbench.network.training import Precision, TrainingResult, train_ensemble
from workbench.network.weights_file import PREFIX_LENGTH, Weights, read_weights, write_weights
from workbench.space.accuracy import MeasuredAccuracy, fit_predictor
from workbench.space.description import (
    FORMAT,
    VERSION,
    WEIGHTS_FILE,
    NetworkDescription,
    write_accuracy,
    write_description,
)
from workbench.space.design_space import ConfigArray, DesignSpace
from workbench.tasks.options import NO_OPTIONS, TaskOptions
from workbench.tasks.reading import usable_data
from workbench.tasks.registry import task
from workbench.tasks.task import Dataset, Task

WORK_FOLDER = "training"
MEASURE_WHOLE = 10_000
"""Spaces up to this size are measured whole."""
MEASURED_CONFIGURATIONS = 600
"""How many are measured of larger ones."""
RANDOM_CONFIGURATIONS = 300
"""Over how many the average of random configurations is reported."""
PREDICTOR_CONFIGURATIONS = 1000
"""Fitted to at most that many, so that its held-out error says something about the rest."""
CONFUSION_CLASSES = 20
"""With more classes nobody reads what is taken for what."""

_STAGES = 3


def train_network(
    context: JobContext,
    *,
    task_name: str,
    data: str,
    out: str,
    seed: int,
    minutes: float | None,
    resume: bool,
    precision: Precision,
    measured: int | None = None,
    skip_bad_data: bool = False,
    options: TaskOptions = NO_OPTIONS,
) -> dict[str, Any]:
    """Train the recipe of a task, measure it and write the network's folder.

    Args:
        data: folder with the data set's files.
        minutes: time for the training steps; None takes the recipe's epochs.
        measured: how many configurations to measure; None as `MEASURE_WHOLE` says.
        skip_bad_data: train on the rest where some of the data cannot be used.
        options: what of the recipe is wanted otherwise.

    Returns:
        The figures of the network, for people.

    Raises:
        SettingsError, InputFileError: when task, data or checkpoint cannot be used.
        BadDataError: when some of the data cannot be used and nobody said to skip them.
        UnfitDataError: when the recipe cannot be trained on the data.
    """
    recipe = task(task_name, options)
    context.progress(None, "Reading the data")
    scratch = _existing(Path(out))
    dataset, report = usable_data(
        recipe, Path(data), context, skip_bad_data=skip_bad_data, scratch=scratch
    )
    recipe = dataclasses.replace(recipe, backbone=recipe.backbone_for(len(dataset.classes)))
    work = _work_folder(Path(out))
    space = DesignSpace(recipe.backbone)
    result = train_ensemble(
        space,
        dataset.train,
        recipe.training,
        work,
        _Stage(context, 1),
        seed=seed,
        minutes=minutes,
        resume=resume,
        precision=precision,
    )
    images = statistics_images(space, recipe.training.statistics_images)
    weights = _weights(space, result, dataset, work, images, _Stage(context, 2))
    tested = measured_part(dataset.test, recipe.training.measured_images)
    accuracy = measure_accuracy(
        space,
        weights,
        tested,
        configurations_to_measure(space, result.schedule.seed, measured),
        _Stage(context, 3),
        partial=work / "accuracy.safetensors",
    )
    description = describe_network(recipe, space, dataset, result, accuracy, work / WEIGHTS_FILE)
    if len(dataset.classes) <= CONFUSION_CLASSES:
        confusion = confusion_of_whole_network(space, weights, tested)
        rows = tuple(tuple(row) for row in confusion.tolist())
        description = dataclasses.replace(description, confusion=rows)
    target = Path(out)
    write_weights(target / WEIGHTS_FILE, weights)
    write_accuracy(target, space, accuracy)
    write_description(target, description)
    return {
        "accuracy_percent": description.accuracy_percent,
        "random_accuracy_percent": description.random_accuracy_percent,
        "random_configurations": description.random_configurations,
        "measured_configurations": len(accuracy.configurations),
        "test_images": description.test_images,
        "predictor_error_points": description.predictor_error.mean_abs_points,
        "training_minutes": result.seconds / 60,
        "left_out_samples": report.left_out,
    }


def configurations_to_measure(space: DesignSpace, seed: int, measured: int | None) -> ConfigArray:
    """The whole space where it is small, else uniform and random configurations."""
    if measured is None:
        measured = space.count if space.count <= MEASURE_WHOLE else MEASURED_CONFIGURATIONS
    if measured >= space.count:
        return space.all_configurations()
    names = dict.fromkeys(name for names in space.operators for name in names)
    fixed = np.array([space.uniform(name) for name in names], dtype=np.uint8)
    drawn = space.random_configurations(np.random.default_rng([seed, 5]), 2 * measured)
    every = np.concatenate([fixed, drawn])
    _, first = np.unique(every, axis=0, return_index=True)
    chosen: ConfigArray = every[np.sort(first)[: max(measured, len(fixed))]]
    return chosen


def measured_part(test: Split, most: int) -> Split:
    """The test images that accuracy is measured on: all, or so many chosen by chance."""
    if len(test) <= most:
        return test
    rows = np.sort(np.random.default_rng(0).permutation(len(test))[:most])
    return Split(test.images[rows], test.labels[rows])


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one around it that exists already."""
    for around in (folder.absolute(), *folder.absolute().parents):
        if around.is_dir():
            return around
    return Path.cwd()


def _work_folder(out: Path) -> Path:
    work = out / WORK_FOLDER
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputFileError(
            out, f"cannot be made ({error.strerror})", "Choose a folder that can be written."
        ) from error
    return work


def _weights(
    space: DesignSpace,
    result: TrainingResult,
    dataset: Dataset,
    work: Path,
    images: int,
    stage: _Stage,
) -> Weights:
    """The weights with their statistics, on so many images; measured once a run."""
    path = work / WEIGHTS_FILE
    # What a run of another network left there is no weights of this one.
    with contextlib.suppress(InputFileError):
        weights = read_weights(path, space)
        ours = result.parameters.tensors()
        if all(np.array_equal(a, ours[n]) for n, a in weights.parameters.tensors().items()):
            return weights
    statistics = measure_statistics(
        space,
        result.parameters,
        dataset.train,
        stage,
        prefix_length=PREFIX_LENGTH,
        rng=np.random.default_rng([result.schedule.seed, 6]),
        images_each=images,
    )
    weights = Weights(result.parameters, statistics)
    write_weights(path, weights)
    return weights


def describe_network(
    recipe: Task,
    space: DesignSpace,
    dataset: Dataset,
    result: TrainingResult,
    accuracy: MeasuredAccuracy,
    weights_path: Path,
) -> NetworkDescription:
    """The contents of ``network.json``.

    Raises:
        SettingsError: when too few configurations were measured for a predictor.
    """
    whole = (accuracy.configurations == 0).all(axis=1)
    if not whole.any():
        raise SettingsError("The whole network was not measured.")
    whole_percent = float(accuracy.accuracy_percent[whole][0])
    rng = np.random.default_rng([result.schedule.seed, 7])
    random = accuracy.accuracy_percent[rng.permutation(len(whole))[:RANDOM_CONFIGURATIONS]]
    fitted = rng.permutation(len(whole))[:PREDICTOR_CONFIGURATIONS]
    tables, error = fit_predictor(
        space,
        accuracy.configurations[fitted],
        whole_percent - accuracy.accuracy_percent[fitted],
        rng,
    )
    schedule = result.schedule
    return NetworkDescription(
        format=FORMAT,
        version=VERSION,
        name=recipe.name,
        title=recipe.title,
        task=recipe.name,
        backbone=recipe.backbone,
        labels=dataset.classes,
        data=dataset.card,
        accuracy_percent=round(whole_percent, 2),
        random_accuracy_percent=round(float(random.mean()), 2),
        random_configurations=len(random),
        test_images=accuracy.images,
        predictor_tables=tuple(
            tuple(tuple(round(float(v), 4) for v in row) for row in table[..., 0])
            for table in tables.values
        ),
        predictor_error=error,
        recipe={
            **dataclasses.asdict(recipe.training),
            "plain_steps": schedule.plain_steps,
            "ensemble_steps": schedule.ensemble_steps,
            "precision": schedule.precision,
            "seed": schedule.seed,
            "training_minutes": round(result.seconds / 60, 1),
            "machine": f"{platform.machine()} processor, {os.cpu_count()} cores",
            "statistics_images": min(
                statistics_images(space, recipe.training.statistics_images), len(dataset.train)
            ),
            "workbench": __version__,
            "torch": version("torch").partition("+")[0],
        },
        weights_sha256=sha256_of(weights_path),
        measured_configurations=len(accuracy.configurations),
    )


class _Stage:
    """A part of the job with progress from 0 to 1 of its own.

    Parts are not weighed against each other: how long the later ones take is not known before.
    """

    def __init__(self, context: JobContext, number: int) -> None:
        self._context, self._number = context, number

    def progress(
        self, fraction: float | None, message: str = "", detail: Mapping[str, float] | None = None
    ) -> None:
        """Report how far the part is."""
        self._context.progress(fraction, f"{message} (part {self._number} of {_STAGES})", detail)

    def check_cancelled(self) -> None:
        """Raise when the job should stop."""
        self._context.check_cancelled()
