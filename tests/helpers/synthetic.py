"""Small made-up data sets that a tiny network can learn."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.split import Split


def patterns(shape: tuple[int, int, int], classes: int, n: int, seed: int) -> Split:
    """Noisy copies of one random pattern a class; the patterns are the same for every seed."""
    rng = np.random.default_rng(seed)
    channels, height, width = shape
    coarse = np.random.default_rng(1234).random(
        (classes, channels, -(-height // 5), -(-width // 5))
    )
    # Blocks of 5 x 5 pixels, so that moving an image by a pixel leaves its pattern.
    templates = coarse.repeat(5, axis=2).repeat(5, axis=3)[:, :, :height, :width]
    labels = rng.integers(0, classes, n)
    images = 0.7 * templates[labels] + 0.3 * rng.random((n, *shape))
    return Split(images.astype(np.float32), labels.astype(np.int64))


def idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    """An IDX file of unsigned bytes."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.tobytes()


def write_fashion_mnist(folder: Path, train: int, test: int) -> None:
    """Four files in Fashion-MNIST's layout with made-up images."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, count, seed in (("train", train, 1), ("t10k", test, 2)):
        split = patterns((1, 28, 28), 10, count, seed)
        images = (split.images[:, 0] * 255).astype(np.uint8)
        labels = split.labels.astype(np.uint8)
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images), 1))
        (folder / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels), 1))
