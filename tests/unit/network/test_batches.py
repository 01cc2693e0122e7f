"""Batches: what is kept back, augmentation, whole numbers as storage, large images in few."""

from __future__ import annotations

import numpy as np
import torch

from workbench.core.split import Split
from workbench.network.augment import mirrored
from workbench.network.batches import Batches
from workbench.network.memory import images_at_once
from workbench.space.recipe import TrainingSettings


def _ordered(classes: int = 5, each: int = 40) -> Split:
    """Data in the order of their classes; a pixel says which image it is."""
    labels = np.repeat(np.arange(classes), each)
    images = np.zeros((len(labels), 3, 4, 6), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(len(labels))
    return Split(images, labels)


def test_what_is_kept_back_is_of_all_classes_and_never_trained_on() -> None:
    data = _ordered()
    batches = Batches(data, TrainingSettings(batch=16, shift_pixels=0, validation_images=20))
    assert len(batches.kept) == 20
    assert len(set(batches.kept.labels.tolist())) == 5
    kept = set(batches.kept.images[:, 0, 0, 0].tolist())
    seen: list[int] = []
    for step in range(batches.per_epoch):
        images, labels = batches.batch(1, step)
        numbers = (images[:, 0, 0, 0] * 255).round().int().tolist()
        assert [number // 40 for number in numbers] == labels.tolist()
        seen += numbers
    assert len(seen) == len(set(seen)) == 176
    assert not kept & set(seen)


def test_balanced_batches_hold_every_class_equally_often() -> None:
    data = _ordered()
    few = np.concatenate([np.arange(4), np.arange(40, 200)])
    data = Split(data.images[few], data.labels[few])
    settings = TrainingSettings(batch=16, shift_pixels=0, validation_images=0, balanced=True)
    batches = Batches(data, settings)
    for epoch in range(2):
        labels, numbers = [], []
        for step in range(batches.per_epoch * epoch, batches.per_epoch * (epoch + 1)):
            images, of_step = batches.batch(1, step)
            labels += of_step.tolist()
            numbers += (images[:, 0, 0, 0] * 255).round().int().tolist()
        assert min(np.bincount(labels)) >= 29
        # Of the small class all are drawn, and often; of a large one nothing twice.
        assert set(numbers) >= {0, 1, 2, 3}
        large = [number for number in numbers if number >= 40]
        assert len(large) == len(set(large))


def test_whole_numbers_are_scaled_and_a_mapped_file_serves(tmp_path) -> None:  # type: ignore[no-untyped-def]
    data = _ordered()
    stored = np.memmap(tmp_path / "pixels", np.uint8, "w+", shape=data.images.shape)
    stored[:] = data.images
    settings = TrainingSettings(batch=16, flip=True)
    plain, mapped = (Batches(Split(i, data.labels), settings) for i in (data.images, stored))
    for step in range(3):
        images, _ = plain.batch(4, step)
        assert images.dtype == torch.float32
        assert float(images.min()) >= 0 and float(images.max()) <= 1
        assert torch.equal(images, mapped.batch(4, step)[0])
        assert torch.equal(images, plain.batch(4, step)[0])


def test_about_half_of_the_images_are_mirrored() -> None:
    images = torch.rand(400, 3, 4, 5)
    turned = mirrored(images, np.random.default_rng(1))
    same = (turned == images).all(3).all(2).all(1)
    swapped = (turned == images.flip(3)).all(3).all(2).all(1)
    assert bool((same | swapped).all())
    assert 150 < int(swapped.sum()) < 250


def test_large_images_go_through_in_small_numbers() -> None:
    assert images_at_once((1, 28, 28), most=250, least=16) == 250
    assert images_at_once((3, 96, 96), most=250, least=16) == 27
    assert images_at_once((3, 224, 224), most=250, least=16) == 16
