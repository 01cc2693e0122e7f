"""D5, StateFarm: photographs of drivers, ten classes of what they do; split by driver.

Source: State Farm's "Distracted Driver Detection", a competition on Kaggle (2016):
``imgs/train/c0..c9/*.jpg`` and ``driver_imgs_list.csv`` with the columns subject, classname, img.
The competition's test pictures have no labels and are not read.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from workbench.core.errors import InputFileError
from workbench.core.files import read_text, sha256_of
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import DataCard
from workbench.space.recipe import TrainingSettings
from workbench.tasks.findings import Reading
from workbench.tasks.pictures import Picture, listing_sha256, picture_files, read_pictures
from workbench.tasks.task import Dataset, Task

LIST_FILE = "driver_imgs_list.csv"
COLUMNS = ["subject", "classname", "img"]
SIZE = (72, 96)
"""(height, width): the pictures are 640 x 480, and a driver's hands are at their edges."""
TEST_EVERY = 5
CLASSES = (
    "safe driving",
    "texting, right hand",
    "phoning, right hand",
    "texting, left hand",
    "phoning, left hand",
    "operating the radio",
    "drinking",
    "reaching behind",
    "hair and make-up",
    "talking to passenger",
)
FOLDERS = {f"c{label}": label for label in range(len(CLASSES))}

_PLAIN = ("identity", "fire", "svd", "dwsep", "ch75", "ch50", "ch25", "fire+ch50")
_SKIP = (*_PLAIN, "skip")
BACKBONE = Backbone(
    name="statefarm",
    input_shape=(3, *SIZE),
    layers=(
        ConvLayer("conv1", 24, stride=(2, 2)),
        ConvLayer("conv2", 48, stride=(2, 2), operators=_PLAIN),
        ConvLayer("conv3", 48, shortcut=True, operators=_SKIP),
        ConvLayer("conv4", 96, stride=(2, 2), operators=_PLAIN),
        ConvLayer("conv5", 96, shortcut=True, operators=_SKIP),
        ConvLayer("conv6", 128, stride=(2, 2), operators=_PLAIN),
        ConvLayer("conv7", 128, shortcut=True, operators=_SKIP),
    ),
    classes=len(CLASSES),
)


def read_statefarm(folder: Path, reading: Reading) -> Dataset:
    """Read the list and the pictures it names; every fifth driver is for testing.

    Raises:
        InputFileError: when list or pictures are missing or something else, or the pixels fit
            nowhere.
        JobCancelled: when the job was asked to stop.
    """
    root = folder / "imgs" / "train"
    if not root.is_dir():
        raise InputFileError(root, "does not exist", TASK.data_hint)
    list_path = folder / LIST_FILE
    try:
        by_driver = _read_list(list_path, root, reading)
    except csv.Error as error:
        raise InputFileError(list_path, f"is no table ({error})", TASK.data_hint) from error
    drivers = sorted(by_driver)
    tested = drivers[::TEST_EVERY] if len(drivers) > 1 else []
    train = [p for driver in drivers if driver not in tested for p in by_driver[driver]]
    test = [p for driver in tested for p in by_driver[driver]]
    splits = read_pictures((train, test), SIZE, reading, crop=False)
    card = DataCard(
        name="State Farm Distracted Driver Detection",
        version="Kaggle, 2016",
        licence="the competition's rules: for the competition and academic use, not passed on",
        files_sha256={
            LIST_FILE: sha256_of(list_path),
            "names and sizes of all files": listing_sha256((p.path for p in train + test), folder),
        },
        split=f"by driver: {len(tested)} of {len(drivers)} ({', '.join(tested)}) never trained on",
    )
    return Dataset(splits[0], splits[1], CLASSES, card)


def _read_list(path: Path, root: Path, reading: Reading) -> dict[str, list[Picture]]:
    """Driver to pictures, of rows and files that belong together."""
    rows = csv.reader(io.StringIO(read_text(path)))
    if next(rows, None) != COLUMNS:
        raise InputFileError(
            path, f"does not start with {','.join(COLUMNS)}", TASK.data_hint, line=1
        )
    files = {found.relative_to(root).as_posix(): found for found in picture_files(root)}
    folder_of = {found.name: found.parent.name for found in files.values()}
    by_driver: dict[str, list[Picture]] = {}
    seen: set[str] = set()
    for row in rows:
        line = rows.line_num
        if len(row) != len(COLUMNS) or not row[0] or row[1] not in FOLDERS:
            reading.leave_out(
                path, "unreadable", "is no row of driver, class and picture", line=line
            )
            continue
        driver, name, picture = row
        place = f"{name}/{picture}"
        if place in seen:
            reading.leave_out(path, "mislabelled", f"names {picture} again", line=line)
            continue
        seen.add(place)
        if place in files:
            by_driver.setdefault(driver, []).append(Picture(files[place], FOLDERS[name]))
        elif picture in folder_of:
            what = f"says {picture} is of {name}; it lies in {folder_of[picture]}"
            reading.leave_out(path, "mislabelled", what, line=line)
            seen.add(f"{folder_of[picture]}/{picture}")
        else:
            reading.leave_out(root / place, "missing", "is in the list, but does not exist")
    for place in sorted(set(files) - seen):
        what = f"is not in {LIST_FILE}, so nobody knows whose picture it is"
        reading.leave_out(files[place], "mislabelled", what)
    return by_driver


TASK = Task(
    name="statefarm",
    title="Drivers (StateFarm)",
    backbone=BACKBONE,
    training=TrainingSettings(
        plain_epochs=2, epochs=20, batch=64, weight_decay=5e-4, shift_pixels=6,
        validation_images=1000,
    ),
    read=read_statefarm,
    data_hint=(
        "Name the folder that holds imgs/train/c0 to c9 and driver_imgs_list.csv, as the archive of"
        " State Farm's competition on Kaggle unpacks to."
    ),
)  # fmt: skip
