"""Files to and from the phone: the ``sync:`` service (`SYNC.TXT` and `file_sync_protocol.h`, AOSP).

Phones that announce stat_v2 and ls_v2 are asked with STA2 and LIS2: 64-bit sizes, error numbers.
"""

from __future__ import annotations

import errno
import os
import struct
import time
from collections.abc import Iterable, Iterator
from types import TracebackType

from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.streams import ExactReader, ServiceOpener
from workbench.devices.device import RemoteEntry, RemoteStat
from workbench.devices.errors import (
    DeviceError,
    DeviceGoneError,
    DeviceProtocolError,
    RemoteFileError,
)

CHUNK = 64 * 2**10
"""Longest DATA that a phone accepts."""

_BATCH = 4 * CHUNK  # some DATA in one write: fewer waits for the phone's OKAY
_MAX_PATH = 1024
_MAX_MESSAGE = 64 * 2**10
_MAX_ENTRIES = 1_000_000

_REQUEST = struct.Struct("<4sI")
_STAT_1 = struct.Struct("<III")  # mode, size, mtime
_STAT_2 = struct.Struct("<IQQIIIIQqqq")  # error dev ino mode nlink uid gid size atime mtime ctime
_LENGTH = struct.Struct("<I")


class SyncSession:
    """One ``sync:`` stream. Use it in a `with` block; after any error it is over."""

    def __init__(self, opener: ServiceOpener, features: frozenset[str], deadline: Deadline) -> None:
        self._features = features
        self._deadline = deadline
        self._stream = opener.open("sync:", deadline)
        self._reader = ExactReader(self._stream)

    def __enter__(self) -> SyncSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._stream.write(_REQUEST.pack(b"QUIT", 0), self._deadline)
        except DeviceError:
            pass  # everything asked for was answered: how the phone says goodbye does not matter
        finally:
            self._stream.close()

    def stat(self, path: str) -> RemoteStat | None:
        """What is at `path`; None: nothing.

        Raises:
            RemoteFileError: the phone does not let us look (stat_v2 only; else it reads as None).
        """
        if "stat_v2" in self._features:
            self._request(b"STA2", path)
            self._expect(b"STA2")
            code, stat = self._stat_2()
            if code in (0, errno.ENOENT, errno.ENOTDIR):
                return stat if code == 0 else None
            raise RemoteFileError(path, os.strerror(code))
        self._request(b"STAT", path)
        self._expect(b"STAT")
        mode, size, mtime = _STAT_1.unpack(self._read(_STAT_1.size))
        # Zeros are how the old protocol says that there is no such file.
        return RemoteStat(mode, size, mtime) if mode or size or mtime else None

    def list_folder(self, path: str) -> tuple[RemoteEntry, ...]:
        """Entries of a folder by name, without ``.`` and ``..``; empty where there is no folder."""
        second = "ls_v2" in self._features
        self._request(b"LIS2" if second else b"LIST", path)
        found: list[RemoteEntry] = []
        for _ in range(_MAX_ENTRIES):
            kind = self._read(4)
            if kind not in (b"DONE", b"DNT2" if second else b"DENT"):
                raise self._nonsense(kind)
            if second:
                code, stat = self._stat_2()
            else:
                code, stat = 0, RemoteStat(*_STAT_1.unpack(self._read(_STAT_1.size)))
            length = self._length(_MAX_MESSAGE)
            if kind == b"DONE":
                return tuple(sorted(found, key=lambda entry: entry.name))
            name = self._read(length).decode("utf-8", "replace")
            if code == 0 and name not in (".", "..") and "/" not in name:
                found.append(RemoteEntry(name, stat))
        raise DeviceProtocolError(self._deadline.what, "a folder without an end")

    def receive(self, path: str) -> Iterator[bytes]:
        """Content of a file, piece by piece.

        Raises:
            RemoteFileError: it cannot be read.
        """
        self._request(b"RECV", path)
        while True:
            kind = self._read(4)
            if kind == b"DATA":
                yield self._read(self._length(CHUNK))
            elif kind == b"DONE":
                self._read(_LENGTH.size)
                return
            elif kind == b"FAIL":
                raise RemoteFileError(path, self._message())
            else:
                raise self._nonsense(kind)

    def send(
        self, path: str, pieces: Iterable[bytes], mode: int, mtime_s: int | None = None
    ) -> Iterator[int]:
        """Write a file; yields the number of bytes after each piece that was sent.

        Exhaust the iterator: the phone's verdict comes at its end.

        Raises:
            RemoteFileError: the phone cannot write it.
        """
        self._request(b"SEND", f"{path},{mode | 0o100000}")
        sent = 0
        batch = bytearray()
        for piece in pieces:
            for start in range(0, len(piece), CHUNK):
                chunk = piece[start : start + CHUNK]
                batch += _REQUEST.pack(b"DATA", len(chunk))
                batch += chunk
                sent += len(chunk)
                if len(batch) >= _BATCH:
                    self._send_batch(path, batch)
                    batch.clear()
                    yield sent
        when = int(time.time()) if mtime_s is None else mtime_s
        batch += _REQUEST.pack(b"DONE", when & 0xFFFFFFFF)
        self._send_batch(path, batch)
        self._verdict(path)
        yield sent

    def _send_batch(self, path: str, batch: bytearray) -> None:
        try:
            self._stream.write(bytes(batch), self._deadline)
        except DeviceGoneError:
            # A phone whose disk is full says FAIL and closes; its word tells more than the closing.
            if self._stream.pending():
                self._verdict(path)
            raise
        if self._stream.pending():
            self._verdict(path)

    def _verdict(self, path: str) -> None:
        kind = self._read(4)
        if kind == b"FAIL":
            raise RemoteFileError(path, self._message())
        if kind != b"OKAY":
            raise self._nonsense(kind)
        self._read(_LENGTH.size)

    def _request(self, kind: bytes, path: str) -> None:
        encoded = path.encode()
        if not encoded or len(encoded) > _MAX_PATH or b"\0" in encoded:
            raise RemoteFileError(path, f"no path of 1 to {_MAX_PATH} bytes", "Choose another.")
        self._stream.write(_REQUEST.pack(kind, len(encoded)) + encoded, self._deadline)

    def _expect(self, kind: bytes) -> None:
        found = self._read(4)
        if found != kind:
            raise self._nonsense(found)

    def _stat_2(self) -> tuple[int, RemoteStat]:
        values = _STAT_2.unpack(self._read(_STAT_2.size))
        return values[0], RemoteStat(mode=values[3], size_bytes=values[7], mtime_s=values[9])

    def _message(self) -> str:
        return self._read(self._length(_MAX_MESSAGE)).decode("utf-8", "replace")

    def _length(self, limit: int) -> int:
        length: int = _LENGTH.unpack(self._read(_LENGTH.size))[0]
        if length > limit:
            raise DeviceProtocolError(self._deadline.what, f"a length of {length} bytes")
        return length

    def _read(self, count: int) -> bytes:
        return self._reader.exactly(count, self._deadline)

    def _nonsense(self, kind: bytes) -> DeviceProtocolError:
        return DeviceProtocolError(self._deadline.what, f"sync message {kind!r}")
