"""A click group that imports a command only when it is run.

`--help` and `--version` answer without importing any command, and no command pays for another
one's libraries (torch, Qt).
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """Where a command is and the line that stands for it in the list of commands.

    Attributes:
        module: import path of the module that defines the click command.
        summary: one sentence for the list of commands.
        attribute: name of the click command in that module.
    """

    module: str
    summary: str
    attribute: str = "command"


class LazyGroup(click.Group):
    """A group whose commands are named by `CommandSpec` and imported on use."""

    def __init__(self, *args: Any, specs: dict[str, CommandSpec], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._specs = specs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands in the order in which they were declared."""
        return list(self._specs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command `cmd_name`; None where there is none of that name."""
        spec = self._specs.get(cmd_name)
        if spec is None:
            return None
        command = getattr(importlib.import_module(spec.module), spec.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{spec.module}.{spec.attribute} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the specs alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, spec.summary) for name, spec in self._specs.items()])
