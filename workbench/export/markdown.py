"""Pieces of GitHub-flavoured Markdown."""

from __future__ import annotations

from collections.abc import Sequence


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
