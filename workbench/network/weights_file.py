"""``weights.safetensors``: the ensemble's weights with their batch-norm statistics. Numpy only.

Statistics depend on what was chosen before: array ``mean/<layer>.<operator>.<node>`` has one axis
for each of the up to `prefix_length` decisions before its layer, then the channels. The stem's has
the channels alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.errors import InputFileError
from workbench.network.checkpoint import read_arrays, write_arrays
from workbench.network.parameters import Array, Parameters, tensor_shapes
from workbench.space.design_space import DesignSpace

FORMAT = "adaspring-weights"
VERSION = 1
PREFIX_LENGTH = 2
"""Preceding decisions that statistics depend on, unless training was told otherwise."""

_HEADER = "network"
_AGAIN = "Use a complete copy of the network, or train it again."


@dataclass(slots=True)
class Statistics:
    """Batch-norm statistics, measured after training.

    Attributes:
        prefix_length: on how many preceding decisions they depend, at most.
        mean, variance: norm name to (*sizes of the preceding decisions, channels).
    """

    prefix_length: int
    mean: dict[str, Array]
    variance: dict[str, Array]

    def context(self, prefix: tuple[int, ...]) -> tuple[int, ...]:
        """The part of the choices before a layer that its statistics depend on."""
        return prefix[max(0, len(prefix) - self.prefix_length) :]


@dataclass(frozen=True, slots=True)
class Weights:
    """All that a self-evolutionary network consists of."""

    parameters: Parameters
    statistics: Statistics


def context_sizes(space: DesignSpace, decision: int, prefix_length: int) -> tuple[int, ...]:
    """How many choices each of the preceding decisions that count has."""
    return space.sizes[max(0, decision - prefix_length) : decision]


def norm_channels(space: DesignSpace) -> Iterator[tuple[int, str, int]]:
    """(decision, norm name, channels) of every batch normalisation; decision -1 is the stem."""
    shapes = tensor_shapes(space)
    decisions = {layer.name: d for d, layer in enumerate(space.backbone.layers, start=-1)}
    for name, shape in shapes.items():
        if name.startswith("gamma/"):
            norm = name.removeprefix("gamma/")
            yield decisions[norm.partition(".")[0]], norm, shape[0]


def empty_statistics(space: DesignSpace, prefix_length: int) -> Statistics:
    """Zeros in the shapes that the statistics of a space have."""
    statistics = Statistics(prefix_length, {}, {})
    for decision, norm, channels in norm_channels(space):
        sizes = context_sizes(space, decision, prefix_length) if decision >= 0 else ()
        statistics.mean[norm] = np.zeros((*sizes, channels), dtype=np.float32)
        statistics.variance[norm] = np.zeros((*sizes, channels), dtype=np.float32)
    return statistics


def write_weights(path: Path, weights: Weights) -> None:
    """Write the file, atomically; the same weights give the same bytes."""
    statistics = weights.statistics
    arrays = weights.parameters.tensors()
    arrays |= {f"mean/{name}": array for name, array in statistics.mean.items()}
    arrays |= {f"variance/{name}": array for name, array in statistics.variance.items()}
    header = {
        "format": FORMAT,
        "version": VERSION,
        "prefix_length": statistics.prefix_length,
    }
    # One entry: safetensors writes several in an order that changes from run to run.
    write_arrays(path, dict(sorted(arrays.items())), {_HEADER: json.dumps(header)})


def read_weights(path: Path, space: DesignSpace) -> Weights:
    """Read and check the file.

    Raises:
        InputFileError: when it is missing, truncated, of a newer version, belongs to another
            design space, or holds NaN, infinities or negative variances.
    """
    arrays, metadata = read_arrays(path)
    statistics = empty_statistics(space, _prefix_length(path, metadata))
    expected = tensor_shapes(space)
    expected |= {f"mean/{name}": array.shape for name, array in statistics.mean.items()}
    expected |= {f"variance/{name}": array.shape for name, array in statistics.variance.items()}
    for name, shape in expected.items():
        _check(path, name, arrays.get(name), shape)
    for name in statistics.mean:
        statistics.mean[name] = arrays[f"mean/{name}"]
        statistics.variance[name] = arrays[f"variance/{name}"]
    return Weights(Parameters.from_tensors(arrays), statistics)


def _prefix_length(path: Path, metadata: dict[str, str]) -> int:
    try:
        header = json.loads(metadata.get(_HEADER, ""))
        if header["format"] != FORMAT:
            raise ValueError(header["format"])
        version, length = int(header["version"]), int(header["prefix_length"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputFileError(path, "holds no weights of this workbench", _AGAIN) from error
    if version != VERSION:
        raise InputFileError(
            path,
            f"has format version {version}; this workbench reads {VERSION}",
            "Update adaspring-workbench.",
        )
    if length < 0:
        raise InputFileError(path, "holds no weights of this workbench", _AGAIN)
    return length


def _check(path: Path, name: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is None:
        raise InputFileError(path, f"lacks the array {name!r}", _AGAIN)
    if array.shape != shape or array.dtype != np.float32:
        raise InputFileError(
            path, f"{name!r} is {array.dtype}{array.shape} instead of float32{shape}", _AGAIN
        )
    if not np.isfinite(array).all() or (name.startswith("variance/") and (array < 0).any()):
        raise InputFileError(path, f"{name!r} holds values that no training gives", _AGAIN)
