"""What tasks on windows of motion signals share: their shape, their backbone, how it is trained.

A window of c signals enters the network as (c, 1, samples) and kernels are (1, k): the usual way to
run a 1-D convolutional network on engines made for images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.split import Split
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.recipe import TrainingSettings

SAMPLES = 128
"""Length of a window: 2.56 s at 50 Hz, as UCI-HAR has it."""
HOP = 64
ACTIVITIES = (
    "walking",
    "walking upstairs",
    "walking downstairs",
    "sitting",
    "standing",
    "laying",
)
"""The six basic activities; their numbers in the files start at 1."""

_OPERATORS = ("identity", "fire", "mbv2", "svd", "sparse", "dwsep", "ch50", "ch25")


def activity_backbone(name: str, signals: int) -> Backbone:
    """The network at full size for windows of `signals` signals."""
    # Narrow layers: with wider ones every configuration is right equally often, and there would be
    # nothing to choose between.
    kernel, stride = (1, 5), (1, 2)
    return Backbone(
        name=name,
        input_shape=(signals, 1, SAMPLES),
        layers=(
            ConvLayer("conv1", 16, kernel=(1, 9)),
            ConvLayer("conv2", 24, kernel=kernel, stride=stride, operators=_OPERATORS),
            ConvLayer("conv3", 24, kernel=kernel, shortcut=True, operators=(*_OPERATORS, "skip")),
            ConvLayer("conv4", 32, kernel=kernel, stride=stride, operators=_OPERATORS),
            ConvLayer("conv5", 32, kernel=kernel, shortcut=True, operators=(*_OPERATORS, "skip")),
        ),
        classes=len(ACTIVITIES),
    )


ACTIVITY_TRAINING = TrainingSettings(
    plain_epochs=6.0, epochs=60.0, shift_pixels=0, turn_degrees=12.0, validation_images=700
)


def signal_split(
    windows: Sequence[npt.NDArray[Any]] | npt.NDArray[Any],
    labels: Sequence[int] | npt.NDArray[np.int64],
    signals: int,
) -> Split:
    """A split from (signals, samples) windows; the network sees them as images of height 1."""
    images = np.empty((len(windows), signals, 1, SAMPLES), dtype=np.float32)
    for row, window in enumerate(windows):
        images[row, :, 0] = window
    return Split(images, np.array(labels, dtype=np.int64))
