"""Connections to phones that the user asked for: addresses, pairing, virtual phones."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.devices.device import TransportKind
from workbench.gui.pages.device_watch import DeviceWatch
from workbench.gui.presenters.problem import Problem
from workbench.gui.shell import Shell
from workbench.gui.widgets.add_phone import AddPhoneDialog
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, Partial
from workbench.services.device_watch import VirtualPhoneStarted
from workbench.services.devices import FoundDevice

REMEMBERED_KEY = "devices/remembered"
"""Setting with the addresses that phones were reached at, the latest first, one a line."""
MAX_REMEMBERED = 12


class PhoneLinks(QObject):
    """Connects and disconnects; where an ADB server runs, through it."""

    started = Signal(str)
    """The address of a virtual phone that listens now."""

    def __init__(self, shell: Shell, watch: DeviceWatch, parent: QWidget) -> None:
        super().__init__(parent)
        self._shell, self._watch, self._parent = shell, watch, parent
        self._virtual: dict[int, tuple[Job, str]] = {}
        self._connecting: dict[int, str] = {}
        self._dialog: AddPhoneDialog | None = None
        watch.listed.connect(self._on_listed)

    @property
    def dialog(self) -> AddPhoneDialog | None:
        """The dialog while it is open."""
        return self._dialog

    @property
    def remembered(self) -> tuple[str, ...]:
        """Addresses of earlier days, the latest first."""
        return tuple(filter(None, self._shell.settings.text(REMEMBERED_KEY).split("\n")))

    def open_dialog(self, view: str = "address") -> None:
        """Show the dialog that adds a phone."""
        if self._dialog is None:
            dialog = AddPhoneDialog(self._shell.bridge, self._watch.sources, self._parent)
            dialog.connect_asked.connect(self.connect_to)
            dialog.forget_asked.connect(self.forget)
            dialog.server_started.connect(self._watch.refresh)
            dialog.finished.connect(self._on_closed)
            self._dialog = dialog
            self._on_listed()
        self._dialog.open()
        self._dialog.show_view(view)

    # ---- addresses -----------------------------------------------------------------------------

    def connect_to(self, address: str) -> None:
        """Reach a phone at HOST:PORT."""
        self._remember(address)
        self._on_listed()
        self._say(f"Connecting to {address}…")
        phones = self._watch.phones
        if phones is not None and phones.server.running:
            job = self._watch.sources.connect(address)
            self._connecting[job.id] = address
            self._shell.bridge.watch(job, self._on_connected, background=True)
            return
        self._add(address)

    def leave(self, found: FoundDevice) -> None:
        """Drop the connection to a phone at an address; a virtual one ends."""
        for job, address in self._virtual.values():
            if address == found.serial:
                job.cancel()
                return
        if found.transport is TransportKind.SERVER:
            job = self._watch.sources.disconnect(found.serial)
            self._shell.bridge.watch(job, self._on_left, background=True)
            return
        addresses = self._shell.desk.addresses
        self._set(tuple(address for address in addresses if address != found.serial))

    def leave_reason(self, found: FoundDevice) -> str:
        """Why a connection cannot be dropped from here; empty when it can."""
        if found.transport is TransportKind.TCP or ":" in found.serial:
            return ""
        return "It hangs on a cable: pull that."

    def is_virtual(self, serial: str) -> bool:
        """Whether it is a virtual phone that was started here."""
        return any(address == serial for _, address in self._virtual.values())

    def forget(self, address: str) -> None:
        """Remember an address no longer."""
        kept = [known for known in self.remembered if known != address]
        self._shell.settings.set_text(REMEMBERED_KEY, "\n".join(kept))
        self._on_listed()

    def _remember(self, address: str) -> None:
        kept = [address, *(known for known in self.remembered if known != address)]
        self._shell.settings.set_text(REMEMBERED_KEY, "\n".join(kept[:MAX_REMEMBERED]))

    def _add(self, address: str) -> None:
        if address not in self._shell.desk.addresses:
            self._set((*self._shell.desk.addresses, address))
        else:
            self._watch.refresh()

    def _set(self, addresses: tuple[str, ...]) -> None:
        # Other pages look for phones there, too.
        self._shell.desk.addresses = addresses
        self._watch.refresh()

    def _on_connected(self, event: JobEvent) -> None:
        if not isinstance(event, Done | Failed | Cancelled):
            return
        address = self._connecting.pop(event.job_id, "")
        if isinstance(event, Done):
            self._say(f"The ADB server is {event.result}.", "good")
        elif isinstance(event, Failed):
            self._say(f"{event.message} {event.hint}".strip(), "warning")
            if self._dialog is None:
                self._shell.show_problem(Problem.of(event))
            return
        if address:
            self._watch.refresh()

    def _on_left(self, event: JobEvent) -> None:
        if isinstance(event, Done):
            self._shell.notify(f"The ADB server says: {event.result}.", "")
            self._watch.refresh()
        elif isinstance(event, Failed):
            self._shell.show_problem(Problem.of(event))

    # ---- virtual phones ------------------------------------------------------------------------

    def start_virtual(self, profile: str) -> None:
        """Start a phone that imitates a device profile."""
        job = self._watch.sources.virtual(profile)
        self._virtual[job.id] = (job, "")
        self._shell.bridge.watch(job, self._on_virtual)

    def _on_virtual(self, event: JobEvent) -> None:
        match event:
            case Partial(record=VirtualPhoneStarted() as started):
                self._virtual[event.job_id] = (self._virtual[event.job_id][0], started.address)
                self._shell.notify(f"A virtual phone listens at {started.address}.", "good")
                self.started.emit(started.address)
                self._add(started.address)
            case Done() | Cancelled() | Failed():
                _, address = self._virtual.pop(event.job_id, (None, ""))
                addresses = self._shell.desk.addresses
                self._set(tuple(known for known in addresses if known != address))
                if isinstance(event, Failed):
                    self._shell.show_problem(Problem.of(event))

    # ---- the dialog ----------------------------------------------------------------------------

    def _say(self, text: str, tone: str = "") -> None:
        self._shell.notify(text, tone)
        if self._dialog is not None:
            self._dialog.say(text, tone)

    def _on_listed(self) -> None:
        if self._dialog is None:
            return
        phones = self._watch.phones
        self._dialog.show_server(None if phones is None else phones.server)
        found = [] if phones is None else [d.serial for d in phones.devices if d.state.usable]
        self._dialog.show_remembered(self.remembered, found)
        if self.remembered and self.remembered[0] in found:
            self._dialog.say(f"Connected to {self.remembered[0]}.", "good")

    def _on_closed(self, _result: int) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
