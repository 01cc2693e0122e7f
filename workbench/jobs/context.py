"""What the function of a job is given: a way to report, and to learn that it should stop."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from workbench.core.errors import WorkbenchError
from workbench.jobs.events import LogLevel


class JobCancelled(Exception):
    """Raised inside a job's function to unwind it after `cancel()`."""


class DeadlineExceeded(WorkbenchError):
    """The job did not finish in the time it was given."""

    def __init__(self, deadline_s: float) -> None:
        super().__init__(
            f"not finished within {deadline_s:g} s, the time it was given.",
            "Try again with more time, or with less to do.",
        )


class JobContext(ABC):
    """Handed to the function of a job as its first argument.

    The same interface serves threads and worker processes, so a function does not know which it
    runs in. Methods may be called from any thread of the job.
    """

    def __init__(
        self, deadline_s: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.deadline_s = deadline_s
        self._clock = clock
        self._started_s = clock()

    @abstractmethod
    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        """Report how far the work is: `fraction` 0 to 1, or None where it is not known."""

    @abstractmethod
    def log(self, text: str, level: LogLevel = "info") -> None:
        """Add a line to the log."""

    def publish(self, record: object) -> None:  # noqa: B027
        """Hand out a piece of the result that is ready now: a small frozen dataclass.

        It arrives as a `Partial` event. A context that nobody listens to drops it.
        """

    @property
    @abstractmethod
    def cancelled(self) -> bool:
        """Whether the job was asked to stop."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until the job is asked to stop; returns whether it was.

        Unlike `sleep` it raises nothing: for work that keeps what it has when it is stopped.
        """

    @property
    def elapsed_s(self) -> float:
        """Seconds since the function was started."""
        return self._clock() - self._started_s

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the deadline (never below 0), or None without one."""
        return None if self.deadline_s is None else max(0.0, self.deadline_s - self.elapsed_s)

    def check_cancelled(self) -> None:
        """Call this often, wherever the work can be broken off.

        Raises:
            JobCancelled: when the job was asked to stop.
            DeadlineExceeded: when its time is up.
        """
        if self.cancelled:
            raise JobCancelled
        if self.deadline_s is not None and self.elapsed_s > self.deadline_s:
            raise DeadlineExceeded(self.deadline_s)

    def sleep(self, seconds: float) -> None:
        """Sleep, but wake up at once when the job is asked to stop.

        Raises:
            JobCancelled, DeadlineExceeded: as `check_cancelled`.
        """
        remaining_s = self.remaining_s
        if seconds > 0:
            self.wait(seconds if remaining_s is None else min(seconds, remaining_s))
        self.check_cancelled()
