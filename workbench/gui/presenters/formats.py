"""Numbers as text: with units, and as many digits as are known."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence


def clock(seconds: float, *, with_seconds: bool = True) -> str:
    """Seconds since midnight as a time of day, such as ``14:19:12``."""
    whole = math.floor(seconds) % 86_400
    text = f"{whole // 3600:02d}:{whole % 3600 // 60:02d}"
    return f"{text}:{whole % 60:02d}" if with_seconds else text


def parse_clock(text: str) -> float:
    """``14:19`` or ``14:19:12`` as seconds since midnight.

    Raises:
        ValueError: when it is no time of day.
    """
    parts = text.strip().split(":")
    if len(parts) not in (2, 3):
        raise ValueError(f"'{text}' is not a time of day such as 14:19 or 14:19:30")
    hours, minutes = int(parts[0]), int(parts[1])
    seconds = float(parts[2]) if len(parts) == 3 else 0.0
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 60):
        raise ValueError(f"'{text}' is not a time of day such as 14:19 or 14:19:30")
    return hours * 3600 + minutes * 60 + seconds


def duration(seconds: float) -> str:
    """A span of time in words, such as ``3 min``."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def significant(value: float, digits: int = 2) -> str:
    """A number with so many significant digits and no exponent; a dash where it is not known."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals; a dash where it is not known."""
    return f"{value:,.{decimals}f}" if math.isfinite(value) else "–"


def signed_percent(share: float) -> str:
    """A change as ``+12 %`` or ``−64 %`` (with a real minus sign)."""
    text = f"{abs(share) * 100:.0f} %"
    return f"{'−' if share < 0 else '+'}{text}"


def table_csv(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as comma-separated values."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue()
