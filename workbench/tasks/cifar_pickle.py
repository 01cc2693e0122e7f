"""The pickles of CIFAR's "python version", read without running what a pickle may ask for.

A pickle names functions and calls them. These files need three of numpy's names (an array, its type
and their maker); here each stands for a small record of this module, so nothing of numpy's, and
nothing else at all, is ever called with what the file says.
"""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError

LIMIT_BYTES = 2**30
_AGAIN = "Fetch cifar-100-python.tar.gz again; the file is damaged or not the one it should be."


class _Kind:
    """Stands for numpy's dtype; only bytes are used."""

    def __init__(self, text: object = "", *_: object) -> None:
        self.text = text.decode("latin-1") if isinstance(text, bytes) else text

    def __setstate__(self, state: object) -> None:
        """Byte order and fields mean nothing for single bytes."""


class _Array:
    """Stands for numpy's ndarray, and for the function that makes an empty one."""

    def __init__(self, *_: object) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state


_STANDS_FOR = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Kind,
    # The maker of an array: where it lived before numpy 2 (the published files), and since.
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """The stand-in of one of numpy's three names; everything else is refused."""
        if (module, name) not in _STANDS_FOR:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _STANDS_FOR[module, name]


def unpickle(path: Path, content: bytes) -> dict[str, Any]:
    """The dictionary of one of CIFAR's files; texts may still be bytes, arrays are numpy's.

    Args:
        path: named in errors.

    Raises:
        InputFileError: when the file is cut off, holds something else, or asks for anything but
            arrays of bytes.
    """
    try:
        found = _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except EOFError as error:
        raise InputFileError(path, "is cut off", _AGAIN) from error
    except pickle.UnpicklingError as error:
        if "truncated" in str(error):
            raise InputFileError(path, "is cut off", _AGAIN) from error
        raise InputFileError(
            path, f"is no file of CIFAR's python version: {error}", _AGAIN
        ) from error
    except Exception as error:  # a pickle can make its reader fail in any way
        raise InputFileError(
            path, "is no file of CIFAR's python version", _AGAIN, detail=repr(error)
        ) from error
    if not isinstance(found, dict):
        raise InputFileError(path, "holds no table of CIFAR's python version", _AGAIN)
    return {text(key): _value(path, value) for key, value in found.items()}


def text(key: object) -> str:
    """A text of these files; Python 2 wrote bytes."""
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)


def _value(path: Path, value: object) -> object:
    return _array(path, value) if isinstance(value, _Array) else value


def _array(path: Path, found: _Array) -> npt.NDArray[np.uint8]:
    """The array that a stand-in took the state of: (version, shape, dtype, order, bytes)."""
    match found.state:
        case (_, tuple() as shape, _Kind(text="u1" | "|u1"), bool() | int() as by_columns, data):
            pass
        case _:
            raise InputFileError(path, "holds something other than an array of bytes", _AGAIN)
    sizes = [size for size in shape if isinstance(size, int) and 0 <= size < LIMIT_BYTES]
    if not isinstance(data, bytes) or len(sizes) != len(shape) or math.prod(sizes) != len(data):
        raise InputFileError(path, "holds an array that is not as large as it says", _AGAIN)
    return np.frombuffer(data, np.uint8).reshape(sizes, order="F" if by_columns else "C")
