"""From bytes of a phone to text and numbers."""

from __future__ import annotations

import math
import re

_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)


def lines_of(output: bytes) -> list[str]:
    """Lines of an output. Not UTF-8: replaced; CR before LF, as terminals write: dropped."""
    # Not `splitlines`: it would also split at characters that can stand in a name.
    return output.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")


def whole(text: str | None) -> int | None:
    """A whole number of at most 19 digits; None for anything else."""
    stripped = (text or "").strip()
    return int(stripped) if _WHOLE.fullmatch(stripped) else None


def finite(text: str | None) -> float | None:
    """A finite number; None for anything else, NaN and infinity included."""
    try:
        value = float((text or "").strip())
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def flag(text: str | None) -> bool | None:
    """``true`` or ``false`` in any case; None for anything else."""
    return {"true": True, "false": False}.get((text or "").strip().lower())
