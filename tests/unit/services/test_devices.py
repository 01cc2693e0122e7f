"""Listing, connecting and pairing, as the window and the command line do it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.adb_server import adb_program, running_server
from tests.helpers.fake_adbd import FakeAdbd
from workbench.__main__ import main
from workbench.core.errors import SettingsError
from workbench.devices.adb.server import AdbServer, ServerAddress
from workbench.devices.adb.states import DeviceState
from workbench.devices.device import TransportKind
from workbench.devices.errors import AdbServerError, DeviceNotFoundError
from workbench.services.devices import (
    connect_address,
    device_owner,
    disconnect_address,
    list_devices,
    open_device,
    pair,
    parse_address,
)
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeAdbd]:
    (tmp_path / "phone").mkdir()
    phone = FakeAdbd(tmp_path / "phone")
    yield phone
    phone.close()


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> AdbServer:
    """The environment names a port where nothing listens, so nobody's own server is asked."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.delenv("ADB_SERVER_SOCKET", raising=False)
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
    return AdbServer(ServerAddress("127.0.0.1", port))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.17", ("192.168.1.17", 5555)),
        (" phone.local:5801 ", ("phone.local", 5801)),
        ("[fe80::1]:37099", ("fe80::1", 37099)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", ":5555", "a b", "host:0", "host:70000", "host:x", "$(x):1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(SettingsError, match="no address"):
        parse_address(text)


def test_a_phone_at_an_address_without_a_server() -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=100.0)) as phone:
        overview = list_devices([phone.address])
        assert not overview.server.running
        assert "adb start-server" in overview.server.hint
        device = overview.devices[-1]
        assert device.transport is TransportKind.TCP
        assert device.state is DeviceState.DEVICE
        assert device.simulated
        assert "Redmi 3S" in device.model
        opened = open_device(phone.address)
        assert opened.shell("echo hi").stdout == b"hi\n"
        opened.close()
        owner = device_owner(phone.address)
        assert owner.call(lambda found: found.shell("echo hi").stdout) == b"hi\n"
        owner.close()


def test_a_phone_that_does_not_answer_is_listed_with_the_reason(fake: FakeAdbd) -> None:
    fake.auth = "tls"
    device = list_devices([f"127.0.0.1:{fake.port}"]).devices[-1]
    assert device.state is DeviceState.UNAUTHORIZED
    assert "pair" in device.to_do.lower()
    fake.auth = "open"
    fake.state = "recovery"
    device = list_devices([f"127.0.0.1:{fake.port}"]).devices[-1]
    assert device.state is DeviceState.RECOVERY
    assert "Restart" in device.to_do
    assert device.description is None


def test_without_a_server_pairing_and_connecting_say_so() -> None:
    with pytest.raises(AdbServerError, match="Only an ADB server can pair"):
        pair("10.0.0.1:4", "123456")
    with pytest.raises(AdbServerError, match="No ADB server"):
        connect_address("10.0.0.1:4")
    with pytest.raises(AdbServerError, match="No ADB server"):
        open_device("serial", via="server")
    with pytest.raises(DeviceNotFoundError):
        open_device("no-such-serial")


@pytest.mark.skipif(adb_program() is None, reason="needs Debian's adb")
def test_a_phone_through_the_server(fake: FakeAdbd, tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        address = f"127.0.0.1:{fake.port}"
        assert "connected to" in connect_address(address, server)
        overview = list_devices(server=server)
        assert overview.server.running
        assert [device.serial for device in overview.devices] == [address]
        assert overview.devices[0].transport is TransportKind.SERVER
        assert overview.devices[0].description is not None
        opened = open_device(address, server=server)
        assert opened.info.transport is TransportKind.SERVER
        opened.close()
        direct = open_device(address, server=server, via="direct")
        assert direct.info.transport is TransportKind.TCP
        direct.close()
        with pytest.raises(DeviceNotFoundError, match="no device"):
            open_device("nobody", server=server)
        disconnect_address(address, server)
        assert list_devices(server=server).devices == ()


def test_the_command_lists_and_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=100.0)) as phone:
        assert main(["devices", "--direct", phone.address, "--details"]) == 0
        text = capsys.readouterr().out
        assert "simulated" in text
        assert "+ battery_percent" in text
        assert main(["devices", "--direct", phone.address, "--json"]) == 0
        record = json.loads(capsys.readouterr().out)
    assert record["schema"] == "adaspring-devices"
    assert record["server"]["running"] is False
    device = record["devices"][-1]
    assert device["provenance"] == "simulated"
    assert device["clusters"][0]["cpus"] == [0, 1, 2, 3]


def test_no_escape_sequence_of_a_phone_reaches_the_terminal(
    fake: FakeAdbd, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["devices", "--direct", f"127.0.0.1:{fake.port}"]) == 0
    text = capsys.readouterr().out
    assert "Fake" in text
    assert "\x1b[31m" not in text


def test_a_wrong_address_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--direct", "not an address"]) == 2
    assert "is no address" in capsys.readouterr().err
    assert main(["devices", "--pair", "10.0.0.1:4", "--code", "12"]) == 2
    assert "six digits" in capsys.readouterr().err
