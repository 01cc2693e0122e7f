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
