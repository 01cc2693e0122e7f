"""Watches devices for the Devices page: this computer or one phone live, and the list of phones."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.gui.bridge import JobBridge
from workbench.gui.device_desk import DeviceDesk
from workbench.gui.presenters.device_sources import DeviceSources
from workbench.gui.presenters.problem import Problem
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, Partial
from workbench.services.computer import ComputerOverview, ComputerSample
from workbench.services.device_watch import PhoneWaiting
from workbench.services.devices import DeviceOverview
from workbench.services.phone_live import PhoneAway, PhoneLive


class DeviceWatch(QObject):
    """Starts and ends the jobs that watch, and keeps what they told last."""

    listed = Signal()
    """This computer or the list of phones is known, or changed."""
    computer_sampled = Signal(object)
    """A `ComputerSample`."""
    phone_sampled = Signal(object)
    """A `PhoneLive` of the phone that is watched."""
    phone_away = Signal(str)
    """The phone that is watched cannot be asked now; why."""
    said = Signal(str, str)
    """Text and tone for the bottom bar."""
    failed = Signal(object)
    """A `Problem` with watching this computer."""

    def __init__(
        self,
        bridge: JobBridge,
        desk: DeviceDesk,
        sources: DeviceSources,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._desk, self.sources = bridge, desk, sources
        self.computer: ComputerOverview | None = None
        self.phones: DeviceOverview | None = None
        self.live: PhoneLive | None = None
        """Of the phone that is watched, what it told last."""
        self.problem = ""
        """Why phones cannot be looked for; empty when they can."""
        self._shown = False
        self._watched = ""
        self._waiting = False
        self._computer_job: Job | None = None
        self._phones_job: Job | None = None
        self._phone_job: Job | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._shown = True
        if self._computer_job is None:
            self._computer_job = self._follow(self.sources.computer(), self._on_computer)
        if self._phones_job is None:
            self._watch_phones()
        self._watch_phone()

    def stop(self) -> None:
        """Watch nothing any more."""
        self._shown = False
        for job in (self._computer_job, self._phones_job, self._phone_job):
            if job is not None:
                job.cancel()
        self._computer_job = self._phones_job = self._phone_job = None

    def refresh(self) -> None:
        """Look for phones again, where they are watched."""
        if self._phones_job is not None:
            self._phones_job.cancel()
            self._watch_phones()

    def follow_phone(self, serial: str) -> None:
        """Watch this phone live, and no other; none where it is empty."""
        if serial == self._watched:
            return
        self._watched = serial
        self.live = None
        if self._phone_job is not None:
            self._phone_job.cancel()
            self._phone_job = None
        self._watch_phone()

    @property
    def watched(self) -> str:
        """Serial of the phone that is watched live; empty without one."""
        return self._watched

    def _watch_phone(self) -> None:
        if self._shown and self._watched and self._phone_job is None:
            self._phone_job = self._follow(self.sources.phone(self._watched), self._on_phone)

    def _watch_phones(self) -> None:
        job = self.sources.phones(self._desk.addresses)
        self._phones_job = self._follow(job, self._on_phones)

    def _follow(self, job: Job, on_event: Callable[[JobEvent], None]) -> Job:
        return self._bridge.watch(job, on_event, background=True)

    def _on_computer(self, event: JobEvent) -> None:
        if self._computer_job is None or event.job_id != self._computer_job.id:
            return
        match event:
            case Partial(record=ComputerOverview() as overview):
                if overview != self.computer:
                    self.computer = overview
                    self.listed.emit()
            case Partial(record=ComputerSample() as sample):
                self.computer_sampled.emit(sample)
            case Failed():
                self._computer_job = None
                self.failed.emit(Problem.of(event))
            case Done() | Cancelled():
                self._computer_job = None

    def _on_phones(self, event: JobEvent) -> None:
        if self._phones_job is None or event.job_id != self._phones_job.id:
            return
        match event:
            case Partial(record=PhoneWaiting() as waiting):
                self._waiting = True
                self.said.emit(waiting.text, "warning")
            case Partial(record=DeviceOverview() as overview):
                if self._waiting:
                    self._waiting = False
                    self.said.emit("The list of devices is up to date.", "")
                self.phones, self.problem = overview, ""
                self.listed.emit()
            case Failed():
                self._phones_job = None
                self.problem = f"{event.message} {event.hint}".strip()
                self.listed.emit()
            case Done() | Cancelled():
                self._phones_job = None

    def _on_phone(self, event: JobEvent) -> None:
        if self._phone_job is None or event.job_id != self._phone_job.id:
            return
        match event:
            case Partial(record=PhoneLive() as live):
                self.live = live
                self.phone_sampled.emit(live)
            case Partial(record=PhoneAway(text=text)):
                self.phone_away.emit(text)
            case Failed(message=message):
                self._phone_job = None
                self.phone_away.emit(message)
            case Done() | Cancelled():
                self._phone_job = None
