"""The command line: one thin module a command, which parses, calls services and prints.

A new command is a module here with a click command named `command`, and one line in `COMMANDS`.
"""

from workbench.cli.group import CommandSpec

COMMANDS: dict[str, CommandSpec] = {
    "info": CommandSpec("workbench.cli.info", "Show versions and where data lies."),
    "record": CommandSpec("workbench.cli.record", "Record a context trace of this computer."),
}
"""Command name -> its module and its line in `--help`, so that help imports none of them."""

DEFAULT_COMMAND = "gui"
"""What runs when the program is started without a command."""
