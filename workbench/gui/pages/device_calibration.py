"""Calibrating a phone's current sensor from the Devices page, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.devices.adb.describe import PhoneDescription
from workbench.gui.presenters.phone_live import sensor_text
from workbench.gui.presenters.problem import Problem
from workbench.gui.shell import Shell
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.services.devices import FoundDevice

_NEEDED = ("battery_current", "energy_now", "agent")
"""Capabilities that calibrating takes, in the order in which their reasons matter."""

Start = Callable[[str], Job]


class SensorDesk(QObject):
    """Starts calibrations, and keeps those that were read."""

    changed = Signal()
    """Something is known of a sensor that was not before."""

    def __init__(self, shell: Shell, start: Start, parent: QObject) -> None:
        super().__init__(parent)
        self._shell, self._start = shell, start
        self._known: dict[str, SensorCalibration | None] = {}
        self._jobs: dict[int, str] = {}

    def known(self, serial: str, phone: PhoneDescription) -> SensorCalibration | None:
        """The calibration of a phone's sensor; None where there is none."""
        if serial not in self._known:
            from workbench.services.sensor_calibration import stored_calibration

            try:
                stored = stored_calibration(phone)
            except WorkbenchError as error:
                self._shell.notify(error.message, "warning")
                stored = None
            self._known[serial] = None if stored is None else stored.calibration
        return self._known[serial]

    def reason(self, found: FoundDevice) -> str:
        """Why a sensor cannot be calibrated now; empty when it can."""
        known = found.description
        if known is None:
            return "The phone was not asked yet what it can tell."
        for name in _NEEDED:
            capability = next((c for c in known.capabilities if c.name == name), None)
            if capability is not None and not capability.available:
                return f"The current sensor cannot be calibrated: {capability.how}."
        return ""

    def calibrate(self, serial: str) -> None:
        """Calibrate the sensor of a phone; it takes some minutes."""
        if self._shell.desk.use_of(serial):
            return
        job = self._start(serial)
        self._jobs[job.id] = serial
        self._shell.desk.claim(serial, "being calibrated")
        self._shell.bridge.watch(job, self._on_event)

    def _on_event(self, event: JobEvent) -> None:
        serial = self._jobs.get(event.job_id)
        if serial is None or not isinstance(event, Done | Failed | Cancelled):
            return
        del self._jobs[event.job_id]
        if isinstance(event, Done):
            self._known[serial] = event.result.calibration
            text = sensor_text(event.result.calibration)
            self._shell.notify(f"Current sensor of {event.result.title}: {text}.", "good")
        elif isinstance(event, Failed):
            self._shell.show_problem(Problem.of(event))
        self._shell.desk.release(serial)
        self.changed.emit()
