"""The programs of the simulated phone: those that scripts over ADB use."""

from workbench.devices.virtual.commands.files import COMMANDS as _FILES
from workbench.devices.virtual.commands.listing import COMMANDS as _LISTING
from workbench.devices.virtual.commands.processes import COMMANDS as _PROCESSES
from workbench.devices.virtual.commands.system import COMMANDS as _SYSTEM
from workbench.devices.virtual.commands.text import COMMANDS as _TEXT
from workbench.devices.virtual.commands.values import COMMANDS as _VALUES
from workbench.devices.virtual.shell.state import CommandFunction

COMMANDS: dict[str, CommandFunction] = {
    **_FILES,
    **_LISTING,
    **_PROCESSES,
    **_SYSTEM,
    **_TEXT,
    **_VALUES,
}
"""Name -> the function that plays the program."""
