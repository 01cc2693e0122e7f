"""Reader of ``HAPT.pkl.gz``: pandas data frames in an old pickle, read without pandas.

Unpickling runs whatever a file names, so the names that this one file needs are mapped to stand-ins
here that only hold data; every other name is refused.
"""

from __future__ import annotations

import gzip
import io
import pickle
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError

COLUMNS = ("acc-x", "acc-y", "acc-z", "gyro-x", "gyro-y", "gyro-z")
LABEL = "label"
LIMIT_BYTES = 512 * 2**20
_HINT = "Fetch the package's source distribution again; the file is not the one it should be."
_TYPES = {"O8": object, "f8": np.float64, "i8": np.int64}


@dataclass(frozen=True, slots=True)
class Experiment:
    """One recording of one person, 50 samples a second.

    Attributes:
        person: number of the person, from 1.
        signals: (samples, 6) acceleration in g and rotation in rad/s, columns as `COLUMNS`.
        labels: (samples,) activity, -1 where none was noted.
    """

    person: int
    signals: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]


def read_hapt_pickle(path: Path) -> list[Experiment]:
    """All recordings, in the order of persons.

    Raises:
        InputFileError: when the file is missing, damaged, larger than expected, names anything
            but what data frames are made of, or holds other frames than HAPT's.
    """
    try:
        with gzip.open(path, "rb") as stream:
            content = stream.read(LIMIT_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputFileError(path, f"is no complete gzip file ({error})", _HINT) from error
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
    if len(content) > LIMIT_BYTES:
        raise InputFileError(path, f"unpacks to more than {LIMIT_BYTES >> 20} MiB", _HINT)
    try:
        persons = _FrameUnpickler(io.BytesIO(content)).load()
        return [
            _experiment(person, frame)
            for person, frames in sorted(persons.items())
            for frame in frames
        ]
    except _RefusedError as error:
        raise InputFileError(path, f"was refused: {error}", _HINT) from error
    # A damaged pickle can fail in any way that an operation on its own stack can.
    except Exception as error:
        raise InputFileError(
            path, f"is no pickle of HAPT's data frames ({type(error).__name__}: {error})", _HINT
        ) from error


class _RefusedError(Exception):
    """The pickle names something that is no part of a data frame."""


class _State:
    """Stands in for a frame or its block manager: keeps what was pickled."""

    def __init__(self) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Type:
    """Stands in for numpy's dtype: one of the few that the file has, byte order as noted."""

    def __init__(self, name: str, _align: int, _copy: int) -> None:
        if name not in _TYPES:
            raise _RefusedError(f"it holds an array of type {name!r}")
        self.name = name

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] == ">":
            raise _RefusedError("it holds big-endian numbers")


class _Array:
    """Stands in for a numpy array that is about to be filled."""

    def __init__(self) -> None:
        self.values: Any = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, content = state
        if kind.name == "O8":
            self.values = [str(item) for item in content]
        else:
            flat = np.frombuffer(content, dtype=_TYPES[kind.name])
            self.values = flat.reshape(shape, order="F" if fortran else "C")


def _object(kind: Any, _base: Any, _state: Any) -> _State:
    if kind is not _State:
        raise _RefusedError("it makes an object of an unexpected class")
    return _State()


def _array(_kind: Any, _shape: Any, _code: Any) -> _Array:
    return _Array()


def _index(_kind: Any, state: dict[str, Any]) -> dict[str, Any]:
    return dict(state)


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise _RefusedError(f"it holds bytes encoded as {encoding!r}")
    return text.encode("latin1")


def _slice(start: int, stop: int, step: int) -> range:
    return range(start, stop, step)


_ALLOWED: dict[tuple[str, str], Callable[..., Any] | type] = {
    ("copy_reg", "_reconstructor"): _object,
    ("copyreg", "_reconstructor"): _object,
    ("__builtin__", "object"): object,
    ("builtins", "object"): object,
    ("__builtin__", "slice"): _slice,
    ("builtins", "slice"): _slice,
    ("_codecs", "encode"): _encode,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("numpy.core.multiarray", "_reconstruct"): _array,
    ("pandas.core.frame", "DataFrame"): _State,
    ("pandas.core.internals.managers", "BlockManager"): _State,
    ("pandas.core.indexes.base", "_new_Index"): _index,
    ("pandas.core.indexes.base", "Index"): _State,
    ("pandas.core.indexes.range", "RangeIndex"): _State,
}


class _FrameUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise _RefusedError(f"it names {module}.{name}") from None

    def persistent_load(self, _identifier: Any) -> Any:
        raise _RefusedError("it refers to an object outside the file")


def _experiment(person: int, frame: _State) -> Experiment:
    """The columns that are needed, out of the frame's blocks (columns x samples)."""
    manager = frame.state["_data"].state
    parts = manager[3]["0.14.1"]
    names: list[str] = parts["axes"][0]["data"].values
    columns: dict[str, npt.NDArray[Any]] = {}
    for block in parts["blocks"]:
        for name, values in zip(
            (names[place] for place in block["mgr_locs"]), block["values"].values
        ):
            columns[name] = values
    signals = np.stack([columns[name] for name in COLUMNS], axis=1)
    labels = columns[LABEL].astype(np.int64)
    if len(signals) != len(labels) or not np.isfinite(signals).all():
        raise ValueError(f"person {person} has signals that are no numbers")
    return Experiment(int(person), signals, labels)
