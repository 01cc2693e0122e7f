"""Time left, from the fractions reported so far."""

from __future__ import annotations

from collections import deque

MIN_ELAPSED_S = 0.5
"""Before this much was watched, a rate says nothing."""


class EtaEstimator:
    """Estimates the seconds left from the rate over the latter half of what was watched.

    The latter half, because start-up (imports, warm-up) is slower than the rest, and because a rate
    over the last few seconds alone would make the figure jump.
    """

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()
        self._first_t_s = 0.0

    def update(self, t_s: float, fraction: float) -> float | None:
        """Take a new report and return the seconds left, or None while nothing can be said.

        Args:
            t_s: time of the report on a clock that never goes back.
            fraction: share of the work that is done, 0 to 1.
        """
        if not self._points or fraction < self._points[-1][1]:
            # The first report, or a new stage that starts over: earlier rates mean nothing.
            self._points.clear()
            self._first_t_s = t_s
        self._points.append((t_s, fraction))
        if fraction >= 1.0:
            return 0.0
        middle_s = (self._first_t_s + t_s) / 2
        while len(self._points) > 2 and self._points[1][0] <= middle_s:
            self._points.popleft()
        start_s, start_fraction = self._points[0]
        gained = fraction - start_fraction
        if t_s - self._first_t_s < MIN_ELAPSED_S or gained <= 0.0:
            return None
        return (1.0 - fraction) * (t_s - start_s) / gained
