"""What commands read from and write to: stream of a host, file, pipe, memory, nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

INPUT_LIMIT_BYTES = 64 << 20
"""The most that a command of the simulated phone keeps in memory."""

_PIPE_PIECES = 16


class Sink(Protocol):
    """Takes bytes; `BrokenPipeError` when nobody reads them, `OSError` when they don't fit."""

    async def write(self, data: bytes) -> None:
        """Take the bytes, once there is room."""

    def close(self) -> None:
        """No more bytes come."""


class Source:
    """Bytes to read, in pieces or by the line.

    Args:
        fetch: the next piece; empty at the end.
        close: called when nobody reads on.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        close: Callable[[], None] | None = None,
    ) -> None:
        self._fetch = fetch
        self._close = close
        self._rest = b""

    async def read(self) -> bytes:
        """The next piece; empty at the end."""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        return await self._fetch()

    async def read_line(self) -> bytes:
        """The next line with its end; without one at the end of the text; then empty."""
        while b"\n" not in self._rest:
            piece = await self._fetch()
            if not piece:
                rest, self._rest = self._rest, b""
                return rest
            self._rest += piece
            _check(len(self._rest))
        line, end, self._rest = self._rest.partition(b"\n")
        return line + end

    async def read_all(self) -> bytes:
        """Everything up to the end."""
        found = bytearray()
        while piece := await self.read():
            found += piece
            _check(len(found))
        return bytes(found)

    def close(self) -> None:
        """Nobody reads on."""
        if self._close is not None:
            self._close()


def empty_source() -> Source:
    """Nothing to read, as from ``/dev/null``."""
    return source_of(b"")


def source_of(data: bytes) -> Source:
    """Bytes in memory."""
    pieces = deque([data] if data else [])

    async def fetch() -> bytes:
        return pieces.popleft() if pieces else b""

    return Source(fetch)


class NullSink:
    """``/dev/null``."""

    async def write(self, data: bytes) -> None:
        """Forget the bytes."""

    def close(self) -> None:
        """Nothing to close."""


class MemorySink:
    """Keeps the bytes, as a substitution ``$(...)`` needs them."""

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, data: bytes) -> None:
        """Keep the bytes."""
        self.data += data
        _check(len(self.data))

    def close(self) -> None:
        """Nothing to close."""


class CallbackSink:
    """Hands the bytes on."""

    def __init__(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        self._write = write

    async def write(self, data: bytes) -> None:
        """Hand the bytes on."""
        if data:
            await self._write(data)

    def close(self) -> None:
        """Nothing to close."""


class BlockWriter(Protocol):
    """A file that is open for writing."""

    def write(self, data: bytes) -> None:
        """Append the bytes."""

    def close(self) -> None:
        """Close the file."""


class FileSink:
    """A file of the phone."""

    def __init__(self, writer: BlockWriter) -> None:
        self._writer = writer

    async def write(self, data: bytes) -> None:
        """Append the bytes."""
        self._writer.write(data)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class Pipe:
    """Connects two commands; the writer waits when the reader is slow."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._no_writer = False
        self._no_reader = False
        self.source = Source(self._fetch, self._leave)

    async def write(self, data: bytes) -> None:
        """Pass the bytes on."""
        while not self._no_reader and len(self._pieces) >= _PIPE_PIECES:
            await self._wait()
        if self._no_reader:
            raise BrokenPipeError
        if data:
            self._pieces.append(data)
            self._changed.set()

    def close(self) -> None:
        """No more bytes come."""
        self._no_writer = True
        self._changed.set()

    def _leave(self) -> None:
        self._no_reader = True
        self._changed.set()

    async def _wait(self) -> None:
        # Whoever waits clears: `set` wakes all that wait at that moment, so no change is missed.
        self._changed.clear()
        await self._changed.wait()

    async def _fetch(self) -> bytes:
        while not self._pieces:
            if self._no_writer:
                return b""
            await self._wait()
        piece = self._pieces.popleft()
        self._changed.set()
        return piece


def _check(size: int) -> None:
    if size > INPUT_LIMIT_BYTES:
        raise MemoryError("out of memory")
