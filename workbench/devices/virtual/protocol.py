"""Packets of the ADB wire protocol: pure encoding and incremental decoding.

A packet is a header of six little-endian 32-bit words (command, arg0, arg1, payload length, sum of
the payload's bytes, command xor 0xffffffff) and its payload. Source: ``protocol.txt`` of AOSP.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from workbench.core.errors import WorkbenchError

CNXN: Final = 0x4E584E43
AUTH: Final = 0x48545541
OPEN: Final = 0x4E45504F
OKAY: Final = 0x59414B4F
CLSE: Final = 0x45534C43
WRTE: Final = 0x45545257

AUTH_TOKEN, AUTH_SIGNATURE, AUTH_PUBLIC_KEY = 1, 2, 3

VERSION_WITH_CHECKSUMS: Final = 0x01000000
VERSION: Final = 0x01000001
"""From this version on the sum of a payload is 0 and nobody looks at it."""

MAX_PAYLOAD_BYTES: Final = 1 << 20
HEADER_BYTES: Final = 24

_HEADER = struct.Struct("<6I")
_MASK = 0xFFFFFFFF
_COMMANDS = frozenset({CNXN, AUTH, OPEN, OKAY, CLSE, WRTE})


class ProtocolError(WorkbenchError):
    """What arrived is not the ADB protocol; the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One message; what the arguments mean depends on the command."""

    command: int
    arg0: int
    arg1: int
    payload: bytes = b""

    def encode(self, *, with_checksum: bool) -> bytes:
        """The bytes on the wire; the sum of the payload is left 0 unless it is asked for."""
        total = checksum(self.payload) if with_checksum else 0
        words = (self.command, self.arg0, self.arg1, len(self.payload), total)
        return _HEADER.pack(*words, self.command ^ _MASK) + self.payload

    @property
    def name(self) -> str:
        """Four letters such as ``WRTE``."""
        return self.command.to_bytes(4, "little").decode("ascii", "replace")


def checksum(payload: bytes) -> int:
    """Sum of all bytes, modulo 2**32."""
    return int(np.frombuffer(payload, np.uint8).sum(dtype=np.uint64)) & _MASK


class PacketDecoder:
    """Turns chunks of a byte stream into packets, however the chunks are cut.

    Attributes:
        verify_checksums: look at the payloads' sums; set once the peer's version is known to be
            one that fills them in.
    """

    def __init__(self, max_payload_bytes: int = MAX_PAYLOAD_BYTES) -> None:
        self.verify_checksums = False
        self._max_payload_bytes = max_payload_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are complete after `data`, in order.

        Raises:
            ProtocolError: an unknown command, a payload above the limit, or a wrong sum.
        """
        self._buffer += data
        packets = []
        start = 0
        while len(self._buffer) - start >= HEADER_BYTES:
            command, arg0, arg1, length, total, magic = _HEADER.unpack_from(self._buffer, start)
            self._check_header(command, length, magic)
            end = start + HEADER_BYTES + length
            if len(self._buffer) < end:
                break
            payload = bytes(self._buffer[start + HEADER_BYTES : end])
            if self.verify_checksums and checksum(payload) != total:
                raise ProtocolError("A packet's sum does not match its payload.")
            packets.append(Packet(command, arg0, arg1, payload))
            start = end
        del self._buffer[:start]
        return packets

    def _check_header(self, command: int, length: int, magic: int) -> None:
        if command not in _COMMANDS or magic != command ^ _MASK:
            raise ProtocolError("What arrived is no ADB packet.", detail=f"command {command:#x}")
        if length > self._max_payload_bytes:
            raise ProtocolError(
                f"A packet announces {length} bytes; {self._max_payload_bytes} are allowed."
            )
