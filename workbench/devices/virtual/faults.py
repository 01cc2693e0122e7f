"""Misbehaviour of the connection: dropped, stalled and garbled on request.

Misbehaviour of what the phone reports (sensors, charger, clock) is part of its simulation; these
are the faults between the phone and a host.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.devices.virtual.protocol import HEADER_BYTES, Packet


class LinkDroppedError(ConnectionError):
    """The connection breaks here because that was asked for."""


class Faults:
    """What shall go wrong; each kind is armed by a call and off at first.

    Args:
        random_bytes: where garbage comes from.
    """

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._packets_left: int | None = None
        self._garbage = 0
        self._sync_bytes_left: int | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.packets = 0
        """Packets that went either way since the phone started."""

    def drop_at(self, packet: int) -> None:
        """Break the link instead of the `packet`-th packet from now (1 is the next), either way."""
        self._packets_left = packet

    def stall(self) -> None:
        """Neither take nor send anything until `resume`."""
        self._flowing.clear()

    def resume(self) -> None:
        """End a stall."""
        self._flowing.set()

    def send_garbage(self, packets: int = 1) -> None:
        """Send random bytes instead of the next packets."""
        self._garbage = packets

    def truncate_sync(self, after_bytes: int) -> None:
        """Break off the next file transfer after so many bytes of content."""
        self._sync_bytes_left = after_bytes

    def clear(self) -> None:
        """Behave again."""
        self._packets_left = None
        self._garbage = 0
        self._sync_bytes_left = None
        self.resume()

    async def before_packet(self, packet: Packet) -> None:
        """Called for each packet, of either direction, before it has an effect.

        Raises:
            LinkDroppedError: when the link shall break here.
        """
        await self._flowing.wait()
        self.packets += 1
        if self._packets_left is not None:
            self._packets_left -= 1
            if self._packets_left <= 0:
                self._packets_left = None
                raise LinkDroppedError(f"dropped at {packet.name}")

    def on_wire(self, wire: bytes) -> bytes:
        """What is sent in place of an encoded packet."""
        if self._garbage <= 0:
            return wire
        self._garbage -= 1
        # A whole header at least, so that a host sees nonsense and does not wait for more.
        return self._random_bytes(max(HEADER_BYTES, len(wire)))

    def sync_transfer(self, count: int) -> bool:
        """Called for each piece of file content; False when the transfer shall break off here."""
        if self._sync_bytes_left is None:
            return True
        self._sync_bytes_left -= count
        if self._sync_bytes_left >= 0:
            return True
        self._sync_bytes_left = None
        return False
