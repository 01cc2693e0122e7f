"""How often a gauge updates and how finely it reads, from a polled stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.profiling.energy.streams import FloatArray

MIN_CHANGES = 3
"""Fewest changes of value that give a period: two intervals that agree."""

MOST_PARTS = 4
"""The shortest interval seen is taken for at most so many periods."""


@dataclass(frozen=True, slots=True)
class UpdatePeriod:
    """How often a gauge publishes a new reading.

    Attributes:
        seconds: time between two updates.
        at_most: the value changed at nearly every poll, so the gauge is at least that quick.
        changes: changes of value that it rests on.
        poll_s: typical time between two polls.
    """

    seconds: float
    at_most: bool
    changes: int
    poll_s: float


def update_period(t_s: FloatArray, values: FloatArray) -> UpdatePeriod | None:
    """Find the period in the times at which the value changed.

    A reading that happens to repeat makes an interval of two or more periods. So the shortest
    intervals give a first guess, each interval then counts as a whole number of periods, and the
    slope of a straight line through (number, time) is the period, far finer than the polling. Where
    no interval was a single period the line does not fit, and fractions of the guess are tried.

    Args:
        t_s: (n,) ascending times.
        values: (n,) readings.

    Returns:
        None when there are fewer than `MIN_CHANGES` changes.
    """
    poll_s = float(np.median(np.diff(t_s)))
    differs = values[1:] != values[:-1]
    changed = t_s[1:][differs]
    if len(changed) < MIN_CHANGES:
        return None
    intervals = np.diff(changed)
    short = float(np.quantile(intervals, 0.1, method="lower"))
    guess = float(np.median(intervals[intervals <= short + 2.4 * poll_s]))
    if guess < 1.5 * poll_s:
        return UpdatePeriod(guess, True, len(changed), poll_s)
    # A poll that came late shows its change late by as much.
    late_s = np.maximum(0.0, np.diff(t_s)[differs] - poll_s)
    first = _fitted(changed, intervals, guess, late_s)
    for parts in range(1, MOST_PARTS + 1):
        if guess / parts < 4 * poll_s:
            break
        period, off_s = _fitted(changed, intervals, guess / parts, late_s)
        if off_s <= poll_s:
            return UpdatePeriod(period, False, len(changed), poll_s)
    # A gauge that updates unevenly fits no period; the shortest intervals are the best there is.
    return UpdatePeriod(first[0], False, len(changed), poll_s)


def _fitted(
    changed: FloatArray, intervals: FloatArray, guess: float, late_s: FloatArray
) -> tuple[float, float]:
    """The period near a guess, and by how much a change is off it at most beyond what is late."""
    period, off_s = guess, np.inf
    for _ in range(3):
        steps = np.maximum(1.0, np.round(intervals / period))
        numbers = np.concatenate(([0.0], np.cumsum(steps)))
        slope, start = np.polyfit(numbers, changed, 1)
        off = np.abs(changed - start - slope * numbers) - late_s
        period, off_s = float(slope), float(off.max())
    return period, off_s


def resolution(values: FloatArray) -> float:
    """Step between two readings that a sensor can tell apart, in its own unit.

    The smallest gap between readings where many different ones were seen; where few were, their
    greatest common divisor, since a gap could then be any multiple of the step.
    """
    levels = np.unique(values)
    if len(levels) >= 8:
        return float(np.diff(levels).min())
    whole = np.round(np.abs(levels)).astype(np.int64)
    return float(max(1, int(np.gcd.reduce(whole))))
