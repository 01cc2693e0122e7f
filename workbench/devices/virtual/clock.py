"""The phone's time. It may run faster than the world's, and in tests it runs by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Simulated time since the phone was made.

    Attributes:
        speed: simulated seconds in a real one, for what takes real time.
    """

    speed: float

    def now_s(self) -> float:
        """Simulated seconds; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait for simulated seconds."""


class RunningClock:
    """Runs by itself, `speed` times as fast as the world's.

    Args:
        speed: simulated seconds in a real one.
        source: real seconds.
    """

    def __init__(self, speed: float = 1.0, source: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._source = source
        self._start_s = source()

    def now_s(self) -> float:
        """Simulated seconds since the clock was made."""
        return (self._source() - self._start_s) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` / speed of real time."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)


class ManualClock:
    """Stands still but for `advance`."""

    def __init__(self) -> None:
        self.speed = 1.0
        self._now_s = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_s(self) -> float:
        """Simulated seconds since the clock was made."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + seconds, next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Let time pass; sleepers wake in the order of their times, and each runs on at once."""
        target_s = self._now_s + seconds
        while self._sleepers and self._sleepers[0][0] <= target_s:
            self._now_s, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
            await asyncio.sleep(0)
        self._now_s = target_s
