"""Runs parsed scripts: control flow, pipelines, background jobs, redirections."""

from __future__ import annotations

import asyncio
import fnmatch
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.devices.virtual.shell import builtins
from workbench.devices.virtual.shell.control import Exit, LoopControl, Return
from workbench.devices.virtual.shell.expansion import Expander, ExpansionError
from workbench.devices.virtual.shell.launcher import launch
from workbench.devices.virtual.shell.parser import ShellSyntaxError, parse_script
from workbench.devices.virtual.shell.redirection import RedirectionError, redirect
from workbench.devices.virtual.shell.state import EXIT_PIPE, Files, ShellState
from workbench.devices.virtual.shell.streams import MemorySink, Pipe, Sink, empty_source
from workbench.devices.virtual.shell.syntax import (
    AndOr,
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Redirected,
    Script,
    Simple,
    While,
)

SHELL = "/system/bin/sh"
BUILTIN_COST_S = 0.0001
"""Processor time of a builtin; in the order of what it really takes here, so that a loop that only
computes keeps a core of the simulated phone busy. (On a phone it is about a tenth of that.)"""
DEPTH_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Runs scripts on one state of a shell."""

    state: ShellState

    async def run_source(self, source: str, files: Files) -> int:
        """Run a script from its text; `exit` in it ends it. Returns its exit status."""
        try:
            return await self.run_script(parse_script(source), files)
        except ShellSyntaxError as error:
            await self.complain(f"syntax error: {error}", files)
            return 1
        except Exit as end:
            return end.status
        except (Return, LoopControl):
            return self.state.status
        except BrokenPipeError:
            return EXIT_PIPE

    async def complain(self, text: str, files: Files) -> None:
        """Write an error of the shell itself."""
        line = f"{self.state.name}: {text}\n"
        await files.stderr.write(line.encode("utf-8", "surrogateescape"))

    async def run_script(self, script: Script, files: Files) -> int:
        """Run a script; returns the status of its last command."""
        self.state.status = 0 if not script else self.state.status
        for item in script:
            if item.background:
                self._start_background(item, files)
            else:
                await self._and_or(item, files)
        return self.state.status

    async def _and_or(self, item: AndOr, files: Files) -> int:
        state = self.state
        checked = bool(item.rest) or item.first.negated
        await self._pipeline(item.first, files)
        for op, pipeline in item.rest:
            if (state.status == 0) == (op == "&&"):
                await self._pipeline(pipeline, files)
        if state.exit_on_error and state.status and not checked:
            raise Exit(state.status)
        return state.status

    def _start_background(self, item: AndOr, files: Files) -> None:
        machine = self.state.machine
        process = machine.processes.start(f"{SHELL} -", self.state.process.pid)
        inner = Interpreter(replace(self.state.copy(), process=process))
        # A job in the background does not read what is meant for the shell.
        background = replace(files, stdin=empty_source())
        foreground = replace(item, background=False)
        machine.processes.run(process, inner.guarded((foreground,), background))
        self.state.last_background = process.pid
        self.state.status = 0

    async def guarded(self, script: Script, files: Files) -> int:
        """Run a script as a process of its own: whatever ends it, there is a status."""
        try:
            return await self.run_script(script, files)
        except Exit as end:
            return end.status
        except (Return, LoopControl):
            return self.state.status
        except BrokenPipeError:
            return EXIT_PIPE
        except asyncio.CancelledError:
            if self.state.process.killed_by:
                return 128 + self.state.process.killed_by
            raise

    async def _pipeline(self, pipeline: Pipeline, files: Files) -> int:
        if len(pipeline.commands) == 1:
            status = await self.run(pipeline.commands[0], files)
        else:
            status = await self._piped(pipeline.commands, files)
        self.state.status = int(status == 0) if pipeline.negated else status
        return self.state.status

    async def _piped(self, commands: tuple[Command, ...], files: Files) -> int:
        source = files.stdin
        tasks = []
        for index, command in enumerate(commands):
            last = index == len(commands) - 1
            pipe = None if last else Pipe()
            stage = replace(files, stdin=source, stdout=files.stdout if pipe is None else pipe)
            tasks.append(asyncio.create_task(self._stage(command, stage, pipe, index > 0)))
            if pipe is not None:
                source = pipe.source
        try:
            return (await asyncio.gather(*tasks))[-1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stage(self, command: Command, files: Files, sink: Sink | None, piped: bool) -> int:
        inner = Interpreter(self.state.copy())
        try:
            return await inner._subshell(command, files)
        finally:
            if sink is not None:
                sink.close()
            if piped:
                files.stdin.close()

    async def _subshell(self, command: Command, files: Files) -> int:
        try:
            return await self.run(command, files)
        except Exit as end:
            return end.status
        except (Return, LoopControl):
            return self.state.status
        except BrokenPipeError:
            return EXIT_PIPE

    async def run(self, command: Command, files: Files) -> int:
        """Run one command; returns its status."""
        if self.state.depth > DEPTH_LIMIT:
            await self.complain("recursion too deep", files)
            raise Exit(1)
        try:
            self.state.status = await self._dispatch(command, files)
        except (ExpansionError, RedirectionError) as error:
            await self.complain(str(error), files)
            self.state.status = 1
        return self.state.status

    async def _dispatch(self, command: Command, files: Files) -> int:
        state = self.state
        if isinstance(command, Simple):
            return await self._simple(command, files)
        if isinstance(command, Redirected):
            async with redirect(self._expander(files), state, command.redirects, files) as inside:
                return await self.run(command.command, inside)
        if isinstance(command, Group):
            if command.subshell:
                return await Interpreter(state.copy())._subshell(
                    Group(command.script, subshell=False), files
                )
            return await self.run_script(command.script, files)
        if isinstance(command, If):
            return await self._if(command, files)
        if isinstance(command, While):
            return await self._while(command, files)
        if isinstance(command, For):
            return await self._for(command, files)
        if isinstance(command, Case):
            return await self._case(command, files)
        assert isinstance(command, Function)
        state.functions[command.name] = command.body
        return 0

    async def _unchecked(self, script: Script, files: Files) -> bool:
        """Whether a condition holds; a failure in it does not end the shell (``set -e``)."""
        kept, self.state.exit_on_error = self.state.exit_on_error, False
        try:
            return await self.run_script(script, files) == 0
        finally:
            self.state.exit_on_error = kept

    async def _if(self, command: If, files: Files) -> int:
        for condition, body in command.branches:
            if await self._unchecked(condition, files):
                return await self.run_script(body, files)
        if command.otherwise is not None:
            return await self.run_script(command.otherwise, files)
        return 0

    async def _while(self, command: While, files: Files) -> int:
        status = 0
        while await self._unchecked(command.condition, files) != command.until:
            try:
                status = await self.run_script(command.body, files)
            except LoopControl as control:
                if control.levels > 1:
                    raise LoopControl(control.levels - 1, goes_on=control.goes_on) from None
                if not control.goes_on:
                    return 0
            await self.state.process.spend(BUILTIN_COST_S)
        return status

    async def _for(self, command: For, files: Files) -> int:
        if command.words is None:
            items = list(self.state.arguments)
        else:
            items = await self._expander(files).fields(command.words)
        status = 0
        for item in items:
            self.state.variables[command.name] = item
            try:
                status = await self.run_script(command.body, files)
            except LoopControl as control:
                if control.levels > 1:
                    raise LoopControl(control.levels - 1, goes_on=control.goes_on) from None
                if not control.goes_on:
                    return 0
        return status

    async def _case(self, command: Case, files: Files) -> int:
        expander = self._expander(files)
        subject = await expander.text(command.word)
        for patterns, body in command.branches:
            for pattern in patterns:
                if fnmatch.fnmatchcase(subject, await expander.pattern(pattern)):
                    return await self.run_script(body, files) if body else 0
        return 0

    async def _simple(self, command: Simple, files: Files) -> int:
        state = self.state
        expander = self._expander(files)
        words = await expander.fields(command.words)
        if not words:
            substituted = state.status if command.assignments else 0
            state.status = 0
            for name, word in command.assignments:
                state.variables[name] = await expander.text(word)
            async with redirect(expander, state, command.redirects, files):
                pass
            # `x=$(false)` has the status of the substitution.
            return state.status if command.assignments else substituted
        assigned = [(name, await expander.text(word)) for name, word in command.assignments]
        async with redirect(expander, state, command.redirects, files) as inside:
            return await self._with_assignments(assigned, words, inside)

    async def _with_assignments(
        self, assigned: Sequence[tuple[str, str]], words: list[str], files: Files
    ) -> int:
        """Run a command; what was assigned before it holds for it alone."""
        state = self.state
        variables, exported = dict(state.variables), set(state.exported)
        for name, value in assigned:
            state.variables[name] = value
            state.exported.add(name)
        try:
            return await self.call(words, files)
        finally:
            if assigned:
                state.variables, state.exported = variables, exported

    async def call(self, words: Sequence[str], files: Files) -> int:
        """Run a function, a builtin or a program."""
        name = words[0]
        await self.state.process.spend(BUILTIN_COST_S)
        if name in self.state.functions:
            return await self._call_function(name, words[1:], files)
        builtin = builtins.BUILTINS.get(name)
        if builtin is not None:
            return await builtin(self, list(words), files)
        try:
            return await launch(self, words, files)
        except BrokenPipeError:
            return EXIT_PIPE
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            await files.stderr.write(f"{name}: {reason}\n".encode("utf-8", "surrogateescape"))
            return 1
        except MemoryError:
            await files.stderr.write(f"{name}: Out of memory\n".encode("utf-8", "surrogateescape"))
            return 1

    async def _call_function(self, name: str, arguments: Sequence[str], files: Files) -> int:
        state = self.state
        kept, state.arguments = state.arguments, list(arguments)
        state.depth += 1
        try:
            return await self.run(state.functions[name], files)
        except Return as end:
            return end.status
        finally:
            state.arguments = kept
            state.depth -= 1

    def _expander(self, files: Files) -> Expander:
        async def substitute(script: Script) -> str:
            sink = MemorySink()
            inner = Interpreter(self.state.copy())
            group = Group(script, subshell=False)
            self.state.status = await inner._subshell(group, replace(files, stdout=sink))
            return sink.data.decode("utf-8", "surrogateescape").replace("\0", "").rstrip("\n")

        return Expander(self.state, substitute)
