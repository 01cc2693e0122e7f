"""What tasks on sounds share: pictures of sounds, their backbone, how it is trained."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.files import sha256_of
from workbench.core.split import Split
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.recipe import TrainingSettings
from workbench.tasks.findings import Reading
from workbench.tasks.log_mel import (
    BANDS,
    MOMENTS,
    RANGE_DB,
    RATE_HZ,
    WINDOW_SAMPLES,
    Picture,
    SoundFileError,
    log_mel,
    read_sound,
)

MOST_WINDOWS = 10
"""Pictures that are made of one file, at most."""
AUDIBLE = 0.01
"""A window whose peak is lower than that part of the file's (-40 dB) is left out as silence."""

INPUTS = (
    f"log-mel picture of {WINDOW_SAMPLES / RATE_HZ:.2f} s at {RATE_HZ // 1000} kHz: {BANDS} bands"
    f" (rows, lowest first) by {MOMENTS} moments; 1 is its loudest point, 0 is {RANGE_DB:.0f} dB"
    " below"
)

_OPERATORS = ("identity", "fire", "mbv2", "svd", "sparse", "dwsep", "ch50", "ch25")


def sound_backbone(name: str, classes: int) -> Backbone:
    """The network at full size for log-mel pictures."""
    return Backbone(
        name=name,
        input_shape=(1, BANDS, MOMENTS),
        layers=(
            ConvLayer("conv1", 16, stride=(2, 2)),
            ConvLayer("conv2", 32, stride=(2, 2), operators=_OPERATORS),
            ConvLayer("conv3", 32, shortcut=True, operators=(*_OPERATORS, "skip")),
            ConvLayer("conv4", 64, stride=(2, 2), operators=_OPERATORS),
            ConvLayer("conv5", 64, shortcut=True, operators=(*_OPERATORS, "skip")),
        ),
        classes=classes,
    )


SOUND_TRAINING = TrainingSettings(
    plain_epochs=20.0,
    epochs=150.0,
    batch=32,
    learning_rate=0.1,
    weight_decay=1e-3,
    shift_pixels=2,
    shift_time=6,
    mask=8,
    balanced=True,
    validation_images=60,
)


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound file: its class, and whether it belongs to the test part."""

    path: Path
    label: int
    tested: bool


def sound_splits(
    sounds: Sequence[Sound], reading: Reading, *, most: int = MOST_WINDOWS
) -> tuple[Split, Split]:
    """Training and test part; files with equal content count once, what cannot be read is noted.

    Args:
        most: pictures that are made of one file, at most.
    """
    pictures: dict[bool, list[Picture]] = {False: [], True: []}
    labels: dict[bool, list[int]] = {False: [], True: []}
    seen: set[str] = set()
    for done, sound in enumerate(sounds):
        reading.progress(done, len(sounds), "Reading sounds")
        if (content := sha256_of(sound.path)) in seen:
            continue
        seen.add(content)
        for picture in _pictures_of(sound.path, reading, most):
            pictures[sound.tested].append(picture)
            labels[sound.tested].append(sound.label)
    train, tested = (_split(pictures[part], labels[part]) for part in (False, True))
    return train, tested


def digest_of(paths: Iterable[Path]) -> str:
    """SHA-256 over the hashes of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(sha256_of(path).encode())
    return digest.hexdigest()


def _pictures_of(path: Path, reading: Reading, most: int) -> list[Picture]:
    """A short file gives one picture that ends in silence, a longer one is cut.

    Windows that hold hardly any sound, as the end of one that fades out, are left out.
    """
    try:
        samples = read_sound(path, most * WINDOW_SAMPLES / RATE_HZ)
    except SoundFileError as error:
        reading.leave_out(path, error.kind, error.message)
        return []
    windows = (
        samples[start : start + WINDOW_SAMPLES] for start in range(0, len(samples), WINDOW_SAMPLES)
    )
    return [log_mel(window) for window in windows if np.abs(window).max() >= AUDIBLE]


def _split(pictures: Sequence[Picture], labels: Sequence[int]) -> Split:
    images = np.stack(pictures) if pictures else np.zeros((0, 1, BANDS, MOMENTS), np.float32)
    return Split(images, np.array(labels, dtype=np.int64))
