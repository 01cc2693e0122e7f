"""Picture files of any size to pixels of the network's size, with Pillow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.core.split import Split
from workbench.tasks.findings import FindingKind, Reading
from workbench.tasks.pixels import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".gif", ".tif", ".tiff"))
MIN_SIDE = 16
MAX_PIXELS = 80_000_000
"""Larger ones are taken for an attack on the memory, or for something that is no photograph."""
_AT_ONCE = 128
_MAX_THREADS = 8


@dataclass(frozen=True, slots=True)
class Picture:
    """A file and its class."""

    path: Path
    label: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file gave no pixels."""

    kind: FindingKind
    what: str


def picture_files(folder: Path) -> Iterator[Path]:
    """All picture files in a folder and the folders in it, in the order of their names."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(root, name)


def read_pictures(
    parts: Sequence[Sequence[Picture]], size: tuple[int, int], reading: Reading, *, crop: bool
) -> list[Split]:
    """Decode the parts of a data set, each in an order by chance that is always the same.

    Args:
        size: (height, width) that the network takes.
        crop: cut to the network's proportions, around the middle; else squeeze.

    Raises:
        InputFileError: when the pixels fit nowhere.
        JobCancelled: when the job was asked to stop.
    """
    shape = (3, *size)
    stores = reading.pixels([len(part) for part in parts], shape)
    total, done, faults = sum(map(len, parts)), 0, []
    splits = []
    message = f"Decoding {total:,} pictures ({reading.pixel_bytes / 1e6:,.0f} MB)"
    with ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1)) as pool:
        for part, store in zip(parts, stores):
            order = np.random.default_rng(0).permutation(len(part)).tolist()
            labels: list[int] = []
            for start in range(0, len(part), _AT_ONCE):
                reading.progress(done, total, message)
                chosen = [part[row] for row in order[start : start + _AT_ONCE]]
                found = pool.map(lambda p: decode(p.path, size, crop=crop), chosen)
                for picture, pixels in zip(chosen, found):
                    if isinstance(pixels, Fault):
                        faults.append((picture.path, pixels))
                        continue
                    store[len(labels)] = pixels
                    labels.append(picture.label)
                done += len(chosen)
            splits.append(Split(store[: len(labels)], np.array(labels, dtype=np.int64)))
    for path, fault in sorted(faults, key=lambda pair: pair[0]):
        reading.leave_out(path, fault.kind, fault.what)
    return splits


def decode(path: Path, size: tuple[int, int], *, crop: bool) -> Pixels | Fault:
    """(3, height, width) pixels of one file."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            width, height = image.size
            if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
                return Fault("wrong size", f"is {width} x {height} pixels")
            # Lets the JPEG decoder leave out what would be scaled away.
            image.draft("RGB", (size[1], size[0]))
            return _scaled(image.convert("RGB"), size, crop)
    except FileNotFoundError:
        return Fault("missing", "does not exist")
    except UnidentifiedImageError:
        if path.stat().st_size == 0:
            return Fault("truncated", "is empty")
        return Fault("unreadable", "is no picture that can be read")
    except Image.DecompressionBombError as error:
        return Fault("wrong size", f"is too large ({error})")
    except PermissionError:
        return Fault("unreadable", "cannot be opened: no permission")
    except Exception as error:  # decoders fail in many ways on damaged files
        cut = any(word in str(error).lower() for word in ("truncated", "broken", "unexpected end"))
        if cut or isinstance(error, EOFError):
            return Fault("truncated", "is cut off")
        return Fault("unreadable", f"is damaged ({error})")


def _scaled(image: Image, size: tuple[int, int], crop: bool) -> Pixels:
    from PIL import Image as Pillow
    from PIL import ImageOps

    goal = (size[1], size[0])
    if crop:
        image = ImageOps.fit(image, goal, Pillow.Resampling.BILINEAR)
    else:
        image = image.resize(goal, Pillow.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(image).transpose(2, 0, 1)


def listing_sha256(paths: Iterable[Path], folder: Path) -> str:
    """SHA-256 of the names and sizes of files: says which files a network was trained on."""
    import hashlib

    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size if path.is_file() else -1
        digest.update(f"{path.relative_to(folder).as_posix()}\t{size}\n".encode())
    return digest.hexdigest()
