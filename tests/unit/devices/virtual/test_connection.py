"""The connection: handshake, authentication, streams, other versions, hosts that send nonsense."""

from __future__ import annotations

import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.adb_host import AdbHost
from workbench.core.errors import WorkbenchError
from workbench.devices.virtual import PhoneSettings
from workbench.devices.virtual.protocol import OPEN, VERSION_WITH_CHECKSUMS, WRTE
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions


def test_a_key_is_asked_for_once_and_remembered(phone: VirtualPhone) -> None:
    with AdbHost(phone.port) as first:
        assert first.connect().used_public_key
        assert first.banner.startswith("device::ro.product.name=virtual_redmi_3s;")
        assert "shell_v2" in first.banner
    with AdbHost(phone.port) as second:
        assert not second.connect().used_public_key


def test_streams_apart_and_exit_code(host: AdbHost) -> None:
    assert host.run("echo out; echo err >&2; exit 3") == (b"out\n", b"err\n", 3)
    assert host.run("nosuch") == (b"", b"/system/bin/sh: nosuch: inaccessible or not found\n", 127)


def test_a_host_that_wants_checksums_gets_them(phone: VirtualPhone) -> None:
    with AdbHost(phone.port, version=VERSION_WITH_CHECKSUMS, max_payload=4096) as host:
        host.connect()
        stream = host.open("exec:head -c 100000 /dev/zero")
        pieces = stream.pieces()
        assert sum(map(len, pieces)) == 100_000
        assert max(map(len, pieces)) <= 4096


def test_unknown_services_are_refused_and_the_connection_lives(host: AdbHost) -> None:
    for name in ("tcp:80", "jdwp:1", "framebuffer:", ""):
        with pytest.raises(ConnectionRefusedError):
            host.open(name)
    assert host.run("echo ok")[0] == b"ok\n"


def test_a_phone_before_android_7_has_no_exit_codes_and_cr_lf() -> None:
    settings_old = PhoneSettings(shell_v2=False, api_level=23)
    with (
        VirtualPhone(VirtualPhoneOptions("redmi_3s", settings=settings_old)) as phone,
        AdbHost(phone.port) as host,
    ):
        host.connect()
        assert "shell_v2" not in host.banner
        with pytest.raises(ConnectionRefusedError):
            host.open("shell,v2,raw:true")
        assert b"".join(host.open("shell:echo a; echo b >&2").pieces()) == b"a\r\nb\r\n"
        assert b"".join(host.open("exec:echo a").pieces()) == b"a\n"


def test_a_denied_host_waits_and_may_open_nothing(phone: VirtualPhone) -> None:
    phone.control("keys deny")
    with AdbHost(phone.port, timeout_s=0.3) as host, pytest.raises(TimeoutError):
        host.connect()
    with AdbHost(phone.port) as host:
        host.send(OPEN, 1, 0, b"shell:echo hi\0")
        with pytest.raises(ConnectionError):
            host.receive()


def test_the_phones_user_may_take_time(phone: VirtualPhone) -> None:
    phone.control("key-delay 30")
    start_s = time.monotonic()
    with AdbHost(phone.port) as host:
        host.connect()
    assert time.monotonic() - start_s >= 0.3  # 30 simulated seconds at a hundred times the speed


def test_standard_input_reaches_the_command(host: AdbHost) -> None:
    stream = host.open("exec:head -n 2 | tr a-z A-Z")
    stream.write(b"one\ntwo\nthree\n")
    assert b"".join(stream.pieces()) == b"ONE\nTWO\n"


def test_a_terminal_echoes_edits_and_interrupts(host: AdbHost) -> None:
    stream = host.open("shell:")
    seen = b""

    def until(mark: bytes) -> None:
        nonlocal seen
        while mark not in seen:
            piece = stream.read()
            assert piece is not None
            seen += piece
        seen = seen.split(mark, 1)[1]

    def type_keys(keys: bytes) -> None:
        host.send(WRTE, stream.local_id, stream.remote_id, keys)

    until(b"$ ")
    type_keys(b"echo ax\x7fb\r")
    until(b"\r\nab\r\n")
    until(b"$ ")
    type_keys(b"while :; do sleep 1000; done\r")
    until(b"done\r\n")
    type_keys(b"\x03")
    until(b"$ ")
    type_keys(b"echo $?; exit 5\r")
    until(b"\r\n130\r\n")


def test_ports_that_adb_servers_take_are_refused() -> None:
    with pytest.raises(WorkbenchError, match="5555"):
        VirtualPhone(VirtualPhoneOptions("redmi_3s", port=5555))


def test_a_port_in_use_is_told(phone: VirtualPhone) -> None:
    with pytest.raises(WorkbenchError, match=str(phone.port)):
        VirtualPhone(VirtualPhoneOptions("redmi_3s", port=phone.port))


def test_it_listens_on_this_computer_only(phone: VirtualPhone) -> None:
    assert phone.address.startswith("127.0.0.1:")
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", phone.port)) != 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=400))
def test_nonsense_ends_only_its_own_connection(phone: VirtualPhone, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", phone.port), timeout=5) as raw:
        raw.sendall(data)
    with AdbHost(phone.port) as host:
        host.connect()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(max_size=60))
def test_any_script_gets_an_exit_code(phone: VirtualPhone, script: str) -> None:
    # `read` and programs without arguments would wait for input that never comes.
    with AdbHost(phone.port) as host:
        host.connect()
        host.run(f"(\n{script}\n) < /dev/null" if script else "true")


def test_a_host_that_floods_a_stream_is_cut_off(host: AdbHost) -> None:
    stream = host.open("shell,v2,raw:sleep 1000")
    with pytest.raises((ConnectionError, BrokenPipeError)):
        for _ in range(1000):
            host.send(WRTE, stream.local_id, stream.remote_id, b"x" * 1000)
        while True:
            host.receive()
