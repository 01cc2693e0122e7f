"""One connection to a phone's debug daemon: authentication, and streams side by side.

adb-shell gives the transports, the constants and the form of packets. Its own `AdbDevice` is not
used: it loses packets when two streams share a connection, checks deadlines only when data
arrives, takes a refused service for a time-out, throws the phone's banner away, and has the sum of
every payload computed by both sides.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.devices.adb import packets
from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.keys import Signer
from workbench.devices.adb.packets import AUTH, CLSE, CNXN, OKAY, OPEN, STLS, WRTE, Banner, Header
from workbench.devices.adb.transports import Transport
from workbench.devices.errors import (
    DeviceError,
    DeviceGoneError,
    DeviceNotFoundError,
    DeviceProtocolError,
    DeviceTimeoutError,
    DeviceUnauthorizedError,
    ServiceRefusedError,
    clean,
)

APPROVAL_S = 60.0
"""How long a user may take to find the phone and accept the key."""

WAITING_FOR_APPROVAL = "Unlock the phone and accept this computer's key there."


@dataclass
class _Stream:
    """State of a stream; guarded by the connection's condition."""

    local_id: int
    remote_id: int | None = None
    received: deque[bytes] = field(default_factory=deque)
    may_write: bool = True
    closed: bool = False  # by either side


class AdbConnection:
    """A connection to a phone.

    Any thread may use it. Whoever waits for something first reads packets for all: one thread at a
    time pumps the transport, the others wait until it has brought what they need. A deadline that
    passes in the middle of a packet loses nothing: the next pump goes on where it stopped.
    """

    def __init__(self, transport: Transport, what: str) -> None:
        self._transport = transport
        self._what = what
        self._changed = threading.Condition()
        self._send_lock = threading.Lock()
        self._pumping = False
        self._failure: DeviceError | None = None
        self._closing = False
        self._transport_closed = False
        self._streams: dict[int, _Stream] = {}
        self._next_id = 1
        self._inbox = bytearray()
        self._header: Header | None = None
        self._version = 0  # unknown until the phone has introduced itself
        self._max_payload = 4096
        self.banner = Banner("", {}, frozenset())

    # ---- connecting ----------------------------------------------------------------------------

    def connect(
        self,
        signers: Sequence[Signer],
        timeout_s: float,
        approval_s: float = APPROVAL_S,
        on_waiting: Callable[[str], None] | None = None,
    ) -> None:
        """Open the transport and introduce ourselves.

        Args:
            signers: keys to try; the first is offered to the phone for approval.
            timeout_s: for everything that needs no user.
            approval_s: for the user to accept the key on the phone.
            on_waiting: called once with what the user has to do, when it comes to that.

        Raises:
            DeviceNotFoundError: nothing answers there.
            DeviceUnauthorizedError: the key was not accepted.
            DeviceTimeoutError, DeviceGoneError, DeviceProtocolError.
        """
        deadline = Deadline(timeout_s, self._what)
        try:
            self._transport.connect(deadline.remaining_s())
        except TimeoutError:
            raise deadline.error() from None
        except PermissionError as error:
            raise DeviceUnauthorizedError(
                f"{self._what}: {error}.",
                "Install the udev rules for Android (Debian: apt-get install "
                "android-sdk-platform-tools-common) and plug the phone in again.",
            ) from error
        except OSError as error:
            raise DeviceNotFoundError(
                f"{self._what}: nothing answers there ({error.strerror or error}).",
                "Check the address, and that the phone listens: `adb tcpip 5555` once over USB.",
            ) from error
        try:
            self._introduce(signers, deadline, approval_s, on_waiting)
        except BaseException:
            self.close()
            raise

    def _introduce(
        self,
        signers: Sequence[Signer],
        deadline: Deadline,
        approval_s: float,
        on_waiting: Callable[[str], None] | None,
    ) -> None:
        self._send(CNXN, packets.VERSION, packets.MAX_PAYLOAD, packets.HOST_BANNER, deadline)
        untried = list(signers)
        asked = False
        while True:
            try:
                header, payload = self._receive(deadline)
            except (DeviceTimeoutError, DeviceGoneError) as error:
                if asked:
                    raise _not_accepted(str(error)) from error
                raise
            if header.command == CNXN:
                break
            if header.command == STLS:
                raise DeviceUnauthorizedError(
                    f"{self._what}: the phone speaks to paired computers only.",
                    "Pair it through an ADB server: `adaspring-workbench devices --pair "
                    "HOST:PORT`, then connect through the server.",
                )
            if header.command != AUTH or header.arg0 != packets.AUTH_TOKEN:
                continue
            if untried:
                self._send(AUTH, packets.AUTH_SIGNATURE, 0, untried.pop(0).sign(payload), deadline)
            elif signers and not asked:
                asked = True
                deadline = Deadline(approval_s, self._what)
                if on_waiting is not None:
                    on_waiting(WAITING_FOR_APPROVAL)
                offer = signers[0].public_key + b"\0"
                self._send(AUTH, packets.AUTH_PUBLIC_KEY, 0, offer, deadline)
            else:
                raise _not_accepted("the phone refused the key")
        self.banner = packets.parse_banner(payload)
        self._version = min(packets.VERSION, header.arg0)
        self._max_payload = max(1024, min(packets.MAX_PAYLOAD, header.arg1))

    # ---- streams -------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether the connection is of no more use."""
        return self._failure is not None

    def open(self, service: str, deadline: Deadline) -> PacketStream:
        """Start a service.

        Raises:
            ServiceRefusedError: the phone closed it at once.
        """
        destination = service.encode() + b"\0"
        if len(destination) > self._max_payload:
            raise ServiceRefusedError(
                f"A command of {len(destination)} bytes is too long for the phone.",
                f"It takes {self._max_payload} bytes: push a script and run that.",
            )
        with self._changed:
            stream = _Stream(self._next_id)
            self._next_id = self._next_id % 0xFFFFFFFF + 1
            self._streams[stream.local_id] = stream
        opened = PacketStream(self, stream)
        try:
            self._send(OPEN, stream.local_id, 0, destination, deadline)
            self._wait(lambda: stream.remote_id is not None or stream.closed, deadline)
        except BaseException:
            opened.close()
            raise
        if stream.remote_id is None:
            raise ServiceRefusedError(
                f"{deadline.what}: the phone refused the service {clean(service, 60)!r}.",
                "Its version of Android may not offer it.",
            )
        return opened

    def close(self) -> None:
        """Close the connection; all that wait on it end with `DeviceGoneError`."""
        with self._changed:
            self._closing = True
            if self._failure is None:
                self._failure = DeviceGoneError(self._what, "closed on this side")
            self._changed.notify_all()
            # A socket can be closed under a thread that reads from it, a USB handle cannot: there
            # the reader closes it when its short read is over.
            mine = not self._pumping or self._transport.one_send
        if mine:
            self._close_transport()

    def _close_transport(self) -> None:
        """Close the transport, once. Not while holding the condition."""
        with self._changed:
            first = not self._transport_closed
            self._transport_closed = True
        if not first:
            return
        if self._transport.one_send:
            self._transport.close()
        else:
            with self._send_lock:
                self._transport.close()

    # ---- for PacketStream ----------------------------------------------------------------------

    def read_stream(self, stream: _Stream, deadline: Deadline) -> bytes:
        """Next payload of a stream; empty at its end."""
        self._wait(lambda: bool(stream.received) or stream.closed, deadline)
        with self._changed:
            if not stream.received:
                return b""
            data = stream.received.popleft()
            alive = not stream.closed
        if alive and stream.remote_id is not None:
            # What was received is handed on even where the answer to it cannot be sent any more.
            with contextlib.suppress(DeviceError):
                self._send(OKAY, stream.local_id, stream.remote_id, b"", deadline)
        return data

    def write_stream(self, stream: _Stream, data: bytes, deadline: Deadline) -> None:
        """Send all of `data`, a payload at a time, each after the phone took the one before."""
        for start in range(0, len(data), self._max_payload):
            self._wait(lambda: stream.may_write or stream.closed, deadline)
            with self._changed:
                if stream.closed or stream.remote_id is None:
                    raise DeviceGoneError(deadline.what, "the phone ended the service")
                stream.may_write = False
            piece = data[start : start + self._max_payload]
            self._send(WRTE, stream.local_id, stream.remote_id, piece, deadline)

    def close_stream(self, stream: _Stream) -> None:
        """End a stream; the phone's last words to it are ignored when they come."""
        with self._changed:
            self._streams.pop(stream.local_id, None)
            say_so = not stream.closed and stream.remote_id is not None and not self._failure
            stream.closed = True
            self._changed.notify_all()
        if say_so and stream.remote_id is not None:
            with contextlib.suppress(DeviceError):
                self._send(CLSE, stream.local_id, stream.remote_id, b"", Deadline(2.0, self._what))

    # ---- packets -------------------------------------------------------------------------------

    def _wait(self, ready: Callable[[], bool], deadline: Deadline) -> None:
        """Pump, or let another thread pump, until `ready`."""
        with self._changed:
            while not ready():
                if self._failure is not None:
                    raise DeviceGoneError(deadline.what, self._failure.detail) from self._failure
                if self._pumping:
                    self._changed.wait(deadline.remaining_s())
                    continue
                self._pumping = True
                self._changed.release()
                try:
                    header, payload = self._receive(deadline)
                finally:
                    self._changed.acquire()
                    self._pumping = False
                    self._changed.notify_all()
                    if self._closing:
                        self._changed.release()
                        try:
                            self._close_transport()
                        finally:
                            self._changed.acquire()
                reply = self._dispatch(header, payload)
                if reply is not None:
                    self._changed.release()
                    try:
                        self._send(*reply, b"", deadline)
                    finally:
                        self._changed.acquire()

    def _dispatch(self, header: Header, payload: bytes) -> tuple[int, int, int] | None:
        """Hand a packet to its stream; returns a packet to answer with. Holds the condition."""
        stream = self._streams.get(header.arg1)
        if header.command == OKAY and stream is not None:
            if stream.remote_id is None:
                stream.remote_id = header.arg0
            stream.may_write = True
        elif header.command == WRTE and stream is not None:
            stream.received.append(payload)
        elif header.command == CLSE and stream is not None:
            stream.closed = True
            del self._streams[stream.local_id]
            if stream.remote_id is not None:
                return CLSE, stream.local_id, stream.remote_id
        elif header.command in (CNXN, AUTH, STLS):
            self._failure = DeviceGoneError(self._what, "the phone started the connection anew")
        return None

    def _receive(self, deadline: Deadline) -> tuple[Header, bytes]:
        """The next packet. Only one thread at a time may be here."""
        try:
            if self._header is None:
                head = self._bytes(packets.HEADER.size, deadline)
                self._header = packets.unpack_header(head, self._what)
            header = self._header
            payload = self._bytes(header.length, deadline)
            self._header = None
            with_sum = 0 < self._version < packets.VERSION
            if with_sum and sum(payload) & 0xFFFFFFFF != header.checksum:
                raise DeviceProtocolError(self._what, "the sum of a payload is wrong")
        except DeviceTimeoutError:
            raise
        except DeviceError as error:
            self._fail(error)
            raise
        return header, payload

    def _bytes(self, count: int, deadline: Deadline) -> bytes:
        """Exactly `count` bytes; what came before a deadline passed waits for the next call."""
        while len(self._inbox) < count:
            wait_s = min(deadline.remaining_s(), self._transport.longest_read_s)
            try:
                # Over USB a read must not ask for more than the transfer holds.
                self._inbox += self._transport.bulk_read(count - len(self._inbox), wait_s)
            except TimeoutError:
                if self._closing:
                    raise DeviceGoneError(deadline.what, "closed on this side") from None
            except OSError as error:
                raise DeviceGoneError(deadline.what, str(error)) from error
        taken = bytes(self._inbox)
        self._inbox.clear()
        return taken

    def _send(self, command: int, arg0: int, arg1: int, payload: bytes, deadline: Deadline) -> None:
        header = packets.pack_header(
            command, arg0, arg1, payload, with_sum=self._version < packets.VERSION
        )
        pieces = [header + payload] if self._transport.one_send else [header, payload]
        with self._send_lock:
            if self._failure is not None:
                raise DeviceGoneError(deadline.what, self._failure.detail) from self._failure
            try:
                for piece in filter(None, pieces):
                    self._transport.bulk_write(piece, deadline.remaining_s())
            except (TimeoutError, DeviceTimeoutError):
                # Half a packet may have gone out: nothing sensible can follow it.
                self._fail(DeviceGoneError(self._what, "the phone stopped taking data"))
                raise deadline.error() from None
            except OSError as error:
                gone = DeviceGoneError(deadline.what, str(error))
                self._fail(gone)
                raise gone from error

    def _fail(self, error: DeviceError) -> None:
        with self._changed:
            if self._failure is None:
                self._failure = error
            self._changed.notify_all()


class PacketStream:
    """A service on an `AdbConnection`; implements `ServiceStream`."""

    def __init__(self, connection: AdbConnection, stream: _Stream) -> None:
        self._connection = connection
        self._stream = stream

    def read(self, deadline: Deadline) -> bytes:
        """The next bytes as they come; empty once the phone has ended the service."""
        return self._connection.read_stream(self._stream, deadline)

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of `data`."""
        self._connection.write_stream(self._stream, data, deadline)

    def pending(self) -> bool:
        """Whether `read` would return at once."""
        return bool(self._stream.received) or self._stream.closed

    def close(self) -> None:
        """End the service."""
        self._connection.close_stream(self._stream)


def _not_accepted(detail: str) -> DeviceUnauthorizedError:
    return DeviceUnauthorizedError(
        "The phone did not accept this computer's key.",
        "Unlock the phone and accept the key when it asks; then connect again.",
        detail,
    )
