"""Option types that several commands share, and tables for the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import click


def number(
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    off: bool = False,
) -> Callable[[Any], float | None]:
    """An option's type: a finite number within bounds; with `off` also the word "off", for None.

    Args:
        low, high: bounds, included unless `above` says that the number must be above `low`.
    """
    parts = []
    if low > -math.inf:
        parts.append(f"above {low:g}" if above else f"at least {low:g}")
    if high < math.inf:
        parts.append(f"at most {high:g}")
    bounds = " and ".join(parts) or "a finite number"
    or_off = " Write off to switch it off." if off else ""

    def convert(value: Any) -> float | None:
        if off and str(value).lower() == "off":
            return None
        try:
            found = float(value)
        except ValueError:
            raise click.BadParameter(f"{value!r} is no number.{or_off}") from None
        inside = (found > low if above else found >= low) and found <= high
        if not (math.isfinite(found) and inside):
            raise click.BadParameter(f"{value} is not {bounds}.{or_off}")
        return found

    convert.__name__ = "number|off" if off else "number"  # what the help shows for the value
    return convert


def charge(value: Any) -> float:
    """An option's type: a charge as 0.53 or 53%; a number above 1 is taken as percent. 0..1."""
    text = str(value).strip()
    try:
        found = float(text.removesuffix("%"))
    except ValueError:
        raise click.BadParameter(f"{value!r} is no charge; write 0.53 or 53%.") from None
    share = found / 100 if text.endswith("%") or found > 1 else found
    if not 0 <= share <= 1:
        raise click.BadParameter(f"{value} is not between 0 and 100%.")
    return share


def aligned(rows: Sequence[Sequence[str]], headings: int = 1) -> list[str]:
    """Lines of a table, the first column to the left, the others to the right.

    Args:
        headings: how many of the first rows are headings; they are shown bold.
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for index, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        line = "  ".join(cells).rstrip()
        lines.append(click.style(line, bold=True) if index < headings else line)
    return lines
