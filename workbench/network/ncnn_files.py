"""A folded network as ncnn's files: a text `.param` (layers) and a binary `.bin` (weights).

Written straight from numpy, so neither torch nor a converter is needed. Formats and the numbers
of the layers' parameters: ncnn's documentation, `docs/developer-guide/operators.md` and
`param-and-model-file-structure.md`. Feature maps are (channels, height, width).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from workbench.core.errors import WorkbenchError
from workbench.core.files import atomic_write
from workbench.network.folded import FoldedNetwork, Weights
from workbench.space.graph import Node

MAGIC = "7767517"
INPUT_BLOB = "in"
OUTPUT_BLOB = "out"


@dataclass(frozen=True, slots=True)
class NcnnFiles:
    """Contents of the two files, in memory.

    Attributes:
        param: text; its input blob is `INPUT_BLOB`, its output blob `OUTPUT_BLOB`.
        weights: bytes of the `.bin`.
    """

    param: str
    weights: bytes

    def save(self, stem: str | Path) -> tuple[Path, Path]:
        """Write `<stem>.param` and `<stem>.bin`; returns their paths.

        Raises:
            InputFileError: when the folder cannot be written.
        """
        base = Path(stem)
        param, weights = base.with_name(f"{base.name}.param"), base.with_name(f"{base.name}.bin")
        with atomic_write(weights, "wb") as binary:
            binary.write(self.weights)
        with atomic_write(param) as text:
            text.write(self.param)
        return param, weights


def ncnn_files(network: FoldedNetwork) -> NcnnFiles:
    """Write a folded network for ncnn.

    Raises:
        WorkbenchError: when the engine has no layer that computes the same.
    """
    writer = _Writer(network)
    return NcnnFiles(writer.param(), writer.weights())


class _Writer:
    """Collects layers. An engine's blob is read once, so shared outputs go through a Split."""

    def __init__(self, network: FoldedNetwork) -> None:
        nodes = network.graph.nodes
        self._lines: list[str] = []
        self._blobs = 0
        self._readers = Counter(source for node in nodes for source in node.inputs)
        self._unread: dict[int, list[str]] = {}
        self._binary: list[bytes] = []
        self._layer("Input", "input", (), (INPUT_BLOB,))
        self._offer(-1, INPUT_BLOB)
        for index, node in enumerate(nodes):
            output = OUTPUT_BLOB if index == len(nodes) - 1 else f"b{index}"
            inputs = tuple(self._unread[source].pop() for source in node.inputs)
            kind, parameters = _layer_of(node)
            self._layer(kind, f"{node.kind}{index}", inputs, (output,), parameters)
            self._offer(index, output)
            self._binary += _weight_bytes(network.weights[index], network.biases[index])

    def param(self) -> str:
        return "\n".join([MAGIC, f"{len(self._lines)} {self._blobs}", *self._lines, ""])

    def weights(self) -> bytes:
        return b"".join(self._binary)

    def _layer(
        self,
        kind: str,
        name: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        parameters: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        values = (f"{key}={value}" for key, value in parameters.items())
        fields = (kind, name, str(len(inputs)), str(len(outputs)), *inputs, *outputs, *values)
        self._lines.append(" ".join(fields))
        self._blobs += len(outputs)

    def _offer(self, index: int, blob: str) -> None:
        readers = self._readers[index]
        if readers > 1:
            copies = [f"{blob}_{copy}" for copy in range(readers)]
            self._layer("Split", f"split_{blob}", (blob,), copies)
            self._unread[index] = copies
        else:
            self._unread[index] = [blob]


def _layer_of(node: Node) -> tuple[str, dict[int, int]]:
    """Kind and numbered parameters of the layer that computes a node."""
    if node.relu and node.kind != "conv":
        raise WorkbenchError(f"A {node.kind} with a ReLU cannot be written for ncnn.")
    height, width = node.in_size
    match node.kind:
        case "conv":
            return _convolution(node)
        case "pool":
            # Pad mode 0 rounds the output size up; the windows that hang over the edge average
            # over what they cover.
            return "Pooling", {
                0: 1, 1: node.kernel[1], 11: node.kernel[0],
                2: node.stride[1], 12: node.stride[0], 5: 0, 6: 0,
            }  # fmt: skip
        case "channels" if node.out_channels < node.in_channels:
            return "Crop", {0: 0, 1: 0, 2: 0, 3: width, 4: height, 5: node.out_channels}
        case "channels":
            return "Padding", {4: 0, 8: node.out_channels - node.in_channels}
        case "concat":
            return "Concat", {0: 0}
        case "add":
            return "BinaryOp", {0: 0}
        case "global_pool":
            return "Pooling", {0: 1, 4: 1}
        case "linear":
            return "InnerProduct", {0: node.out_channels, 1: 1, 2: node.weights}


def _convolution(node: Node) -> tuple[str, dict[int, int]]:
    pad_height, pad_width = node.kernel[0] // 2, node.kernel[1] // 2
    parameters = {
        0: node.out_channels, 1: node.kernel[1], 11: node.kernel[0],
        3: node.stride[1], 13: node.stride[0],
        4: pad_width, 14: pad_height, 15: pad_width, 16: pad_height,
        5: 1, 6: node.weights, 9: int(node.relu),
    }  # fmt: skip
    if node.groups == 1:
        return "Convolution", parameters
    return "ConvolutionDepthWise", {**parameters, 7: node.groups}


def _weight_bytes(weight: Weights | None, bias: Weights | None) -> list[bytes]:
    """Tag (0: float32), weights and bias, each little-endian; nothing for nodes without weights."""
    if weight is None or bias is None:
        return []
    return [
        np.zeros(1, "<u4").tobytes(),
        np.ascontiguousarray(weight, "<f4").tobytes(),
        np.ascontiguousarray(bias, "<f4").tobytes(),
    ]
