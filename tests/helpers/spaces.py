"""Small design spaces for tests that need no trained network."""

from __future__ import annotations

from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace

EVERYTHING = (
    "identity", "fire", "svd", "sparse", "dwsep", "mbv2", "ch75", "ch50", "ch25", "fire+ch50",
    "svd+ch50",
)  # fmt: skip


def small_space() -> DesignSpace:
    """Four layers with every operator, odd sizes, strides and two shortcuts (one with a stride)."""
    with_skip = (*EVERYTHING, "skip")
    return DesignSpace(
        Backbone(
            "small",
            (1, 13, 11),
            (
                ConvLayer("conv1", 8),
                ConvLayer("conv2", 16, stride=(2, 2), operators=EVERYTHING),
                ConvLayer("conv3", 16, shortcut=True, operators=with_skip),
                ConvLayer("conv4", 24, stride=(2, 2), shortcut=True, operators=with_skip),
            ),
            5,
        )
    )


def signal_space() -> DesignSpace:
    """As `small_space`, for six signals of 37 samples: kernels and strides of height 1."""
    with_skip = (*EVERYTHING, "skip")
    kernel, stride = (1, 5), (1, 2)
    return DesignSpace(
        Backbone(
            "signal",
            (6, 1, 37),
            (
                ConvLayer("conv1", 8, kernel=(1, 9), stride=stride),
                ConvLayer("conv2", 16, kernel=kernel, stride=stride, operators=EVERYTHING),
                ConvLayer("conv3", 16, kernel=kernel, shortcut=True, operators=with_skip),
                ConvLayer(
                    "conv4", 24, kernel=kernel, stride=stride, shortcut=True, operators=with_skip
                ),
            ),
            5,
        )
    )
