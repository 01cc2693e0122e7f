"""D1, CIFAR-100: 60,000 colour images of 32x32 pixels in 100 classes, the "python version".

Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009). The distribution
is cifar-100-python.tar.gz with the pickles ``train``, ``test`` and ``meta``; the archive is read as
it is, or the folder that it unpacks to.
"""

from __future__ import annotations

import hashlib
import math
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError
from workbench.core.split import Labels, Split
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import DataCard
from workbench.space.recipe import TrainingSettings
from workbench.tasks.cifar_pickle import LIMIT_BYTES, text, unpickle
from workbench.tasks.findings import Reading
from workbench.tasks.task import Dataset, Task

CLASSES = 100
SHAPE = (3, 32, 32)
ARCHIVE = "cifar-100-python.tar.gz"
FOLDER = "cifar-100-python"
FILES = ("train", "test", "meta")
_AGAIN = f"Fetch {ARCHIVE} again; the file is damaged or not the one it should be."

NARROW = ("identity", "fire", "svd", "sparse", "dwsep", "ch75", "ch50", "ch25")
BACKBONE = Backbone(
    name="cifar100",
    input_shape=SHAPE,
    layers=(
        ConvLayer("conv1", 32),
        ConvLayer("conv2", 64, stride=(2, 2), operators=NARROW),
        ConvLayer("conv3", 64, shortcut=True, operators=(*NARROW, "skip")),
        ConvLayer("conv4", 128, stride=(2, 2), operators=NARROW),
        ConvLayer("conv5", 128, shortcut=True, operators=(*NARROW, "skip")),
        ConvLayer("conv6", 128, shortcut=True, operators=(*NARROW, "skip")),
        ConvLayer("conv7", 192, stride=(2, 2), operators=NARROW),
        ConvLayer("conv8", 192, shortcut=True, operators=(*NARROW, "skip")),
    ),
    classes=CLASSES,
)


def read_cifar100(folder: Path, reading: Reading) -> Dataset:
    """Read the three pickles from a folder or the archive.

    Raises:
        InputFileError: when ``train`` or ``test`` is missing, damaged or something else.
    """
    contents = _contents(folder, reading)
    splits = {}
    for done, name in enumerate(("train", "test"), start=1):
        reading.progress(done, len(FILES))
        splits[name] = _split(*contents[name], reading)
    card = DataCard(
        name="CIFAR-100",
        version="python version, 2009",
        licence="none stated by its authors, who ask for a citation: Krizhevsky (2009)",
        files_sha256={
            name: hashlib.sha256(content).hexdigest() for name, (_, content) in contents.items()
        },
        split="as published: 50,000 training images, 10,000 test images never trained on",
    )
    return Dataset(splits["train"], splits["test"], _class_names(folder, contents, reading), card)


def _contents(folder: Path, reading: Reading) -> dict[str, tuple[Path, bytes]]:
    """File name to path and bytes; ``meta`` may be missing."""
    if folder.is_dir():
        root = folder / FOLDER if (folder / FOLDER).is_dir() else folder
        if not (root / "train").is_file() and (folder / ARCHIVE).is_file():
            return _unpacked(folder / ARCHIVE, reading)
        found = {name: (root / name, _bytes(root / name)) for name in ("train", "test")}
        if (root / "meta").is_file():
            found["meta"] = (root / "meta", _bytes(root / "meta"))
        return found
    return _unpacked(folder, reading)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        raise InputFileError(path, "does not exist", TASK.data_hint) from error
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
    if len(content) > LIMIT_BYTES:
        raise InputFileError(path, "is larger than a gibibyte", _AGAIN)
    return content


def _unpacked(archive: Path, reading: Reading) -> dict[str, tuple[Path, bytes]]:
    """The three files out of the archive; nothing is written."""
    found: dict[str, tuple[Path, bytes]] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = Path(member.name).name
                if not member.isfile() or name not in FILES or member.size > LIMIT_BYTES:
                    continue
                reading.progress(len(found), 2 * len(FILES))
                stream = tar.extractfile(member)
                assert stream is not None, "a file in an archive can be read"
                found[name] = (archive / name, stream.read())
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise InputFileError(archive, f"is no complete archive ({error})", _AGAIN) from error
    except OSError as error:
        reason = error.strerror or error
        raise InputFileError(archive, f"cannot be read ({reason})", _AGAIN) from error
    for name in ("train", "test"):
        if name not in found:
            raise InputFileError(archive, f"holds no file {FOLDER}/{name}", TASK.data_hint)
    return found


def _split(path: Path, content: bytes, reading: Reading) -> Split:
    table = unpickle(path, content)
    pixels = table.get("data")
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 2:
        raise InputFileError(path, "holds no images: 'data' is no table of bytes", _AGAIN)
    if pixels.shape[1] != math.prod(SHAPE):
        raise InputFileError(
            path,
            f"holds images of {pixels.shape[1]:,} bytes instead of {math.prod(SHAPE):,}",
            "Check that this is CIFAR-100's python version.",
        )
    fine = _labels(path, table, "fine_labels", len(pixels))
    known = (fine >= 0) & (fine < CLASSES)
    for row in np.flatnonzero(~known).tolist():
        what = f"item {row + 1:,} has the label {fine[row]}; the largest is {CLASSES - 1}"
        reading.leave_out(path, "mislabelled", what)
    if "coarse_labels" in table:
        coarse = _labels(path, table, "coarse_labels", len(pixels))
        known[_in_odd_groups(path, fine, coarse, known, reading)] = False
    images = pixels.reshape(-1, *SHAPE)
    return Split(images if known.all() else images[known], fine[known])


def _labels(path: Path, table: dict[str, Any], key: str, images: int) -> Labels:
    found = table.get(key)
    if not isinstance(found, list) or not all(type(label) is int for label in found):
        raise InputFileError(path, f"holds no labels: {key!r} is no list of whole numbers", _AGAIN)
    if len(found) != images:
        raise InputFileError(path, f"holds {len(found):,} {key} for {images:,} images", _AGAIN)
    return np.array([max(-1, min(label, 2**31)) for label in found], dtype=np.int64)


def _in_odd_groups(
    path: Path, fine: Labels, coarse: Labels, known: npt.NDArray[np.bool_], reading: Reading
) -> list[int]:
    """Rows whose group (of twenty) is not the one that most of their class have."""
    odd = []
    for label in np.unique(fine[known]).tolist():
        rows = np.flatnonzero(fine == label)
        groups, counts = np.unique(coarse[rows], return_counts=True)
        usual = groups[counts.argmax()]
        for row in rows[coarse[rows] != usual].tolist():
            what = (
                f"item {row + 1:,} is of class {label} and group {coarse[row]}; the others of"
                f" that class are of group {usual}"
            )
            reading.leave_out(path, "mislabelled", what)
            odd.append(row)
    return odd


def _class_names(
    folder: Path, contents: dict[str, tuple[Path, bytes]], reading: Reading
) -> tuple[str, ...]:
    numbered = tuple(f"class {number}" for number in range(CLASSES))
    if "meta" not in contents:
        what = "does not exist; without it the classes have numbers instead of names"
        reading.leave_out(folder / "meta", "missing", what, items=0)
        return numbered
    path, content = contents["meta"]
    names = unpickle(path, content).get("fine_label_names")
    if not isinstance(names, list) or len(names) != CLASSES:
        what = f"names no {CLASSES} classes; they have numbers instead"
        reading.leave_out(path, "mislabelled", what, items=0)
        return numbered
    return tuple(text(name) for name in names)


TASK = Task(
    name="cifar100",
    title="Objects (CIFAR-100)",
    backbone=BACKBONE,
    training=TrainingSettings(
        plain_epochs=2,
        epochs=30,
        weight_decay=5e-4,
        shift_pixels=4,
        flip=True,
        statistics_images=1024,
    ),
    read=read_cifar100,
    data_hint=(
        f"Fetch {ARCHIVE} from the page of CIFAR-100 at the University of Toronto; name the"
        f" archive, or the folder {FOLDER} that it unpacks to."
    ),
    takes_file=True,
)
