"""A job's context without a job."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.jobs import JobContext
from workbench.jobs.events import LogLevel


class RecordingContext(JobContext):
    """Keeps what it is told; asks to stop once `stop_after` reports have come."""

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__()
        self.reports: list[tuple[float | None, str]] = []
        self.records: list[object] = []
        self.stop_after = stop_after

    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        self.reports.append((fraction, message))

    def log(self, text: str, level: LogLevel = "info") -> None:
        self.reports.append((None, text))

    def publish(self, record: object) -> None:
        self.records.append(record)

    @property
    def cancelled(self) -> bool:
        return self.stop_after is not None and len(self.reports) >= self.stop_after

    def wait(self, seconds: float) -> bool:
        """Time does not pass here."""
        return self.cancelled
