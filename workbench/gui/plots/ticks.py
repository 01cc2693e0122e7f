"""Where ticks of a time axis stand and what they say."""

from __future__ import annotations

import math

from workbench.gui.presenters.formats import clock

_STEPS_S = (
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30,
    60, 120, 300, 600, 900, 1800,
    3600, 7200, 10_800, 21_600, 43_200, 86_400,
)  # fmt: skip


def step_for(span_s: float, pixels: float, *, spacing_px: float = 80.0) -> float:
    """The distance of ticks in seconds, so that they stand at least `spacing_px` apart."""
    # Before a plot is laid out it has no width; it must not ask for a tick a second then.
    wanted = span_s * spacing_px / max(1.0, pixels)
    for step in _STEPS_S:
        if step >= wanted:
            return float(step)
    return math.ceil(wanted / 86_400) * 86_400.0


def positions(start_s: float, end_s: float, step_s: float, origin_s: float = 0.0) -> list[float]:
    """Ticks between two times, on round times of day when `origin_s` is the start's time of day."""
    first = math.ceil((start_s + origin_s) / step_s - 1e-9)
    last = math.floor((end_s + origin_s) / step_s + 1e-9)
    return [index * step_s - origin_s for index in range(first, last + 1)]


def text(t_s: float, step_s: float, origin_s: float = 0.0) -> str:
    """What a tick says."""
    # Rounding guards against 8:59:59.9999 being called 8:59.
    moment = round(t_s + origin_s, 3)
    if step_s < 1:
        return f"{clock(moment)}.{int(moment * 10) % 10}"
    return clock(moment, with_seconds=step_s < 60)


def nice_values(low: float, high: float, most: int, *, log: bool = False) -> list[float]:
    """Round values between two, at most so many; on a logarithmic axis 1, 2, 3 and 5 of decades."""
    if log:
        found: list[float] = []
        for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
            values = [
                digit * 10.0**decade
                for decade in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                for digit in digits
            ]
            inside = [value for value in values if low <= value <= high]
            if len(inside) <= most or not found:
                found = inside
        return found
    span = (high - low) or 1.0
    step = 10.0 ** math.floor(math.log10(span / max(1, most)))
    for factor in (1, 2, 5, 10):
        if span / (step * factor) <= most:
            step *= factor
            break
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]
