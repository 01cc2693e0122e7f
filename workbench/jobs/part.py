"""A part of a job: its progress counts for a stretch of the whole's."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.jobs.context import JobContext
from workbench.jobs.events import LogLevel


class PartOfJob(JobContext):
    """The context of a whole job, for work that is one part of it.

    Args:
        start, end: of the whole's progress, 0 to 1.
    """

    def __init__(self, whole: JobContext, start: float, end: float) -> None:
        super().__init__(whole.remaining_s)
        self._whole, self._start, self._end = whole, start, end

    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        """Report how far this part is."""
        if fraction is not None:
            fraction = self._start + (self._end - self._start) * fraction
        self._whole.progress(fraction, message, detail)

    def log(self, text: str, level: LogLevel = "info") -> None:
        """Add a line to the log."""
        self._whole.log(text, level)

    def publish(self, record: object) -> None:
        """Hand out a piece of the result."""
        self._whole.publish(record)

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to stop."""
        return self._whole.cancelled

    def wait(self, seconds: float) -> bool:
        """Block for `seconds` or until the job is asked to stop; returns whether it was."""
        return self._whole.wait(seconds)
