"""The handle of one piece of work that runs somewhere else."""

from __future__ import annotations

import itertools
import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.jobs.context import JobCancelled
from workbench.jobs.eta import EtaEstimator
from workbench.jobs.events import (
    NO_DETAIL,
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

MAX_PENDING_EVENTS = 20_000
"""Events kept for a reader that does not come; beyond it progress reports are thinned."""

_job_numbers = itertools.count(1)


class JobFailedError(WorkbenchError):
    """Raised by `Job.result()` in the place of the error that ended the job.

    Attributes:
        error_type: class name of the original error.
    """

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message, failed.hint, failed.detail)
        self.error_type = failed.error_type


class Job:
    """One running or finished piece of work.

    Events wait in a queue until `events()` takes them: nothing is ever called back on a foreign
    thread. All methods may be called from any thread. `run_in_thread` and `run_in_process` make
    jobs; the methods that start with an underscore are for them.
    """

    def __init__(
        self,
        name: str,
        deadline_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = next(_job_numbers)
        self.name = name
        self.deadline_s = deadline_s
        self._clock = clock
        self._started_s = clock()
        self._lock = threading.Lock()
        self._pending: deque[JobEvent] = deque()
        self._eta = EtaEstimator()
        self._latest: Progress | None = None
        self._terminal: TerminalEvent | None = None
        self._finished = threading.Event()
        self._cancel = threading.Event()
        self._runner: threading.Thread | None = None
        self._push(Started(job_id=self.id, elapsed_s=0.0, name=name))

    # ---- for the owner -------------------------------------------------------------------------

    def cancel(self) -> None:
        """Ask the job to stop; returns at once. The `Cancelled` event says that it has stopped.

        A function that returns a result all the same has finished: its job ends `Done`.
        """
        self._cancel.set()

    @property
    def cancel_requested(self) -> bool:
        """Whether `cancel()` was called."""
        return self._cancel.is_set()

    @property
    def finished(self) -> bool:
        """Whether the terminal event was emitted."""
        return self._finished.is_set()

    @property
    def terminal(self) -> TerminalEvent | None:
        """The terminal event, or None while the job runs."""
        return self._terminal

    @property
    def latest_progress(self) -> Progress | None:
        """The last progress report, for a status bar that only wants the present."""
        return self._latest

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start, frozen at the end."""
        terminal = self._terminal
        return self._clock() - self._started_s if terminal is None else terminal.elapsed_s

    def events(self) -> list[JobEvent]:
        """Take all events that came since the last call, oldest first; never blocks."""
        with self._lock:
            taken = list(self._pending)
            self._pending.clear()
        return taken

    def wait(self, timeout_s: float | None = None) -> TerminalEvent | None:
        """Block until the job ends; returns its terminal event, or None after `timeout_s`."""
        limit_s = math.inf if timeout_s is None else timeout_s
        until_s = time.monotonic() + limit_s
        # Waiting in short steps keeps Ctrl+C working where an unbounded wait would swallow it.
        while not self._finished.wait(max(0.0, min(0.2, until_s - time.monotonic()))):
            if time.monotonic() >= until_s:
                return None
        runner = self._runner
        if runner is not None and runner is not threading.current_thread():
            # The terminal event is the runner's last act: this takes no time worth a limit.
            runner.join()
        return self._terminal

    def result(self, timeout_s: float | None = None) -> Any:
        """Wait for the job and return what its function returned.

        Raises:
            JobFailedError: when it failed, with its message, hint and detail.
            JobCancelled: when it was cancelled.
            TimeoutError: when it still runs after `timeout_s`.
        """
        match self.wait(timeout_s):
            case Done(result=result):
                return result
            case Failed() as failed:
                raise JobFailedError(failed)
            case Cancelled():
                raise JobCancelled
            case _:
                raise TimeoutError(f"{self.name} still runs after {timeout_s} s")

    # ---- for the runners -----------------------------------------------------------------------

    def _wait_for_cancel(self, seconds: float) -> bool:
        return self._cancel.wait(seconds)

    def _report(
        self, fraction: float | None, message: str, detail: Mapping[str, float] | None
    ) -> None:
        now_s = self._clock()
        with self._lock:
            if self._terminal is not None:
                return
            eta_s = None
            if fraction is not None:
                fraction = min(1.0, max(0.0, float(fraction)))
                eta_s = self._eta.update(now_s, fraction)
            self._latest = Progress(
                job_id=self.id,
                elapsed_s=now_s - self._started_s,
                fraction=fraction,
                message=message,
                eta_s=eta_s,
                detail=MappingProxyType(dict(detail)) if detail else NO_DETAIL,
            )
            self._push(self._latest)

    def _publish(self, record: object) -> None:
        with self._lock:
            if self._terminal is None:
                elapsed_s = self._clock() - self._started_s
                self._push(Partial(job_id=self.id, elapsed_s=elapsed_s, record=record))

    def _log(self, text: str, level: LogLevel) -> None:
        with self._lock:
            if self._terminal is None:
                elapsed_s = self._clock() - self._started_s
                self._push(LogLine(job_id=self.id, elapsed_s=elapsed_s, text=text, level=level))

    def _finish_done(self, result: Any) -> None:
        self._finish(lambda t: Done(job_id=self.id, elapsed_s=t, result=result))

    def _finish_cancelled(self) -> None:
        self._finish(lambda t: Cancelled(job_id=self.id, elapsed_s=t))

    def _finish_failed(self, message: str, hint: str, detail: str, error_type: str) -> None:
        self._finish(
            lambda t: Failed(
                job_id=self.id,
                elapsed_s=t,
                message=message,
                hint=hint,
                detail=detail,
                error_type=error_type,
            )
        )

    def _finish(self, make: Callable[[float], TerminalEvent]) -> None:
        with self._lock:
            if self._terminal is not None:
                return
            self._terminal = make(self._clock() - self._started_s)
            self._push(self._terminal)
        self._finished.set()

    def _push(self, event: JobEvent) -> None:
        self._pending.append(event)
        if len(self._pending) > MAX_PENDING_EVENTS:
            self._thin()

    def _thin(self) -> None:
        """Drop every second progress report; a curve keeps its shape, no state change is lost.

        Log lines go the same way only when there is nothing else left to drop.
        """
        kind: type[JobEvent] = Progress
        if sum(isinstance(event, Progress) for event in self._pending) < MAX_PENDING_EVENTS // 2:
            kind = LogLine
        kept: deque[JobEvent] = deque()
        drop = False
        for event in self._pending:
            if isinstance(event, kind):
                drop = not drop
                if drop:
                    continue
            kept.append(event)
        self._pending = kept


def failure_of(error: BaseException) -> tuple[str, str, str, str]:
    """Message, hint, detail and class name to show for any exception."""
    kind = type(error).__name__
    if isinstance(error, WorkbenchError):
        return error.message, error.hint, error.detail, kind
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError):
        return "There was not enough memory.", "Close other programs, or ask for less.", trace, kind
    text = str(error).strip()
    return (
        f"An unexpected error: {kind}{': ' if text else ''}{text}",
        "Copy the details into a report.",
        trace,
        kind,
    )
