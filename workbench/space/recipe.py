"""Settings of a training run, part of a network's description."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of ensemble training; see `workbench.network.training` for what they do.

    Attributes:
        plain_epochs: epochs of the backbone alone, before channels are sorted.
        epochs: epochs of the ensemble, unless a number of minutes is given.
        batch: inputs a step.
        learning_rate: peak of the schedule (linear warm-up, then cosine to 0).
        weight_decay: of weights; normalisation has none.
        clip: largest norm of the gradient.
        distillation: share of the loss that is distance to the whole network's answer.
        feature_matching: weight of the distance to the whole network's feature maps.
        shift_pixels: inputs are moved by up to that many pixels, along each axis that has any.
        shift_time: inputs are moved by up to that many more columns, which are moments in signals
            and sounds.
        mask: a band of rows and one of columns, each up to that wide, is set to 0.
        turn_degrees: signals of three axes are turned by an angle of that standard deviation.
        flip: half of the inputs are mirrored, left to right; not where the side carries meaning.
        balanced: every class is drawn equally often, however many samples it has.
        random_passes: uniformly random configurations a step.
        small_passes: random small configurations a step.
        small_draws: a small configuration is the cheapest of that many random ones.
        validation_images: training images kept back for the live figures (at most a tenth).
        statistics_images: batch-norm statistics are measured on at most that many training images.
        measured_images: accuracy is measured on at most that many test images, chosen by chance.
    """

    plain_epochs: float = 1.0
    epochs: float = 12.0
    batch: int = 128
    learning_rate: float = 0.15
    weight_decay: float = 1e-4
    clip: float = 5.0
    distillation: float = 0.5
    feature_matching: float = 0.2
    shift_pixels: int = 1
    shift_time: int = 0
    mask: int = 0
    turn_degrees: float = 0.0
    flip: bool = False
    balanced: bool = False
    random_passes: int = 2
    small_passes: int = 1
    small_draws: int = 4
    validation_images: int = 2000
    statistics_images: int = 2048
    measured_images: int = 10_000
