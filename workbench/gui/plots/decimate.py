"""Curves thinned to what a screen can show, without losing a peak.

A curve of 345,600 samples on 1,000 pixels is drawn from a pyramid of minima and maxima: each level
halves the number of buckets, so that a query costs the same at every zoom. Auto-downsampling of
pyqtgraph assumes evenly spaced samples; this does not.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FIRST_BUCKET = 4
"""Samples in a bucket of the finest level; below that the samples themselves are drawn."""


class Curve:
    """One curve over time, ready to be drawn at any zoom.

    Args:
        t_s: shape (n,), ascending.
        values: shape (n,); NaN leaves a gap.
        step: whether a value holds until the next sample, instead of being joined by a line.
    """

    def __init__(self, t_s: Floats, values: Floats, *, step: bool = False) -> None:
        self.t_s = np.asarray(t_s, dtype=np.float64)
        self.values = np.asarray(values, dtype=np.float64)
        self.step = step
        if self.t_s.shape != self.values.shape or self.t_s.ndim != 1:
            raise ValueError("times and values must be two rows of the same length")
        self._levels: list[tuple[Floats, Floats]] | None = None
        finite = self.values[np.isfinite(self.values)]
        self.low = float(finite.min()) if finite.size else 0.0
        self.high = float(finite.max()) if finite.size else 0.0

    def at(self, t_s: float) -> float:
        """The value that holds at a time; NaN before the first sample."""
        index = int(np.searchsorted(self.t_s, t_s, side="right")) - 1
        return float(self.values[index]) if index >= 0 else float("nan")

    def visible(self, start_s: float, end_s: float, pixels: int) -> tuple[Floats, Floats]:
        """The points to draw between two times: at most about two a pixel.

        One sample beyond each end is kept, so that the line leaves the picture.
        """
        if not self.t_s.size:
            return self.t_s, self.values
        first = max(0, int(np.searchsorted(self.t_s, start_s, side="right")) - 1)
        last = min(self.t_s.size, int(np.searchsorted(self.t_s, end_s, side="left")) + 1)
        count = last - first
        room = max(16, 2 * pixels)
        if count <= room:
            return self._points(first, last)
        level = max(0, math.ceil(math.log2(max(1.0, count / pixels / _FIRST_BUCKET))))
        low, high = self._level(level)
        bucket = _FIRST_BUCKET << level
        a, b = first // bucket, min(low.size, -(-last // bucket))
        starts = np.minimum(np.arange(a, b) * bucket, self.t_s.size - 1)
        values = np.empty(2 * (b - a))
        values[0::2] = low[a:b]
        values[1::2] = high[a:b]
        return _without_runs(np.repeat(self.t_s[starts], 2), values)

    def _points(self, first: int, last: int) -> tuple[Floats, Floats]:
        t_s, values = self.t_s[first:last], self.values[first:last]
        if not self.step:
            return t_s, values
        # A step has two points at every sample: where the last value ends and the next begins.
        corners_t, corners = np.repeat(t_s, 2)[1:], np.repeat(values, 2)[:-1]
        return _without_runs(corners_t, corners)

    def _level(self, index: int) -> tuple[Floats, Floats]:
        if self._levels is None:
            low, high = self.values, self.values
            for _ in range(int(math.log2(_FIRST_BUCKET))):
                low, high = _halve(low, np.fmin), _halve(high, np.fmax)
            self._levels = [(low, high)]
        while len(self._levels) <= index:
            low, high = self._levels[-1]
            self._levels.append((_halve(low, np.fmin), _halve(high, np.fmax)))
        return self._levels[index]


def _halve(values: Floats, pick: np.ufunc) -> Floats:
    """Minimum or maximum of each pair; far faster on slices than `reduceat` on short buckets."""
    even = values.size - values.size % 2
    halved: Floats = pick(values[0:even:2], values[1:even:2])
    return halved if even == values.size else np.append(halved, values[-1])


def _without_runs(t_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The same line without the points inside runs of one value: fewer to stroke."""
    if values.size < 3:
        return t_s, values
    same = values[1:] == values[:-1]
    keep = np.ones(values.size, dtype=bool)
    keep[1:-1] = ~(same[:-1] & same[1:])
    return t_s[keep], values[keep]


def intervals(t_s: Floats, flags: NDArray[np.bool_], end_s: float) -> NDArray[np.float64]:
    """Where `flags` hold: shape (k, 2), start and end of each run. The last may reach `end_s`."""
    if not flags.size:
        return np.empty((0, 2))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    starts, ends = edges[0::2], edges[1::2]
    closed = np.append(t_s, end_s)
    return np.column_stack((t_s[starts], closed[ends]))


def merge_close(spans: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Spans (k, 2), ascending, with those that are closer than `gap` made one."""
    if len(spans) < 2:
        return spans
    new = np.concatenate(([True], spans[1:, 0] - np.maximum.accumulate(spans[:-1, 1]) > gap))
    starts = np.flatnonzero(new)
    return np.column_stack((spans[starts, 0], np.maximum.reduceat(spans[:, 1], starts)))
