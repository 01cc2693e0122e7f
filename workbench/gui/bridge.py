"""Where jobs meet Qt: one timer takes the events of all running jobs to the pages.

Workers never touch a Qt object; they put events on their job's queue, and this timer drains the
queues on the GUI thread at display rate. It stands still while nothing runs.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, JobManager, LogLine

EventHandler = Callable[[JobEvent], None]


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
        self._watched: dict[int, tuple[Job, EventHandler | None]] = {}
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._drain)
        self.set_rate(rate_hz)

    def set_rate(self, rate_hz: int) -> None:
        """How often queues are looked at, in Hz."""
        self._timer.setInterval(max(1, round(1000 / rate_hz)))

    def watch(self, job: Job, on_event: EventHandler | None = None) -> Job:
        """Follow a job to its end; `on_event` is called on the GUI thread with every event."""
        self._manager.add(job)
        self._watched[job.id] = (job, on_event)
        self.logged.emit("info", f"{job.name}: started")
        self.jobs_changed.emit()
        if not self._timer.isActive():
            self._timer.start()
        return job

    def running(self) -> list[Job]:
        """The jobs that are followed, oldest first."""
        return [job for job, _ in self._watched.values()]

    def stop_all(self, timeout_s: float = 5.0) -> None:
        """Cancel every job and wait for its end; for the end of the program."""
        self._timer.stop()
        self._manager.stop_all(timeout_s)
        self._watched.clear()

    def _drain(self) -> None:
        for job, on_event in list(self._watched.values()):
            for event in job.events():
                self._note(job, event, handled=on_event is not None)
                if on_event is not None:
                    on_event(event)
        self.jobs_changed.emit()
        if not self._watched:
            self._timer.stop()

    def _note(self, job: Job, event: JobEvent, *, handled: bool) -> None:
        match event:
            case LogLine(text=text, level=level):
                self.logged.emit(level, f"{job.name}: {text}")
            case Done():
                self._watched.pop(job.id, None)
                self.logged.emit("info", f"{job.name}: done in {event.elapsed_s:.1f} s")
            case Cancelled():
                self._watched.pop(job.id, None)
                self.logged.emit("info", f"{job.name}: cancelled")
            case Failed(message=message):
                self._watched.pop(job.id, None)
                self.logged.emit("error", f"{job.name}: {message}")
                if not handled:
                    self.failed.emit(event)
