"""D2, ImageNet: photographs in a folder a class; a network with far too many configurations to try.

Source: Russakovsky et al., "ImageNet large scale visual recognition challenge" (2015). Read are
``train/<class>/*.JPEG`` with ``val/<class>/*.JPEG``, as the challenge's training images unpack and
its validation images are usually sorted; or one folder of class folders, of which every fifth
picture of a class is for testing. Any pictures in such folders will do.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from workbench.core.errors import InputFileError, SettingsError
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import DataCard
from workbench.space.recipe import TrainingSettings
from workbench.tasks.findings import Reading
from workbench.tasks.options import TaskOptions
from workbench.tasks.pictures import Picture, listing_sha256, picture_files, read_pictures
from workbench.tasks.task import Dataset, Task

SIDE = 224
MIN_SIDE, MAX_SIDE = 32, 512
CLASSES = 1000
TEST_NAMES = ("val", "valid", "validation", "test")
TEST_EVERY = 5
HINT = (
    "Name the folder that holds train/<class>/*.JPEG and val/<class>/*.JPEG, or one folder a class."
    " ImageNet's pictures are given out on its own page, for research."
)
_SYNSET = re.compile(r"n\d{8}(?=_)")
"""What a file of the challenge is named after: its class."""

_PLAIN = ("identity", "fire", "svd", "sparse", "dwsep", "mbv2", "ch75", "ch50", "ch25")
_SKIP = (*_PLAIN, "skip")


def backbone(side: int = SIDE, classes: int = CLASSES) -> Backbone:
    """Twelve layers behind the stem, of ResNet's and MobileNet's widths.

    6.6e11 configurations; at 224 pixels 0.6 thousand million multiply-accumulates, as MobileNet.
    """
    stages = ((48, 1), (96, 2), (192, 3), (320, 2))
    layers = [ConvLayer("conv1", 32, stride=(2, 2))]
    for channels, more in stages:
        name = f"conv{len(layers) + 1}"
        layers.append(ConvLayer(name, channels, stride=(2, 2), operators=_PLAIN))
        for _ in range(more):
            name = f"conv{len(layers) + 1}"
            layers.append(ConvLayer(name, channels, shortcut=True, operators=_SKIP))
    return Backbone("imagenet", (3, side, side), tuple(layers), classes)


def make_task(options: TaskOptions) -> Task:
    """The task at another size of input or with fewer classes.

    Raises:
        SettingsError: when a number makes no sense.
    """
    side = options.input_size or SIDE
    if not MIN_SIDE <= side <= MAX_SIDE:
        raise SettingsError(
            f"The input size must be {MIN_SIDE} to {MAX_SIDE} pixels, not {options.input_size}."
        )
    if options.max_classes is not None and options.max_classes < 2:
        raise SettingsError("A network needs at least 2 classes.")
    return Task(
        name="imagenet",
        title="Photographs (ImageNet)",
        backbone=backbone(side),
        training=TrainingSettings(
            plain_epochs=2,
            epochs=30,
            batch=64,
            learning_rate=0.1,
            weight_decay=5e-5,
            shift_pixels=max(1, side // 16),
            flip=True,
            validation_images=500,
            statistics_images=512,
            measured_images=2000,
        ),
        read=functools.partial(read_imagenet, side=side, max_classes=options.max_classes),
        data_hint=HINT,
        classes_from_data=True,
        with_options=make_task,
    )


def read_imagenet(
    folder: Path, reading: Reading, *, side: int = SIDE, max_classes: int | None = None
) -> Dataset:
    """Read class folders; pictures are scaled and cut to squares around the middle.

    Raises:
        InputFileError: when there are no class folders, or the pixels fit nowhere.
        JobCancelled: when the job was asked to stop.
    """
    train_folder, test_folder = _part_folders(folder)
    known = _class_folders(train_folder)
    classes = known[:max_classes]
    listed = _listed(train_folder, classes, reading)
    if test_folder is None:
        train = [p for pictures in listed for n, p in enumerate(pictures) if n % TEST_EVERY]
        test = [p for pictures in listed for p in pictures[::TEST_EVERY]]
        how = f"every {TEST_EVERY}th picture of a class is never trained on"
    else:
        train = [p for pictures in listed for p in pictures]
        test = [p for pictures in _listed(test_folder, classes, reading) for p in pictures]
        for name in set(_class_folders(test_folder)) - set(known):
            count = sum(1 for _ in picture_files(test_folder / name))
            what = "is of a class without pictures for training"
            reading.leave_out(test_folder / name, "mislabelled", what, items=count)
        how = f"as in the folders; {test_folder.name}/ is never trained on"
    splits = read_pictures((train, test), (side, side), reading, crop=True)
    some = "" if len(classes) == len(known) else f"; {len(classes)} of {len(known)} classes"
    card = DataCard(
        name=folder.resolve().name,
        version="as found in the folder",
        licence="that of the pictures; ImageNet's are for non-commercial research only",
        files_sha256={
            "names and sizes of all files": listing_sha256((p.path for p in train + test), folder)
        },
        split=f"{how}{some}",
    )
    return Dataset(splits[0], splits[1], tuple(classes), card)


def _part_folders(folder: Path) -> tuple[Path, Path | None]:
    """The folders for training and for testing; one for both where they are not apart."""
    train = folder / "train"
    if not train.is_dir():
        return folder, None
    for name in TEST_NAMES:
        test = folder / name
        if not test.is_dir():
            continue
        if not _class_folders(test):
            raise InputFileError(
                test,
                "holds no class folders",
                f"Sort its pictures into {name}/<class>/; the challenge's development kit says"
                " which picture is of which class.",
            )
        return train, test
    return train, None


def _class_folders(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _listed(folder: Path, classes: list[str], reading: Reading) -> list[list[Picture]]:
    """The pictures of each class; those that are named after another class are left out."""
    if not classes:
        raise InputFileError(folder, "holds no class folders", HINT)
    listed: list[list[Picture]] = []
    for label, name in enumerate(classes):
        reading.progress(label, len(classes), "Listing the pictures")
        listed.append([])
        for path in picture_files(folder / name):
            synset = _SYNSET.match(path.name)
            if synset and _SYNSET.match(f"{name}_") and synset[0] != name:
                reading.leave_out(path, "mislabelled", f"is named after {synset[0]}")
            else:
                listed[-1].append(Picture(path, label))
    return listed


TASK = make_task(TaskOptions())
