"""Commands that the shell runs itself, because they change its state."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.devices.virtual import commands
from workbench.devices.virtual.shell.control import Exit, LoopControl, Return
from workbench.devices.virtual.shell.launcher import (
    PROGRAM_FOLDERS,
    make_call,
    play,
    run_script_file,
)
from workbench.devices.virtual.shell.state import EXIT_NOT_FOUND, Files

if TYPE_CHECKING:
    from workbench.devices.virtual.shell.interpreter import Interpreter

Builtin = Callable[["Interpreter", list[str], Files], Awaitable[int]]


async def _true(shell: Interpreter, words: list[str], files: Files) -> int:
    return 0


async def _false(shell: Interpreter, words: list[str], files: Files) -> int:
    return 1


async def _cd(shell: Interpreter, words: list[str], files: Files) -> int:
    target = words[1] if len(words) > 1 else "/"
    machine = shell.state.machine
    path = machine.files.resolve(target, shell.state.folder)
    try:
        if not machine.files.stat(path).is_folder:
            raise NotADirectoryError(20, "Not a directory")
    except OSError as error:
        await shell.complain(f"cd: {target}: {os.strerror(error.errno or 2)}", files)
        return 2
    shell.state.folder = path
    return 0


async def _pwd(shell: Interpreter, words: list[str], files: Files) -> int:
    await files.stdout.write(f"{shell.state.folder}\n".encode("utf-8", "surrogateescape"))
    return 0


async def _exit(shell: Interpreter, words: list[str], files: Files) -> int:
    raise Exit(_status(shell, words))


async def _return(shell: Interpreter, words: list[str], files: Files) -> int:
    raise Return(_status(shell, words))


def _status(shell: Interpreter, words: list[str]) -> int:
    if len(words) < 2:
        return shell.state.status
    return int(words[1]) & 0xFF if re.fullmatch(r"-?\d{1,9}", words[1]) else 1


def _loop_control(*, goes_on: bool) -> Builtin:
    async def control(shell: Interpreter, words: list[str], files: Files) -> int:
        levels = int(words[1]) if len(words) > 1 and re.fullmatch(r"[1-9]\d?", words[1]) else 1
        raise LoopControl(levels, goes_on=goes_on)

    return control


async def _export(shell: Interpreter, words: list[str], files: Files) -> int:
    state = shell.state
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            await shell.complain(f"{words[0]}: {word}: is not an identifier", files)
            return 1
        if equals:
            state.variables[name] = value
        if words[0] == "export":
            state.exported.add(name)
    return 0


async def _unset(shell: Interpreter, words: list[str], files: Files) -> int:
    for name in words[1:]:
        shell.state.variables.pop(name, None)
        shell.state.functions.pop(name, None)
        shell.state.exported.discard(name)
    return 0


async def _set(shell: Interpreter, words: list[str], files: Files) -> int:
    arguments = words[1:]
    while arguments and re.match(r"[-+][a-zA-Z]", arguments[0]):
        option = arguments.pop(0)
        if option in ("-o", "+o") and arguments:
            if arguments.pop(0) == "errexit":
                shell.state.exit_on_error = option == "-o"
        elif "e" in option:
            shell.state.exit_on_error = option[0] == "-"
    if arguments or "--" in words:
        shell.state.arguments = arguments[1:] if arguments[:1] == ["--"] else arguments
    return 0


async def _shift(shell: Interpreter, words: list[str], files: Files) -> int:
    count = int(words[1]) if len(words) > 1 and words[1].isdecimal() else 1
    if count > len(shell.state.arguments):
        return 1
    del shell.state.arguments[:count]
    return 0


async def _read(shell: Interpreter, words: list[str], files: Files) -> int:
    names = [word for word in words[1:] if not word.startswith("-")] or ["REPLY"]
    line = (await files.stdin.read_line()).decode("utf-8", "surrogateescape")
    if not line:
        return 1
    text = line.removesuffix("\n")
    separator = shell.state.variables.get("IFS")
    if separator == "":
        fields = [text]
    elif separator and not separator.isspace():
        fields = re.split(f"[{re.escape(separator)}]", text, maxsplit=len(names) - 1)
    else:
        fields = text.strip().split(maxsplit=len(names) - 1)
    for index, name in enumerate(names):
        shell.state.variables[name] = fields[index] if index < len(fields) else ""
    return 0 if line.endswith("\n") else 1


async def _eval(shell: Interpreter, words: list[str], files: Files) -> int:
    from workbench.devices.virtual.shell.parser import ShellSyntaxError, parse_script

    shell.state.depth += 1
    try:
        return await shell.run_script(parse_script(" ".join(words[1:])), files)
    except ShellSyntaxError as error:
        await shell.complain(f"syntax error: {error}", files)
        return 1
    finally:
        shell.state.depth -= 1


async def _exec(shell: Interpreter, words: list[str], files: Files) -> int:
    if len(words) == 1:
        return 0
    raise Exit(await shell.call(words[1:], files))


async def _wait(shell: Interpreter, words: list[str], files: Files) -> int:
    processes = shell.state.machine.processes
    wanted = [int(word) for word in words[1:] if word.isdecimal()]
    own = [p for p in processes.all() if p.parent == shell.state.process.pid or p.pid in wanted]
    status = 0
    for process in own:
        if process.task is None or (wanted and process.pid not in wanted):
            continue
        await asyncio.wait({process.task})
        killed = process.task.cancelled()
        status = 128 + (process.killed_by or 15) if killed else process.task.result()
    return status if wanted else 0


async def _command(shell: Interpreter, words: list[str], files: Files) -> int:
    if words[1:2] == ["-v"] and len(words) > 2:
        name = words[2]
        if name in BUILTINS or name in shell.state.functions:
            found = name
        elif name in commands.COMMANDS:
            found = f"{PROGRAM_FOLDERS[0]}/{name}"
        else:
            return 1
        await files.stdout.write(f"{found}\n".encode())
        return 0
    if len(words) == 1:
        return 0
    return await shell.call(words[1:], files)


async def _type(shell: Interpreter, words: list[str], files: Files) -> int:
    status = 0
    for name in words[1:]:
        if name in BUILTINS:
            text = f"{name} is a shell builtin\n"
        elif name in commands.COMMANDS:
            text = f"{name} is {PROGRAM_FOLDERS[0]}/{name}\n"
        else:
            text = f"{name} not found\n"
            status = EXIT_NOT_FOUND
        await files.stdout.write(text.encode("utf-8", "surrogateescape"))
    return status


async def _source(shell: Interpreter, words: list[str], files: Files) -> int:
    if len(words) < 2:
        return 1
    path = shell.state.machine.files.resolve(words[1], shell.state.folder)
    try:
        source = shell.state.machine.files.read(path).decode("utf-8", "surrogateescape")
    except OSError as error:
        await shell.complain(f".: {words[1]}: {os.strerror(error.errno or 2)}", files)
        return 1
    return await _eval(shell, ["eval", source], files)


async def _sh(shell: Interpreter, words: list[str], files: Files) -> int:
    """``sh -c script name arguments``, ``sh file arguments``, or a script from standard input."""
    arguments = words[1:]
    strict = False
    while arguments and re.fullmatch(r"-[a-z]+", arguments[0]) and "c" not in arguments[0]:
        strict = strict or "e" in arguments.pop(0)
    state = replace(shell.state.copy(), functions={}, exit_on_error=strict, name=words[0])
    state.variables = {name: state.variables.get(name, "") for name in state.exported}
    inner = type(shell)(state)
    if arguments and arguments[0].startswith("-"):
        if len(arguments) < 2:
            await shell.complain("-c: requires an argument", files)
            return 1
        if len(arguments) > 2:
            state.name = arguments[2]
        state.arguments = arguments[3:]
        return await inner.run_source(arguments[1], files)
    if arguments:
        path = state.machine.files.resolve(arguments[0], state.folder)
        try:
            return await run_script_file(state, path, arguments, files)
        except OSError as error:
            reason = os.strerror(error.errno or 2)
            await shell.complain(f"{arguments[0]}: {reason}", files)
            return EXIT_NOT_FOUND
    source = (await files.stdin.read_all()).decode("utf-8", "surrogateescape")
    return await inner.run_source(source, files)


def _as_builtin(name: str) -> Builtin:
    """A command without state that needs no program to be started: ``echo``, ``test`` ..."""
    function = commands.COMMANDS[name]

    async def run(shell: Interpreter, words: list[str], files: Files) -> int:
        return await play(function, make_call(shell, words, files))

    return run


BUILTINS: dict[str, Builtin] = {
    ":": _true,
    "true": _true,
    "false": _false,
    "trap": _true,
    "umask": _true,
    "cd": _cd,
    "pwd": _pwd,
    "exit": _exit,
    "return": _return,
    "break": _loop_control(goes_on=False),
    "continue": _loop_control(goes_on=True),
    "export": _export,
    "readonly": _export,
    "local": _export,
    "typeset": _export,
    "unset": _unset,
    "set": _set,
    "shift": _shift,
    "read": _read,
    "eval": _eval,
    "exec": _exec,
    "wait": _wait,
    "command": _command,
    "type": _type,
    ".": _source,
    "source": _source,
    "sh": _sh,
    "/system/bin/sh": _sh,
    "/bin/sh": _sh,
    **{name: _as_builtin(name) for name in ("echo", "printf", "test", "[", "kill", "sleep")},
}
