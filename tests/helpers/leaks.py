"""Finds what a test left running: threads, child processes and Qt timers."""

from __future__ import annotations

import gc
import multiprocessing
import sys
import threading
import time
import traceback
import weakref
from dataclasses import dataclass
from typing import Any

GRACE_S = 2.0
"""How long a thread or process that was told to stop may take to end."""

_started_at: weakref.WeakKeyDictionary[threading.Thread, str] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Snapshot:
    """What was running before a test."""

    threads: frozenset[threading.Thread]
    process_ids: frozenset[int | None]
    timer_ids: frozenset[int]


def remember_where_threads_start() -> None:
    """From now on keep the stack of every `Thread.start`, for the report about a thread left."""
    original = threading.Thread.start

    def start(self: threading.Thread) -> None:
        _started_at[self] = "".join(traceback.format_stack(sys._getframe(1), limit=6))
        original(self)

    threading.Thread.start = start  # type: ignore[method-assign]


def snapshot(*, timers: bool = True) -> Snapshot:
    """Return what runs now, with or without Qt's timers."""
    return Snapshot(
        threads=frozenset(threading.enumerate()),
        process_ids=frozenset(process.pid for process in multiprocessing.active_children()),
        timer_ids=frozenset(map(id, _active_timers())) if timers else frozenset(),
    )


def new_threads(before: Snapshot) -> list[str]:
    """Describe each thread that started since `before` and does not end within the grace time."""
    problems = []
    deadline = time.monotonic() + GRACE_S
    for thread in threading.enumerate():
        # Dummy threads stand for native threads (Qt's pool) that once called Python: they cannot be
        # joined, and Python does not learn of their end.
        if thread in before.threads or isinstance(thread, threading._DummyThread):
            continue
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            where = _started_at.get(thread, "  (unknown)\n")
            problems.append(f"thread {thread.name!r}, started at\n{where}")
    return problems


def new_processes(before: Snapshot) -> list[str]:
    """Describe each `multiprocessing` child since `before`; those still running are ended."""
    problems = []
    deadline = time.monotonic() + GRACE_S
    for process in multiprocessing.active_children():
        if process.pid in before.process_ids:
            continue
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            problems.append(f"process {process.name!r} (pid {process.pid})")
            process.kill()
            process.join()
    return problems


def new_timers(before: Snapshot) -> list[str]:
    """Describe each Qt timer that was started since `before` and still runs; they are stopped."""
    from PySide6.QtCore import QCoreApplication, QEvent

    # pytest-qt closes widgets with deleteLater, which needs an event loop that is over by now.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    leftover = [timer for timer in _active_timers() if id(timer) not in before.timer_ids]
    if leftover:
        gc.collect()  # garbage in a cycle is not left running, only not collected yet
        leftover = [timer for timer in _active_timers() if id(timer) not in before.timer_ids]
    problems = []
    for timer in leftover:
        owner = timer.parent()
        problems.append(
            f"timer every {timer.interval()} ms of {type(owner).__name__ if owner else 'nobody'}"
        )
        timer.stop()
    return problems


def _active_timers() -> list[Any]:
    """Return the running QTimers that Python holds or that belong to a top-level widget."""
    if "PySide6.QtCore" not in sys.modules:
        return []
    from PySide6.QtCore import QTimer
    from shiboken6 import isValid

    found = {id(o): o for o in gc.get_objects() if isinstance(o, QTimer)}
    if "PySide6.QtWidgets" in sys.modules:
        from PySide6.QtWidgets import QApplication

        if QApplication.instance() is not None:
            for widget in QApplication.topLevelWidgets():
                found.update((id(timer), timer) for timer in widget.findChildren(QTimer))
    return [timer for timer in found.values() if isValid(timer) and timer.isActive()]
