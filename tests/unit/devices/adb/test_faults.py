"""What the client makes of everything that the virtual phone can do to it."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.describe import describe_phone
from workbench.devices.adb.keys import AdbKey, load_keys
from workbench.devices.adb.phone import AdbDevice
from workbench.devices.errors import (
    DeviceError,
    DeviceGoneError,
    DeviceProtocolError,
    DeviceTimeoutError,
    DeviceUnauthorizedError,
    RemoteFileError,
)
from workbench.devices.virtual import PhoneSettings
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions


@pytest.fixture
def virtual() -> Iterator[VirtualPhone]:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=100.0)) as found:
        yield found


@pytest.fixture
def device(virtual: VirtualPhone, keys: tuple[AdbKey, ...]) -> Iterator[AdbDevice]:
    connected = connect_tcp("127.0.0.1", virtual.port, keys)
    yield connected
    connected.close()


def check(error: DeviceError) -> None:
    """Every error has one sentence without the program's inner life, and a way out."""
    assert "\n" not in error.message
    assert "Error" not in error.message and "Traceback" not in error.message
    assert error.hint


@pytest.mark.parametrize("packet", range(1, 13))
def test_the_link_dropped_at_each_packet(
    virtual: VirtualPhone, device: AdbDevice, packet: int, tmp_path: Path
) -> None:
    device.push_bytes(bytes(300_000), "/data/local/tmp/f")
    virtual.control(f"drop {packet}")
    with pytest.raises(DeviceGoneError) as caught:
        for _ in range(9):
            device.shell("echo 1")
            device.pull("/data/local/tmp/f", tmp_path / "f")
    check(caught.value)
    content = (tmp_path / "f").read_bytes() if (tmp_path / "f").exists() else bytes(300_000)
    assert content == bytes(300_000)  # whole or not at all
    again = device.reconnect()
    assert again.shell("echo back").stdout == b"back\n"
    again.close()


@pytest.mark.parametrize("packet", range(1, 6))
def test_the_link_dropped_while_connecting(
    virtual: VirtualPhone, keys: tuple[AdbKey, ...], packet: int
) -> None:
    virtual.control(f"drop {packet}")
    with pytest.raises(DeviceError) as caught:
        connect_tcp("127.0.0.1", virtual.port, keys)
    check(caught.value)
    connect_tcp("127.0.0.1", virtual.port, keys).close()


def test_a_phone_that_stalls_meets_the_deadline_and_goes_on(
    virtual: VirtualPhone, device: AdbDevice
) -> None:
    virtual.control("stall")
    with pytest.raises(DeviceTimeoutError) as caught:
        device.shell("true", timeout_s=0.3)
    check(caught.value)
    virtual.control("resume")
    assert device.shell("echo on").stdout == b"on\n"


def test_garbage_is_noticed(virtual: VirtualPhone, device: AdbDevice) -> None:
    virtual.control("garbage 3")
    with pytest.raises((DeviceProtocolError, DeviceGoneError)) as caught:
        for _ in range(5):
            device.shell("true", timeout_s=5)
    check(caught.value)
    virtual.control("clear")
    again = device.reconnect()
    assert again.shell("echo back").stdout == b"back\n"
    again.close()


@pytest.mark.parametrize("after", [0, 7, 8, 1000, 65_544, 200_000])
def test_a_file_that_breaks_off_leaves_nothing(
    virtual: VirtualPhone, device: AdbDevice, tmp_path: Path, after: int
) -> None:
    device.push_bytes(bytes(300_000), "/data/local/tmp/f")
    virtual.control(f"truncate {after}")
    with pytest.raises(DeviceError) as caught:
        device.pull("/data/local/tmp/f", tmp_path / "f", timeout_s=5)
    check(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(virtual: VirtualPhone, device: AdbDevice) -> None:
    virtual.control("disk-full")
    with pytest.raises(RemoteFileError, match="No space left") as caught:
        device.push_bytes(bytes(3_000_000), "/data/local/tmp/f")
    check(caught.value)
    assert device.shell("echo alive").stdout == b"alive\n"
    virtual.control("clear")
    device.push_bytes(b"x", "/data/local/tmp/f")


def test_a_folder_that_may_not_be_written(device: AdbDevice) -> None:
    with pytest.raises(RemoteFileError) as caught:
        device.push_bytes(b"x", "/system/bin/x")
    check(caught.value)


@pytest.mark.parametrize("fault", ["no-exec on", "wrong-abi on"])
def test_a_program_that_cannot_be_run(virtual: VirtualPhone, device: AdbDevice, fault: str) -> None:
    device.push_bytes(b"\x7fELF" + bytes(100), "/data/local/tmp/p", mode=0o755)
    virtual.control(fault)
    result = device.shell("/data/local/tmp/p")
    assert result.exit_code in (126, 127, 1)
    assert result.stderr


def test_a_key_that_the_user_denies(virtual: VirtualPhone, tmp_path: Path) -> None:
    virtual.control("keys deny")
    with pytest.raises(DeviceUnauthorizedError) as caught:
        connect_tcp("127.0.0.1", virtual.port, load_keys(tmp_path), approval_s=0.5)
    check(caught.value)


def test_a_key_accepted_late(virtual: VirtualPhone, tmp_path: Path) -> None:
    virtual.control("key-delay 30")  # of the phone's time, which runs a hundred times as fast
    said: list[str] = []
    device = connect_tcp("127.0.0.1", virtual.port, load_keys(tmp_path), on_waiting=said.append)
    assert device.shell("echo in").stdout == b"in\n"
    assert len(said) == 1
    device.close()


def test_a_key_that_is_revoked(
    virtual: VirtualPhone, device: AdbDevice, keys: tuple[AdbKey, ...]
) -> None:
    virtual.control("keys revoke")
    virtual.control("keys deny")
    with pytest.raises(DeviceUnauthorizedError):
        connect_tcp("127.0.0.1", virtual.port, keys, approval_s=0.5)


def test_a_phone_that_reboots(virtual: VirtualPhone, device: AdbDevice) -> None:
    with device.stream("while true; do echo on; sleep 1; done") as stream:
        assert next(stream.lines(10)) == b"on"
        virtual.control("reboot 20")
        with pytest.raises(DeviceGoneError) as caught:
            for _ in stream.lines(10):
                pass
        check(caught.value)
    with pytest.raises(DeviceError):
        device.shell("true")
    until_s = time.monotonic() + 20
    while True:
        try:
            again = device.reconnect(timeout_s=5)
            break
        except DeviceError as error:
            check(error)
            assert time.monotonic() < until_s
            time.sleep(0.05)
    assert again.shell("echo back").stdout == b"back\n"
    again.close()


def test_a_gauge_that_says_nan_is_no_number(virtual: VirtualPhone, device: AdbDevice) -> None:
    virtual.control("sensor nan")
    described = describe_phone(device)
    gauge = next(supply for supply in described.power_supplies if supply.name == "battery")
    assert gauge.current_now_raw is None
    assert not re.search("nan", str(described.battery.voltage_mv))


def test_phones_before_android_7(keys: tuple[AdbKey, ...]) -> None:
    settings = dataclasses.replace(PhoneSettings(), shell_v2=False, api_level=23)
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", settings=settings, speed=100.0)) as old:
        device = connect_tcp("127.0.0.1", old.port, keys)
        assert "shell_v2" not in device.info.features
        assert device.info.simulated
        result = device.shell("echo one; echo two; exit 5")
        assert (result.exit_code, result.stdout) == (5, b"one\ntwo\n")
        with device.stream("echo a; echo b; exit 3") as stream:
            assert list(stream.lines(10)) == [b"a", b"b"]
            assert stream.exit_code == 3
        device.close()
