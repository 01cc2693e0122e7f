"""Long work with one handle: progress with time left, cancel, deadline, one terminal event."""

from workbench.jobs.context import DeadlineExceeded, JobCancelled, JobContext
from workbench.jobs.events import (
    Cancelled,
    Done,
    Failed,
    JobEvent,
    LogLevel,
    LogLine,
    Partial,
    Progress,
    Started,
    TerminalEvent,
)
from workbench.jobs.job import Job, JobFailedError
from workbench.jobs.manager import JobManager
from workbench.jobs.process import run_in_process
from workbench.jobs.thread import run_in_thread

__all__ = [
    "Cancelled",
    "DeadlineExceeded",
    "Done",
    "Failed",
    "Job",
    "JobCancelled",
    "JobContext",
    "JobEvent",
    "JobFailedError",
    "JobManager",
    "LogLevel",
    "LogLine",
    "Partial",
    "Progress",
    "Started",
    "TerminalEvent",
    "run_in_process",
    "run_in_thread",
]
