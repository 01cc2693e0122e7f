"""adb-shell's transports with their faults mended.

Both raise `TimeoutError` when nothing came or went in time and `ConnectionError` when the link is
dead, where adb-shell has an exception of its own for each, and none for a peer that hung up.
"""

from __future__ import annotations

import contextlib
import math
import selectors
import socket
import time
from typing import Any, Protocol

from adb_shell.transport.tcp_transport import TcpTransport

from workbench.devices.capabilities import Capability

_READ_SIZE = 256 * 2**10


class Transport(Protocol):
    """What `AdbConnection` needs; the shape of adb-shell's `BaseTransport`."""

    one_send: bool
    """Whether header and payload may go out together. Over USB each is a transfer of its own."""
    longest_read_s: float
    """Longest time-out of one read; short where a read cannot be broken off by closing."""

    def connect(self, transport_timeout_s: float) -> None: ...

    def bulk_read(self, numbytes: int, transport_timeout_s: float) -> bytes: ...

    def bulk_write(self, data: bytes, transport_timeout_s: float) -> int: ...

    def close(self) -> None: ...


# Not epoll, which the default selector is: it forgets a socket that another thread closes, and the
# wait would never end.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def wait_for(connection: socket.socket, event: int, seconds: float) -> bool:
    """Wait for `event` of `selectors`, at most so long; returns whether it came.

    Raises:
        ValueError, OSError: the socket was closed.
    """
    with _Selector() as selector:
        selector.register(connection, event)
        return bool(selector.select(max(0.0, seconds)))


class PromptTcpTransport(TcpTransport):  # type: ignore[misc]  # adb-shell has no types
    """TCP without Nagle's delay, which sends all it is given and notices a closed connection.

    adb-shell 0.4.4 leaves TCP_NODELAY off (46 ms instead of 3 for `true`), ignores how much of a
    write was taken (large pushes are cut short), and reads nothing for ever after the peer's end.
    """

    one_send = True
    longest_read_s = math.inf
    _connection: socket.socket | None

    def connect(self, transport_timeout_s: float) -> None:
        """Connect within `transport_timeout_s`."""
        connection = socket.create_connection((self._host, self._port), transport_timeout_s)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # A time-out set on the socket would be shared by a thread that reads and one that writes.
        connection.setblocking(False)
        self._connection = connection

    def bulk_read(self, numbytes: int, transport_timeout_s: float) -> bytes:
        """At least one and at most `numbytes` bytes."""
        connection = self._open_connection()
        until_s = time.monotonic() + transport_timeout_s
        while True:
            try:
                data = connection.recv(min(numbytes, _READ_SIZE))
            except BlockingIOError:
                _wait(connection, selectors.EVENT_READ, until_s)
                continue
            if not data:
                raise ConnectionResetError("the phone closed the connection")
            return data

    def bulk_write(self, data: bytes, transport_timeout_s: float) -> int:
        """Send all of `data`."""
        connection = self._open_connection()
        until_s = time.monotonic() + transport_timeout_s
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[connection.send(rest) :]
            except BlockingIOError:
                _wait(connection, selectors.EVENT_WRITE, until_s)
        return len(data)

    def close(self) -> None:
        """Close the connection; a read in another thread ends with `ConnectionError`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _open_connection(self) -> socket.socket:
        connection = self._connection
        if connection is None:
            raise ConnectionAbortedError("the connection was closed")
        return connection


def _wait(connection: socket.socket, event: int, until_s: float) -> None:
    """Wait until the socket can be read or written."""
    try:
        if not wait_for(connection, event, until_s - time.monotonic()):
            raise TimeoutError("time is up")
    except ValueError as error:
        raise ConnectionAbortedError("the connection was closed") from error


def usb_capability() -> Capability:
    """Whether phones on USB can be reached without an ADB server, and why not."""
    try:
        import usb1

        usb1.getVersion()
    except (ImportError, OSError) as error:
        return Capability(
            "usb_direct",
            False,
            f"libusb was not found ({error}); Debian: apt-get install libusb-1.0-0. "
            "An ADB server needs none.",
        )
    return Capability("usb_direct", True, "libusb")


def find_usb_transports() -> list[tuple[str, Transport]]:
    """(serial number, transport) of every phone on USB that this user may open.

    Raises:
        OSError: libusb is not there; see `usb_capability`.
    """
    import usb1
    from adb_shell import exceptions
    from adb_shell.transport.usb_transport import UsbTransport

    class PromptUsbTransport(UsbTransport):  # type: ignore[misc]  # adb-shell has no types
        """USB whose time-outs can be told from its failures."""

        one_send = False
        longest_read_s = 0.25

        def connect(self, transport_timeout_s: float) -> None:
            try:
                super().connect(transport_timeout_s)
            except usb1.USBErrorAccess as error:
                raise PermissionError("this user may not open the USB device") from error
            except usb1.USBErrorBusy as error:
                raise ConnectionError(
                    "another program, an ADB server perhaps, holds the USB device"
                ) from error
            except usb1.USBError as error:
                raise ConnectionError(str(error)) from error

        def bulk_read(self, numbytes: int, transport_timeout_s: float) -> bytes:
            try:
                return bytes(super().bulk_read(numbytes, max(transport_timeout_s, 0.001)))
            except exceptions.UsbReadFailedError as error:
                raise _usb_error(usb1, error) from error

        def bulk_write(self, data: bytes, transport_timeout_s: float) -> int:
            position = 0
            while position < len(data):
                try:
                    position += super().bulk_write(data[position:], max(transport_timeout_s, 0.001))
                except exceptions.UsbWriteFailedError as error:
                    raise _usb_error(usb1, error) from error
            return len(data)

    found: list[tuple[str, Transport]] = []
    for transport in PromptUsbTransport.find_all_adb_devices():
        try:
            serial = str(transport.serial_number)
        except usb1.USBError:
            # Without permission not even the serial number can be read: name it by its port.
            serial = "usb:" + "-".join(map(str, transport.port_path))
        found.append((serial, transport))
    return found


def _usb_error(usb1: Any, error: Exception) -> OSError:
    cause = getattr(error, "usb_error", None)
    if cause is None and len(error.args) > 1:
        cause = error.args[1]
    if isinstance(cause, usb1.USBErrorTimeout):
        return TimeoutError(str(error))
    return ConnectionError(str(error))
