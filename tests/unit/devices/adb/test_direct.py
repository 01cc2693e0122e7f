"""Phones over TCP without a server, against a small debug daemon that breaks on request."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.helpers.fake_adbd import FakeAdbd
from workbench.core.errors import InputFileError
from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.keys import AdbKey
from workbench.devices.adb.phone import AdbDevice
from workbench.devices.device import TransportKind
from workbench.devices.errors import (
    CommandFailedError,
    DeviceError,
    DeviceGoneError,
    DeviceNotFoundError,
    DeviceProtocolError,
    DeviceTimeoutError,
    DeviceUnauthorizedError,
    RemoteFileError,
    ServiceRefusedError,
)


def connect(phone: FakeAdbd, keys: tuple[AdbKey, ...] = (), **options: object) -> AdbDevice:
    return connect_tcp("127.0.0.1", phone.port, keys, **options)  # type: ignore[arg-type]


# ---- connecting ----------------------------------------------------------------------------------


def test_the_banner_says_who_it_is(phone: FakeAdbd) -> None:
    device = connect(phone)
    assert device.info.transport is TransportKind.TCP
    assert device.info.serial == f"127.0.0.1:{phone.port}"
    assert device.info.state == "device"
    assert device.info.model == "Fake [31mPhone"  # no escape sequence reaches a terminal
    assert "shell_v2" in device.info.features
    assert not device.info.simulated
    device.close()


def test_a_phone_that_knows_the_key_asks_nothing(phone: FakeAdbd, keys: tuple[AdbKey, ...]) -> None:
    phone.auth = "trusting"
    said: list[str] = []
    connect(phone, keys, on_waiting=said.append).close()
    assert said == []
    assert phone.public_keys == []


def test_an_unknown_key_is_offered_and_the_user_told(
    phone: FakeAdbd, keys: tuple[AdbKey, ...]
) -> None:
    phone.auth = "asking"
    said: list[str] = []
    connect(phone, keys, on_waiting=said.append).close()
    assert len(said) == 1
    assert "accept" in said[0]
    assert phone.public_keys == [keys[0].public_key + b"\0"]


def test_a_key_that_is_not_accepted_in_time(phone: FakeAdbd, keys: tuple[AdbKey, ...]) -> None:
    phone.auth = "refusing"
    with pytest.raises(DeviceUnauthorizedError, match="did not accept"):
        connect(phone, keys, approval_s=0.2)


def test_a_phone_that_wants_tls_is_to_be_paired(phone: FakeAdbd) -> None:
    phone.auth = "tls"
    with pytest.raises(DeviceUnauthorizedError) as caught:
        connect(phone)
    assert "--pair" in caught.value.hint


def test_something_else_listens_there(phone: FakeAdbd) -> None:
    phone.garbage = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
    with pytest.raises(DeviceProtocolError, match="makes no sense"):
        connect(phone)


def test_nobody_listens_there(phone: FakeAdbd) -> None:
    port = phone.port
    phone.close()
    with pytest.raises(DeviceNotFoundError, match="refused"):
        connect_tcp("127.0.0.1", port, ())


@pytest.mark.parametrize("cut_after", [0, 10, 23, 24, 40, 100])
def test_a_link_that_breaks_while_connecting(phone: FakeAdbd, cut_after: int) -> None:
    phone.cut_after = cut_after
    with pytest.raises(DeviceGoneError):
        connect(phone)


# ---- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("features", ["shell_v2,cmd", "cmd"])
@pytest.mark.parametrize(
    ("command", "code", "output"),
    [
        ("echo one; echo two", 0, b"one\ntwo\n"),
        ("printf 'no end'; exit 3", 3, b"no end"),
        ("echo x # a comment", 0, b"x\n"),
        ("(exit 255)", 255, b""),
    ],
)
def test_exit_codes_and_output(
    phone: FakeAdbd, features: str, command: str, code: int, output: bytes
) -> None:
    phone.features = features
    device = connect(phone)
    result = device.shell(command)
    assert (result.exit_code, result.stdout) == (code, output)
    device.close()


def test_standard_error_stands_apart(phone: FakeAdbd) -> None:
    device = connect(phone)
    result = device.shell("echo out; echo err >&2")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")
    assert all(capability.available for capability in device.capabilities())
    device.close()


def test_old_phones_say_what_they_cannot(phone: FakeAdbd) -> None:
    phone.features = "cmd"
    device = connect(phone)
    missing = {c.name: c.how for c in device.capabilities() if not c.available}
    assert set(missing) == {"stdout_stderr_apart", "large_files"}
    assert "Android before 7" in missing["stdout_stderr_apart"]
    device.close()


def test_a_shell_that_dies_without_an_exit_code(phone: FakeAdbd) -> None:
    phone.features = "cmd"
    device = connect(phone)
    with pytest.raises(DeviceGoneError) as caught:
        device.shell("echo last words; kill -9 $$")
    assert "last words" in caught.value.detail
    device.close()


def test_arguments_are_quoted_for_the_phone(phone: FakeAdbd) -> None:
    device = connect(phone)
    nasty = "a b'c\"$(touch pwned);`id`\n*"
    assert device.shell(["printf", "%s", nasty]).text == nasty
    with pytest.raises(ValueError, match="zero byte"):
        device.shell("echo \0")
    device.close()


def test_check_reports_what_the_command_said(phone: FakeAdbd) -> None:
    device = connect(phone)
    with pytest.raises(CommandFailedError, match="exit code 2: no such thing") as caught:
        device.shell("echo no such thing >&2; exit 2", check=True)
    assert caught.value.exit_code == 2
    device.close()


def test_binary_output_of_any_size_arrives_whole(phone: FakeAdbd) -> None:
    device = connect(phone)
    result = device.shell("head -c 3000000 /dev/zero | tr '\\0' '\\377'")
    assert result.stdout == b"\xff" * 3_000_000
    with pytest.raises(DeviceProtocolError):
        device.shell("head -c 3000000 /dev/zero", max_bytes=1000)
    assert device.shell("echo alive").stdout == b"alive\n"
    device.close()


def test_a_silent_command_meets_its_deadline_and_the_link_lives(phone: FakeAdbd) -> None:
    device = connect(phone)
    with pytest.raises(DeviceTimeoutError, match="sleep 60"):
        device.shell("sleep 60", timeout_s=0.3)
    assert device.shell("echo alive").stdout == b"alive\n"
    device.close()


def test_a_command_that_talks_without_end_meets_its_deadline(phone: FakeAdbd) -> None:
    device = connect(phone)
    with pytest.raises(DeviceTimeoutError):
        device.shell("while :; do echo y; sleep 0.01; done", timeout_s=0.3)
    device.close()


def test_a_phone_that_never_answers(phone: FakeAdbd) -> None:
    device = connect(phone)
    phone.stall = True
    with pytest.raises(DeviceTimeoutError):
        device.shell("true", timeout_s=0.2)
    device.close()


def test_a_refused_service_is_told_from_a_time_out(phone: FakeAdbd) -> None:
    phone.refuse = (b"sync:",)
    device = connect(phone)
    with pytest.raises(ServiceRefusedError, match="sync:"):
        device.stat("/data")
    device.close()


def test_a_pulled_cable_ends_the_call_and_reconnecting_helps(phone: FakeAdbd) -> None:
    device = connect(phone)
    timer = threading.Timer(0.2, phone.drop)
    timer.start()
    with pytest.raises(DeviceGoneError):
        device.shell("sleep 60")
    with pytest.raises(DeviceGoneError):
        device.shell("true")
    again = device.reconnect()
    assert again is not device
    assert again.shell("echo back").stdout == b"back\n"
    again.close()
    timer.join()


def test_closing_ends_a_call_in_another_thread(phone: FakeAdbd) -> None:
    device = connect(phone)
    timer = threading.Timer(0.2, device.close)
    timer.start()
    with pytest.raises(DeviceGoneError):
        device.shell("sleep 60")
    timer.join()


@pytest.mark.parametrize("cut_after", range(420, 760, 20))
def test_a_link_that_breaks_anywhere_is_a_clear_error(phone: FakeAdbd, cut_after: int) -> None:
    device = connect(phone)
    phone.cut_after = cut_after
    with pytest.raises(DeviceGoneError):
        for _ in range(9):
            device.shell("echo 12345678901234567890; exit 1")
    device.close()


def test_phones_of_the_old_version_get_sums(phone: FakeAdbd) -> None:
    phone.version = 0x01000000
    device = connect(phone)
    device.push_bytes(b"\xff" * 300_000, "/f")
    assert device.read_file("/f") == b"\xff" * 300_000
    device.close()


# ---- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize("features", ["shell_v2", ""])
def test_a_stream_runs_beside_commands_on_a_connection_of_its_own(
    phone: FakeAdbd, features: str
) -> None:
    phone.features = features
    device = connect(phone)
    with device.stream("i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i+1)); done; exit 4") as s:
        lines = s.lines(5)
        assert next(lines) == b"line 0"
        assert device.shell("echo beside").stdout == b"beside\n"
        assert list(lines) == [b"line 1", b"line 2", b"line 3", b"line 4"]
        assert s.exit_code == 4
    assert phone.connections == 2
    device.close()


def test_a_quiet_stream_can_be_asked_again(phone: FakeAdbd) -> None:
    device = connect(phone)
    with device.stream("printf one; sleep 0.5; echo; echo err >&2; echo two") as stream:
        with pytest.raises(DeviceTimeoutError):
            next(stream.lines(0.1))
        assert list(stream.lines(5)) == [b"one", b"two"]
        assert stream.stderr_tail == b"err\n"
    device.close()


def test_leaving_a_stream_ends_the_command(phone: FakeAdbd, tmp_path: Path) -> None:
    device = connect(phone)
    with device.stream("echo $$ > $ROOT/pid; echo started; sleep 600") as stream:
        assert next(stream.lines(5)) == b"started"
    pid = int((phone.root / "pid").read_text())
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()
    device.close()


def test_two_threads_share_one_connection(phone: FakeAdbd) -> None:
    device = connect(phone)
    outputs: dict[int, bytes] = {}

    def work(number: int) -> None:
        for _ in range(10):
            outputs[number] = device.shell(f"head -c 70000 /dev/zero; echo {number}").stdout

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs == {n: bytes(70_000) + f"{n}\n".encode() for n in range(4)}
    device.close()


# ---- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("features", ["shell_v2,stat_v2,ls_v2", "cmd"])
def test_files_there_and_back(phone: FakeAdbd, tmp_path: Path, features: str) -> None:
    phone.features = features
    device = connect(phone)
    content = bytes(range(256)) * 4001
    (tmp_path / "local.bin").write_bytes(content)
    seen: list[tuple[int, int]] = []
    device.push(
        tmp_path / "local.bin", "/data/local/tmp/run me", mode=0o755,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[-1] == (len(content), len(content))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    stat = device.stat("/data/local/tmp/run me")
    assert stat is not None
    assert (stat.size_bytes, stat.mode & 0o777) == (len(content), 0o755)
    assert device.stat("/nowhere") is None
    entries = device.list_folder("/data/local")
    assert [entry.name for entry in entries] == ["tmp"]
    assert entries[0].stat.is_folder
    assert device.list_folder("/nowhere") == ()
    device.pull("/data/local/tmp/run me", tmp_path / "back.bin", progress=lambda *_: None)
    assert (tmp_path / "back.bin").read_bytes() == content
    device.close()


def test_a_folder_is_pushed_with_all_in_it(phone: FakeAdbd, tmp_path: Path) -> None:
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt"):
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    device = connect(phone)
    device.push(tmp_path / "folder", "/data/x/")
    assert device.read_file("/data/x/sub/deep/c.txt") == b"sub/deep/c.txt"
    assert [entry.name for entry in device.list_folder("/data/x")] == ["a.txt", "sub"]
    device.close()


def test_an_empty_file(phone: FakeAdbd) -> None:
    device = connect(phone)
    device.push_bytes(b"", "/empty")
    assert device.read_file("/empty") == b""
    device.close()


def test_a_missing_file_leaves_nothing_behind(phone: FakeAdbd, tmp_path: Path) -> None:
    device = connect(phone)
    with pytest.raises(RemoteFileError, match="No such file"):
        device.pull("/nowhere", tmp_path / "local")
    assert not (tmp_path / "local").exists()
    with pytest.raises(RemoteFileError, match="folder"):
        device.pull("/", tmp_path / "local")
    with pytest.raises(InputFileError, match="cannot be read"):
        device.push(tmp_path / "missing", "/x")
    assert device.shell("echo alive").stdout == b"alive\n"
    device.close()


def test_a_full_disk_is_told_in_the_phones_words(phone: FakeAdbd, tmp_path: Path) -> None:
    phone.fail_send = b"couldn't write: No space left on device"
    (tmp_path / "big").write_bytes(bytes(3_000_000))
    device = connect(phone)
    with pytest.raises(RemoteFileError, match="No space left") as caught:
        device.push(tmp_path / "big", "/big")
    assert "full" in caught.value.hint
    device.close()


def test_a_transfer_that_is_cut_leaves_no_file(phone: FakeAdbd, tmp_path: Path) -> None:
    device = connect(phone)
    device.push_bytes(bytes(500_000), "/big")
    phone.cut_after = 200_000
    with pytest.raises(DeviceGoneError):
        device.pull("/big", tmp_path / "big")
    assert not list(tmp_path.glob("*big*"))
    device.close()


def test_paths_that_cannot_be(phone: FakeAdbd) -> None:
    device = connect(phone)
    for path in ("", "/" + "x" * 2000, "/a\0b"):
        with pytest.raises(RemoteFileError):
            device.stat(path)
    device.close()


def test_every_error_says_what_to_do(phone: FakeAdbd) -> None:
    phone.garbage = b"x" * 24
    with pytest.raises(DeviceError) as caught:
        connect(phone)
    assert caught.value.hint
