"""Light augmentation of a training batch: what a task's inputs go through without another label."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.core.errors import SettingsError
from workbench.space.recipe import TrainingSettings

_AXES = 3


def check_augmentation(settings: TrainingSettings, shape: tuple[int, ...]) -> None:
    """Check that a recipe's augmentation makes sense for inputs of (channels, height, width).

    Raises:
        SettingsError: when signals that have no three axes should be turned.
    """
    if settings.turn_degrees and shape[0] % _AXES:
        raise SettingsError(
            f"The recipe turns signals of three axes; the inputs have {shape[0]} channels.",
            "Set turn_degrees to 0 in the task's recipe.",
        )


def augmented(images: Tensor, settings: TrainingSettings, rng: np.random.Generator) -> Tensor:
    """A batch of (batch, channels, height, width) as the settings say."""
    # An axis of length 1 has nowhere to move to: signals are shifted in time alone.
    rows = settings.shift_pixels if images.shape[2] > 1 else 0
    columns = settings.shift_pixels + settings.shift_time
    if rows or columns:
        images = shifted(images, rows, columns, rng)
    if settings.mask:
        images = masked(images, settings.mask, rng)
    if settings.flip:
        images = mirrored(images, rng)
    if settings.turn_degrees:
        images = turned(images, settings.turn_degrees, rng)
    return images


def mirrored(images: Tensor, rng: np.random.Generator) -> Tensor:
    """About half of the images with left and right exchanged."""
    chosen = torch.from_numpy(rng.random(len(images)) < 0.5)
    return torch.where(chosen[:, None, None, None], images.flip(3), images)


def shifted(images: Tensor, rows: int, columns: int, rng: np.random.Generator) -> Tensor:
    """Each image moved by up to that many rows and columns, zeros moving in."""
    count, channels, height, width = images.shape
    padded = F.pad(images, (columns, columns, rows, rows))
    down = torch.from_numpy(rng.integers(0, 2 * rows + 1, (count, 1)))
    right = torch.from_numpy(rng.integers(0, 2 * columns + 1, (count, 1)))
    row = (down + torch.arange(height))[:, None, :, None]
    column = (right + torch.arange(width))[:, None, None, :]
    channel = torch.arange(channels)[None, :, None, None]
    return padded[torch.arange(count)[:, None, None, None], channel, row, column]


def masked(images: Tensor, widest: int, rng: np.random.Generator) -> Tensor:
    """A band of rows and one of columns of each image set to 0, each up to `widest` wide.

    Source: Park et al., "SpecAugment" (Interspeech 2019).
    """
    hidden = torch.zeros((len(images), 1, *images.shape[2:]), dtype=torch.bool)
    for axis in (2, 3):
        size = images.shape[axis]
        width = rng.integers(0, min(widest, size - 1) + 1, len(images))
        start = rng.integers(0, size - width + 1)
        place = np.arange(size)[None]
        band = torch.from_numpy((place >= start[:, None]) & (place < (start + width)[:, None]))
        hidden |= band[:, None, :, None] if axis == 2 else band[:, None, None, :]
    return images.masked_fill(hidden, 0.0)


def turned(images: Tensor, degrees: float, rng: np.random.Generator) -> Tensor:
    """Signals as a sensor that sits differently sees them: channels 1-3, 4-6, ... turned alike.

    Each input gets a random axis and an angle with a standard deviation of `degrees`; the rotation
    matrix is Rodrigues' formula.
    """
    count = len(images)
    axis = rng.normal(size=(count, _AXES))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.deg2rad(rng.normal(0.0, degrees, (count, 1, 1)))
    x, y, z = axis.T
    zero = np.zeros(count)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, _AXES, _AXES)
    matrix = np.eye(_AXES) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    rotation = torch.from_numpy(matrix.astype(np.float32))
    groups = images.reshape(count, -1, _AXES, *images.shape[2:])
    return torch.einsum("nij,ngjhw->ngihw", rotation, groups).reshape(images.shape)
