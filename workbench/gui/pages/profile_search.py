"""Looks for the devices that the Profile page can measure."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from workbench.gui.presenters.profiling_backend import ProfilingBackend
from workbench.gui.shell import Shell
from workbench.gui.widgets.profile_form import ProfileForm
from workbench.jobs import Done, Job, JobEvent, TerminalEvent, run_in_thread


class DeviceSearch(QObject):
    """Offers this computer at once, and tells of phones when they are found."""

    found = Signal(object)
    """The phones, as a tuple of `ProfilingDevice`."""

    def __init__(
        self,
        shell: Shell,
        backend: ProfilingBackend,
        form: ProfileForm,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._shell, self._backend, self._form = shell, backend, form
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether phones are looked for now."""
        return self._job is not None

    def begin(self) -> None:
        """Look again; what was looking no longer matters."""
        at_once = self._backend.devices()
        earlier = [device for device in self._form.devices if device not in at_once]
        self._form.set_devices([*at_once, *earlier])
        if self._job is not None:
            self._job.cancel()
        arguments = {"addresses": self._shell.desk.addresses}
        self._job = run_in_thread(self._backend.phones, arguments, name="Look for phones")
        self._shell.bridge.watch(self._job, self._on_event, background=True)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, TerminalEvent):
            self._job = None
        if isinstance(event, Done):
            self.found.emit(event.result)
