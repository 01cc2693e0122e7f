"""Functions that tests run as jobs, in threads and in worker processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.jobs import JobContext


def add(context: JobContext, a: int, b: int) -> int:
    context.progress(0.5, "adding", {"loss": 0.25})
    context.log("almost there")
    return a + b


def publish_pieces(context: JobContext, count: int) -> None:
    for number in range(count):
        context.publish(("piece", number))


def wait_for_cancel(context: JobContext) -> None:
    context.progress(None, "waiting")
    while True:
        context.sleep(60)


def return_when_cancelled(context: JobContext) -> str:
    context.progress(None, "recording")
    while not context.cancelled:
        time.sleep(0.01)
    return "kept"


def deaf(context: JobContext, pid_file: str) -> None:
    """Never looks whether it should stop, and shrugs SIGTERM off."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(pid_file).write_text(str(os.getpid()))
    context.progress(None, "deaf")
    while True:
        time.sleep(60)


def kill_itself(context: JobContext) -> None:
    context.progress(0.1, "about to die")
    os.kill(os.getpid(), signal.SIGKILL)


def exit_quietly(context: JobContext) -> None:
    os._exit(3)


def fail_with_hint(context: JobContext) -> None:
    raise WorkbenchError("The disk is full.", "Free some space.", "errno 28")


def fail_unexpectedly(context: JobContext) -> None:
    raise ValueError("seven is not six")


def leave(context: JobContext) -> None:
    sys.exit(1)


def return_a_lock(context: JobContext) -> Any:
    import threading

    return threading.Lock()


def imported_modules(context: JobContext) -> list[str]:
    return sorted(sys.modules)


def print_to_stdout(context: JobContext) -> None:
    print("a stray print", flush=True)


def many_reports(context: JobContext, count: int) -> int:
    for index in range(count):
        context.progress(index / count, detail={"index": index})
    return count


def note_pid_and_wait(context: JobContext, pid_file: str) -> None:
    Path(pid_file).write_text(str(os.getpid()))
    context.progress(None)
    while True:
        context.sleep(60)
