"""Options of the phone's programs, in the manner of getopt."""

from __future__ import annotations

import os
from collections.abc import Sequence

from workbench.devices.virtual.shell.state import Call


class UsageError(Exception):
    """A wrong call; the message is what the program prints."""


def split_options(
    arguments: Sequence[str], flags: str, valued: str = ""
) -> tuple[dict[str, str], list[str]]:
    """Options and the other arguments; ``--`` ends the options.

    Args:
        flags: letters of the options without a value; they map to "".
        valued: letters of those with one, which may follow at once.

    Raises:
        UsageError: an unknown option, or a value that is missing.
    """
    options: dict[str, str] = {}
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            return options, rest + waiting
        if not argument.startswith("-") or argument == "-":
            rest.append(argument)
            continue
        letters = argument[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in flags:
                options[letter] = ""
            elif letter in valued:
                if not letters and not waiting:
                    raise UsageError(f"Missing argument to -{letter}")
                options[letter] = letters or waiting.pop(0)
                letters = ""
            else:
                raise UsageError(f"Unknown option '{argument[1:]}'")
    return options, rest


def count_of(text: str) -> int:
    """A count such as 20, 4k or 1M.

    Raises:
        UsageError: when it is none.
    """
    units = {"k": 1024, "K": 1024, "m": 1 << 20, "M": 1 << 20, "G": 1 << 30}
    number, factor = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    if not number.isdecimal() or len(number) > 15:
        raise UsageError(f"not integer: {text}")
    return int(number) * factor


def reason_of(error: OSError) -> str:
    """What a program prints for a failed call of the system."""
    return os.strerror(error.errno) if error.errno else str(error)


async def failed(call: Call, path: str, error: OSError) -> int:
    """Complain about a file; returns status 1."""
    return await call.fail(f"{path}: {reason_of(error)}")
