"""Deadlines: one moment for a whole call, however many reads and writes it takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.devices.errors import DeviceTimeoutError


class Deadline:
    """The moment by which something must be done.

    Args:
        seconds: from now on.
        what: what is waited for, for the message: ``"<what>: no answer within 5 s."``
    """

    def __init__(
        self, seconds: float, what: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds = seconds
        self.what = what
        self._clock = clock
        self._at_s = clock() + seconds

    def remaining_s(self) -> float:
        """Seconds left, above 0.

        Raises:
            DeviceTimeoutError: none is left.
        """
        left = self._at_s - self._clock()
        if left <= 0:
            raise self.error()
        return left

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self._clock() >= self._at_s

    def error(self) -> DeviceTimeoutError:
        """The error that says that this deadline has passed."""
        return DeviceTimeoutError(self.what, self.seconds)
