"""UbiSound: acoustic events as sound files in one folder a class.

The layout is the usual one of such data sets: ``<class>/<sound>.wav``, or with a split of its own
``train/<class>/...`` and ``test/<class>/...``. The classes are the folders that are there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.errors import InputFileError
from workbench.space.description import DataCard
from workbench.tasks.findings import Reading
from workbench.tasks.log_mel import SUFFIXES
from workbench.tasks.sounds import (
    INPUTS,
    SOUND_TRAINING,
    Sound,
    digest_of,
    sound_backbone,
    sound_splits,
)
from workbench.tasks.task import Dataset, Task

USUAL_CLASSES = 9
"""Of the recipe; the data decide."""
PARTS = ("train", "test")
TEST_EVERY = 5
"""Where the data have no split every fifth file of a class is tested."""


def read_ubisound(folder: Path, reading: Reading) -> Dataset:
    """Read all sounds; a second each, several of longer files.

    Raises:
        InputFileError: when no folder holds sound files.
    """
    split_given = all((folder / part).is_dir() for part in PARTS)
    roots = [folder / part for part in PARTS] if split_given else [folder]
    found = {root: _classes_of(root) for root in roots}
    classes = sorted({name for by_class in found.values() for name in by_class})
    if not classes:
        raise InputFileError(folder, "holds no class folders with sound files", TASK.data_hint)
    sounds = [
        Sound(
            path,
            classes.index(name),
            root.name == PARTS[1] if split_given else number % TEST_EVERY == TEST_EVERY - 1,
        )
        for root, by_class in found.items()
        for name, paths in by_class.items()
        for number, path in enumerate(paths)
    ]
    # Training keeps its last samples back for the live figures: they must be of all classes.
    order = np.random.default_rng(0).permutation(len(sounds))
    sounds = [sounds[place] for place in order]
    split = (
        "by the folders train and test"
        if split_given
        else f"by file: every {TEST_EVERY}th of a class, in alphabetical order, never trained on"
    )
    card = DataCard(
        name=f"Sound files of {folder.name}",
        version="",
        licence="",
        files_sha256={f"all {len(sounds)} sound files": digest_of(sound.path for sound in sounds)},
        split=split,
        inputs=INPUTS,
    )
    return Dataset(*sound_splits(sounds, reading), tuple(classes), card)


def _classes_of(root: Path) -> dict[str, list[Path]]:
    """Class to its sound files; folders below a class belong to it, hidden files do not."""
    by_class = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        paths = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
        )
        if paths and not folder.name.startswith("."):
            by_class[folder.name] = paths
    return by_class


TASK = Task(
    name="ubisound",
    title="Acoustic events (UbiSound)",
    backbone=sound_backbone("ubisound", USUAL_CLASSES),
    training=SOUND_TRAINING,
    read=read_ubisound,
    data_hint=(
        "Put the sound files of each class into a folder of its own: `dog/1.wav`, `door/1.wav`, …"
    ),
    classes_from_data=True,
)
