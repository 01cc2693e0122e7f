"""Reader of gzip-compressed IDX files, the format of MNIST and its relatives.

Source: the description of the format on the MNIST page: two zero bytes, a type code, the number of
dimensions, each dimension as a big-endian 32-bit integer, then the values, last index fastest.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError

UNSIGNED_BYTE = 0x08
LIMIT_BYTES = 2**30
_AGAIN = "Fetch the data set again; the file is incomplete or not the one it should be."


@dataclass(frozen=True, slots=True)
class IdxFile:
    """What could be read of a file.

    Attributes:
        values: (items, ...) unsigned bytes; whole items only.
        promised: items that the header announces; more than there are when the file is cut off.
    """

    values: npt.NDArray[np.uint8]
    promised: int


def read_idx(path: str | Path, dimensions: int) -> IdxFile:
    """Read an array of unsigned bytes with that many dimensions.

    Raises:
        InputFileError: when the file is missing, no gzip file, cut off before its first item,
            longer than it says, of another type or of another number of dimensions.
    """
    content = _unpacked(path)
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise InputFileError(path, "is too short for an IDX file", _AGAIN)
    zero, kind, found = struct.unpack(">HBB", content[:4])
    if zero != 0 or kind != UNSIGNED_BYTE:
        raise InputFileError(path, "is no IDX file of unsigned bytes", _AGAIN)
    if found != dimensions:
        raise InputFileError(path, f"has {found} dimensions instead of {dimensions}", _AGAIN)
    promised, *shape = struct.unpack(f">{dimensions}I", content[4:header])
    item = math.prod(shape)
    there = len(content) - header
    if there > promised * item or (promised and there < item):
        raise InputFileError(
            path, f"holds {there} values, its header says {promised * item}", _AGAIN
        )
    items = there // item if item else promised
    values = np.frombuffer(content, dtype=np.uint8, offset=header, count=items * item)
    return IdxFile(values.reshape(items, *shape), promised)


def _unpacked(path: str | Path) -> bytes:
    """The file's bytes; of one that is cut off, those before the cut."""
    content = bytearray()
    try:
        with gzip.open(path, "rb") as stream:
            while len(content) <= LIMIT_BYTES and (piece := stream.read1(2**20)):
                content += piece
    except EOFError:
        pass
    except FileNotFoundError as error:
        raise InputFileError(
            path, "does not exist", "Name the folder that holds the data set's files."
        ) from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise InputFileError(path, f"is no complete gzip file ({error})", _AGAIN) from error
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
    return bytes(content)
