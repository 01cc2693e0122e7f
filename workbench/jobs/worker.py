"""The child's side of a process job: runs in the spawned worker, talks through one pipe.

Messages to the parent are tuples whose first item names them: ``("progress", fraction, message,
detail)``, ``("partial", record)``, ``("log", text, level)`` and, last, one of ``("done", result)``,
``("failed", message, hint, detail, error_type)`` and ``("cancelled",)``. The parent sends
``"cancel"``, nothing else.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.jobs.context import JobCancelled, JobContext
from workbench.jobs.events import LogLevel
from workbench.jobs.job import failure_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ORPHANED_EXIT_CODE = 70


class _ProcessContext(JobContext):
    def __init__(self, pipe: Connection, deadline_s: float | None) -> None:
        super().__init__(deadline_s)
        self._pipe = pipe
        self._send_lock = threading.Lock()
        self._cancel = threading.Event()
        threading.Thread(target=self._listen, name="job-listener", daemon=True).start()

    def _listen(self) -> None:
        try:
            while self._pipe.recv() != "cancel":
                pass
            self._cancel.set()
            self._pipe.recv()
        except (EOFError, OSError):
            # The parent is gone: nobody wants the result, and an orphan would go on for hours.
            os._exit(ORPHANED_EXIT_CODE)

    def send(self, *message: Any) -> None:
        with self._send_lock:
            self._pipe.send(message)

    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        # Plain floats only: a stray tensor or numpy scalar would make the parent import its module.
        plain = {key: float(value) for key, value in (detail or {}).items()}
        self.send("progress", None if fraction is None else float(fraction), message, plain)

    def log(self, text: str, level: LogLevel = "info") -> None:
        self.send("log", text, level)

    def publish(self, record: object) -> None:
        self.send("partial", record)

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def wait(self, seconds: float) -> bool:
        return self._cancel.wait(seconds)


def load_entry_point(entry_point: str) -> Callable[..., Any]:
    """Import the function that ``"package.module:function"`` names.

    Raises:
        WorkbenchError: when the text is malformed, or the module or function is missing.
    """
    module_name, colon, function_name = entry_point.partition(":")
    if not (module_name and colon and function_name):
        raise WorkbenchError(f"'{entry_point}' is not of the form 'package.module:function'.")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise WorkbenchError(
            f"The worker could not import {module_name}: {error}",
            "A package is missing or broken; install the workbench again.",
            failure_of(error)[2],
        ) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise WorkbenchError(f"{module_name} has no function named {function_name}.")
    return function  # type: ignore[no-any-return]


def main(
    pipe: Connection, entry_point: str, kwargs: dict[str, Any], deadline_s: float | None
) -> None:
    """Run the entry point and send its outcome; the target of the spawned process."""
    # Ctrl+C in a terminal reaches the whole group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError, ValueError):
        # A stray print must not end up in the parent's --json output.
        os.dup2(sys.stderr.fileno(), 1)
        faulthandler.enable()
    context = _ProcessContext(pipe, deadline_s)
    try:
        message: tuple[Any, ...] = ("done", load_entry_point(entry_point)(context, **kwargs))
    except JobCancelled:
        message = ("cancelled",)
    except BaseException as error:  # the parent must hear of every ending
        message = ("failed", *failure_of(error))
    try:
        context.send(*message)
    except OSError:
        return  # the parent is gone
    except Exception as error:  # pickling fails in many ways
        _, _, detail, kind = failure_of(error)
        text = f"The result of {entry_point} cannot cross between processes: {error}"
        context.send("failed", text, "", detail, kind)
