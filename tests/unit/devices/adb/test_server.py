"""Phones through an ADB server: Debian's own one, and one that misbehaves."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.adb_server import adb_program, running_server
from tests.helpers.fake_adbd import FakeAdbd
from workbench.core.errors import SettingsError
from workbench.devices.adb.connect import connect_through_server
from workbench.devices.adb.phone import AdbDevice
from workbench.devices.adb.server import AdbServer, ServerAddress, server_address
from workbench.devices.adb.states import DeviceState
from workbench.devices.adb.tracker import DeviceListEvent, DeviceTracker
from workbench.devices.device import TransportKind
from workbench.devices.errors import (
    AdbServerError,
    DeviceGoneError,
    DeviceNotFoundError,
    DeviceProtocolError,
    DeviceTimeoutError,
    RemoteFileError,
    ServiceRefusedError,
)

needs_adb = pytest.mark.skipif(adb_program() is None, reason="needs Debian's adb")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def device(server: AdbServer, phone: FakeAdbd) -> Iterator[AdbDevice]:
    phone.auth = "trusting"
    address = f"127.0.0.1:{phone.port}"
    assert address in server.connect_device(address)
    connected = connect_through_server(server, address)
    yield connected
    connected.close()
    server.disconnect_device(address)


# ---- Debian's server ----------------------------------------------------------------------------


@needs_adb
def test_a_phone_through_the_server(server: AdbServer, device: AdbDevice, tmp_path: Path) -> None:
    assert server.version() > 30
    assert device.info.transport is TransportKind.SERVER
    assert device.info.serial in [listed.serial for listed in server.devices()]
    assert "shell_v2" in device.info.features
    result = device.shell("echo out; echo err >&2; exit 3")
    assert (result.exit_code, result.stdout, result.stderr) == (3, b"out\n", b"err\n")
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    device.push(tmp_path / "file", "/data/file", mode=0o755)
    device.pull("/data/file", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    stat = device.stat("/data/file")
    assert stat is not None
    assert stat.size_bytes == len(content)
    assert [entry.name for entry in device.list_folder("/data")] == ["file"]
    assert device.stat("/nowhere") is None
    with pytest.raises(RemoteFileError):
        device.read_file("/nowhere")


@needs_adb
def test_streams_and_commands_side_by_side(device: AdbDevice) -> None:
    with device.stream("echo first; sleep 60") as stream:
        assert next(stream.lines(10)) == b"first"
        assert device.shell("echo beside").stdout == b"beside\n"
        with pytest.raises(DeviceTimeoutError):
            stream.read(0.1)


@needs_adb
def test_a_deadline_through_the_server(device: AdbDevice) -> None:
    with pytest.raises(DeviceTimeoutError):
        device.shell("sleep 60", timeout_s=0.3)
    assert device.shell("echo alive").stdout == b"alive\n"


@needs_adb
def test_closing_ends_a_call_that_waits_on_the_server(device: AdbDevice) -> None:
    timer = threading.Timer(0.2, device.close)
    timer.start()
    with pytest.raises(DeviceGoneError):
        device.shell("sleep 60")
    timer.join()


@needs_adb
def test_a_full_disk_through_the_server(device: AdbDevice, phone: FakeAdbd) -> None:
    phone.fail_send = b"couldn't write: No space left on device"
    with pytest.raises(RemoteFileError, match="No space left"):
        device.push_bytes(bytes(3_000_000), "/big")


@needs_adb
def test_refused_services_and_unknown_phones(
    server: AdbServer, device: AdbDevice, phone: FakeAdbd
) -> None:
    phone.refuse = (b"sync:",)
    with pytest.raises(ServiceRefusedError):
        device.stat("/data")
    with pytest.raises(DeviceNotFoundError, match="no device"):
        connect_through_server(server, "nobody")
    with pytest.raises(ServiceRefusedError, match="too long"):
        device.shell("echo " + "x" * 70_000)


@needs_adb
def test_a_phone_that_cannot_be_used_says_why(server: AdbServer, phone: FakeAdbd) -> None:
    phone.state = "recovery"
    address = f"127.0.0.1:{phone.port}"
    server.connect_device(address)
    with pytest.raises(DeviceNotFoundError, match="recovery") as caught:
        connect_through_server(server, address)
    assert "Restart" in caught.value.hint
    server.disconnect_device(address)


@needs_adb
def test_an_address_where_no_phone_is(server: AdbServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(AdbServerError, match="Could not connect"):
        server.connect_device(f"127.0.0.1:{port}")


@needs_adb
def test_phones_are_tracked_as_they_come_and_go(server: AdbServer, phone: FakeAdbd) -> None:
    events: queue.Queue[DeviceListEvent] = queue.Queue()
    tracker = DeviceTracker(server, events.put, retry_s=0.1)
    tracker.start()
    address = f"127.0.0.1:{phone.port}"

    def wait_for(wanted: Callable[[DeviceListEvent], bool]) -> list[DeviceListEvent]:
        seen = []
        while True:
            seen.append(events.get(timeout=20))
            if wanted(seen[-1]):
                return seen

    wait_for(lambda event: event.server_error is None)
    server.connect_device(address)
    seen = wait_for(lambda event: any(d.serial == address for d in event.devices))
    # Debounced: the moment as `offline` while it connects is never shown.
    assert [d.state for d in seen[-1].devices if d.serial == address] == [DeviceState.DEVICE]
    server.disconnect_device(address)
    wait_for(lambda event: not any(d.serial == address for d in event.devices))
    tracker.close()


# ---- servers that misbehave ---------------------------------------------------------------------


class ScriptedServer:
    """Answers every connection with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.server = AdbServer(ServerAddress("127.0.0.1", self._listener.getsockname()[1]))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self.requests.append(connection.recv(4096))
                connection.sendall(self._answer)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(5)
                while connection.recv(4096):
                    pass

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def scripted() -> Iterator[Callable[[bytes], ScriptedServer]]:
    made: list[ScriptedServer] = []

    def make(answer: bytes) -> ScriptedServer:
        made.append(ScriptedServer(answer))
        return made[-1]

    yield make
    for server in made:
        server.close()


Scripted = Callable[[bytes], ScriptedServer]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", DeviceGoneError),
        (b"OK", DeviceGoneError),
        (b"HTTP/1.1 400 Bad Request\r\n", DeviceProtocolError),
        (b"OKAYzzzz", DeviceProtocolError),
        (b"OKAY0010short", DeviceGoneError),
        (b"OKAY0004wxyz", DeviceProtocolError),
    ],
)
def test_something_else_answers_on_the_port(
    scripted: Scripted, answer: bytes, error: type[Exception]
) -> None:
    server = scripted(answer).server
    with pytest.raises(error):
        server.version()
    assert not server.running()


def test_no_server_is_no_reason_to_start_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    server = AdbServer(ServerAddress("127.0.0.1", port))
    assert not server.running()
    with pytest.raises(AdbServerError, match="No ADB server") as caught:
        server.devices()
    assert "adb start-server" in caught.value.hint
    assert not server.running()


def test_the_tracker_waits_for_a_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = ServerAddress("127.0.0.1", closed.getsockname()[1])
    events: queue.Queue[DeviceListEvent] = queue.Queue()
    tracker = DeviceTracker(AdbServer(address), events.put, retry_s=0.05)
    tracker.start()
    first = events.get(timeout=10)
    assert first.devices == ()
    assert isinstance(first.server_error, AdbServerError)
    tracker.close()
    assert events.empty()  # said once, not every time it asks


def test_pairing(scripted: Scripted) -> None:
    good = scripted(b"OKAY0029Successfully paired to 10.0.0.2:4 [guid=x]")
    said = good.server.pair("10.0.0.2:4", "123456")
    assert "Successfully paired" in said
    assert good.requests == [b"001bhost:pair:123456:10.0.0.2:4"]
    bad = scripted(b"OKAY0026Failed: Wrong password or connection l")
    with pytest.raises(AdbServerError, match="Wrong password"):
        bad.server.pair("10.0.0.2:4", "123456")
    old = scripted(b"FAIL0014unknown host service")
    with pytest.raises(AdbServerError, match="cannot pair"):
        old.server.pair("10.0.0.2:4", "123456")
    with pytest.raises(SettingsError, match="six digits"):
        old.server.pair("10.0.0.2:4", "12 456")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "127.0.0.1:5037"),
        ({"ANDROID_ADB_SERVER_PORT": "5099"}, "127.0.0.1:5099"),
        ({"ADB_SERVER_SOCKET": "tcp:5099"}, "127.0.0.1:5099"),
        ({"ADB_SERVER_SOCKET": "tcp:lab.local:5037"}, "lab.local:5037"),
        ({"ADB_SERVER_SOCKET": "tcp:[::1]:5037"}, "::1:5037"),
        ({"ADB_SERVER_SOCKET": "localfilesystem:/run/adb"}, "/run/adb"),
    ],
)
def test_the_servers_address(environment: dict[str, str], expected: str) -> None:
    assert str(server_address(environment)) == expected


@pytest.mark.parametrize(
    "environment",
    [
        {"ADB_SERVER_SOCKET": "tcp:"},
        {"ADB_SERVER_SOCKET": "udp:1"},
        {"ADB_SERVER_SOCKET": "tcp:host:port"},
        {"ANDROID_ADB_SERVER_PORT": "99999999999"},
        {"ANDROID_ADB_SERVER_PORT": "-1"},
    ],
)
def test_addresses_that_are_none(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        server_address(environment)
