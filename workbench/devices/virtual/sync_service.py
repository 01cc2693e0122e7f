"""File transfer: the service ``sync:`` with its requests SEND, RECV, STAT, LIST and their v2 forms.

A request is four letters, a length (little-endian) and a path. Source: ``SYNC.TXT`` and
``file_sync_protocol.h`` of AOSP's adb.
"""

from __future__ import annotations

import errno
import posixpath
import stat
import struct

from workbench.devices.virtual.filesystem import FileStat, Writer
from workbench.devices.virtual.machine import Machine
from workbench.devices.virtual.shell.streams import Source
from workbench.devices.virtual.streams import Stream, StreamClosedError

PATH_LIMIT = 1024
DATA_LIMIT = 1 << 16
ANSWER_BYTES = 1 << 18
"""Content is sent in pieces of about this size: fewer turns of the flow control."""

_HEAD = struct.Struct("<4sI")
_STAT_V1 = struct.Struct("<4sIII")
_STAT_V2 = struct.Struct("<4sIQQIIIIQqqq")
_ENTRY_V1 = struct.Struct("<4sIIII")
_ENTRY_V2 = struct.Struct("<4sIQQIIIIQqqqI")


async def serve_sync(machine: Machine, stream: Stream) -> None:
    """Answer requests until the host quits."""
    while True:
        kind, length = _HEAD.unpack(await stream.read_exactly(_HEAD.size))
        if kind == b"QUIT":
            return
        if length > PATH_LIMIT:
            await _fail(stream, "path too long")
            return
        text = (await stream.read_exactly(length)).decode("utf-8", "surrogateescape")
        if kind == b"SEND":
            await _receive(machine, stream, text)
        elif kind == b"RECV":
            if not await _send(machine, stream, text):
                return
        elif kind == b"STAT":
            found, _ = _look(machine, text)
            await stream.write(_STAT_V1.pack(b"STAT", *_short(found)))
        elif kind in (b"STA2", b"LST2"):
            found, number = _look(machine, text)
            await stream.write(_STAT_V2.pack(kind, *_long(found, number)))
        elif kind in (b"LIST", b"LIS2"):
            await _list(machine, stream, text, version=2 if kind == b"LIS2" else 1)
        else:
            await _fail(stream, f"unknown command {kind!r}")
            return


def _look(machine: Machine, text: str) -> tuple[FileStat | None, int]:
    try:
        return machine.files.stat(machine.files.resolve(text)), 0
    except OSError as error:
        return None, error.errno or errno.EIO


def _short(found: FileStat | None) -> tuple[int, int, int]:
    if found is None:
        return 0, 0, 0
    return found.mode, found.size & 0xFFFFFFFF, found.mtime_s & 0xFFFFFFFF


def _long(found: FileStat | None, error: int) -> tuple[int, ...]:
    """Fields of the second version after the letters: error, dev, ino, mode, nlink, uid, gid ..."""
    if found is None:
        return (error, *([0] * 10))
    when = found.mtime_s
    owner = (found.uid, found.gid)
    return (0, 1, found.inode, found.mode, found.links, *owner, found.size, when, when, when)


async def _list(machine: Machine, stream: Stream, text: str, *, version: int) -> None:
    folder = machine.files.resolve(text)
    try:
        names = machine.files.list(folder)
    except OSError:
        names = []  # a folder that cannot be read looks empty: the protocol has no error here
    answer = bytearray()
    for name in names:
        found, error = _look(machine, posixpath.join(folder, name))
        encoded = name.encode("utf-8", "surrogateescape")
        if version == 2:
            answer += _ENTRY_V2.pack(b"DNT2", *_long(found, error), len(encoded))
        else:
            answer += _ENTRY_V1.pack(b"DENT", *_short(found), len(encoded))
        answer += encoded
        if len(answer) >= ANSWER_BYTES:
            await stream.write(bytes(answer))
            answer.clear()
    end = _ENTRY_V2 if version == 2 else _ENTRY_V1
    await stream.write(bytes(answer) + b"DONE".ljust(end.size, b"\0"))


async def _send(machine: Machine, stream: Stream, text: str) -> bool:
    """RECV: send a file to the host; False when the transfer was broken off on request."""
    try:
        source: Source = machine.open_source(machine.files.resolve(text))
        if text.startswith("/dev/"):
            raise OSError(errno.EACCES, "Permission denied")
    except OSError as error:
        await _fail(stream, f"open failed: {error.strerror}")
        return True
    answer = bytearray()
    try:
        while piece := await source.read():
            for start in range(0, len(piece), DATA_LIMIT):
                chunk = piece[start : start + DATA_LIMIT]
                if not machine.faults.sync_transfer(len(chunk)):
                    # Half of a piece that was announced whole.
                    cut = _HEAD.pack(b"DATA", len(chunk)) + chunk[: len(chunk) // 2]
                    await stream.write(bytes(answer) + cut)
                    return False
                answer += _HEAD.pack(b"DATA", len(chunk)) + chunk
            if len(answer) >= ANSWER_BYTES:
                await stream.write(bytes(answer))
                answer.clear()
    finally:
        source.close()
    await stream.write(bytes(answer) + _HEAD.pack(b"DONE", 0))
    return True


async def _receive(machine: Machine, stream: Stream, text: str) -> None:
    """SEND: take a file from the host. What comes after a failure is read and thrown away."""
    target, _, mode_text = text.rpartition(",")
    mode = int(mode_text) if mode_text.isdecimal() and len(mode_text) < 8 else 0o644
    path = machine.files.resolve(target)
    problem = ""
    writer: Writer | None = None
    try:
        if stat.S_ISLNK(mode):
            raise OSError(errno.EPERM, "Operation not permitted")
        machine.files.make_folder(posixpath.dirname(path), parents=True)
        writer = machine.files.open_write(path)
    except OSError as error:
        problem = f"couldn't create file: {error.strerror}"
    try:
        while True:
            kind, number = _HEAD.unpack(await stream.read_exactly(_HEAD.size))
            if kind == b"DONE":
                break
            if kind != b"DATA" or number > DATA_LIMIT:
                await _fail(stream, "invalid data message")
                raise StreamClosedError
            data = await stream.read_exactly(number)
            if not machine.faults.sync_transfer(number):
                raise StreamClosedError  # the stream ends here, with half a file on the phone
            if writer is not None and not problem:
                try:
                    writer.write(data)
                except OSError as error:
                    problem = f"write failed: {error.strerror}"
    finally:
        if writer is not None:
            writer.close()
    if not problem:
        machine.files.change_mode(path, mode & 0o777)
        machine.files.set_times(path, number)
        await stream.write(_HEAD.pack(b"OKAY", 0))
        return
    if writer is not None:
        machine.files.remove(path)
    await _fail(stream, problem)


async def _fail(stream: Stream, message: str) -> None:
    data = message.encode("utf-8", "surrogateescape")
    await stream.write(_HEAD.pack(b"FAIL", len(data)) + data)
