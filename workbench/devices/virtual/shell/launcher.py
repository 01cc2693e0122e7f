"""Finds the program that a name stands for and runs it: the phone's own, a script, or a binary."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.devices.virtual import commands
from workbench.devices.virtual.commands.arguments import UsageError
from workbench.devices.virtual.shell.state import (
    EXIT_NOT_EXECUTABLE,
    EXIT_NOT_FOUND,
    Call,
    CommandFunction,
    Files,
    ShellState,
)

if TYPE_CHECKING:
    from workbench.devices.virtual.shell.interpreter import Interpreter

PROGRAM_FOLDERS = ("/system/bin", "/system/xbin", "/vendor/bin", "/bin")
PROGRAM_COST_S = 0.002
"""Processor time to start a program, on a phone of the middle class."""


async def launch(shell: Interpreter, words: Sequence[str], files: Files) -> int:
    """Run a program; returns its exit status, 127 when there is none of that name."""
    state = shell.state
    name = words[0]
    if "/" not in name:
        own = commands.COMMANDS.get(name)
    else:
        path = state.machine.files.resolve(name, state.folder)
        folder, base = posixpath.split(path)
        own = commands.COMMANDS.get(base) if folder in PROGRAM_FOLDERS else None
        if own is None:
            return await _run_file(shell, path, words, files)
    if own is None:
        await shell.complain(f"{name}: inaccessible or not found", files)
        return EXIT_NOT_FOUND
    await state.process.spend(PROGRAM_COST_S)
    return await play(own, make_call(shell, words, files))


async def play(function: CommandFunction, call: Call) -> int:
    """Run one of the phone's own programs; a wrong call of it is told as it would."""
    try:
        return await function(call)
    except UsageError as error:
        return await call.fail(str(error))


def make_call(shell: Interpreter, words: Sequence[str], files: Files) -> Call:
    """What a command of the phone is given."""
    state = shell.state

    async def run(inner: Sequence[str], inner_files: Files) -> int:
        # A program that starts another one knows nothing of the shell's functions.
        nested = type(shell)(replace(state.copy(), functions={}))
        return await nested.call(inner, inner_files)

    return Call(
        machine=state.machine,
        process=state.process,
        name=posixpath.basename(words[0]),
        arguments=list(words[1:]),
        files=files,
        folder=state.folder,
        environment=state.environment(),
        run=run,
    )


async def _run_file(shell: Interpreter, path: str, words: Sequence[str], files: Files) -> int:
    machine = shell.state.machine
    name = words[0]
    try:
        found = machine.files.stat(path)
    except OSError:
        await shell.complain(f"{name}: inaccessible or not found", files)
        return EXIT_NOT_FOUND
    reason = ""
    if found.is_folder:
        reason = "Is a directory"
    elif not found.mode & 0o111 or not machine.may_execute(path):
        reason = "Permission denied"
    if reason:
        await shell.complain(f"{name}: can't execute: {reason}", files)
        return EXIT_NOT_EXECUTABLE
    with machine.files.open_read(path) as stream:
        start = stream.read(20)
    if start.startswith(b"\x7fELF"):
        problem = machine.native.problem(path)
        if problem:
            await shell.complain(f"{name}: {problem}", files)
            return EXIT_NOT_EXECUTABLE
        return await machine.native.run(path, make_call(shell, words, files))
    return await run_script_file(shell.state, path, words, files)


async def run_script_file(state: ShellState, path: str, words: Sequence[str], files: Files) -> int:
    """Run a file as a script of the shell, as a process of its own."""
    from workbench.devices.virtual.shell.interpreter import Interpreter

    source = state.machine.files.read(path).decode("utf-8", "surrogateescape")
    inner = replace(state.copy(), name=words[0], arguments=list(words[1:]), functions={})
    return await Interpreter(inner).run_source(source, files)
