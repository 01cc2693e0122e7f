"""Looks, on a thread, at what a plan would measure and at what was measured before."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.gui.presenters.profiling_backend import ProfilingBackend, look
from workbench.gui.shell import Shell
from workbench.jobs import Done, Failed, Job, JobEvent, run_in_thread
from workbench.services.profiling_setup import ProfilingDevice, ProfilingRequest

_DELAY_MS = 150


class PlanLook(QObject):
    """One look at a time, the latest; while the plan is being changed it waits a moment."""

    due = Signal()
    loaded = Signal(object)
    """A `Loaded`."""
    failed = Signal(object)
    """A `Failed`."""

    def __init__(
        self, shell: Shell, backend: ProfilingBackend, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._shell, self._backend = shell, backend
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self.due)

    @property
    def ready(self) -> bool:
        """Whether nothing is being read and no look is due."""
        return self._job is None and not self._timer.isActive()

    def come_due(self) -> None:
        """Ask for a look in a moment, counted from now."""
        self._timer.start()

    def put_off(self) -> bool:
        """Ask for none; returns whether one was due."""
        was_due = self._timer.isActive()
        self._timer.stop()
        return was_due

    def stop(self) -> None:
        """Drop the look that is due or on."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def begin(
        self, request: ProfilingRequest, device: ProfilingDevice, profile: str | None
    ) -> None:
        """Look at a plan for a device; `profile` is the device profile in use."""
        arguments = {
            "backend": self._backend,
            "request": request,
            "device": device,
            "profile": profile,
        }
        self._job = run_in_thread(look, arguments, name="Plan a measurement")
        self._shell.bridge.watch(self._job, self._on_event, quiet=True)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, Done):
            self._job = None
            self.loaded.emit(event.result)
        elif isinstance(event, Failed):
            self._job = None
            self.failed.emit(event)
