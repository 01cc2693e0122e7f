"""Times as other programs write them, and the moments they mean."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Callable, Sequence

TIME_FORMS = {
    "clock": "time of day, no date",
    "iso": "date and time, year first",
    "dmy": "date and time, day first",
    "mdy": "date and time, month first",
    "epoch_s": "seconds since 1970",
    "epoch_ms": "milliseconds since 1970",
    "s": "seconds since the start",
    "ms": "milliseconds since the start",
}

DAY_S = 86_400.0
_BACK_S = 3600.0
"""Times without a date that go back by up to an hour are out of order; more is a new day."""

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?", re.ASCII)
_DATED = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})[ T,]+(\S.*)", re.ASCII)
_NUMBER = re.compile(r"\d{1,16}(\.\d{1,9})?", re.ASCII)


class ZoneError(ValueError):
    """A time zone that is not known."""


def parse_zone(text: str) -> dt.tzinfo:
    """The zone of ``+08:00`` or ``Asia/Shanghai``.

    Raises:
        ZoneError: when there is none of that name.
    """
    match = re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})", text.strip(), re.ASCII)
    if match is not None:
        minutes = int(match.group(2)) * 60 + int(match.group(3))
        if minutes >= 24 * 60:
            raise ZoneError(f"{text} is no offset from UTC")
        return dt.timezone(dt.timedelta(minutes=minutes if match.group(1) == "+" else -minutes))
    if text.strip().upper() in ("UTC", "Z"):
        return dt.UTC
    try:
        return zoneinfo.ZoneInfo(text.strip())
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneError(f"there is no time zone {text[:40]!r}") from error


def clock_seconds(cell: str) -> float | None:
    """Seconds since midnight of ``15:08``, ``15:08:53``, ``15:08:53.5`` or ``3:08:53 pm``."""
    match = _CLOCK.fullmatch(cell.strip())
    if match is None:
        return None
    hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if match[5].lower() == "pm" else 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return hours * 3600.0 + minutes * 60 + seconds + float(f"0.{match[4] or 0}")


def _dated(cell: str, form: str, zone: dt.tzinfo) -> float | None:
    try:
        if form == "iso":
            moment = dt.datetime.fromisoformat(cell.strip().replace("/", "-"))
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
            return moment.timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    match = _DATED.fullmatch(cell.strip())
    seconds = clock_seconds(match[4]) if match is not None else None
    if match is None or seconds is None:
        return None
    day, month = (match[1], match[2]) if form == "dmy" else (match[2], match[1])
    year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
    try:
        midnight = dt.datetime(year, int(month), int(day), tzinfo=zone)
        return (midnight + dt.timedelta(seconds=seconds)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _scaled(cell: str, factor: float) -> float | None:
    text = cell.strip().replace(",", ".")
    return float(text) * factor if _NUMBER.fullmatch(text) else None


def reader(form: str, zone: dt.tzinfo) -> Callable[[str], float | None]:
    """A function from a cell to seconds: since 1970, since midnight, or since the start."""
    if form == "clock":
        return clock_seconds
    if form in ("iso", "dmy", "mdy"):
        return lambda cell: _dated(cell, form, zone)
    factor = 1e-3 if form.endswith("ms") else 1.0
    return lambda cell: _scaled(cell, factor)


def unwrap_days(seconds: Sequence[float]) -> list[float]:
    """Times of day as seconds since the first midnight: each passing of midnight adds a day."""
    result: list[float] = []
    for value in seconds:
        if result:
            moved = (value - result[-1] + _BACK_S) % DAY_S - _BACK_S
            result.append(result[-1] + moved)
        else:
            result.append(value)
    return result


def guess_form(cells: Sequence[str], *, milliseconds: bool = False) -> str:
    """The form that most of the cells have; empty where they are no times."""
    cells = [cell for cell in cells if cell]
    if not cells:
        return ""
    most = 0.8 * len(cells)

    def fits(form: str) -> bool:
        read = reader(form, dt.UTC)
        return sum(read(cell) is not None for cell in cells) >= most

    if fits("clock"):
        return "clock"
    if fits("s"):
        values = sorted(value for cell in cells if (value := _scaled(cell, 1.0)) is not None)
        middle = values[len(values) // 2]
        if middle >= 1e11:
            return "epoch_ms"
        if middle >= 1e8:
            return "epoch_s"
        return "ms" if milliseconds else "s"
    for form in ("iso", "dmy", "mdy"):
        if fits(form):
            return form
    return ""
