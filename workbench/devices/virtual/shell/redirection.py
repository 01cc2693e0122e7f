"""Redirections of a command: files of the phone, other descriptors, text in the script."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workbench.devices.virtual.shell.expansion import Expander
from workbench.devices.virtual.shell.state import Files, ShellState, own_process
from workbench.devices.virtual.shell.streams import (
    FileSink,
    NullSink,
    Sink,
    Source,
    empty_source,
    source_of,
)
from workbench.devices.virtual.shell.syntax import Redirect


class RedirectionError(Exception):
    """A redirection that cannot be made; the message is what the shell prints."""


@asynccontextmanager
async def redirect(
    expander: Expander, state: ShellState, redirects: tuple[Redirect, ...], files: Files
) -> AsyncIterator[Files]:
    """The descriptors of a command with its redirections; files are closed at the end.

    Raises:
        RedirectionError: a file that cannot be opened, or a descriptor that is not open.
    """
    table: dict[int, Source | Sink] = {
        0: files.stdin,
        1: files.stdout,
        2: files.stderr,
        **dict(files.more),
    }
    opened: list[Sink] = []
    try:
        for item in redirects:
            target = await expander.text(item.word)
            if item.op == "<<":
                table[item.descriptor] = source_of(target.encode("utf-8", "surrogateescape"))
            elif item.op == "<":
                table[item.descriptor] = _open_read(state, target)
            elif item.op in (">&", "<&") and (target.isdecimal() or target == "-"):
                _duplicate(table, item.descriptor, target)
            else:
                sink = _open_write(state, target, append=item.op == ">>")
                opened.append(sink)
                table[item.descriptor] = sink
                if item.op in ("&>", ">&"):
                    table[2] = sink
        stdin, stdout, stderr = table.pop(0), table.pop(1), table.pop(2)
        if isinstance(stdout, Source) or isinstance(stderr, Source):
            raise RedirectionError("Bad file descriptor")
        if not isinstance(stdin, Source):
            stdin = empty_source()
        yield Files(stdin, stdout, stderr, tuple(table.items()))
    finally:
        for sink in opened:
            sink.close()


def _duplicate(table: dict[int, Source | Sink], descriptor: int, target: str) -> None:
    if target == "-":
        table[descriptor] = empty_source() if descriptor == 0 else NullSink()
        return
    if int(target) not in table:
        raise RedirectionError(f"{target}: bad file descriptor")
    table[descriptor] = table[int(target)]


def _open_read(state: ShellState, target: str) -> Source:
    path = own_process(state.machine.files.resolve(target, state.folder), state.process)
    if path == "/dev/null":
        return empty_source()
    try:
        return state.machine.open_source(path)
    except OSError as error:
        raise RedirectionError(f"can't open {target}: {_reason(error)}") from error


def _open_write(state: ShellState, target: str, *, append: bool) -> Sink:
    path = state.machine.files.resolve(target, state.folder)
    if path in ("/dev/null", "/dev/zero"):
        return NullSink()
    try:
        return FileSink(state.machine.files.open_write(path, append=append))
    except OSError as error:
        raise RedirectionError(f"can't create {target}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
