"""UCI-HAR: six activities of 30 people, recorded by a phone at the waist, as UCI publishes it.

Source: Anguita, Ghio, Oneto, Parra, Reyes-Ortiz, "A public domain dataset for human activity
recognition using smartphones" (ESANN 2013). The folder ``UCI HAR Dataset`` holds ``train`` and
``test``, each with ``subject_*.txt`` (a person a line), ``y_*.txt`` (an activity a line) and nine
files in ``Inertial Signals`` (a window of 128 numbers a line).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError
from workbench.core.files import read_text, sha256_of
from workbench.core.split import Split
from workbench.space.description import DataCard
from workbench.tasks.findings import FindingKind, Reading
from workbench.tasks.signals import (
    ACTIVITIES,
    ACTIVITY_TRAINING,
    SAMPLES,
    activity_backbone,
    signal_split,
)
from workbench.tasks.task import Dataset, Task

PARTS = ("train", "test")
SIGNALS = tuple(
    f"{quantity}_{axis}" for quantity in ("total_acc", "body_gyro", "body_acc") for axis in "xyz"
)
"""Acceleration with gravity (g), rotation (rad/s), acceleration without gravity (g)."""
LABELS_FILE = "activity_labels.txt"

Windows = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def read_uci_har(folder: Path, reading: Reading) -> Dataset:
    """Read both parts; windows of which anything is missing or wrong are left out.

    Raises:
        InputFileError: when the folder is not laid out like UCI-HAR.
    """
    root = _root(folder)
    numbers = _activities(root, reading)
    parts = {}
    for done, part in enumerate(PARTS):
        reading.progress(done, len(PARTS))
        parts[part] = _Part(root, part, numbers, reading)
    _leave_out_shared_people(parts["train"], parts["test"], reading)
    files = sorted(path for part in parts.values() for path in part.files if path.is_file())
    card = DataCard(
        name="UCI-HAR",
        version="1.0 (UCI HAR Dataset)",
        licence="CC BY 4.0 as UCI publishes it",
        files_sha256={path.relative_to(root).as_posix(): sha256_of(path) for path in files},
        split="by person, as published: 21 people to train on, the other 9 never trained on",
        inputs=(
            "acceleration along x, y, z in g, rotation in rad/s, acceleration without gravity in g,"
            " 128 samples at 50 Hz"
        ),
    )
    return Dataset(parts["train"].split(), parts["test"].split(), ACTIVITIES, card)


def _root(folder: Path) -> Path:
    """The folder itself, or the published one inside it."""
    for root in (folder, folder / "UCI HAR Dataset"):
        if all((root / part / "Inertial Signals").is_dir() for part in PARTS):
            return root
    raise InputFileError(
        folder, "holds no train/Inertial Signals and test/Inertial Signals", TASK.data_hint
    )


def _activities(root: Path, reading: Reading) -> dict[int, int]:
    """Number in the files to class index."""
    usual = {number: index for index, number in enumerate(range(1, len(ACTIVITIES) + 1))}
    path = root / LABELS_FILE
    if not path.is_file():
        reading.leave_out(path, "missing", "is missing; the usual numbers are taken", items=0)
        return usual
    numbers = {}
    for line, text in enumerate(read_text(path).splitlines(), start=1):
        number, _, name = text.strip().partition(" ")
        name = name.strip().lower().replace("_", " ")
        if number.isdigit() and name in ACTIVITIES:
            numbers[int(number)] = ACTIVITIES.index(name)
        elif text.strip():
            what = f"names no activity of UCI-HAR ({text.strip()[:40]!r})"
            reading.leave_out(path, "mislabelled", what, items=0, line=line)
    return numbers


class _Part:
    """One of the two parts, with the rows that can be used."""

    def __init__(self, root: Path, part: str, numbers: dict[int, int], reading: Reading) -> None:
        base = root / part
        self._reading = reading
        self.people_path, self._labels_path = base / f"subject_{part}.txt", base / f"y_{part}.txt"
        signals = [base / "Inertial Signals" / f"{name}_{part}.txt" for name in SIGNALS]
        self.files = [self._labels_path, self.people_path, *signals]
        texts = {path: self._lines(path) for path in self.files}
        self._rows = max(map(len, texts.values()))
        self.usable: Mask = np.ones(self._rows, dtype=bool)
        self.people = self._whole_numbers(self.people_path, texts[self.people_path])
        labels = self._whole_numbers(self._labels_path, texts[self._labels_path])
        self.labels = self._classes(labels, numbers)
        self._signals = np.stack([self._windows(path, texts[path]) for path in signals], axis=1)

    def split(self) -> Split:
        """What is left."""
        return signal_split(self._signals[self.usable], self.labels[self.usable], len(SIGNALS))

    def _lines(self, path: Path) -> list[str]:
        try:
            return read_text(path).splitlines()
        except InputFileError as error:
            if path.is_file():
                self._reading.leave_out(path, "unreadable", error.reason, items=0)
            return []

    def _lose(
        self, rows: Mask, path: Path, kind: FindingKind, what: str, line: int | None = None
    ) -> None:
        """Note rows that cannot be used; each counts once, whatever is wrong with it."""
        lost = int((rows & self.usable).sum())
        self.usable &= ~rows
        self._reading.leave_out(path, kind, what, items=lost, line=line)

    def _check_length(self, path: Path, found: int) -> None:
        if found < self._rows:
            rows = np.arange(self._rows) >= found
            if not path.exists():
                self._lose(rows, path, "missing", "is missing")
            else:
                what = f"has {found:,} of {self._rows:,} lines"
                self._lose(rows, path, "truncated", what)

    def _whole_numbers(self, path: Path, lines: list[str]) -> npt.NDArray[np.int64]:
        """(rows,) the number on each line; 0 where there is none."""
        self._check_length(path, len(lines))
        values = np.zeros(self._rows, dtype=np.int64)
        for row, text in enumerate(lines):
            if text.strip().isdigit():
                values[row] = int(text)
            else:
                self._lose(
                    np.arange(self._rows) == row, path, "unreadable", "holds no number", row + 1
                )
        return values

    def _classes(
        self, labels: npt.NDArray[np.int64], numbers: dict[int, int]
    ) -> npt.NDArray[np.int64]:
        classes = np.zeros(self._rows, dtype=np.int64)
        for row in np.flatnonzero(self.usable).tolist():
            if (index := numbers.get(int(labels[row]))) is not None:
                classes[row] = index
            else:
                self._lose(
                    np.arange(self._rows) == row, self._labels_path, "mislabelled",
                    f"has the label {labels[row]}, which {LABELS_FILE} does not name", row + 1,
                )  # fmt: skip
        return classes

    def _windows(self, path: Path, lines: list[str]) -> Windows:
        """(rows, samples) one signal; zeros where a line holds no window."""
        self._check_length(path, len(lines))
        windows = np.zeros((self._rows, SAMPLES), dtype=np.float32)
        for row, text in enumerate(lines):
            if fault := _parse(text, windows[row]):
                self._lose(np.arange(self._rows) == row, path, "unreadable", fault, row + 1)
        return windows


def _parse(text: str, window: Windows) -> str:
    """Fill a window from a line; what is wrong with it, empty when nothing is."""
    values = text.split()
    if len(values) != SAMPLES:
        return f"holds {len(values)} values instead of {SAMPLES}"
    try:
        window[:] = values
    except ValueError:
        window[:] = np.nan
    return "" if np.isfinite(window).all() else "holds values that are no numbers"


def _leave_out_shared_people(train: _Part, test: _Part, reading: Reading) -> None:
    """People of the training part must not be tested: windows of one overlap."""
    shared = set(train.people[train.usable].tolist()) & set(test.people[test.usable].tolist())
    for person in sorted(shared):
        rows = test.usable & (test.people == person)
        test.usable &= ~rows
        what = f"has windows of person {person}, who is in the training part"
        reading.leave_out(test.people_path, "mislabelled", what, items=int(rows.sum()))


TASK = Task(
    name="har",
    title="Human activity (UCI-HAR)",
    backbone=activity_backbone("har", len(SIGNALS)),
    training=ACTIVITY_TRAINING,
    read=read_uci_har,
    data_hint=(
        "Name the folder `UCI HAR Dataset` of the archive that UCI publishes: its folders train and"
        " test hold the Inertial Signals."
    ),
)
