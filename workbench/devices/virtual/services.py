"""Services that a host can open: shell, exec, sync, reboot and those that only answer a line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine

from workbench.devices.virtual import shell_frames
from workbench.devices.virtual.connection import Service
from workbench.devices.virtual.interactive import run_lines
from workbench.devices.virtual.machine import Machine
from workbench.devices.virtual.shell.interpreter import SHELL, Interpreter
from workbench.devices.virtual.shell.state import Files, ShellState
from workbench.devices.virtual.shell.streams import CallbackSink, Pipe, Source
from workbench.devices.virtual.streams import Stream, StreamClosedError
from workbench.devices.virtual.sync_service import serve_sync
from workbench.devices.virtual.terminal import Terminal

_ANSWERS = {
    "root:": b"adbd cannot run as root in production builds\n",
    "unroot:": b"adbd not running as root\n",
    "remount:": b"remount failed: this phone is simulated\n",
    "usb:": b"this phone is simulated: it has no USB\n",
}


def find_service(machine: Machine, name: str) -> Service | None:
    """The service of a name such as ``shell,v2,raw:ls``; None where there is none."""
    kind, _, rest = name.partition(":")
    kind, *options = kind.split(",")
    if kind == "shell":
        return _shell_service(machine, options, rest)
    if kind == "exec":
        return lambda stream: _run_plain(machine, rest, stream, crlf=False)
    if name == "sync:":
        return lambda stream: serve_sync(machine, stream)
    if kind == "reboot":
        return lambda stream: _reboot(machine)
    answer = _ANSWERS.get(name)
    if answer is None and kind == "tcpip":
        answer = b"this phone is simulated: it keeps its port\n"
    return None if answer is None else lambda stream: stream.write(answer)


async def _reboot(machine: Machine) -> None:
    machine.control("reboot")


def _shell_service(machine: Machine, options: list[str], script: str) -> Service | None:
    framed = "v2" in options
    if framed and not machine.settings.shell_v2:
        return None
    terminal = "pty" in options or (not script and "raw" not in options)
    if framed:
        return lambda stream: _run_framed(machine, script, stream, terminal=terminal)
    if terminal and not script:
        return lambda stream: _run_terminal(machine, stream)
    # Before Android 7 even a single command ran on a terminal, which ends lines with CR LF.
    return lambda stream: _run_plain(machine, script, stream, crlf=not machine.settings.shell_v2)


def _start(machine: Machine, script: str) -> Interpreter:
    # One line, as `ps` shows it; the script itself may be long.
    process = machine.processes.start(f"{SHELL} -c {script}" if script else f"{SHELL} -")
    state = ShellState(machine, process, SHELL)
    state.variables = {
        "ANDROID_DATA": "/data",
        "ANDROID_ROOT": "/system",
        "HOME": "/",
        "PATH": "/system/bin:/system/xbin",
        "SHELL": SHELL,
        "TMPDIR": "/data/local/tmp",
        "USER": "shell",
    }
    state.exported = set(state.variables)
    return Interpreter(state)


async def _guard(shell: Interpreter, work: Coroutine[None, None, int]) -> int:
    """Run a session as a task of its own, so that `kill` and `reboot` can end it."""
    process = shell.state.process
    task = shell.state.machine.processes.run(process, work)
    try:
        return await task
    except asyncio.CancelledError:
        if process.killed_by and not _cancelling():
            return 128 + process.killed_by
        raise
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _run(machine: Machine, script: str, files: Files) -> int:
    shell = _start(machine, script)
    work = shell.run_source(script, files) if script else run_lines(shell, files)
    return await _guard(shell, work)


def _cancelling() -> bool:
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0


def _sink(write: Callable[[bytes], Awaitable[None]]) -> CallbackSink:
    async def guarded(data: bytes) -> None:
        try:
            await write(data)
        except (StreamClosedError, ConnectionError) as error:
            raise BrokenPipeError from error

    return CallbackSink(guarded)


async def _run_plain(machine: Machine, script: str, stream: Stream, *, crlf: bool) -> None:
    """Everything on one stream, without exit code."""

    async def write(data: bytes) -> None:
        await stream.write(data.replace(b"\n", b"\r\n") if crlf else data)

    both = _sink(write)
    files = Files(Source(stream.read), both, both)
    await _run(machine, script, files)


async def _run_terminal(machine: Machine, stream: Stream) -> None:
    terminal = Terminal(_sink(stream.write))
    await _with_terminal(machine, stream.read, terminal)


async def _with_terminal(
    machine: Machine, read: Callable[[], Awaitable[bytes]], terminal: Terminal
) -> int:
    async def feed() -> None:
        with contextlib.suppress(BrokenPipeError):
            while piece := await read():
                await terminal.feed(piece)
        terminal.close()

    shell = _start(machine, "")
    files = Files(terminal.source, terminal, terminal)
    prompt = f"{machine.properties['ro.product.device']}:{{}} $ "
    feeding = asyncio.ensure_future(feed())
    try:
        return await _guard(shell, run_lines(shell, files, terminal=terminal, prompt=prompt))
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def _run_framed(machine: Machine, script: str, stream: Stream, *, terminal: bool) -> None:
    """Shell protocol version 2: streams apart, and the exit code."""
    writing = asyncio.Lock()

    def framed(kind: int) -> Callable[[bytes], Awaitable[None]]:
        async def write(data: bytes) -> None:
            async with writing:
                await stream.write(shell_frames.encode_frame(kind, data))

        return write

    pipe = Pipe()
    reading = asyncio.ensure_future(_read_frames(stream, pipe))
    try:
        if terminal and not script:
            screen = Terminal(_sink(framed(shell_frames.STDOUT)))
            status = await _with_terminal(machine, pipe.source.read, screen)
        else:
            stdout, stderr = _sink(framed(shell_frames.STDOUT)), _sink(framed(shell_frames.STDERR))
            files = Files(pipe.source, stdout, stderr)
            status = await _run(machine, script, files)
        await framed(shell_frames.EXIT)(bytes([status & 0xFF]))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read_frames(stream: Stream, stdin: Pipe) -> None:
    decoder = shell_frames.FrameDecoder()
    with contextlib.suppress(ValueError, BrokenPipeError, ConnectionError):
        while data := await stream.read():
            for kind, content in decoder.feed(data):
                if kind == shell_frames.STDIN:
                    await stdin.write(content)
                elif kind == shell_frames.CLOSE_STDIN:
                    stdin.close()
    stdin.close()
