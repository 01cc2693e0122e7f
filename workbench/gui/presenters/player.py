"""The transport: where the playhead is, and how it moves with real time."""

from __future__ import annotations

SPEEDS = (1, 10, 60, 300, 600, 1800, 3600, 10_000)
"""Seconds of the trace that pass in one second."""


class Player:
    """Moves a playhead through a span of time. Real time is passed in."""

    def __init__(self, speed: float = 600.0) -> None:
        self.start_s = 0.0
        self.end_s = 0.0
        self.t_s = 0.0
        self.speed = speed
        self.playing = False
        self._last_real_s: float | None = None

    def set_span(self, start_s: float, end_s: float) -> None:
        """The span to play; the playhead stays where it is if that is inside."""
        self.start_s, self.end_s = start_s, end_s
        self.seek(self.t_s)

    def seek(self, t_s: float) -> None:
        """Put the playhead somewhere, inside the span."""
        self.t_s = min(self.end_s, max(self.start_s, t_s))

    def play(self, real_s: float) -> None:
        """Start to play; from the start when the playhead stands at the end."""
        if self.t_s >= self.end_s:
            self.t_s = self.start_s
        self.playing = self.end_s > self.start_s
        self._last_real_s = real_s

    def pause(self) -> None:
        """Stand still."""
        self.playing = False
        self._last_real_s = None

    def tick(self, real_s: float) -> bool:
        """Move to real time `real_s`; returns whether the playhead moved. Pauses at the end."""
        if not self.playing or self._last_real_s is None:
            return False
        self.seek(self.t_s + (real_s - self._last_real_s) * self.speed)
        self._last_real_s = real_s
        if self.t_s >= self.end_s:
            self.pause()
        return True


def faster(speed: float) -> int:
    """The next higher speed."""
    return next((value for value in SPEEDS if value > speed), SPEEDS[-1])


def slower(speed: float) -> int:
    """The next lower speed."""
    return next((value for value in reversed(SPEEDS) if value < speed), SPEEDS[0])
