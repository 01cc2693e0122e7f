"""Several commands in one round trip, each with its own output and exit code."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.devices.device import Device


@dataclass(frozen=True, slots=True)
class Section:
    """What one of the commands did; `output` holds standard output and standard error."""

    exit_code: int
    output: bytes


def run_sections(
    device: Device, commands: Mapping[str, str], *, timeout_s: float = 20.0
) -> dict[str, Section]:
    """Run shell lines one after the other; a section that was cut off is missing.

    A round trip for each would cost more than most of the commands themselves.

    Raises:
        DeviceError: as `Device.shell`.
    """
    mark = f"SECTION-{secrets.token_hex(8)}"
    script = "\n".join(f"( {line}\n) 2>&1; echo {mark}:$?" for line in commands.values())
    output = device.shell(script, timeout_s=timeout_s).stdout
    return parse_sections(output, mark, tuple(commands))


def parse_sections(output: bytes, mark: str, names: tuple[str, ...]) -> dict[str, Section]:
    """Cut an output at its marks."""
    pattern = re.compile(re.escape(mark.encode()) + rb":(\d{1,3})\r?\n")
    sections: dict[str, Section] = {}
    position = 0
    for name, match in zip(names, pattern.finditer(output)):
        sections[name] = Section(int(match[1]), output[position : match.start()])
        position = match.end()
    return sections
