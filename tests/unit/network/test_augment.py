"""Augmentation moves and turns inputs as far as the recipe says, and no further."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from workbench.core.errors import SettingsError
from workbench.network.augment import augmented, check_augmentation, masked, shifted, turned
from workbench.space.recipe import TrainingSettings

STILL = TrainingSettings(shift_pixels=0)


def _places(moved: torch.Tensor) -> set[tuple[int, int]]:
    return {(y, x) for y, x in moved.nonzero()[:, 2:].tolist()}


def test_images_move_by_up_to_a_pixel() -> None:
    images = torch.zeros(50, 1, 9, 7)
    images[:, :, 4, 3] = 1
    moved = shifted(images, 1, 1, np.random.default_rng(1))
    assert moved.shape == images.shape
    assert torch.equal(moved.sum((1, 2, 3)), torch.ones(50))
    assert _places(moved) == {(y, x) for y in (3, 4, 5) for x in (2, 3, 4)}


def test_sounds_move_further_in_time_than_in_pitch() -> None:
    images = torch.zeros(400, 1, 9, 15)
    images[:, :, 4, 7] = 1
    settings = TrainingSettings(shift_pixels=1, shift_time=3)
    moved = augmented(images, settings, np.random.default_rng(1))
    assert _places(moved) == {(y, x) for y in (3, 4, 5) for x in range(3, 12)}


def test_signals_move_in_time_alone() -> None:
    signals = torch.zeros(100, 6, 1, 9)
    signals[:, :, 0, 4] = 1
    moved = augmented(signals, TrainingSettings(shift_pixels=2), np.random.default_rng(1))
    assert torch.equal(moved.sum((1, 2, 3)), torch.full((100,), 6.0))
    assert _places(moved) == {(0, x) for x in range(2, 7)}


def test_a_band_of_rows_and_one_of_columns_are_hidden() -> None:
    images = torch.ones(300, 1, 9, 15)
    hidden = masked(images, 3, np.random.default_rng(1)) == 0
    rows, columns = hidden.all(3).sum((1, 2)), hidden.all(2).sum((1, 2))
    assert set(rows.tolist()) == set(columns.tolist()) == {0, 1, 2, 3}
    counted = rows * 15 + columns * 9 - rows * columns
    assert torch.equal(hidden.sum((1, 2, 3)), counted)


def test_turned_signals_keep_their_length_and_the_angle_between_sensors() -> None:
    rng = np.random.default_rng(2)
    signals = torch.from_numpy(rng.normal(size=(200, 6, 1, 5)).astype(np.float32))
    result = turned(signals, 20.0, rng)
    first, second = signals[:, :3, 0], signals[:, 3:, 0]
    new_first, new_second = result[:, :3, 0], result[:, 3:, 0]
    torch.testing.assert_close(new_first.norm(dim=1), first.norm(dim=1))
    torch.testing.assert_close((new_first * new_second).sum(1), (first * second).sum(1))
    # A vector at right angles to the axis turns by the whole angle, others by less.
    cosine = (new_first * first).sum(1) / first.norm(dim=1) ** 2
    degrees = torch.rad2deg(torch.arccos(cosine.clamp(-1, 1)))
    assert 10 < float(degrees.max(dim=1).values.mean()) < 20
    assert torch.equal(turned(signals, 0.0, rng), signals)


def test_a_turn_that_does_not_fit_the_inputs_is_said_before_training() -> None:
    settings = dataclasses.replace(STILL, turn_degrees=10.0)
    check_augmentation(settings, (6, 1, 128))
    check_augmentation(STILL, (1, 28, 28))
    with pytest.raises(SettingsError, match="4 channels"):
        check_augmentation(settings, (4, 1, 128))
