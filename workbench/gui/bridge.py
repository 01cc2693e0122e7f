"""Where jobs meet Qt: one timer takes the events of all running jobs to the pages.

Workers never touch a Qt object; they put events on their job's queue, and this timer drains the
queues on the GUI thread at display rate. It stands still while nothing runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from workbench.jobs import (
    Cancelled,
    Done,
    Failed,
    Job,
    JobEvent,
    JobManager,
    LogLine,
    TerminalEvent,
)

EventHandler = Callable[[JobEvent], None]

_QUICK_INTERVAL_MS = 8
"""How often to look while a short run is on that somebody waits for with a finger on a slider,
and in the first second of every job, as most are over by then."""
_YOUNG_S = 1.0


@dataclass(frozen=True, slots=True)
class _Watched:
    job: Job
    on_event: EventHandler | None
    quiet: bool
    background: bool

    @property
    def loud(self) -> bool:
        """Whether it shows in the bar and in the log."""
        return not (self.quiet or self.background)


class JobBridge(QObject):
    """Hands the events of jobs to whoever started them, and tells the frame about all jobs."""

    jobs_changed = Signal()
    """A job came, went on or ended: look at `running()`."""
    logged = Signal(str, str)
    """Level and text of a line for the log."""
    failed = Signal(object)
    """A `Failed` event that its owner did not ask to handle."""

    def __init__(self, manager: JobManager, rate_hz: int = 30, parent: QObject | None = None):
        super().__init__(parent)
        self._manager = manager
        self._watched: dict[int, _Watched] = {}
        self._interval_ms = 33
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._drain)
        self.set_rate(rate_hz)

    def set_rate(self, rate_hz: int) -> None:
        """How often queues are looked at, in Hz."""
        self._interval_ms = max(1, round(1000 / rate_hz))
        self._set_interval()

    def watch(
        self,
        job: Job,
        on_event: EventHandler | None = None,
        *,
        quiet: bool = False,
        background: bool = False,
    ) -> Job:
        """Follow a job to its end; `on_event` is called on the GUI thread with every event.

        A `quiet` job is a short one that the user caused by a slider: it shows in no bar or log. A
        `background` one goes on as long as its page is shown, such as a live display; it shows in
        no bar or log either.
        """
        self._manager.add(job)
        watched = self._watched[job.id] = _Watched(job, on_event, quiet, background)
        if watched.loud:
            self.logged.emit("info", f"{job.name}: started")
            self.jobs_changed.emit()
        self._set_interval()
        if not self._timer.isActive():
            self._timer.start()
        return job

    def running(self) -> list[Job]:
        """The jobs to show, oldest first."""
        return [watched.job for watched in self._watched.values() if watched.loud]

    def stop_all(self, timeout_s: float = 5.0) -> None:
        """Cancel every job and wait for its end; for the end of the program."""
        self._timer.stop()
        self._manager.stop_all(timeout_s)
        self._watched.clear()

    def _drain(self) -> None:
        loud = False
        for watched in list(self._watched.values()):
            loud = loud or watched.loud
            for event in watched.job.events():
                if isinstance(event, TerminalEvent):
                    self._watched.pop(watched.job.id, None)
                self._note(watched, event)
                if watched.on_event is not None and _lives(watched.on_event):
                    watched.on_event(event)
        if loud:
            self.jobs_changed.emit()
        if self._watched:
            self._set_interval()
        else:
            self._timer.stop()

    def _set_interval(self) -> None:
        watched = self._watched.values()
        hurry = any(one.quiet or one.job.elapsed_s < _YOUNG_S for one in watched)
        interval_ms = _QUICK_INTERVAL_MS if hurry else self._interval_ms
        if interval_ms != self._timer.interval():
            self._timer.setInterval(interval_ms)

    def _note(self, watched: _Watched, event: JobEvent) -> None:
        name = watched.job.name
        match event:
            case LogLine(text=text, level=level):
                self.logged.emit(level, f"{name}: {text}")
            case Done() if watched.loud:
                self.logged.emit("info", f"{name}: done in {event.elapsed_s:.1f} s")
            case Cancelled() if watched.loud:
                self.logged.emit("info", f"{name}: cancelled")
            case Failed(message=message):
                self.logged.emit("error", f"{name}: {message}")
                if watched.on_event is None:
                    self.failed.emit(event)


def _lives(handler: EventHandler) -> bool:
    """Whether the widget that listens still stands: a job may end after its page was closed."""
    listener = getattr(handler, "__self__", None)
    return not isinstance(listener, QObject) or shiboken6.isValid(listener)
