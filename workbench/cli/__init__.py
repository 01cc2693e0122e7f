"""The command line: one thin module a command, which parses, calls services and prints.

A new command is a module here with a click command named `command`, and one line in `COMMANDS`.
"""

from workbench.cli.group import CommandSpec

COMMANDS: dict[str, CommandSpec] = {
    "gui": CommandSpec("workbench.cli.gui", "Open the window."),
    "project": CommandSpec("workbench.cli.project", "Make, show, copy and export project files."),
    "info": CommandSpec("workbench.cli.info", "Show versions and where data lies."),
    "list": CommandSpec("workbench.cli.listing", "List networks, device profiles or traces."),
    "search": CommandSpec("workbench.cli.search", "Search for one context and explain the choice."),
    "replay": CommandSpec("workbench.cli.replay", "Replay a context trace under many policies."),
    "study": CommandSpec(
        "workbench.cli.study", "Compare policies over tasks, platforms and many contexts."
    ),
    "record": CommandSpec("workbench.cli.record", "Record a context trace of this computer."),
    "import-trace": CommandSpec(
        "workbench.cli.import_trace", "Make a trace of another program's recording."
    ),
    "profile": CommandSpec("workbench.cli.profile", "Measure a device and write its profile."),
    "calibrate": CommandSpec("workbench.cli.calibrate", "Calibrate a phone's current sensor."),
    "train": CommandSpec("workbench.cli.train", "Train a network on a data set and measure it."),
    "check-data": CommandSpec(
        "workbench.cli.check_data", "Say what is wrong in a folder with data to train on."
    ),
    "devices": CommandSpec("workbench.cli.devices", "List phones, their states, what they can do."),
    "virtual-phone": CommandSpec(
        "workbench.cli.virtual_phone", "Run a simulated phone that ADB connects to."
    ),
    "bench": CommandSpec("workbench.cli.bench", "Measure how quick the program is here."),
}
"""Command name -> its module and its line in `--help`, so that help imports none of them."""

DEFAULT_COMMAND = "gui"
"""What runs when the program is started without a command."""
