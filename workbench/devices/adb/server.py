"""Client of an ADB server (`SERVICES.TXT` and `OVERVIEW.TXT` of AOSP's adb).

The server owns the USB devices and pairs phones over Wi-Fi. It belongs to the user: nothing here
starts, ends or restarts one.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import socket
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.errors import SettingsError
from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.states import ListedDevice, parse_device_list
from workbench.devices.adb.transports import wait_for
from workbench.devices.errors import (
    AdbServerError,
    DeviceError,
    DeviceGoneError,
    DeviceNotFoundError,
    DeviceProtocolError,
    DeviceUnauthorizedError,
    ServiceRefusedError,
    clean,
)

DEFAULT_PORT = 5037
_MAX_REQUEST = 0xFFFF
_READ_SIZE = 256 * 2**10


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where an ADB server listens: host and port, or the path of a Unix socket."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    path: str = ""

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"

    @property
    def local(self) -> bool:
        """Whether it is this computer's own."""
        return bool(self.path) or self.host in ("127.0.0.1", "localhost", "::1")


def server_address(environ: Mapping[str, str] | None = None) -> ServerAddress:
    """The address that adb itself would use.

    ADB_SERVER_SOCKET (``tcp:host:port``, ``tcp:port`` or ``localfilesystem:path``) comes first,
    then ANDROID_ADB_SERVER_ADDRESS and ANDROID_ADB_SERVER_PORT.

    Raises:
        SettingsError: a variable holds something else.
    """
    env = os.environ if environ is None else environ
    spec = env.get("ADB_SERVER_SOCKET", "")
    if not spec:
        host = env.get("ANDROID_ADB_SERVER_ADDRESS", "") or "127.0.0.1"
        port = env.get("ANDROID_ADB_SERVER_PORT", "") or str(DEFAULT_PORT)
        return ServerAddress(host, _port(port, "ANDROID_ADB_SERVER_PORT"))
    kind, _, rest = spec.partition(":")
    if kind == "localfilesystem" and rest:
        return ServerAddress(path=rest)
    if kind != "tcp" or not rest:
        raise SettingsError(
            f"ADB_SERVER_SOCKET={spec!r} is not understood.",
            "Write tcp:HOST:PORT, tcp:PORT or localfilesystem:PATH.",
        )
    host, colon, port = rest.rpartition(":")
    return ServerAddress(
        host.strip("[]") if colon else "127.0.0.1", _port(port, "ADB_SERVER_SOCKET")
    )


def _port(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        raise SettingsError(f"{name}: {text!r} is no port.", "Write a number from 1 to 65535.")
    return int(text)


class SocketStream:
    """A connection to the server; implements `ServiceStream` once a service was opened on it."""

    def __init__(self, connection: socket.socket, address: ServerAddress) -> None:
        self._socket = connection
        self._address = address

    def read(self, deadline: Deadline) -> bytes:
        """The next bytes as they come; empty at the end."""
        try:
            self._socket.settimeout(deadline.remaining_s())
            return self._socket.recv(_READ_SIZE)
        except TimeoutError:
            raise deadline.error() from None
        except OSError as error:
            raise DeviceGoneError(deadline.what, str(error)) from error

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of `data`."""
        try:
            self._socket.settimeout(deadline.remaining_s())
            self._socket.sendall(data)
        except TimeoutError:
            raise deadline.error() from None
        except OSError as error:
            raise DeviceGoneError(deadline.what, str(error)) from error

    def pending(self) -> bool:
        """Whether `read` would return at once."""
        return self.wait_readable(0.0)

    def wait_readable(self, seconds: float) -> bool:
        """Wait until `read` would return at once, at most so long; returns whether it would."""
        try:
            return wait_for(self._socket, selectors.EVENT_READ, seconds)
        except (OSError, ValueError):
            return True  # closed: `read` says so

    def close(self) -> None:
        """Close the connection; wakes up a `read` in another thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    # ---- the server's own protocol -------------------------------------------------------------

    def request(self, service: str, deadline: Deadline) -> None:
        """Ask the server for `service` and read its verdict.

        Raises:
            DeviceError: the server says FAIL; the class follows its reason.
        """
        encoded = service.encode()
        if len(encoded) > _MAX_REQUEST:
            raise ServiceRefusedError(
                f"A command of {len(encoded)} bytes is too long for the ADB server.",
                f"It may have {_MAX_REQUEST} bytes: push a script and run that.",
            )
        self.write(b"%04x%s" % (len(encoded), encoded), deadline)
        verdict = self.exactly(4, deadline)
        if verdict == b"FAIL":
            raise _refusal(self.block(deadline).decode("utf-8", "replace"), deadline.what)
        if verdict != b"OKAY":
            raise DeviceProtocolError(
                f"ADB server at {self._address}", f"{verdict!r} in the place of OKAY"
            )

    def block(self, deadline: Deadline) -> bytes:
        """Four hexadecimal digits and that many bytes."""
        digits = self.exactly(4, deadline)
        if not re.fullmatch(rb"[0-9a-fA-F]{4}", digits):
            raise DeviceProtocolError(f"ADB server at {self._address}", f"length {digits!r}")
        return self.exactly(int(digits, 16), deadline)

    def exactly(self, count: int, deadline: Deadline) -> bytes:
        """Exactly `count` bytes; what follows stays in the socket."""
        data = bytearray()
        while len(data) < count:
            self._socket_timeout(deadline)
            try:
                piece = self._socket.recv(count - len(data))
            except TimeoutError:
                raise deadline.error() from None
            except OSError as error:
                raise DeviceGoneError(deadline.what, str(error)) from error
            if not piece:
                raise DeviceGoneError(deadline.what, "the ADB server closed the connection")
            data += piece
        return bytes(data)

    def _socket_timeout(self, deadline: Deadline) -> None:
        remaining_s = deadline.remaining_s()
        with contextlib.suppress(OSError):  # closed by another thread: the read says so
            self._socket.settimeout(remaining_s)


class AdbServer:
    """A running ADB server. Every call makes a connection of its own, as the protocol wants it."""

    def __init__(self, address: ServerAddress | None = None) -> None:
        self.address = server_address() if address is None else address

    def connect(self, deadline: Deadline) -> SocketStream:
        """A new connection.

        Raises:
            AdbServerError: nobody answers there.
        """
        try:
            if self.address.path:
                connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                connection.settimeout(deadline.remaining_s())
                connection.connect(self.address.path)
            else:
                connection = socket.create_connection(
                    (self.address.host, self.address.port), deadline.remaining_s()
                )
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            hint = (
                "Start one with `adb start-server` (Debian: apt-get install adb)."
                if self.address.local
                else "Check ADB_SERVER_SOCKET; a server for other computers is started with "
                "`adb -a nodaemon server start`."
            )
            raise AdbServerError(
                f"No ADB server answers at {self.address}.", hint, str(error)
            ) from error
        return SocketStream(connection, self.address)

    def query(self, service: str, timeout_s: float = 5.0) -> str:
        """The text that the server answers to a host service."""
        deadline = Deadline(timeout_s, f"ADB server at {self.address}")
        with contextlib.closing(self.connect(deadline)) as stream:
            stream.request(service, deadline)
            return stream.block(deadline).decode("utf-8", "replace")

    def version(self, timeout_s: float = 2.0) -> int:
        """Version of the server's protocol, such as 41."""
        text = self.query("host:version", timeout_s)
        try:
            return int(text, 16)
        except ValueError:
            raise DeviceProtocolError(
                f"ADB server at {self.address}", f"version {text!r}"
            ) from None

    def running(self, timeout_s: float = 2.0) -> bool:
        """Whether an ADB server answers at the address."""
        try:
            self.version(timeout_s)
        except DeviceError:
            return False
        return True

    def devices(self, timeout_s: float = 5.0) -> tuple[ListedDevice, ...]:
        """All devices the server knows."""
        return parse_device_list(self.query("host:devices-l", timeout_s))

    def features(self, serial: str, timeout_s: float = 5.0) -> frozenset[str]:
        """Protocol features of a phone that both it and the server know."""
        text = self.query(f"host-serial:{serial}:features", timeout_s)
        return frozenset(filter(None, text.strip().split(",")))

    def connect_device(self, address: str, timeout_s: float = 30.0) -> str:
        """Let the server connect to ``host:port``; returns what it says.

        Raises:
            AdbServerError: it could not.
        """
        said = self.query(f"host:connect:{address}", timeout_s)
        # The server reports success and failure alike with OKAY; only the words differ.
        if re.match(r"(already )?connected to ", said):
            return clean(said)
        raise AdbServerError(
            f"Could not connect to {clean(address)}: {clean(said)}",
            "Check the address and that wireless debugging is on. A phone with Android 11 or later "
            "must be paired with this computer first.",
        )

    def disconnect_device(self, address: str, timeout_s: float = 10.0) -> str:
        """Let the server drop a device reached over TCP; returns what it says."""
        return clean(self.query(f"host:disconnect:{address}", timeout_s))

    def pair(self, address: str, code: str, timeout_s: float = 30.0) -> str:
        """Pair with a phone (Android 11 and later) that shows `address` and a six-digit code.

        Raises:
            SettingsError: the code is not six digits.
            AdbServerError: pairing failed, or the server is too old for it.
        """
        if not re.fullmatch(r"\d{6}", code, re.ASCII):
            raise SettingsError(
                "A pairing code has six digits.",
                "On the phone: developer options, wireless debugging, pair with a pairing code.",
            )
        try:
            said = self.query(f"host:pair:{code}:{address}", timeout_s)
        except ServiceRefusedError as error:
            raise AdbServerError(
                "This ADB server cannot pair.",
                "Pairing needs adb 30 or later.",
                error.detail,
            ) from error
        if said.startswith("Successfully paired"):
            return clean(said)
        raise AdbServerError(
            f"Pairing with {clean(address)} failed: {clean(said)}",
            "The code and the port change each time the phone shows them: read them again while "
            "its pairing dialog is open.",
        )


class ServerOpener:
    """Services of one phone through the server; each stream is a connection of its own."""

    def __init__(self, server: AdbServer, serial: str) -> None:
        self._server = server
        self._serial = serial
        self._lock = threading.Lock()
        self._streams: weakref.WeakSet[SocketStream] = weakref.WeakSet()
        self._closed = False

    def open(self, service: str, deadline: Deadline) -> SocketStream:
        """Start `service` on the phone."""
        stream = self._server.connect(deadline)
        try:
            with self._lock:
                if self._closed:
                    raise DeviceGoneError(deadline.what, "the device object was closed")
                self._streams.add(stream)
            stream.request(f"host:transport:{self._serial}", deadline)
            stream.request(service, deadline)
        except BaseException:
            stream.close()
            raise
        return stream

    def open_apart(self, service: str, deadline: Deadline) -> SocketStream:
        """The same: every stream stands alone here."""
        return self.open(service, deadline)

    def close(self) -> None:
        """End all services of the phone that were opened here."""
        with self._lock:
            self._closed = True
            streams = list(self._streams)
        for stream in streams:
            stream.close()


def _refusal(said: str, what: str) -> DeviceError:
    """The error that fits the server's reason."""
    words = clean(said)
    lower = words.lower()
    if "unauthorized" in lower or "authorizing" in lower:
        return DeviceUnauthorizedError(
            "The phone does not trust this computer's key.",
            "Unlock the phone and accept the key.",
            said,
        )
    if "not found" in lower or "no devices" in lower:
        return DeviceNotFoundError(
            f"{words[:1].upper()}{words[1:]}.",
            "See `adaspring-workbench devices` for those that are there.",
            said,
        )
    if "offline" in lower:
        return DeviceGoneError(what, said)
    return ServiceRefusedError(f"{what}: refused by the phone: {words}.", "", said)
