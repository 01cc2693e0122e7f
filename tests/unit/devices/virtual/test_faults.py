"""Misbehaviour on request: each kind happens as told, and the phone is well again afterwards."""

from __future__ import annotations

import struct
import time

import pytest

from tests.helpers.adb_host import AdbHost
from workbench.devices.virtual import ControlError
from workbench.devices.virtual.protocol import OKAY, ProtocolError
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions

CONTENT = bytes(range(256)) * 1000


def send_file(host: AdbHost, path: str, content: bytes) -> bytes:
    """Push a file; the four letters of the answer."""
    stream = host.open("sync:")
    target = f"{path},33188".encode()
    wire = b"SEND" + struct.pack("<I", len(target)) + target
    for start in range(0, len(content), 65536):
        piece = content[start : start + 65536]
        wire += b"DATA" + struct.pack("<I", len(piece)) + piece
    wire += b"DONE" + struct.pack("<I", 1_700_000_000)
    for start in range(0, len(wire), 200_000):
        stream.write(wire[start : start + 200_000])
    return stream.read_exactly(8)[:4]


def receive_file(host: AdbHost, path: str) -> bytes:
    """Pull a file.

    Raises:
        EOFError: when the phone breaks it off.
    """
    stream = host.open("sync:")
    stream.write(b"RECV" + struct.pack("<I", len(path)) + path.encode())
    found = b""
    while True:
        kind, length = struct.unpack("<4sI", stream.read_exactly(8))
        if kind == b"DONE":
            return found
        assert kind == b"DATA"
        found += stream.read_exactly(length)


def whole_session(port: int) -> None:
    """Connect, run, push and pull: about thirty packets."""
    with AdbHost(port) as host:
        host.connect()
        assert host.run("echo one; echo two >&2; exit 3") == (b"one\n", b"two\n", 3)
    with AdbHost(port) as host:
        assert send_file(host.connect(), "/data/local/tmp/f", CONTENT) == b"OKAY"
    with AdbHost(port) as host:
        assert receive_file(host.connect(), "/data/local/tmp/f") == CONTENT


def test_dropped_at_every_packet_and_well_again(phone: VirtualPhone) -> None:
    dropped = 0
    for packet in range(1, 60):
        phone.control(f"drop {packet}")
        try:
            whole_session(phone.port)
            break  # the session is over before the packet that would be dropped
        except (ConnectionError, EOFError):
            dropped += 1
        phone.control("clear")
        whole_session(phone.port)
    else:
        raise AssertionError("a session never has so many packets")
    # How many packets a session takes depends a little on how its answers are cut into pieces.
    assert dropped >= 20


def test_a_stalled_phone_answers_nothing_until_it_goes_on(phone: VirtualPhone) -> None:
    with AdbHost(phone.port, timeout_s=0.3) as host:
        host.connect()
        phone.control("stall")
        with pytest.raises(TimeoutError):
            host.run("echo late")
        phone.control("resume")
        host.socket.settimeout(10)
        assert host.receive().command == OKAY  # what was asked for comes after all
    whole_session(phone.port)


def test_garbage_is_no_packet(phone: VirtualPhone, host: AdbHost) -> None:
    phone.control("garbage 1")
    with pytest.raises(ProtocolError):
        host.run("echo x")
    whole_session(phone.port)


def test_a_pull_breaks_off_where_told(phone: VirtualPhone) -> None:
    whole_session(phone.port)
    phone.control("truncate 100000")
    with AdbHost(phone.port) as host, pytest.raises(EOFError):
        receive_file(host.connect(), "/data/local/tmp/f")
    whole_session(phone.port)


def test_a_push_breaks_off_where_told(phone: VirtualPhone) -> None:
    phone.control("truncate 100000")
    with AdbHost(phone.port) as host, pytest.raises(EOFError):
        send_file(host.connect(), "/data/local/tmp/g", CONTENT)
    with AdbHost(phone.port) as host:
        assert int(host.connect().run("stat -c %s /data/local/tmp/g")[0]) < len(CONTENT)


def test_a_full_disk_stops_a_push_and_a_redirection(phone: VirtualPhone) -> None:
    phone.control("disk 100000")
    with AdbHost(phone.port) as host:
        assert send_file(host.connect(), "/data/local/tmp/f", CONTENT) == b"FAIL"
    with AdbHost(phone.port) as host:
        _, stderr, status = host.connect().run("head -c 200000 /dev/zero > /sdcard/big")
        assert status == 1
        assert b"No space left on device" in stderr
    phone.control("clear")
    whole_session(phone.port)


def test_revoked_keys_end_connections_and_keep_the_host_out(phone: VirtualPhone) -> None:
    with AdbHost(phone.port) as host:
        host.connect()
        phone.control("keys revoke")
        with pytest.raises(ConnectionError):
            host.receive()
    with AdbHost(phone.port, timeout_s=0.3) as host, pytest.raises(TimeoutError):
        host.connect()
    phone.control("keys accept")
    with AdbHost(phone.port) as host:
        assert host.connect().used_public_key


def test_while_it_boots_nobody_gets_in() -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=10.0)) as phone:
        with AdbHost(phone.port) as host:
            host.connect().run("sleep 100000 > /dev/null &")
            phone.control("reboot 5")
            with pytest.raises(ConnectionError):
                host.receive()
        with pytest.raises(ConnectionError), AdbHost(phone.port) as host:
            host.connect()
        time.sleep(0.6)
        with AdbHost(phone.port) as host:
            processes = host.connect().run("ps -A -o ARGS")[0]
        assert b"sleep" not in processes
        assert processes.count(b"/system/bin/sh -\n") == 0


def test_a_broken_gauge_shows_in_its_file(phone: VirtualPhone, host: AdbHost) -> None:
    phone.control("sensor nan")
    assert host.run("cat /sys/class/power_supply/battery/current_now")[0] == b"nan\n"
    phone.control("sensor frozen")
    script = "for i in 1 2 3 4; do cat /sys/class/power_supply/battery/current_now; sleep 5; done"
    assert len(set(host.run(script)[0].split())) == 1
    phone.control("sensor ok")
    assert len(set(host.run(script)[0].split())) > 1


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "plug",
        "plug nuclear",
        "throttle 9",
        "drop 0",
        "drop x",
        "clock-jump nan",
        "garbage 1 2",
        "disk -1",
        "keys",
        "app",
        "reboot inf",
        "screen maybe",
    ],
)
def test_a_wrong_control_says_what_is_missing(phone: VirtualPhone, line: str) -> None:
    with pytest.raises(ControlError) as caught:
        phone.control(line)
    assert caught.value.message


def test_controls_work_from_the_phones_own_shell(host: AdbHost) -> None:
    assert b"plug usb|ac" in host.run("virtual-phone help")[0]
    assert host.run("virtual-phone plug ac")[0] == b"done\n"
    assert host.run("cat /sys/class/power_supply/ac/online")[0] == b"1\n"
    assert host.run("virtual-phone plug x")[2] == 1
