"""Arrays as bytes: little-endian, the integers in as few bytes as hold them all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.storage.records import Array

_STORED = ("<f8", "<i8", "<i4", "<i2")


def encode(array: npt.ArrayLike) -> tuple[str, str, bytes]:
    """(dtype, shape, data) of an array; nothing is lost.

    Raises:
        ValueError: it is neither of floats nor of integers.
    """
    values = np.asarray(array)
    if values.dtype.kind == "f":
        dtype = "<f8"
    elif values.dtype.kind in "iu":
        dtype = _narrowest(values)
    else:
        raise ValueError(f"arrays of {values.dtype} are not stored")
    shape = ",".join(map(str, values.shape))
    return dtype, shape, np.ascontiguousarray(values, dtype=dtype).tobytes()


def decode(dtype: str, shape: str, data: bytes) -> Array:
    """The array, float64 or int64, as a copy of its own.

    Raises:
        ValueError: the parts do not fit together.
    """
    if dtype not in _STORED:
        raise ValueError(f"no arrays of {dtype!r} are stored")
    sizes = tuple(int(size) for size in shape.split(",")) if shape else ()
    values = np.frombuffer(data, dtype=dtype).reshape(sizes)
    return values.astype(np.float64) if dtype == "<f8" else values.astype(np.int64)


def _narrowest(values: npt.NDArray[np.integer]) -> str:
    """Latencies in nanoseconds mostly need four bytes, counts two."""
    if not values.size:
        return "<i8"
    low, high = int(values.min()), int(values.max())
    for dtype in ("<i2", "<i4"):
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max:
            return dtype
    if high > np.iinfo(np.int64).max:
        raise ValueError("integers beyond 64 bits with sign are not stored")
    return "<i8"
