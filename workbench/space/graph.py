"""What a layer computes under an operator, as a small graph of primitive nodes.

The same nodes are counted for cost, run while training, folded into a deployable network and
written for the engine on the phone, so that no two of them can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

BYTES_PER_VALUE = 4
"""Weights and activations are float32."""

Kind = Literal["conv", "pool", "channels", "concat", "add", "global_pool", "linear"]


@dataclass(frozen=True, slots=True)
class Node:
    """One primitive operation on feature maps of (channels, height, width).

    Attributes:
        kind: ``conv`` (grouped and depthwise included, "same" padding), ``pool`` (average,
            kernel = stride), ``channels`` (crop, or pad with zeros, to out_channels), ``concat``
            (over channels), ``add``, ``global_pool`` (average) or ``linear``.
        inputs: indices of earlier nodes of the same graph; -1 is the graph's input.
        relu: whether a ReLU follows (after batch normalisation where there is one).
        weight: name of the stored weight a ``conv`` or ``linear`` takes the leading
            [:out_channels, :in_channels / groups] slice of.
        norm: name of the batch normalisation that follows; empty where there is none.
    """

    kind: Kind
    inputs: tuple[int, ...]
    in_channels: int
    out_channels: int
    in_size: tuple[int, int]
    out_size: tuple[int, int]
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    groups: int = 1
    relu: bool = False
    weight: str = ""
    norm: str = ""

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weight this node uses; empty where it has none."""
        if self.kind == "conv":
            return (self.out_channels, self.in_channels // self.groups, *self.kernel)
        if self.kind == "linear":
            return (self.out_channels, self.in_channels)
        return ()

    @property
    def weights(self) -> int:
        """Weights, without the bias."""
        count = 1 if self.weight_shape else 0
        for size in self.weight_shape:
            count *= size
        return count

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass of one input."""
        if self.kind == "conv":
            return self.weights * self.out_size[0] * self.out_size[1]
        return self.weights

    @property
    def param_bytes(self) -> int:
        """Bytes of weight and bias after batch normalisation is folded in."""
        return (self.weights + self.out_channels) * BYTES_PER_VALUE if self.weights else 0

    @property
    def out_values(self) -> int:
        """Values in the node's output."""
        return self.out_channels * self.out_size[0] * self.out_size[1]

    @property
    def activation_bytes(self) -> int:
        """Bytes of the node's output."""
        return self.out_values * BYTES_PER_VALUE


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in an order in which they can run; the last one is the output.

    An empty graph passes its input through.
    """

    nodes: tuple[Node, ...]
    in_channels: int
    out_channels: int

    def chain(self, following: Graph) -> Graph:
        """This graph and then `following`, as one."""
        offset = len(self.nodes)
        moved = tuple(
            replace(node, inputs=tuple(index + offset for index in node.inputs))
            for node in following.nodes
        )
        return Graph(self.nodes + moved, self.in_channels, following.out_channels)


class GraphBuilder:
    """Grows the graph of one layer; sizes and strides follow from the layer."""

    def __init__(self, in_channels: int, in_size: tuple[int, int]) -> None:
        self._in_channels = in_channels
        self._in_size = in_size
        self._nodes: list[Node] = []

    def shape(self, index: int) -> tuple[int, tuple[int, int]]:
        """(channels, (height, width)) of node `index`'s output; -1 is the input."""
        if index < 0:
            return self._in_channels, self._in_size
        return self._nodes[index].out_channels, self._nodes[index].out_size

    def conv(
        self,
        source: int,
        out_channels: int,
        *,
        weight: str,
        norm: str = "",
        kernel: tuple[int, int] = (1, 1),
        stride: tuple[int, int] = (1, 1),
        groups: int = 1,
        relu: bool = False,
    ) -> int:
        """Add a convolution with "same" padding; returns its index."""
        channels, size = self.shape(source)
        out_size = (-(-size[0] // stride[0]), -(-size[1] // stride[1]))
        return self._add(
            Node(
                "conv", (source,), channels, out_channels, size, out_size,
                kernel, stride, groups, relu, weight, norm,
            )
        )  # fmt: skip

    def pool(self, source: int, stride: tuple[int, int]) -> int:
        """Add average pooling with kernel = stride (edges padded and not counted)."""
        channels, size = self.shape(source)
        out_size = (-(-size[0] // stride[0]), -(-size[1] // stride[1]))
        return self._add(
            Node("pool", (source,), channels, channels, size, out_size, stride, stride)
        )

    def channels(self, source: int, out_channels: int) -> int:
        """Add a crop, or a padding with zeros, to `out_channels`; no node where nothing changes."""
        channels, size = self.shape(source)
        if channels == out_channels:
            return source
        return self._add(Node("channels", (source,), channels, out_channels, size, size))

    def concat(self, first: int, second: int) -> int:
        """Add a concatenation over channels."""
        (a, size), (b, _) = self.shape(first), self.shape(second)
        return self._add(Node("concat", (first, second), a + b, a + b, size, size))

    def add(self, first: int, second: int) -> int:
        """Add an element-wise sum."""
        channels, size = self.shape(first)
        return self._add(Node("add", (first, second), channels, channels, size, size))

    def head(self, classes: int) -> None:
        """Add global average pooling and the linear classifier."""
        channels, size = self.shape(len(self._nodes) - 1)
        pooled = self._add(
            Node("global_pool", (len(self._nodes) - 1,), channels, channels, size, (1, 1), size)
        )
        self._add(Node("linear", (pooled,), channels, classes, (1, 1), (1, 1), weight="head"))

    def build(self, out_channels: int) -> Graph:
        """The finished graph."""
        return Graph(tuple(self._nodes), self._in_channels, out_channels)

    def _add(self, node: Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1
