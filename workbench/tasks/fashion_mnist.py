"""Fashion-MNIST: 70,000 grey 28x28 images of clothes in 10 classes.

Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms" (2017). Four gzip-compressed IDX files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.errors import InputFileError
from workbench.core.files import sha256_of
from workbench.core.split import Split
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import DataCard
from workbench.space.recipe import TrainingSettings
from workbench.tasks.findings import Reading
from workbench.tasks.idx import read_idx
from workbench.tasks.task import Dataset, Task

CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
SIDE = 28
FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
OPERATORS = ("identity", "fire", "svd", "dwsep", "ch75", "ch50", "ch25", "fire+ch50")

BACKBONE = Backbone(
    name="fashion_mnist",
    input_shape=(1, SIDE, SIDE),
    layers=(
        ConvLayer("conv1", 24),
        ConvLayer("conv2", 48, stride=(2, 2), operators=OPERATORS),
        ConvLayer("conv3", 48, shortcut=True, operators=(*OPERATORS, "skip")),
        ConvLayer("conv4", 96, stride=(2, 2), operators=OPERATORS),
        ConvLayer("conv5", 96, shortcut=True, operators=(*OPERATORS, "skip")),
    ),
    classes=len(CLASSES),
)


def read_fashion_mnist(folder: Path, reading: Reading) -> Dataset:
    """Read the four files.

    Of files that are cut off, the items before the cut are taken.

    Raises:
        InputFileError: when a file is missing, damaged or does not fit the others.
    """
    splits = {}
    for done, (name, files) in enumerate(FILES.items()):
        reading.progress(done, len(FILES))
        splits[name] = _read_split(folder / files[0], folder / files[1], reading)
    hashes = {file: sha256_of(folder / file) for files in FILES.values() for file in files}
    card = DataCard(
        name="Fashion-MNIST",
        version="2017; Debian dataset-fashion-mnist 0.0~git20200523.55506a9-1",
        licence="MIT (Expat), copyright 2017 Zalando SE",
        files_sha256=hashes,
        split="as published: 60,000 training images, 10,000 test images never trained on",
    )
    return Dataset(splits["train"], splits["test"], CLASSES, card)


def _read_split(images_path: Path, labels_path: Path, reading: Reading) -> Split:
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if images.values.shape[1:] != (SIDE, SIDE):
        height, width = images.values.shape[1:]
        raise InputFileError(
            images_path,
            f"holds images of {height}x{width} instead of {SIDE}x{SIDE}",
            "Check that this is Fashion-MNIST.",
        )
    if images.promised != labels.promised or not labels.promised:
        raise InputFileError(
            labels_path,
            f"holds {labels.promised} labels for {images.promised} images",
            "Take both files from the same download.",
        )
    whole = min(len(images.values), len(labels.values))
    for path, file, what in ((images_path, images, "images"), (labels_path, labels, "labels")):
        if len(file.values) == whole < file.promised:
            reading.leave_out(
                path,
                "truncated",
                f"is cut off after {whole:,} of {file.promised:,} {what}",
                items=file.promised - whole,
            )
            break
    known = labels.values[:whole] < len(CLASSES)
    for row in np.flatnonzero(~known).tolist():
        label = labels.values[row]
        what = f"item {row + 1:,} has the label {label}; the largest is {len(CLASSES) - 1}"
        reading.leave_out(labels_path, "mislabelled", what)
    return Split(images.values[:whole][known, None], labels.values[:whole][known].astype(np.int64))


TASK = Task(
    name="fashion_mnist",
    title="Clothes (Fashion-MNIST)",
    backbone=BACKBONE,
    training=TrainingSettings(),
    read=read_fashion_mnist,
    data_hint=(
        "Debian and Ubuntu have the data: `apt install dataset-fashion-mnist` puts it into"
        " /usr/share/datasets/fashion-mnist."
    ),
    usual_folder="/usr/share/datasets/fashion-mnist",
)
