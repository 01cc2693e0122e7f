"""The phone's clock against this computer's, by exchanges of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

EXCHANGES = 20


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """What the phone's clocks showed.

    Attributes:
        device_s: a clock that never goes back; its zero is the phone's start.
        wall_s: Unix time by the phone; None where it was not told.
        resolution_s: how far the clock may be ahead of what was told.
    """

    device_s: float
    wall_s: float | None
    resolution_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How the phone's clock stands to this computer's.

    Attributes:
        offset_s: this computer's clock less the phone's.
        host_s: this computer's clock at that moment.
        uncertainty_s: half of the smallest round trip, and what the clock is rounded to; the offset
            cannot be further off.
        wall_offset_s: the phone's time of day less this computer's; None where it was not told.
        exchanges: how many were made.
    """

    offset_s: float
    host_s: float
    uncertainty_s: float
    wall_offset_s: float | None
    exchanges: int


def align_clock(
    ask: Callable[[], DeviceTime],
    clock: Callable[[], float],
    wall_clock: Callable[[], float],
    exchanges: int = EXCHANGES,
) -> ClockOffset:
    """Ask the phone for its time and keep the exchange with the smallest round trip.

    The phone read its clock somewhere between question and answer; the middle is at most half the
    round trip away from the truth, whatever the way there and back take.

    Raises: whatever `ask` does.
    """
    best: ClockOffset | None = None
    smallest_s = float("inf")
    for _ in range(exchanges):
        before_s = clock()
        answer = ask()
        half_s = (clock() - before_s) / 2
        if half_s < smallest_s:
            smallest_s = half_s
            wall = None if answer.wall_s is None else answer.wall_s - (wall_clock() - half_s)
            middle_s = before_s + half_s
            offset_s = middle_s - answer.device_s - answer.resolution_s / 2
            uncertainty_s = half_s + answer.resolution_s / 2
            best = ClockOffset(offset_s, middle_s, uncertainty_s, wall, exchanges)
    if best is None:
        raise ValueError("there must be an exchange")
    return best


class SampleTimes:
    """Turns the phone's clock readings into this computer's time, across the phone's sleep.

    A clock that stands still while the phone sleeps shows less than passed; its time of day runs
    on. A step between the two is sleep where the sample also arrives that much later, else
    somebody has set the time of day.
    """

    MIN_STEP_S = 0.5

    def __init__(self, offset: ClockOffset) -> None:
        self._offset_s = offset.offset_s
        self._wall_ahead_s: float | None = None
        self.set_times = 0
        """How often the phone's time of day was set."""

    def host_s(self, device_s: float, wall_s: float | None, arrived_s: float) -> float:
        """The moment of a sample on this computer's clock.

        Args:
            arrived_s: when the sample came, on this computer's clock.
        """
        if wall_s is not None:
            ahead_s = wall_s - device_s
            if self._wall_ahead_s is not None:
                step_s = ahead_s - self._wall_ahead_s
                late_s = arrived_s - (device_s + self._offset_s)
                if step_s > self.MIN_STEP_S and late_s > step_s / 2:
                    self._offset_s += step_s
                elif abs(step_s) > self.MIN_STEP_S:
                    self.set_times += 1
            self._wall_ahead_s = ahead_s
        return device_s + self._offset_s
