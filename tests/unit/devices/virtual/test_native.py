"""Pushed programs run on this computer: only known ones, only inside, and they can be ended."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.helpers.adb_host import AdbHost
from workbench.devices.agent.binaries import agent_for
from workbench.devices.virtual import PhoneSettings
from workbench.devices.virtual.native import abi_of, runner_of
from workbench.devices.virtual.simulation.settings import host_abis
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions, known_programs

FOLDER = "/data/local/tmp"
pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or runner_of(host_abis()[0]) is None,
    reason="this computer runs no Linux programs of its own kind",
)


def program(name: str) -> Path:
    """A program of this computer that is pushed in a test."""
    found = shutil.which(name)
    if found is None or abi_of(Path(found).read_bytes()[:20]) is None:
        pytest.skip(f"this computer has no program {name}")
    return Path(found)


@pytest.fixture
def open_phone() -> Iterator[VirtualPhone]:
    """A phone that runs any program."""
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", programs=None)) as found:
        yield found


@pytest.fixture
def open_host(open_phone: VirtualPhone) -> Iterator[AdbHost]:
    with AdbHost(open_phone.port) as found:
        yield found.connect()


def put(host: AdbHost, path: Path, name: str) -> None:
    """Copy a program to the phone, by way of its shell."""
    stream = host.open(f"exec:head -c {path.stat().st_size} > {FOLDER}/{name}")
    data = path.read_bytes()
    for start in range(0, len(data), 1 << 18):
        stream.write(data[start : start + (1 << 18)])
    stream.pieces()
    digest = host.run(f"chmod 755 {FOLDER}/{name}; sha256sum {FOLDER}/{name}")[0].split()[0]
    assert digest.decode() == hashlib.sha256(data).hexdigest()


def test_an_unknown_program_is_refused(host: AdbHost) -> None:
    put(host, program("cat"), "cat")
    _, stderr, status = host.run(f"{FOLDER}/cat {FOLDER}/cat")
    assert status == 126
    assert b"runs only the workbench's own agent" in stderr


def test_a_program_reads_what_is_pushed_and_nothing_by_its_path(open_host: AdbHost) -> None:
    put(open_host, program("cat"), "cat")
    open_host.run(f"echo inside > {FOLDER}/f")
    assert open_host.run(f"{FOLDER}/cat {FOLDER}/f") == (b"inside\n", b"", 0)
    assert open_host.run(f"cd {FOLDER}; ./cat f; echo in | ./cat")[0] == b"inside\nin\n"
    stdout, stderr, status = open_host.run(f"{FOLDER}/cat /etc/passwd")
    assert (stdout, status) == (b"", 1)
    assert b"No such file" in stderr


def test_the_environment_is_empty_of_this_computer(
    open_host: AdbHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    put(open_host, program("env"), "env")
    names = {line.split(b"=")[0] for line in open_host.run(f"{FOLDER}/env")[0].splitlines()}
    assert names == {b"PATH", b"TMPDIR"}


@pytest.mark.parametrize("way", ["kill-agent", "reboot 0", "timeout", "disconnect"])
def test_a_program_is_ended(open_phone: VirtualPhone, open_host: AdbHost, way: str) -> None:
    put(open_host, program("sleep"), "forever")
    prefix = "timeout -s 9 0.3 " if way == "timeout" else ""
    stream = open_host.open(f"shell,v2,raw:{prefix}{FOLDER}/forever 1000; echo status $?")
    wait_for_children(1)
    while b"forever" not in other_process_list(open_phone):
        time.sleep(0.02)  # the child lives a moment before the phone knows of it
    if way == "disconnect":
        open_host.socket.close()
    elif way != "timeout":
        open_phone.control(way)
    if way in ("kill-agent", "timeout"):
        assert b"status 137" in b"".join(stream.pieces())
    wait_for_children(0)


def other_process_list(phone: VirtualPhone) -> bytes:
    with AdbHost(phone.port) as other:
        return other.connect().run(f"pidof -s forever && ps -A -o ARGS | grep '^{FOLDER}'")[0]


def _runs_forever(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE and "forever" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # ended between two looks at it
        return False


def wait_for_children(count: int) -> None:
    """Until so many children of this process run `forever`."""
    for _ in range(200):
        children = list(filter(_runs_forever, psutil.Process().children(recursive=True)))
        if len(children) == count:
            return
        time.sleep(0.02)
    raise AssertionError(f"{len(children)} run")


def test_its_load_is_the_phones_load(open_phone: VirtualPhone, open_host: AdbHost) -> None:
    open_phone.control("screen off")
    put(open_host, program("sh"), "busy")
    time.sleep(0.1)
    before = open_phone.truth().power_mw
    open_host.open(f"exec:{FOLDER}/busy -c 'while :; do :; done'")
    time.sleep(1.0)
    during = open_phone.truth().power_mw
    open_phone.control("kill-agent")
    time.sleep(0.3)
    after = open_phone.truth().power_mw
    assert during > before + 50  # a core at full clock takes 560 mW; tests share this computer
    assert after < before + 10


def test_a_program_that_nobody_listens_to_any_more_is_ended(
    open_phone: VirtualPhone, open_host: AdbHost
) -> None:
    put(open_host, program("yes"), "forever")
    stream = open_host.open(f"exec:{FOLDER}/forever")
    stream.read()
    open_host.socket.close()
    wait_for_children(0)
    with AdbHost(open_phone.port) as again:
        assert again.connect().run("echo well")[0] == b"well\n"


def test_programs_that_cannot_run_say_what_a_phone_says(
    open_phone: VirtualPhone, open_host: AdbHost
) -> None:
    put(open_host, program("true"), "p")
    open_phone.control("no-exec on")
    assert open_host.run(f"{FOLDER}/p")[1].endswith(b"can't execute: Permission denied\n")
    open_phone.control("no-exec off")
    open_phone.control("wrong-abi on")
    stdout, stderr, status = open_host.run(f"{FOLDER}/p")
    assert (stdout, status) == (b"", 126)
    assert b"not executable: 64-bit ELF file" in stderr
    open_phone.control("clear")
    assert open_host.run(f"{FOLDER}/p") == (b"", b"", 0)


def test_another_processors_program_cannot_run(open_host: AdbHost) -> None:
    header = b"\\177ELF\\001\\001\\001" + b"\\000" * 9 + b"\\002\\000\\010\\000"  # MIPS, 32 bits
    script = f"printf '{header.decode()}' > {FOLDER}/m; chmod 755 {FOLDER}/m; {FOLDER}/m"
    _, stderr, status = open_host.run(script)
    assert status == 126
    assert b"not executable: 32-bit ELF file" in stderr


@pytest.fixture
def agent_host() -> Iterator[AdbHost]:
    """A phone with the workbench's agent on it."""
    if host_abis()[0] not in ("x86_64", "arm64-v8a"):
        pytest.skip("there is no agent for this computer")
    settings = PhoneSettings(apps=PhoneSettings().apps[:1])
    options = VirtualPhoneOptions("redmi_3s", settings=settings, programs=known_programs())
    with VirtualPhone(options) as phone, AdbHost(phone.port) as host:
        host.connect()
        put(host, agent_for(host_abis()).path, "agent")
        yield host


def test_the_agent_sees_the_simulated_phone(agent_host: AdbHost) -> None:
    stdout, stderr, status = agent_host.run(f"{FOLDER}/agent info")
    assert status == 0, stderr
    info = json.loads(stdout)
    assert [cluster["cpus"] for cluster in info["clusters"]] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert "simulated" in info["cpu_model"]


def test_the_agent_of_another_processor_runs_where_it_can_be_emulated() -> None:
    if runner_of("arm64-v8a") is None:
        pytest.skip("neither an ARM computer nor QEMU's user emulation")
    settings = PhoneSettings(abis=("arm64-v8a", "armeabi-v7a"))
    options = VirtualPhoneOptions("redmi_3s", settings=settings, programs=known_programs())
    with VirtualPhone(options) as phone, AdbHost(phone.port) as host:
        host.connect()
        assert host.run("getprop ro.product.cpu.abilist")[0] == b"arm64-v8a,armeabi-v7a\n"
        assert host.run("uname -m")[0] == b"aarch64\n"
        put(host, agent_for(settings.abis).path, "agent")
        info = json.loads(host.run(f"{FOLDER}/agent info")[0])
    assert info["abi"] == "arm64-v8a"


def test_the_agent_samples_the_simulated_phone(agent_host: AdbHost) -> None:
    stdout, stderr, status = agent_host.run(f"{FOLDER}/agent sample --seconds 1 --rate-hz 5")
    assert status == 0, stderr
    records = [json.loads(line) for line in stdout.splitlines()]
    samples = [record for record in records if record["record"] == "sample"]
    assert len(samples) >= 4
    assert all(sample["supplies"]["battery"]["current_now"] < 0 for sample in samples)
