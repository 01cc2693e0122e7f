"""A trained network's description on disk: what it is, how it was trained, what was measured.

A network is a folder:

- ``network.json``: this description (`NetworkDescription`);
- ``weights.safetensors``: the ensemble's weights and batch-norm statistics;
- ``accuracy.csv``: ``configuration,accuracy_percent``, a row a measured configuration.

Everything a search, a replay or the window needs is read from the first and the last.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from workbench.core.errors import InputFileError, SettingsError
from workbench.core.files import atomic_write, read_text
from workbench.space.accuracy import (
    LOSS_METRIC,
    AccuracyModel,
    MeasuredAccuracy,
    PredictorError,
)
from workbench.space.backbone import Backbone
from workbench.space.design_space import DesignSpace
from workbench.space.tables import PairTables

FORMAT = "adaspring-network"
VERSION = 1
DESCRIPTION_FILE, WEIGHTS_FILE, ACCURACY_FILE = (
    "network.json",
    "weights.safetensors",
    "accuracy.csv",
)


@dataclass(frozen=True, slots=True)
class DataCard:
    """The data a network was trained and measured on.

    Attributes:
        files_sha256: file name to SHA-256, of the distribution's own files.
        split: how training and test data are kept apart.
        inputs: what the values of one input are, for whoever feeds the network; may be empty.
    """

    name: str
    version: str
    licence: str
    files_sha256: dict[str, str]
    split: str
    inputs: str = ""


@dataclass(frozen=True, slots=True)
class NetworkDescription:
    """Contents of ``network.json``.

    Attributes:
        task: id of the task whose recipe trained it.
        accuracy_percent: of the whole network, folded, on `test_images` test images.
        random_accuracy_percent: mean over `random_configurations` random configurations.
        predictor_tables: for each decision the (predecessors, operators) additive losses, points.
        recipe: training settings, for people.
        weights_sha256: of ``weights.safetensors``.
        measured_configurations: rows of ``accuracy.csv``, so that a cut file is noticed; 0 where
            that is not known.
        confusion: (classes, classes) test images of the whole network: rows are labels, columns
            its answers; empty where nobody counted (many classes, older files).
    """

    format: str
    version: int
    name: str
    title: str
    task: str
    backbone: Backbone
    labels: tuple[str, ...]
    data: DataCard
    accuracy_percent: float
    random_accuracy_percent: float
    random_configurations: int
    test_images: int
    predictor_tables: tuple[tuple[tuple[float, ...], ...], ...]
    predictor_error: PredictorError
    recipe: dict[str, str | int | float | bool]
    weights_sha256: str
    measured_configurations: int = 0
    confusion: tuple[tuple[int, ...], ...] = ()

    @property
    def class_accuracy_percent(self) -> tuple[float | None, ...]:
        """For each class the share of its test images that the whole network gets right.

        None for a class without test images; empty where nobody counted.
        """
        return tuple(
            100 * row[index] / sum(row) if sum(row) else None
            for index, row in enumerate(self.confusion)
        )


@dataclass(frozen=True)
class Network:
    """A network read from its folder; torch-free.

    Attributes:
        folder: where it was read from; `weights_path` lies in it.
    """

    folder: Path
    description: NetworkDescription
    space: DesignSpace
    accuracy: AccuracyModel

    @property
    def name(self) -> str:
        """Short id, such as ``fashion_mnist``."""
        return self.description.name

    @property
    def weights_path(self) -> Path:
        """The safetensors file."""
        return self.folder / WEIGHTS_FILE


def read_network(folder: str | Path) -> Network:
    """Read and check a network's folder (its weights are checked when they are loaded).

    Raises:
        InputFileError: when a file is missing, truncated, of a newer version or inconsistent.
    """
    root = Path(folder)
    if not (root / DESCRIPTION_FILE).is_file():
        raise InputFileError(
            root,
            "is no network: it has no network.json",
            "Name a folder that `adaspring-workbench train` wrote, or a shipped network.",
        )
    description = _read_description(root / DESCRIPTION_FILE)
    try:
        space = DesignSpace(description.backbone)
        predicted = _predictor(space, description)
    except SettingsError as error:
        hint = error.hint or "Use a complete copy of the network, or train it again."
        raise InputFileError(root / DESCRIPTION_FILE, error.message, hint) from error
    measured = _read_accuracy(root / ACCURACY_FILE, space, description.test_images)
    promised, found = description.measured_configurations, len(measured.configurations)
    if promised and promised != found:
        raise InputFileError(
            root / ACCURACY_FILE,
            f"holds {found:,} measurements; network.json promises {promised:,}",
            "Use a complete copy of the network, or measure it again.",
        )
    return Network(
        root,
        description,
        space,
        AccuracyModel(
            space, description.accuracy_percent, predicted, description.predictor_error, measured
        ),
    )


def write_description(folder: str | Path, description: NetworkDescription) -> None:
    """Write ``network.json``."""
    encoded = msgspec.json.format(msgspec.json.encode(description), indent=1)
    with atomic_write(Path(folder) / DESCRIPTION_FILE, "wb") as stream:
        stream.write(encoded + b"\n")


def write_accuracy(folder: str | Path, space: DesignSpace, measured: MeasuredAccuracy) -> None:
    """Write ``accuracy.csv``."""
    with atomic_write(Path(folder) / ACCURACY_FILE) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("configuration", "accuracy_percent"))
        for row, value in zip(measured.configurations.tolist(), measured.accuracy_percent):
            writer.writerow((space.text(row), f"{value:.2f}"))


def _read_description(path: Path) -> NetworkDescription:
    again = "Use a complete copy of the network, or train it again."
    text = read_text(path, limit_bytes=64 * 2**20)
    try:
        raw: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        place = re.search(r"\(byte (\d+)\)", str(error))
        line = text.encode().count(b"\n", 0, int(place[1])) + 1 if place else None
        raise InputFileError(path, f"is not complete JSON ({error})", again, line=line) from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise InputFileError(path, "does not describe a network of this workbench", again)
    if isinstance(raw.get("version"), int) and raw["version"] > VERSION:
        raise InputFileError(
            path,
            f"has format version {raw['version']}; this workbench reads up to {VERSION}",
            "Update adaspring-workbench.",
        )
    try:
        description = msgspec.convert(raw, NetworkDescription)
    except (msgspec.ValidationError, SettingsError) as error:
        raise InputFileError(path, str(error), again) from error
    figures = (description.accuracy_percent, description.random_accuracy_percent)
    if not all(0 <= figure <= 100 for figure in figures) or description.test_images < 1:
        raise InputFileError(path, "has an accuracy outside 0-100% or no test images", again)
    if len(description.labels) != description.backbone.classes:
        raise InputFileError(path, "has not one label for each class", again)
    _check_confusion(path, description)
    return description


def _check_confusion(path: Path, description: NetworkDescription) -> None:
    rows, classes = description.confusion, len(description.labels)
    if not rows:
        return
    counts = [count for row in rows for count in row]
    right = sum(row[index] for index, row in enumerate(rows) if index < len(row))
    accuracy_percent = 100 * right / description.test_images
    if (
        len(rows) != classes
        or any(len(row) != classes for row in rows)
        or min(counts) < 0
        or sum(counts) != description.test_images
        or abs(accuracy_percent - description.accuracy_percent) > 0.006
    ):
        raise InputFileError(
            path,
            "has a confusion matrix that does not fit its classes, test images or accuracy",
            "Use a complete copy of the network, or train it again.",
        )


def _predictor(space: DesignSpace, description: NetworkDescription) -> PairTables:
    values = []
    tables = description.predictor_tables
    for decision, size in enumerate(space.sizes):
        shape = (space.predecessors(decision), size)
        table = tables[decision] if decision < len(tables) else ()
        if len(table) != shape[0] or any(len(row) != shape[1] for row in table):
            raise SettingsError(f"The predictor's table of decision {decision + 1} is not {shape}.")
        array = np.array(table, dtype=float)
        if not np.isfinite(array).all():
            raise SettingsError(f"The predictor's table of decision {decision + 1} has NaN.")
        values.append(array[..., None])
    return PairTables((LOSS_METRIC,), tuple(values))


def _read_accuracy(path: Path, space: DesignSpace, images: int) -> MeasuredAccuracy:
    again = "Use a complete copy of the network, or measure it again."
    lines = read_text(path).split("\n")
    if lines[0].rstrip("\r") != "configuration,accuracy_percent":
        raise InputFileError(
            path, "does not start with configuration,accuracy_percent", again, line=1
        )
    if lines.pop():
        # What was cut off in the middle of a number could pass for another number.
        raise InputFileError(path, "is cut off in its last line", again, line=len(lines) + 1)
    rows, values, seen = [], [], set()
    lookup = [{name: i for i, name in enumerate(names)} for names in space.operators]
    for number, line in enumerate(lines[1:], start=2):
        try:
            text, value = line.split(",")
            names = text.split("/")
            rows.append([choices[name] for choices, name in zip(lookup, names, strict=True)])
            values.append(float(value))
        except (ValueError, KeyError) as error:
            raise InputFileError(
                path, f"has no valid configuration and accuracy ({error})", again, line=number
            ) from error
        if not (math.isfinite(values[-1]) and 0 <= values[-1] <= 100):
            raise InputFileError(path, "has an accuracy outside 0-100%", again, line=number)
        if text in seen:
            raise InputFileError(path, f"holds {text} twice", again, line=number)
        seen.add(text)
    if not rows:
        raise InputFileError(path, "holds no measurement", again)
    return MeasuredAccuracy(np.array(rows, dtype=np.uint8), np.array(values), images)
