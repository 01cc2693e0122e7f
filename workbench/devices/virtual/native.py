"""Runs pushed programs on this computer, so that what is tested is what a phone runs.

Only programs whose SHA-256 is known are run (the workbench's own agent), unless whoever made the
phone allowed any: a host that connects must not get to run code of its own here. A program starts
from a copy that no host can change, without a shell, in the phone's private folder, with an empty
environment and a time limit; arguments that are absolute paths lead into that folder. The
simulation's ``/proc`` and ``/sys`` are written to a folder that the agent gets as ``--root``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import os
import platform
import re
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from workbench.devices.computer import parse_cpu_list
from workbench.devices.virtual.native_clock import NativeClock
from workbench.devices.virtual.processes import Process
from workbench.devices.virtual.shell.state import EXIT_KILLED, Call
from workbench.devices.virtual.shell.streams import Sink, Source
from workbench.devices.virtual.system_files import SystemFiles

if TYPE_CHECKING:
    from workbench.devices.virtual.machine import Machine

TIME_LIMIT_S = 3600.0
REFRESH_S = 0.1
READ_BYTES = 1 << 16

_AGENT_COMMANDS = ("info", "bench", "sample", "evolve")
"""Commands of the agent; all take ``--root``, under which they look for /proc and /sys."""

_BUSY_COMMANDS = ("bench", "evolve")

_ABI_OF_MACHINE = {3: "x86", 40: "armeabi-v7a", 62: "x86_64", 183: "arm64-v8a"}
_OWN_ABI = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64-v8a", "arm64": "arm64-v8a"}
_EMULATORS = {
    "arm64-v8a": ("qemu-aarch64-static", "qemu-aarch64"),
    "armeabi-v7a": ("qemu-arm-static", "qemu-arm"),
}


def abi_of(start: bytes) -> str | None:
    """Android's name of the instruction set of an ELF file, from its first 20 bytes."""
    if len(start) < 20 or not start.startswith(b"\x7fELF"):
        return None
    return _ABI_OF_MACHINE.get(int.from_bytes(start[18:20], "little"))


def runner_of(abi: str | None) -> list[str] | None:
    """What must stand before a program of this instruction set; None where it cannot run here."""
    if abi is None:
        return None
    if _OWN_ABI.get(platform.machine().lower()) == abi and os.name == "posix":
        return []
    found = (shutil.which(name) for name in _EMULATORS.get(abi, ()))
    return next(([path] for path in found if path), None)


class NativePrograms:
    """Starts, watches and ends pushed programs.

    Args:
        generated: what is written as ``/proc`` and ``/sys`` for them.
        folder: a private folder for the copies that are run and the system's files.
        allowed: SHA-256 of what may run; None allows anything.
    """

    def __init__(
        self,
        machine: Machine,
        generated: SystemFiles,
        folder: Path,
        allowed: frozenset[str] | None,
    ) -> None:
        self._machine = machine
        self._generated = generated
        self._folder = folder
        self._system = folder / "system"
        self._allowed = allowed
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._written: dict[str, bytes] = {}
        self._writing = asyncio.Lock()
        self._digests: dict[tuple[int, int, int], str] = {}
        self.wrong_abi = False

    def problem(self, path: str) -> str:
        """Why a program cannot run, in the shell's words; empty when it can."""
        with self._machine.files.open_read(path) as stream:
            start = stream.read(20)
        bits = 64 if start[4:5] == b"\x02" else 32
        abi = abi_of(start)
        if self.wrong_abi or abi not in self._machine.settings.abis or runner_of(abi) is None:
            return f"not executable: {bits}-bit ELF file"
        if self._allowed is not None and self._digest(path) not in self._allowed:
            return "can't execute: this virtual phone runs only the workbench's own agent"
        return ""

    def kill_all(self) -> int:
        """End all programs that run now; returns how many."""
        for running in self._running.values():
            _kill(running, signal.SIGKILL)
        return len(self._running)

    async def run(self, path: str, call: Call) -> int:
        """Run a program for which there is no `problem`; returns its exit status."""
        machine = self._machine
        self._folder.mkdir(mode=0o700, exist_ok=True)
        copy = self._copy(path)
        # What runs is the copy: the file may have changed since it was looked at.
        if self.problem(path) or copy.name != self._digest(path):
            return await call.fail("can't execute: Text file busy", 126)
        with open(copy, "rb") as stream:
            runner = runner_of(abi_of(stream.read(20))) or []
        arguments = [self._argument(word) for word in call.arguments]
        if arguments[:1] and arguments[0] in _AGENT_COMMANDS and "--root" not in arguments:
            arguments += ["--root", str(self._system)]
        clock = None
        if machine.clock.speed != 1.0:
            clock = NativeClock(machine.clock.speed, machine.uptime_s(), machine.wall_s())
            arguments = clock.arguments(arguments)
        folder = machine.files.root
        if machine.files.is_writable(call.folder):
            folder = machine.files.host_path(call.folder)
        await self._write_system_files()
        program = [*runner, str(copy)] if runner else [path]
        running = await asyncio.create_subprocess_exec(
            *program,
            *arguments,
            executable=runner[0] if runner else str(copy),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env={"PATH": "/system/bin", "TMPDIR": str(machine.files.root) + "/data/local/tmp"},
            start_new_session=True,
        )
        process = machine.processes.start(" ".join([path, *call.arguments]), call.process.pid)
        process.on_kill = lambda number: _kill(running, number)
        self._running[process.pid] = running
        helpers = [
            asyncio.ensure_future(_feed(call.files.stdin, running)),
            asyncio.ensure_future(self._watch(running, process, call.arguments)),
        ]
        try:
            _limit(running.pid, machine.files.capacity_bytes)
            async with asyncio.timeout(TIME_LIMIT_S):
                await asyncio.gather(
                    _pump(running.stdout, call.files.stdout, clock),
                    _pump(running.stderr, call.files.stderr),
                )
                status = await running.wait()
        except TimeoutError:
            status = -signal.SIGKILL
        finally:
            for helper in helpers:
                helper.cancel()
            _kill(running, signal.SIGKILL)
            # What it wrote and nobody read must go, or its end would not be noticed.
            await asyncio.gather(
                *helpers,
                _drain(running.stdout),
                _drain(running.stderr),
                running.wait(),
                return_exceptions=True,
            )
            machine.catch_up()
            machine.model.set_load(f"pid {process.pid}", 0.0)
            del self._running[process.pid]
            machine.processes.end(process)
        if status >= 0:
            return status
        if status == -signal.SIGKILL:
            await call.files.stderr.write(b"Killed \n")
            return EXIT_KILLED
        return 128 - status

    def _digest(self, path: str) -> str:
        """SHA-256 of a file; not counted anew while the file is the same.

        Megabytes at each start of a program would hold up everything else on the phone.
        """
        with self._machine.files.open_read(path) as stream:
            status = os.fstat(stream.fileno())
            # A host can set a file's time of change, but not that of its inode.
            key = (status.st_ino, status.st_size, status.st_ctime_ns)
            if key not in self._digests:
                self._digests[key] = hashlib.sha256(stream.read()).hexdigest()
        return self._digests[key]

    def _copy(self, path: str) -> Path:
        """The program where no host can reach it, under its SHA-256."""
        known = self._folder / self._digest(path)
        if known.exists():
            return known
        with self._machine.files.open_read(path) as stream:
            content = stream.read()
        copy = self._folder / hashlib.sha256(content).hexdigest()
        part = copy.with_suffix(".part")
        part.write_bytes(content)
        part.chmod(0o500)
        part.rename(copy)
        return copy

    def _argument(self, word: str) -> str:
        """An argument whose absolute path, if it is one, leads into the phone's folder."""
        name, equals, value = word.partition("=")
        path = value if name.startswith("--") and equals else word
        if not path.startswith("/"):
            return word
        inside = str(self._machine.files.root) + self._machine.files.resolve(path)
        return f"{name}={inside}" if path is not word else inside

    async def _write_system_files(self) -> None:
        changed: list[tuple[Path, bytes]] = []
        for path in self._generated.static_paths():
            make = self._generated.find(path)
            if make is None or not self._machine.may_read(path):
                continue
            content = make()
            if self._written.get(path) != content:
                self._written[path] = content
                changed.append((Path(str(self._system) + path), content))
        # On a thread: a slow disk must not hold up the phone. One at a time, or an older state
        # could be written over a newer one.
        async with self._writing:
            await asyncio.to_thread(_write_all, changed)

    async def _watch(
        self, running: asyncio.subprocess.Process, process: Process, arguments: Sequence[str]
    ) -> None:
        """Let the simulated phone carry the program's load, and see its own state meanwhile."""
        cpus, name = _cpus(arguments), f"pid {process.pid}"
        busy = bool(arguments[:1]) and arguments[0] in _BUSY_COMMANDS
        if busy:
            # It keeps its cores busy as long as it runs. How much of this computer it gets says
            # nothing about a phone.
            self._machine.catch_up()
            self._machine.model.set_load(name, float(_threads(arguments)), heavy=True, cpus=cpus)
        with contextlib.suppress(psutil.Error):
            host = psutil.Process(running.pid)
            before_s, at_s = process.cpu_s, time.monotonic()
            while True:
                await asyncio.sleep(REFRESH_S)
                times = host.cpu_times()
                now_s = time.monotonic()
                process.cpu_s = times.user + times.system
                self._machine.catch_up()
                cores = max(0.0, process.cpu_s - before_s) / (now_s - at_s)
                if not busy:
                    self._machine.model.set_load(name, cores, heavy=True, cpus=cpus)
                before_s, at_s = process.cpu_s, now_s
                await self._write_system_files()


def _write_all(files: Sequence[tuple[Path, bytes]]) -> None:
    for target, content in files:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        part.write_bytes(content)
        part.replace(target)


def _cpus(arguments: Sequence[str]) -> tuple[int, ...]:
    """The agent's option ``--cpus``: which of the simulated processors it shall run on."""
    for option, value in itertools.pairwise(arguments):
        if option == "--cpus" and re.fullmatch(
            r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?){0,99}", value, re.ASCII
        ):
            return parse_cpu_list(value)
    return ()


def _threads(arguments: Sequence[str]) -> int:
    """The agent's option ``--threads``."""
    for option, value in itertools.pairwise(arguments):
        if option == "--threads" and re.fullmatch(r"[1-9]\d?", value, re.ASCII):
            return int(value)
    return 1


def _kill(running: asyncio.subprocess.Process, number: int) -> None:
    if running.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(running.pid, number)


def _limit(pid: int, file_bytes: int) -> None:
    """No core files, and no file larger than the phone's disk."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import resource

        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (file_bytes, file_bytes))


async def _pump(
    stream: asyncio.StreamReader | None, sink: Sink, clock: NativeClock | None = None
) -> None:
    assert stream is not None
    rest = b""
    while piece := await stream.read(READ_BYTES):
        if clock is not None:
            *lines, rest = (rest + piece).split(b"\n")
            piece = b"".join(clock.line(line + b"\n") for line in lines)
        await sink.write(piece)
    if rest:
        await sink.write(rest)


async def _drain(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(READ_BYTES):
        pass


async def _feed(source: Source, running: asyncio.subprocess.Process) -> None:
    assert running.stdin is not None
    with contextlib.suppress(ConnectionError):
        while piece := await source.read():
            running.stdin.write(piece)
            await running.stdin.drain()
        running.stdin.close()
