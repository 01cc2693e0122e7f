"""One host's connection: handshake, authentication, and the streams that share it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa

from workbench.devices.virtual.auth import Authenticator, KeyPolicy, parse_public_key
from workbench.devices.virtual.clock import Clock
from workbench.devices.virtual.faults import Faults
from workbench.devices.virtual.protocol import (
    AUTH,
    AUTH_PUBLIC_KEY,
    AUTH_SIGNATURE,
    AUTH_TOKEN,
    CLSE,
    CNXN,
    MAX_PAYLOAD_BYTES,
    OKAY,
    OPEN,
    VERSION,
    WRTE,
    Packet,
    PacketDecoder,
    ProtocolError,
)
from workbench.devices.virtual.streams import Stream, StreamClosedError

READ_BYTES = 1 << 18
STREAM_LIMIT = 256
"""More streams than this at once are refused, so that a host cannot fill the memory."""

Service = Callable[[Stream], Awaitable[None]]
FindService = Callable[[str], Service | None]


@dataclass(frozen=True, slots=True)
class Site:
    """What a connection needs from the phone that it belongs to.

    Attributes:
        banner: what the phone says of itself once a host is accepted.
        find_service: the service of a name such as ``shell:ls``; None where there is none.
    """

    banner: Callable[[], str]
    find_service: FindService
    authenticator: Authenticator
    faults: Faults
    clock: Clock


class Connection:
    """Serves one host until either side ends it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Site
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._site = site
        self._decoder = PacketDecoder()
        self._with_checksums = False
        self._max_payload_bytes = MAX_PAYLOAD_BYTES
        self._host_spoke = False
        self._accepted = False
        self._token = b""
        self._streams: dict[int, Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_id = 1
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Run the connection; returns when it is over. Nothing that was started is left running."""
        try:
            while data := await self._reader.read(READ_BYTES):
                for packet in self._decoder.feed(data):
                    await self._site.faults.before_packet(packet)
                    await self._handle(packet)
        except (ProtocolError, ConnectionError, StreamClosedError):
            pass  # the host is told by the end of the connection, as by a real phone
        finally:
            await self._end()

    def abort(self) -> None:
        """Break the connection at once, as a pulled cable does."""
        self._writer.transport.abort()

    async def _end(self) -> None:
        self._writer.transport.abort()
        for stream in tuple(self._streams.values()):
            stream.on_close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _send(self, packet: Packet) -> None:
        async with self._sending:
            try:
                await self._site.faults.before_packet(packet)
                wire = packet.encode(with_checksum=self._with_checksums)
                self._writer.write(self._site.faults.on_wire(wire))
                await self._writer.drain()
            except ConnectionError:
                # Whoever sent this may not be the task that reads: end that one too.
                self._writer.transport.abort()
                raise

    async def _handle(self, packet: Packet) -> None:
        if packet.command == CNXN:
            await self._on_connect(packet)
        elif packet.command == AUTH:
            await self._on_auth(packet)
        elif not self._accepted:
            raise ProtocolError("A host sent a packet before it was accepted.")
        elif packet.command == OPEN:
            await self._on_open(packet)
        elif packet.command in (OKAY, WRTE, CLSE):
            self._on_stream_packet(packet)

    async def _on_connect(self, packet: Packet) -> None:
        self._host_spoke = True
        self._with_checksums = packet.arg0 < VERSION
        self._decoder.verify_checksums = self._with_checksums
        self._max_payload_bytes = max(1, min(packet.arg1, MAX_PAYLOAD_BYTES))
        await self._ask_for_signature()

    async def _ask_for_signature(self) -> None:
        self._token = self._site.authenticator.new_token()
        await self._send(Packet(AUTH, AUTH_TOKEN, 0, self._token))

    async def _on_auth(self, packet: Packet) -> None:
        if not self._host_spoke:
            raise ProtocolError("A host wants to be accepted before it connects.")
        authenticator = self._site.authenticator
        if packet.arg0 == AUTH_SIGNATURE:
            if authenticator.accepts(self._token, packet.payload):
                await self._accept()
            else:
                await self._ask_for_signature()
        elif packet.arg0 == AUTH_PUBLIC_KEY:
            key = parse_public_key(packet.payload)
            self._start(self._ask_user(key))

    async def _ask_user(self, key: rsa.RSAPublicKey) -> None:
        """Wait for the answer of the phone's user; no answer at all is a refusal."""
        authenticator = self._site.authenticator
        await self._site.clock.sleep(authenticator.delay_s)
        if authenticator.policy is KeyPolicy.ACCEPT:
            authenticator.remember(key)
            await self._accept()

    async def _accept(self) -> None:
        self._accepted = True
        banner = self._site.banner().encode()
        await self._send(Packet(CNXN, VERSION, MAX_PAYLOAD_BYTES, banner))

    async def _on_open(self, packet: Packet) -> None:
        name = packet.payload.rstrip(b"\0").decode("utf-8", "surrogateescape")
        service = self._site.find_service(name)
        if service is None or packet.arg0 == 0 or len(self._streams) >= STREAM_LIMIT:
            await self._send(Packet(CLSE, 0, packet.arg0))
            return
        stream = Stream(self._next_id, packet.arg0, self._send, self._max_payload_bytes)
        self._next_id += 1
        self._streams[stream.local_id] = stream
        await self._send(Packet(OKAY, stream.local_id, stream.remote_id))
        self._start(self._serve_stream(service, stream))

    async def _serve_stream(self, service: Service, stream: Stream) -> None:
        # A service whose host has closed the stream goes on until it writes, as on a phone; it is
        # ended with the connection at the latest.
        try:
            with contextlib.suppress(StreamClosedError):
                await service(stream)
            await stream.close()
        finally:
            self._streams.pop(stream.local_id, None)

    def _on_stream_packet(self, packet: Packet) -> None:
        stream = self._streams.get(packet.arg1)
        if stream is None or stream.remote_id != packet.arg0:
            return  # the stream ended here while the packet was under way
        if packet.command == WRTE:
            stream.on_write(packet.payload)
        elif packet.command == OKAY:
            stream.on_okay()
        else:
            stream.on_close()
            del self._streams[stream.local_id]

    def _start(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            with contextlib.suppress(ConnectionError, StreamClosedError):
                await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
