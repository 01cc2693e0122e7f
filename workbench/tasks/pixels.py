"""Where decoded pixels are kept: in memory while they are few, else in a mapped file."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError

Pixels = npt.NDArray[np.uint8]

IN_MEMORY_BYTES = 2**30
"""More than that goes to a file, of which the system keeps in memory what is in use."""
_SPARE_BYTES = 2**30
"""Room that is left on the disk."""


def pixel_bytes(count: int, shape: tuple[int, ...]) -> int:
    """Bytes of so many images of a (channels, height, width)."""
    return count * math.prod(shape)


def new_pixels(count: int, shape: tuple[int, ...], scratch: Path) -> Pixels:
    """(count, *shape) bytes to be filled.

    Args:
        scratch: folder of the file that holds many; it has no name and is gone with the process.

    Raises:
        InputFileError: when the disk has too little room.
    """
    needed = pixel_bytes(count, shape)
    if needed <= IN_MEMORY_BYTES:
        return np.empty((count, *shape), np.uint8)
    free = shutil.disk_usage(scratch).free
    if needed + _SPARE_BYTES > free:
        raise InputFileError(
            scratch,
            f"has {free / 1e9:,.1f} GB free; {count:,} decoded images take {needed / 1e9:,.1f} GB",
            "Make room, or take fewer classes (--max-classes) or smaller images (--input-size).",
        )
    with tempfile.TemporaryFile(dir=scratch) as file:
        file.truncate(needed)
        return np.memmap(file, np.uint8, "r+", shape=(count, *shape))


def forgetful_pixels(count: int, shape: tuple[int, ...]) -> Pixels:
    """(count, *shape) bytes that all share one image's memory: for reading that only looks."""
    one = np.zeros(shape, np.uint8)
    return np.lib.stride_tricks.as_strided(one, (count, *shape), (0, *one.strides))
