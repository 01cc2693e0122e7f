"""Reader of gzip-compressed IDX files, the format of MNIST and its relatives.

Source: the description of the format on the MNIST page: two zero bytes, a type code, the number of
dimensions, each dimension as a big-endian 32-bit integer, then the values, last index fastest.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError

UNSIGNED_BYTE = 0x08
LIMIT_BYTES = 2**30


def read_idx(path: str | Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read an array of unsigned bytes with that many dimensions.

    Raises:
        InputFileError: when the file is missing, no gzip file, truncated, longer than it says, of
            another type or of another number of dimensions.
    """
    hint = "Fetch the data set again; the file is incomplete or not the one it should be."
    try:
        with gzip.open(path, "rb") as stream:
            content = stream.read(LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        raise InputFileError(
            path, "does not exist", "Name the folder that holds the data set's files."
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputFileError(path, f"is no complete gzip file ({error})", hint) from error
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise InputFileError(path, "is too short for an IDX file", hint)
    zero, kind, found = struct.unpack(">HBB", content[:4])
    if zero != 0 or kind != UNSIGNED_BYTE:
        raise InputFileError(path, "is no IDX file of unsigned bytes", hint)
    if found != dimensions:
        raise InputFileError(path, f"has {found} dimensions instead of {dimensions}", hint)
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    expected = math.prod(shape)
    if len(content) - header != expected:
        raise InputFileError(
            path, f"holds {len(content) - header} values, its header says {expected}", hint
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)
