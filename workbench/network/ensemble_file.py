"""The whole self-evolutionary network as one file for the agent on a device. Numpy only.

The agent needs no knowledge of operators: the file lists every graph that a layer can be, the
weights they take slices of, and each batch normalisation as a scale and a shift for every context
(the choices before it that its statistics depend on). Layout, little-endian, 4 bytes a number:

- ``ADSPENS1``, then format version, bytes of the body and the body's CRC-32;
- the body: channels, height, width, classes, decisions, prefix length, the decisions' sizes;
- arrays: count, then (four dimensions, start) each; tables: count, then (contexts, channels,
  start) each; a table is all scales, then all shifts;
- graphs: count, then for each its nodes: count, then 17 numbers a node (`_node_words`);
- the stem's graph, for each decision the graph of each (previous, choice), the heads' graphs;
- floats: count, then float32. Starts count floats.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from workbench.core.files import atomic_write
from workbench.network.evolution import scale_and_shift
from workbench.network.parameters import HEAD, Array
from workbench.network.weights_file import Weights
from workbench.space.design_space import DesignSpace
from workbench.space.graph import Graph, Node

MAGIC = b"ADSPENS1"
VERSION = 1
KINDS = ("conv", "pool", "channels", "concat", "add", "global_pool", "linear")
NONE = -1
NO_INPUT = -2


def ensemble_bytes(space: DesignSpace, weights: Weights) -> bytes:
    """Contents of the file."""
    writer = _Writer(weights)
    stem = writer.graph(("stem",), space.stem_graph())
    layers = []
    for decision, size in enumerate(space.sizes):
        for previous in range(space.predecessors(decision)):
            width = space.in_channels(decision, previous)
            for choice in range(size):
                key = (decision, width, choice)
                layers.append(writer.graph(key, space.graph_of(decision, previous, choice)))
    heads = []
    for choice in range(space.sizes[-1]):
        graph = space.head_graph(choice)
        heads.append(writer.graph(("head", graph.in_channels), graph))
    shape = (*space.backbone.input_shape, space.backbone.classes)
    settings = (space.decisions, weights.statistics.prefix_length, *space.sizes)
    numbers = [*shape, *settings, *writer.numbers(), stem, *layers, *heads]
    floats = np.concatenate(writer.floats)
    body = np.array([*numbers, floats.size], "<i4").tobytes() + floats.astype("<f4").tobytes()
    return MAGIC + struct.pack("<III", VERSION, len(body), zlib.crc32(body)) + body


def write_ensemble(path: str | Path, space: DesignSpace, weights: Weights) -> None:
    """Write the file, atomically; the same weights give the same bytes.

    Raises:
        InputFileError: when the folder cannot be written.
    """
    with atomic_write(path, "wb") as stream:
        stream.write(ensemble_bytes(space, weights))


class _Writer:
    """Collects arrays, tables and graphs, each once, under the numbers that others name them by."""

    def __init__(self, weights: Weights) -> None:
        self.floats: list[Array] = []
        self._size = 0
        self._arrays: dict[str, int] = {}
        self._tables: dict[str, int] = {}
        self._graphs: dict[tuple[object, ...], int] = {}
        self._array_words: list[int] = []
        self._table_words: list[int] = []
        self._graph_words: list[int] = []
        for name, array in weights.parameters.weights.items():
            self._add_array(name, array)
        self._add_array("head bias", weights.parameters.head_bias)
        scales, shifts = scale_and_shift(weights)
        for name, scale in scales.items():
            channels = scale.shape[-1]
            self._tables[name] = len(self._tables)
            self._table_words += [scale.size // channels, channels, self._size]
            self._add_floats(scale)
            self._add_floats(shifts[name])

    def graph(self, key: tuple[object, ...], graph: Graph) -> int:
        """Number of a graph; the same key stands for the same graph."""
        if key not in self._graphs:
            self._graphs[key] = len(self._graphs)
            self._graph_words.append(len(graph.nodes))
            for node in graph.nodes:
                self._graph_words += self._node_words(node)
        return self._graphs[key]

    def numbers(self) -> list[int]:
        """Arrays, tables and graphs as the body holds them."""
        return [
            len(self._arrays), *self._array_words,
            len(self._tables), *self._table_words,
            len(self._graphs), *self._graph_words,
        ]  # fmt: skip

    def _node_words(self, node: Node) -> list[int]:
        bias = self._arrays["head bias"] if node.weight == HEAD else NONE
        return [
            KINDS.index(node.kind), *(*node.inputs, NO_INPUT)[:2],
            node.in_channels, node.out_channels, *node.in_size, *node.out_size,
            *node.kernel, *node.stride, node.groups, int(node.relu),
            self._arrays[node.weight] if node.weight else NONE, bias,
            self._tables[node.norm] if node.norm else NONE,
        ]  # fmt: skip

    def _add_array(self, name: str, array: Array) -> None:
        self._arrays[name] = len(self._arrays)
        self._array_words += [*array.shape, *(1,) * (4 - array.ndim), self._size]
        self._add_floats(array)

    def _add_floats(self, array: Array) -> None:
        self.floats.append(array.ravel())
        self._size += array.size
