"""Jobs on a thread of this process: short work, and work that waits for files or devices."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from workbench.jobs.context import JobCancelled, JobContext
from workbench.jobs.events import LogLevel
from workbench.jobs.job import Job, failure_of


class _ThreadContext(JobContext):
    def __init__(self, job: Job, clock: Callable[[], float]) -> None:
        super().__init__(job.deadline_s, clock)
        self._job = job

    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        self._job._report(fraction, message, detail)

    def log(self, text: str, level: LogLevel = "info") -> None:
        self._job._log(text, level)

    def publish(self, record: object) -> None:
        self._job._publish(record)

    @property
    def cancelled(self) -> bool:
        return self._job.cancel_requested

    def wait(self, seconds: float) -> bool:
        return self._job._wait_for_cancel(seconds)


def run_in_thread(
    function: Callable[..., Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    deadline_s: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Job:
    """Run `function(context, **kwargs)` on a new thread and return its job.

    A thread cannot be ended from outside: cancelling and the deadline work where the function calls
    `context.check_cancelled()` or `context.sleep()`.

    Args:
        name: what the status bar shows; the function's name where empty.
        deadline_s: seconds after which `check_cancelled` ends the job with `Failed`.
        clock: a clock in seconds that never goes back.
    """
    job = Job(name or getattr(function, "__name__", "job"), deadline_s, clock)
    context = _ThreadContext(job, clock)

    def run() -> None:
        try:
            result = function(context, **(kwargs or {}))
        except JobCancelled:
            job._finish_cancelled()
        except BaseException as error:  # a job's owner must hear of every ending
            job._finish_failed(*failure_of(error))
        else:
            job._finish_done(result)

    # A daemon, so that a function that never looks up cannot keep the program from closing.
    job._runner = threading.Thread(target=run, name=f"job-{job.id} {job.name}", daemon=True)
    job._runner.start()
    return job
