"""Jobs in a spawned worker process: training, evaluation, everything that needs torch.

The function is named by a string and its arguments are plain data, so this process never imports
what the worker needs.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.jobs import worker
from workbench.jobs.context import DeadlineExceeded
from workbench.jobs.job import Job, failure_of

if TYPE_CHECKING:
    # Loaded when the first process is started: the window needs none to open.
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

POLL_S = 0.05
CANCEL_GRACE_S = 5.0
TERMINATE_GRACE_S = 2.0
EXIT_GRACE_S = 5.0


def run_in_process(
    entry_point: str,
    kwargs: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    deadline_s: float | None = None,
    grace_s: float = CANCEL_GRACE_S,
) -> Job:
    """Run ``package.module:function`` as ``function(context, **kwargs)`` in a new process.

    Arguments and result cross through a pipe and should be plain data or numpy arrays. Cancelling
    asks first; a worker that does not answer within `grace_s` is terminated, then killed. The same
    happens when the deadline passes. A worker that dies is reported as `Failed`.

    Args:
        entry_point: the function to call, as ``"package.module:function"``.
        name: what the status bar shows; the entry point where empty.
        deadline_s: seconds, counted from now (imports included).
        grace_s: how long an asked worker may take to tidy up.
    """
    job = Job(name or entry_point, deadline_s)
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=True)
    process = spawn.Process(
        target=worker.main,
        args=(theirs, entry_point, dict(kwargs or {}), deadline_s),
        name=f"job-{job.id} {job.name}",
        daemon=True,
    )
    try:
        process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    supervisor = _Supervisor(job, process, ours, grace_s)
    job._runner = threading.Thread(
        target=supervisor.run, name=f"job-{job.id} {job.name}", daemon=True
    )
    job._runner.start()
    return job


class _Supervisor:
    """Owns the worker process and the parent's end of its pipe."""

    def __init__(
        self,
        job: Job,
        process: SpawnProcess,
        pipe: Connection,
        grace_s: float,
    ) -> None:
        self._job = job
        self._process = process
        self._pipe = pipe
        self._grace_s = grace_s
        self._outcome: tuple[Any, ...] | None = None
        self._asked_s: float | None = None
        self._timed_out = False

    def run(self) -> None:
        """Follow the worker until it is gone, then emit the terminal event."""
        try:
            self._follow()
            stopped_by_us = self._end_process()
            exit_code = self._process.exitcode
            self._process.close()
        except Exception as error:  # whatever the system does, the owner hears of the end
            self._job._finish_failed(*failure_of(error))
        else:
            self._emit(exit_code, stopped_by_us)
        finally:
            self._pipe.close()

    def _follow(self) -> None:
        """Pass messages on until the worker has answered, is gone, or did not stop when asked."""
        from multiprocessing.connection import wait

        while self._outcome is None:
            ready = wait([self._pipe, self._process.sentinel], timeout=POLL_S)
            # What a dead worker sent is all in the pipe, so one more drain after its end is enough.
            if not self._drain() or self._process.sentinel in ready:
                return
            self._ask_to_stop_when_due()
            if self._asked_s is not None and time.monotonic() > self._asked_s + self._grace_s:
                return

    def _drain(self) -> bool:
        """Pass all waiting messages on; False when the worker closed its end."""
        try:
            while self._outcome is None and self._pipe.poll():
                message = self._pipe.recv()
                match message:
                    case ("progress", fraction, text, detail):
                        self._job._report(fraction, text, detail)
                    case ("partial", record):
                        self._job._publish(record)
                    case ("log", text, level):
                        self._job._log(text, level)
                    case _:
                        self._outcome = message
        except (EOFError, OSError):
            return False
        except Exception as error:  # a result whose class cannot be rebuilt here
            text = f"The worker's answer could not be read: {error}"
            self._outcome = ("failed", text, "", repr(error), type(error).__name__)
        return True

    def _ask_to_stop_when_due(self) -> None:
        if self._asked_s is not None:
            return
        deadline_s = self._job.deadline_s
        self._timed_out = deadline_s is not None and self._job.elapsed_s > deadline_s
        if self._timed_out or self._job.cancel_requested:
            self._asked_s = time.monotonic()
            with contextlib.suppress(OSError):  # it is ending by itself; the next turn sees that
                self._pipe.send("cancel")

    def _end_process(self) -> bool:
        """Wait for the process to be gone, by force where it must be; True when force was used."""
        polite = self._outcome is not None or self._asked_s is None
        self._process.join(EXIT_GRACE_S if polite else 0.0)
        if not self._process.is_alive():
            return False
        self._process.terminate()
        self._process.join(TERMINATE_GRACE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        return True

    def _emit(self, exit_code: int | None, stopped_by_us: bool) -> None:
        match self._outcome:
            case ("done", result):
                self._job._finish_done(result)
            case ("failed", message, hint, detail, error_type):
                self._job._finish_failed(message, hint, detail, error_type)
            case ("cancelled",) if not self._timed_out:
                self._job._finish_cancelled()
            case _ if self._timed_out:
                error = DeadlineExceeded(self._job.deadline_s or 0.0)
                self._job._finish_failed(error.message, error.hint, "", type(error).__name__)
            case _ if stopped_by_us and self._job.cancel_requested:
                self._job._finish_cancelled()
            case _:
                self._job._finish_failed(*_crash(self._job.name, exit_code))


def _crash(name: str, exit_code: int | None) -> tuple[str, str, str, str]:
    """What to tell about a worker that died without a word."""
    detail = f"exit code {exit_code}"
    if exit_code is None or exit_code >= 0:
        how, hint = f"ended unexpectedly ({detail})", "Look at the log for what it printed last."
    else:
        try:
            sign = signal.Signals(-exit_code).name
        except ValueError:
            sign = f"signal {-exit_code}"
        how = f"was ended by {sign}"
        hint = "Try again."
        if sign == "SIGKILL":
            hint = "The system may have run out of memory: close other programs and try again."
    return f"The worker process of '{name}' {how}.", hint, detail, "WorkerCrash"
