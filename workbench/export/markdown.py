"""Pieces of GitHub-flavoured Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.export.replay_report import InputRecord


def inert(text: str) -> str:
    """Text from a file as inert Markdown."""
    for char in "\\`*_[]<>|":
        text = text.replace(char, f"\\{char}")
    return " ".join(text.split())


def table(heading: Sequence[str], rows: Sequence[Sequence[str]], align: str = "l") -> str:
    """A table padded so that it reads well as plain text; `align` of the first columns, then r."""
    align = align.ljust(len(heading), "r")
    widths = [max(map(len, column)) for column in zip(heading, *rows)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if side == "l" else cell.rjust(width)
            for cell, width, side in zip(cells, widths, align)
        )
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        "-" * (width + 2) if side == "l" else "-" * (width + 1) + ":"
        for width, side in zip(widths, align)
    )
    return "\n".join((line(heading), f"|{rule}|", *map(line, rows)))


def inputs_table(records: Sequence[InputRecord]) -> str:
    """Every file that results rest on, with its hash."""
    rows = [
        (record.role, f"`{record.id}`", inert(record.title), inert(name), f"`{digest}`")
        for record in records
        for name, digest in record.sha256.items()
    ]
    return table(("input", "id", "title", "file", "SHA-256"), rows, align="lllll")


def settings_table(settings: Mapping[str, Any]) -> str:
    """Nested settings, a row each."""
    rows = [
        (f"`{name}`", _plain(value, "not set" if "budget" in name else "off"))
        for name, value in _flat(settings)
    ]
    return table(("setting", "value"), rows, align="ll")


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Nested settings as ``("objective.lambda2_floor", 0.3)``."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _plain(value: Any, absent: str = "off") -> str:
    if value is None:
        return absent
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else inert(str(value))
