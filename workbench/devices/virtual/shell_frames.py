"""Frames of the shell protocol ("shell,v2"): stdin, stdout, stderr and the exit code, apart.

A frame is one byte of kind, four of length (little-endian), and its data.
"""

from __future__ import annotations

import struct
from typing import Final

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
EXIT: Final = 3
CLOSE_STDIN: Final = 4

FRAME_LIMIT_BYTES: Final = 1 << 20

_HEADER = struct.Struct("<BI")


def encode_frame(kind: int, data: bytes) -> bytes:
    """One frame on the wire."""
    return _HEADER.pack(kind, len(data)) + data


class FrameDecoder:
    """Turns chunks of a stream into (kind, data) frames, however the chunks are cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames that are complete after `data`.

        Raises:
            ValueError: a frame announces more than a stream can hold.
        """
        self._buffer += data
        frames = []
        while len(self._buffer) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._buffer)
            if length > FRAME_LIMIT_BYTES:
                raise ValueError(f"a frame of {length} bytes")
            end = _HEADER.size + length
            if len(self._buffer) < end:
                break
            frames.append((kind, bytes(self._buffer[_HEADER.size : end])))
            del self._buffer[:end]
        return frames
