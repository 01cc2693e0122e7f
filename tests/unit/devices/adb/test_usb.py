"""Phones on USB without a server, over a transport with USB's manners."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.helpers.fake_adbd import FakeAdbd
from workbench.devices.adb.connect import connect_usb
from workbench.devices.adb.transports import find_usb_transports, usb_capability
from workbench.devices.device import TransportKind
from workbench.devices.errors import DeviceGoneError, DeviceNotFoundError


class UsbManners:
    """Transfers that must be read in one piece each; closing while one is read is an error."""

    one_send = False
    longest_read_s = 0.05

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._reading = threading.Lock()
        self.closed = 0
        self.writes: list[int] = []

    def connect(self, transport_timeout_s: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), transport_timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def bulk_read(self, numbytes: int, transport_timeout_s: float) -> bytes:
        assert transport_timeout_s <= self.longest_read_s
        assert self._socket is not None
        with self._reading:
            self._socket.settimeout(transport_timeout_s)
            data = self._socket.recv(numbytes)
            if not data:
                raise ConnectionError("unplugged")
            return data

    def bulk_write(self, data: bytes, transport_timeout_s: float) -> int:
        assert self._socket is not None
        self.writes.append(len(data))
        self._socket.sendall(data)
        return len(data)

    def close(self) -> None:
        assert self._reading.acquire(blocking=False), "closed while it was being read"
        self.closed += 1
        assert self._socket is not None
        self._socket.close()
        self._reading.release()


def test_commands_streams_and_files_share_the_one_connection(phone: FakeAdbd) -> None:
    transport = UsbManners(phone.port)
    device = connect_usb("ABC", (), find=lambda: [("ABC", transport)])
    assert device.info.transport is TransportKind.USB
    with device.stream("echo first; sleep 1; echo last") as stream:
        lines = stream.lines(10)
        assert next(lines) == b"first"
        device.push_bytes(bytes(200_000), "/f")
        assert device.read_file("/f") == bytes(200_000)
        assert device.shell("echo beside").stdout == b"beside\n"
        assert next(lines) == b"last"
    assert phone.connections == 1
    assert 24 in transport.writes  # headers go out alone
    device.close()
    device.close()
    assert transport.closed == 1


def test_closing_waits_for_the_read_under_way(phone: FakeAdbd) -> None:
    transport = UsbManners(phone.port)
    device = connect_usb("ABC", (), find=lambda: [("ABC", transport)])
    timer = threading.Timer(0.2, device.close)
    timer.start()
    with pytest.raises(DeviceGoneError):
        device.shell("sleep 60")
    timer.join()
    assert transport.closed == 1


def test_a_phone_that_is_not_plugged_in() -> None:
    with pytest.raises(DeviceNotFoundError, match="plugged in"):
        connect_usb("ABC", (), find=list)


def test_without_libusb_the_way_out_is_named() -> None:
    def missing() -> list[tuple[str, UsbManners]]:
        raise OSError("libusb-1.0.so.0: cannot open shared object file")

    with pytest.raises(DeviceNotFoundError, match="libusb") as caught:
        connect_usb("ABC", (), find=missing)
    assert "libusb-1.0-0" in caught.value.hint


def test_looking_for_phones_finds_them_or_says_why_not() -> None:
    capability = usb_capability()
    assert capability.how
    if capability.available:
        assert isinstance(find_usb_transports(), list)
