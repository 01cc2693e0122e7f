"""The backbone: convolution layers 1..L and a classifier head."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ConvLayer:
    """One convolution layer with "same" padding, batch normalisation and ReLU.

    Attributes:
        name: shown to people, such as ``conv3``.
        out_channels: width at full size.
        kernel: (height, width); odd.
        stride: (height, width).
        shortcut: whether a residual path runs beside the layer; needed by ``skip``.
        operators: names of the operators the layer may take, the first of them ``identity``.
    """

    name: str
    out_channels: int
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    shortcut: bool = False
    operators: tuple[str, ...] = ("identity",)


@dataclass(frozen=True, slots=True)
class Backbone:
    """A feed-forward convolutional network: layers, global average pooling, a linear head.

    Attributes:
        input_shape: (channels, height, width) of one input.
        layers: at least two; the first is never compressed.
        classes: outputs of the head.

    Raises:
        SettingsError: when a size is not positive, a kernel is even or an operator set is empty.
    """

    name: str
    input_shape: tuple[int, int, int]
    layers: tuple[ConvLayer, ...]
    classes: int

    def __post_init__(self) -> None:
        if min(self.input_shape) < 1 or self.classes < 2 or len(self.layers) < 2:
            raise SettingsError(
                f"The backbone {self.name!r} has an empty input, fewer than 2 layers or classes."
            )
        for position, layer in enumerate(self.layers):
            if layer.out_channels < 4 or layer.out_channels % 4:
                raise SettingsError(f"{layer.name}: channels must be a multiple of 4.")
            if any(size < 1 or size % 2 == 0 for size in layer.kernel) or min(layer.stride) < 1:
                raise SettingsError(f"{layer.name}: kernels must be odd, strides positive.")
            if not layer.operators or layer.operators[0] != "identity":
                raise SettingsError(f"{layer.name}: the operator set must start with identity.")
            if len(set(layer.operators)) != len(layer.operators):
                raise SettingsError(f"{layer.name}: an operator is listed twice.")
            if position == 0 and (layer.operators != ("identity",) or layer.shortcut):
                raise SettingsError(f"{layer.name}: the first layer is never compressed.")

    def input_size(self, position: int) -> tuple[int, int]:
        """(height, width) at the input of layer `position` (0-based)."""
        height, width = self.input_shape[1:]
        for layer in self.layers[:position]:
            height = -(-height // layer.stride[0])
            width = -(-width // layer.stride[1])
        return height, width

    def full_in_channels(self, position: int) -> int:
        """Input channels of layer `position` (0-based) when no layer before it is narrowed."""
        return self.layers[position - 1].out_channels if position else self.input_shape[0]
