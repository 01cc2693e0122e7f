"""State of a running shell, and what commands see of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workbench.devices.virtual.shell.streams import Sink, Source
from workbench.devices.virtual.shell.syntax import Command

if TYPE_CHECKING:
    from workbench.devices.virtual.machine import Machine
    from workbench.devices.virtual.processes import Process

EXIT_NOT_EXECUTABLE = 126
EXIT_NOT_FOUND = 127
EXIT_PIPE = 141
EXIT_KILLED = 137


@dataclass(frozen=True, slots=True)
class Files:
    """Standard input, output and error of a command, and what other descriptors it was given."""

    stdin: Source
    stdout: Sink
    stderr: Sink
    more: tuple[tuple[int, Source | Sink], ...] = ()


@dataclass(slots=True)
class ShellState:
    """Variables and the like; a subshell works on a copy.

    Attributes:
        name: ``$0``.
        arguments: positional parameters.
        status: ``$?``.
    """

    machine: Machine
    process: Process
    name: str
    folder: str = "/"
    arguments: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    functions: dict[str, Command] = field(default_factory=dict)
    status: int = 0
    last_background: int = 0
    exit_on_error: bool = False
    depth: int = 0

    def copy(self) -> ShellState:
        """A state of its own for a subshell."""
        return replace(
            self,
            arguments=list(self.arguments),
            variables=dict(self.variables),
            exported=set(self.exported),
            functions=dict(self.functions),
            depth=self.depth + 1,
        )

    def environment(self) -> dict[str, str]:
        """What a started program sees."""
        return {name: self.variables.get(name, "") for name in sorted(self.exported)}


def own_process(path: str, process: Process) -> str:
    """A path in which ``/proc/self`` stands for the process that uses it."""
    if path == "/proc/self" or path.startswith("/proc/self/"):
        return f"/proc/{process.pid}{path.removeprefix('/proc/self')}"
    return path


Run = Callable[[Sequence[str], Files], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Call:
    """One command being run.

    Attributes:
        name: what it was called.
        arguments: without its name.
        run: runs another command, as ``timeout`` and ``xargs`` do.
        environment: exported variables.
    """

    machine: Machine
    process: Process
    name: str
    arguments: list[str]
    files: Files
    folder: str
    environment: dict[str, str]
    run: Run

    async def out(self, text: str) -> None:
        """Write text to standard output."""
        await self.files.stdout.write(text.encode("utf-8", "surrogateescape"))

    async def fail(self, text: str, status: int = 1) -> int:
        """Write ``name: text`` to standard error; returns the status."""
        line = f"{self.name}: {text}\n"
        await self.files.stderr.write(line.encode("utf-8", "surrogateescape"))
        return status

    def path(self, path: str) -> str:
        """Absolute path of an argument."""
        return own_process(self.machine.files.resolve(path, self.folder), self.process)


CommandFunction = Callable[[Call], Awaitable[int]]
