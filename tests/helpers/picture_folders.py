"""Folders of small JPEG files in the layouts of ImageNet and StateFarm, for tiny networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SYNSETS = ("n01440764", "n01443537", "n02123045", "n02504458", "n03028079", "n07747607")


def picture(label: int, rng: np.random.Generator, size: tuple[int, int] = (40, 48)) -> Image.Image:
    """A noisy copy of the pattern of a class, in colour; `size` is (height, width)."""
    pattern = np.random.default_rng(1000 + label).random((4, 5, 3))
    pixels = 0.75 * pattern + 0.25 * rng.random(pattern.shape)
    small = Image.fromarray((255 * pixels).astype(np.uint8))
    return small.resize((size[1], size[0]), Image.Resampling.BILINEAR)


def write_imagenet(
    folder: Path, train: int, test: int, classes: int = 6, *, flat: bool = False
) -> None:
    """``train/<wnid>/*.JPEG`` and ``val/<wnid>/*.JPEG``, or with `flat` the classes alone."""
    rng = np.random.default_rng(5)
    for part, count in (("train", train), ("val", test)):
        for label, name in enumerate(SYNSETS[:classes]):
            place = folder / name if flat else folder / part / name
            place.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                stem = f"{name}_{number}" if part == "train" else f"ILSVRC2012_val_{number:08d}"
                picture(label, rng).save(place / f"{stem}.JPEG", quality=90)
        if flat:
            break


def write_statefarm(folder: Path, drivers: int = 5, each: int = 2) -> None:
    """``driver_imgs_list.csv`` and ``imgs/train/c0..c9``: `each` pictures a driver and class."""
    rng = np.random.default_rng(6)
    lines, number = ["subject,classname,img"], 0
    for driver in range(drivers):
        for label in range(10):
            place = folder / "imgs" / "train" / f"c{label}"
            place.mkdir(parents=True, exist_ok=True)
            for _ in range(each):
                number += 1
                name = f"img_{number}.jpg"
                picture(label, rng, (48, 64)).save(place / name, quality=90)
                lines.append(f"p{driver:03d},c{label},{name}")
    (folder / "driver_imgs_list.csv").write_text("\n".join(lines) + "\n")
