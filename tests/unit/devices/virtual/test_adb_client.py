"""Debian's own adb client against the virtual phone: the referee for the protocol."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions

ADB = shutil.which("adb")
pytestmark = pytest.mark.skipif(ADB is None, reason="the adb client is not installed")

Adb = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server of our own: private port, private keys; the user's is left alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("adb-home")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "ADB_MDNS": "0",
        "ANDROID_ADB_SERVER_PORT": str(port),
    }
    assert ADB is not None
    subprocess.run([ADB, "start-server"], env=environment, capture_output=True, timeout=30)
    yield environment
    subprocess.run([ADB, "kill-server"], env=environment, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def virtual() -> Iterator[VirtualPhone]:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s")) as phone:
        yield phone


def runner(environment: dict[str, str], phone: VirtualPhone) -> Adb:
    def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        assert ADB is not None
        return subprocess.run(
            [ADB, *arguments],
            env={**environment, "ANDROID_SERIAL": phone.address},
            input=stdin,
            capture_output=True,
            timeout=60,
        )

    return run


def wait_for_state(run: Adb, address: str, state: str) -> None:
    """Until the server shows the phone so; it polls by itself and has no other way to tell."""
    for _ in range(100):
        if f"{address}\t{state}".encode() in run("devices").stdout:
            return
        time.sleep(0.1)
    raise AssertionError(run("devices").stdout)


@pytest.fixture(scope="module")
def adb(server: dict[str, str], virtual: VirtualPhone) -> Adb:
    run = runner(server, virtual)
    run("connect", virtual.address)
    wait_for_state(run, virtual.address, "device")
    return run


def test_shell_keeps_streams_apart_and_has_exit_codes(adb: Adb) -> None:
    found = adb("shell", "echo out; echo err >&2; exit 7")
    assert (found.stdout, found.stderr, found.returncode) == (b"out\n", b"err\n", 7)
    assert adb("shell", "nosuch").returncode == 127


def test_shell_takes_standard_input(adb: Adb) -> None:
    assert adb("shell", "tr a-z A-Z", stdin=b"abc\n").stdout == b"ABC\n"
    assert adb("shell", stdin=b"x=4\nif true; then\necho in $x\nfi\nexit $x\n").returncode == 4


def test_exec_is_binary_clean(adb: Adb, tmp_path: Path) -> None:
    data = bytes(range(256)) * 3000
    adb("exec-in", "cat > /data/local/tmp/exec.bin", stdin=data)
    assert adb("exec-out", "cat /data/local/tmp/exec.bin").stdout == data


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_001])
def test_push_and_pull(adb: Adb, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "a").chmod(0o755)
    pushed = adb("push", str(tmp_path / "a"), "/data/local/tmp/new/folder/b")
    assert pushed.returncode == 0, pushed.stderr
    assert adb("pull", "/data/local/tmp/new/folder/b", str(tmp_path / "b")).returncode == 0
    assert (tmp_path / "b").read_bytes() == data
    stated = adb("shell", "stat -c '%s %a' /data/local/tmp/new/folder/b").stdout
    assert stated == f"{size} 755\n".encode()


def test_folders_go_both_ways(adb: Adb, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "inner").mkdir(parents=True)
    for index in range(20):
        (tree / "inner" / f"f{index} ü").write_text(str(index))
    assert adb("push", str(tree), "/sdcard/").returncode == 0
    assert adb("pull", "/sdcard/tree", str(tmp_path / "back")).returncode == 0
    names = sorted(path.name for path in (tmp_path / "back" / "inner").iterdir())
    assert names == sorted(path.name for path in (tree / "inner").iterdir())
    assert adb("push", "--sync", str(tree), "/sdcard/").stdout.count(b"0 files pushed") >= 1


def test_ls_lists(adb: Adb) -> None:
    found = adb("ls", "/sys/class/power_supply")
    names = [line.split()[-1] for line in found.stdout.splitlines()]
    assert names == [b"ac", b"battery", b"usb"]


def test_refusals_reach_the_user(adb: Adb, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 200_000)
    for target, said in (("/system/x", b"Read-only"), ("/data/x", b"Permission denied")):
        found = adb("push", str(tmp_path / "a"), target)
        assert found.returncode == 1
        assert said in found.stderr + found.stdout
    found = adb("pull", "/nope", str(tmp_path / "b"))
    assert found.returncode == 1
    assert b"No such file" in found.stderr + found.stdout


def test_a_full_disk_refuses_a_push_and_leaves_nothing(
    adb: Adb, virtual: VirtualPhone, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(b"x" * 500_000)
    virtual.control("disk-full")
    try:
        found = adb("push", str(tmp_path / "a"), "/data/local/tmp/full")
        assert found.returncode == 1
        assert b"No space left" in found.stderr + found.stdout
        assert adb("shell", "ls /data/local/tmp/full").returncode == 1
    finally:
        virtual.control("clear")


def test_it_says_that_it_is_virtual(adb: Adb) -> None:
    assert b"model:Virtual_Xiaomi_Redmi_3S" in adb("devices", "-l").stdout
    assert adb("shell", "getprop ro.adaspring.simulated").stdout == b"1\n"
    assert b"[ro.product.manufacturer]: [AdaSpring Workbench]" in adb("shell", "getprop").stdout


def test_a_key_that_is_not_accepted_shows_as_unauthorized(server: dict[str, str]) -> None:
    options = VirtualPhoneOptions("redmi_3s", commands=("keys deny",))
    with VirtualPhone(options) as phone:
        run = runner(server, phone)
        run("connect", phone.address)
        wait_for_state(run, phone.address, "unauthorized")
        assert b"unauthorized" in run("shell", "true").stderr
        run("disconnect", phone.address)
        phone.control("keys accept")
        run("connect", phone.address)
        wait_for_state(run, phone.address, "device")
        assert run("shell", "echo in").stdout == b"in\n"
        phone.control("keys revoke")
        assert run("shell", "true").returncode != 0
        run("disconnect", phone.address)


def test_recovery_and_sideload_show(server: dict[str, str]) -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s")) as phone:
        run = runner(server, phone)
        for state in ("recovery", "sideload", "device"):
            phone.control(f"state {state}")
            run("disconnect", phone.address)
            run("connect", phone.address)
            wait_for_state(run, phone.address, state)
        run("disconnect", phone.address)


def test_a_reboot_ends_everything_and_the_phone_comes_back(server: dict[str, str]) -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=10.0)) as phone:
        run = runner(server, phone)
        run("connect", phone.address)
        wait_for_state(run, phone.address, "device")
        before = run("shell", "cat /proc/sys/kernel/random/boot_id").stdout
        run("shell", "echo kept > /data/local/tmp/kept")
        run("reboot")
        for _ in range(100):
            run("connect", phone.address)
            after = run("shell", "cat /proc/sys/kernel/random/boot_id").stdout
            if after and after != before:
                break
            time.sleep(0.1)
        assert after != before
        assert run("shell", "cat /data/local/tmp/kept").stdout == b"kept\n"
        assert float(run("shell", "cat /proc/uptime").stdout.split()[0]) < 500
        run("disconnect", phone.address)
