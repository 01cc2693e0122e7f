"""A shell that takes its commands line by line, from a pipe or a terminal."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from workbench.devices.virtual.shell.control import Exit, LoopControl, Return
from workbench.devices.virtual.shell.interpreter import Interpreter
from workbench.devices.virtual.shell.parser import ShellSyntaxError, parse_script
from workbench.devices.virtual.shell.state import EXIT_PIPE, Files
from workbench.devices.virtual.shell.syntax import Script
from workbench.devices.virtual.terminal import Terminal

EXIT_INTERRUPTED = 130


async def run_lines(
    shell: Interpreter, files: Files, *, terminal: Terminal | None = None, prompt: str = ""
) -> int:
    """Run commands as they come, until the input ends or `exit`; returns the exit status.

    Args:
        terminal: where interrupts come from; None for a plain pipe.
        prompt: shown before each command; ``{}`` stands for the folder.
    """
    source = ""
    try:
        while True:
            if prompt:
                shown = "> " if source else prompt.format(shell.state.folder)
                await files.stdout.write(shown.encode())
            line = await files.stdin.read_line()
            if not line:
                return shell.state.status
            source += line.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
            try:
                script = parse_script(source)
            except ShellSyntaxError as error:
                if error.incomplete:
                    continue
                await shell.complain(f"syntax error: {error}", files)
                shell.state.status = 1
                source = ""
                continue
            source = ""
            await _run(shell, script, files, terminal)
    except Exit as end:
        return end.status
    except BrokenPipeError:
        return EXIT_PIPE


async def _run(shell: Interpreter, script: Script, files: Files, terminal: Terminal | None) -> None:
    work = asyncio.ensure_future(shell.run_script(script, replace(files)))
    if terminal is not None:
        terminal.on_interrupt = work.cancel
    try:
        await work
    except (Return, LoopControl):
        pass
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if terminal is None or not work.cancelled() or (current and current.cancelling()):
            raise
        shell.state.status = EXIT_INTERRUPTED
    finally:
        if terminal is not None:
            terminal.on_interrupt = None
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
