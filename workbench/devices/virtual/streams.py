"""One stream of an ADB connection, with the protocol's flow control.

Each side may have one write under way a stream: the next waits for the peer's OKAY. Here OKAY is
sent when the data is taken, so that a slow reader holds its writer back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from workbench.devices.virtual.protocol import CLSE, OKAY, WRTE, Packet, ProtocolError

UNREAD_LIMIT = 64
"""One write may be under way; a host that sends this many without waiting is not heard further."""

Send = Callable[[Packet], Awaitable[None]]


class StreamClosedError(Exception):
    """The peer closed the stream, or the connection broke."""


class Stream:
    """A byte stream between a service of the phone and a host.

    Args:
        send: sends a packet over the connection.
        max_payload_bytes: the most that one packet to this peer may hold.
    """

    def __init__(self, local_id: int, remote_id: int, send: Send, max_payload_bytes: int) -> None:
        self.local_id = local_id
        self.remote_id = remote_id
        self._send = send
        self._max_payload_bytes = max_payload_bytes
        self._received: deque[bytes] = deque()
        self._rest = bytearray()
        self._changed = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self.closed = asyncio.Event()

    def on_write(self, data: bytes) -> None:
        """The peer's data arrived.

        Raises:
            ProtocolError: the peer sends far more than it may before its data is taken.
        """
        if len(self._received) >= UNREAD_LIMIT:
            raise ProtocolError("A host does not wait until its data is taken.")
        self._received.append(data)
        self._changed.set()

    def on_okay(self) -> None:
        """The peer is ready for the next write."""
        self._may_write.set()

    def on_close(self) -> None:
        """The peer closed the stream, or the connection is gone; what arrived can still be read."""
        self.closed.set()
        self._changed.set()
        self._may_write.set()

    async def read(self) -> bytes:
        """The next piece of data; empty at the end."""
        if self._rest:
            rest = bytes(self._rest)
            self._rest.clear()
            return rest
        while not self._received:
            if self.closed.is_set():
                return b""
            self._changed.clear()
            await self._changed.wait()
        data = self._received.popleft()
        if not self.closed.is_set():
            await self._send(Packet(OKAY, self.local_id, self.remote_id))
        return data

    async def read_exactly(self, count: int) -> bytes:
        """Exactly `count` bytes.

        Raises:
            StreamClosedError: when the stream ends before.
        """
        while len(self._rest) < count:
            kept = bytes(self._rest)
            self._rest.clear()
            piece = await self.read()
            if not piece:
                raise StreamClosedError
            self._rest += kept + piece
        data = bytes(self._rest[:count])
        del self._rest[:count]
        return data

    async def write(self, data: bytes) -> None:
        """Send all of `data`, in as many packets as it takes.

        Raises:
            StreamClosedError: when the peer does not take it.
        """
        for start in range(0, len(data), self._max_payload_bytes):
            await self._may_write.wait()
            if self.closed.is_set():
                raise StreamClosedError
            self._may_write.clear()
            chunk = data[start : start + self._max_payload_bytes]
            await self._send(Packet(WRTE, self.local_id, self.remote_id, chunk))

    async def close(self) -> None:
        """Close this side once the peer has taken what was written."""
        await self._may_write.wait()
        if not self.closed.is_set():
            self.closed.set()
            self._changed.set()
            await self._send(Packet(CLSE, self.local_id, self.remote_id))
