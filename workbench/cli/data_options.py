"""Options of the commands that read a data set: which task, from where, and how much of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]


def data_options(command: Command) -> Command:
    """Add ``--data``, ``--input-size`` and ``--max-classes``; the last two make `TaskOptions`."""
    for option in (
        click.option(
            "--max-classes",
            type=click.IntRange(min=2),
            help="Take only the first classes, by name (imagenet).",
        ),
        click.option(
            "--input-size",
            type=click.IntRange(min=1),
            help="Side of the network's input in pixels (imagenet: 32 to 512).",
        ),
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            required=True,
            help="Folder with the data set's files; the guide (training) shows each layout.",
        ),
    ):
        command = option(command)
    return command
