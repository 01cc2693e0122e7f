"""The jobs that run now: for the status bar, and to stop all of them on exit."""

from __future__ import annotations

import threading
import time

from workbench.jobs.job import Job


class JobManager:
    """Keeps running jobs. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: list[Job] = []
        self._closed = False

    def add(self, job: Job) -> Job:
        """Keep `job` until it has finished; returns it. After `stop_all` it is cancelled."""
        with self._lock:
            self._jobs = [known for known in self._jobs if not known.finished]
            self._jobs.append(job)
            closed = self._closed
        if closed:
            job.cancel()
        return job

    def running(self) -> tuple[Job, ...]:
        """The jobs that have not finished, oldest first."""
        with self._lock:
            self._jobs = [job for job in self._jobs if not job.finished]
            return tuple(self._jobs)

    def stop_all(self, timeout_s: float = 10.0) -> tuple[Job, ...]:
        """Cancel every job and wait for them together; returns those that still run."""
        with self._lock:
            self._closed = True
        jobs = self.running()
        for job in jobs:
            job.cancel()
        until_s = time.monotonic() + timeout_s
        for job in jobs:
            job.wait(max(0.0, until_s - time.monotonic()))
        return self.running()
