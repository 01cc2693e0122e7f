"""The Devices page: this computer live, phones as they come and go, and the device profiles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QPushButton, QSplitter, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui.presenters.devices import (
    COMPUTER,
    PHONE_NOTE,
    computer_details,
    computer_row,
    phone_details,
    phone_rows,
    phones_text,
    profile_details,
    profile_row,
)
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.profiling_backend import DEVICE_KEY
from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.basics import Card, label, row
from workbench.gui.widgets.device_list import DeviceList
from workbench.gui.widgets.device_panel import DevicePanel, strip_values
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, Partial, run_in_thread
from workbench.services.computer import ComputerOverview, ComputerSample, watch_computer
from workbench.services.device_profiles import find_profile
from workbench.services.device_watch import (
    PhoneWaiting,
    VirtualPhoneStarted,
    run_virtual_phone,
    watch_phones,
)
from workbench.services.devices import DeviceOverview, parse_address
from workbench.services.profiling_setup import LOCAL


def _start_computer() -> Job:
    return run_in_thread(watch_computer, name="Watch this computer")


def _start_phones(addresses: tuple[str, ...]) -> Job:
    return run_in_thread(watch_phones, {"addresses": addresses}, name="Watch phones")


def _start_virtual(profile: str) -> Job:
    return run_in_thread(run_virtual_phone, {"profile": profile}, name=f"Virtual phone {profile}")


@dataclass(frozen=True, slots=True)
class DeviceSources:
    """Where devices come from; scripted ones stand in for them in tests."""

    computer: Callable[[], Job] = _start_computer
    phones: Callable[[tuple[str, ...]], Job] = _start_phones
    virtual: Callable[[str], Job] = _start_virtual


class DevicesPage(Page):
    """Lists devices and device profiles; shows one of them in full."""

    def __init__(
        self, shell: Shell, sources: DeviceSources | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(shell, parent)
        self._sources = sources or DeviceSources()
        self._computer_job: Job | None = None
        self._phones_job: Job | None = None
        self._computer: ComputerOverview | None = None
        self._phones: DeviceOverview | None = None
        self._virtual: dict[int, str] = {}
        self._waiting = False
        self._key = COMPUTER
        self._profile = ""
        self.devices = DeviceList("Devices")
        self.profiles = DeviceList("Device profiles")
        self.panel = DevicePanel()
        self.address = QLineEdit()
        self.connect_button = QPushButton("Connect")
        self.virtual_button = QPushButton("Start a virtual phone")
        self._phones_note = label("", "small", wrap=True)
        self._subtitle = label("", "secondary")
        self._build()
        self._actions = [
            self.add_action("Devices: profile the selected device", "", self._on_profile),
            self.add_action("Devices: record a trace", "", self._on_record),
            self.add_action("Devices: connect to an address", "", self._focus_address),
            self.add_action("Devices: start a virtual phone", "", self.start_virtual),
            self.add_action("Devices: look for phones again", "F5", self.refresh),
        ]
        self._connect()
        self._splitter.restoreState(shell.settings.state("devices/splitter"))
        self._show_lists()

    # ---- the page's life -----------------------------------------------------------------------

    def on_shown(self) -> None:
        """Begin to watch."""
        if self._computer_job is None:
            self.panel.strips.clear()
            self._computer_job = self._watch(self._sources.computer(), self._on_computer)
        if self._phones_job is None:
            self._watch_phones()

    def on_hidden(self) -> None:
        """Stop watching."""
        for job in (self._computer_job, self._phones_job):
            if job is not None:
                job.cancel()
        self._computer_job = self._phones_job = None

    def save_state(self) -> None:
        """Remember the splitter."""
        self.shell.settings.set_state("devices/splitter", self._splitter.saveState())

    def commands(self) -> list[QAction]:
        """What the palette offers for this page."""
        return list(self._actions)

    @property
    def settled(self) -> bool:
        """Whether this computer's figures and a first answer about phones are there."""
        return self.panel.strips.samples > 0 and self._phones is not None

    @property
    def phones_note(self) -> str:
        """What is said about phones."""
        return self._phones_note.text()

    # ---- what the user can do ------------------------------------------------------------------

    def select(self, key: str) -> None:
        """Show a device of the list."""
        self._key, self._profile = key, ""
        self.devices.select(key)
        self.profiles.clear_current()
        self._show_details()

    def select_profile(self, key: str) -> None:
        """Show a device profile."""
        self._profile = key
        self.devices.clear_current()
        self.profiles.select(key)
        self._show_details()

    def use_profile(self, key: str) -> None:
        """Let replays and searches run on a device profile."""
        self.shell.workspace.choose("device", key)

    def connect_address(self) -> None:
        """Reach a phone at the address that was typed in, as long as the window is open."""
        text = self.address.text().strip()
        try:
            host, port = parse_address(text)
        except WorkbenchError as error:
            self.shell.show_problem(Problem.of(error))
            return
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.address.clear()
        self.shell.notify(f"Connecting to {address}…", "")
        self._add_address(address)

    def start_virtual(self) -> None:
        """Start a phone that imitates the device profile shown, or the one in use."""
        current = self.shell.workspace.current("device")
        profile = self._profile or (current.key if current is not None else "")
        if not profile:
            return
        job = self._sources.virtual(profile)
        self._virtual[job.id] = ""
        self.shell.bridge.watch(job, self._on_virtual)

    def refresh(self) -> None:
        """Look for phones again."""
        if self._phones_job is not None:
            self._phones_job.cancel()
        self._watch_phones()

    # ---- what comes ----------------------------------------------------------------------------

    def _watch(self, job: Job, on_event: Callable[[JobEvent], None]) -> Job:
        return self.shell.bridge.watch(job, on_event, background=True)

    def _watch_phones(self) -> None:
        self._phones_job = self._watch(
            self._sources.phones(self.shell.desk.addresses), self._on_phones
        )

    def _on_computer(self, event: JobEvent) -> None:
        if self._computer_job is None or event.job_id != self._computer_job.id:
            return
        match event:
            case Partial(record=ComputerOverview() as overview):
                if overview != self._computer:
                    self._computer = overview
                    self._show_lists()
            case Partial(record=ComputerSample() as sample):
                self.panel.strips.add(sample.t_s, strip_values(sample.reading))
            case Failed():
                self._computer_job = None
                self.shell.show_problem(Problem.of(event))
            case Done() | Cancelled():
                self._computer_job = None

    def _on_phones(self, event: JobEvent) -> None:
        if self._phones_job is None or event.job_id != self._phones_job.id:
            return
        match event:
            case Partial(record=PhoneWaiting() as waiting):
                self._waiting = True
                self.shell.notify(waiting.text, "warning")
            case Partial(record=DeviceOverview() as overview):
                if self._waiting:
                    self._waiting = False
                    self.shell.notify("The list of devices is up to date.", "")
                self._phones = overview
                self._show_lists()
            case Failed():
                self._phones_job = None
                self._phones_note.setText(f"{event.message} {event.hint}")
            case Done() | Cancelled():
                self._phones_job = None

    def _on_virtual(self, event: JobEvent) -> None:
        match event:
            case Partial(record=VirtualPhoneStarted() as started):
                self._virtual[event.job_id] = self._key = started.address
                self._profile = ""
                self.shell.notify(f"A virtual phone listens at {started.address}.", "good")
                self._add_address(started.address)
            case Done() | Cancelled() | Failed():
                address = self._virtual.pop(event.job_id, "")
                self._set_addresses(tuple(a for a in self.shell.desk.addresses if a != address))
                if isinstance(event, Failed):
                    self.shell.show_problem(Problem.of(event))
                if self._phones_job is not None:
                    self.refresh()

    def _add_address(self, address: str) -> None:
        if address not in self.shell.desk.addresses:
            self._set_addresses((*self.shell.desk.addresses, address))
        if self._phones_job is not None:
            self.refresh()

    def _set_addresses(self, addresses: tuple[str, ...]) -> None:
        # Other pages look for phones there, too.
        self.shell.desk.addresses = addresses

    # ---- showing -------------------------------------------------------------------------------

    def _show_lists(self) -> None:
        phones = phone_rows(self._phones)
        self.devices.show_rows((computer_row(self._computer), *phones))
        self._phones_note.setText(phones_text(self._phones))
        current = self.shell.workspace.current("device")
        choices = self.shell.workspace.choices("device")
        self.profiles.show_rows([profile_row(c, used=c is current) for c in choices])
        found = f"{len(phones)} phone{'' if len(phones) == 1 else 's'}"
        self._subtitle.setText(f"this computer · {found} · {len(choices)} device profiles")
        if not self._profile:
            self.devices.select(self._key)
        self._show_details()

    def _show_details(self) -> None:
        panel = self.panel
        if self._profile:
            self._show_profile(self._profile)
            return
        found = () if self._phones is None else self._phones.devices
        phone = next((device for device in found if device.serial == self._key), None)
        if phone is not None:
            panel.show_details(phone_details(phone), live=False)
            panel.show_actions("phone", PHONE_NOTE, can_profile=phone.state.usable)
            return
        if self._computer is not None:
            panel.show_details(computer_details(self._computer), live=True)
        panel.show_actions("computer", "")

    def _show_profile(self, key: str) -> None:
        current = self.shell.workspace.current("device")
        try:
            details = profile_details(find_profile(key))
        except WorkbenchError as error:
            self.shell.show_problem(Problem.of(error))
            return
        self.panel.show_details(details, live=False)
        self.panel.show_actions("profile", "", in_use=current is not None and current.key == key)

    def _on_use(self) -> None:
        if self._profile:
            self.use_profile(self._profile)

    def _on_workspace(self, kind: str) -> None:
        if kind == "device":
            self._show_lists()

    def _on_profile(self) -> None:
        self.shell.settings.set_text(DEVICE_KEY, LOCAL if self._key == COMPUTER else self._key)
        self.shell.go_to("profile")

    def _on_record(self) -> None:
        self.shell.go_to("traces")

    def _focus_address(self) -> None:
        self.address.setFocus()

    # ---- wiring --------------------------------------------------------------------------------

    def _build(self) -> None:
        devices = Card("Devices")
        devices.body.addWidget(self.devices, 1)
        devices.body.addWidget(self._phones_note)
        self.address.setPlaceholderText("address of a phone, HOST:PORT")
        self.address.setAccessibleName("Address of a phone")
        self.address.setToolTip(
            "A phone with debugging over Wi-Fi or TCP switched on, such as 192.168.1.17:5555"
        )
        self.connect_button.setEnabled(False)
        line = row(self.address, self.connect_button)
        devices.body.addLayout(line)
        self.virtual_button.setToolTip(
            "Runs on this computer and answers ADB like a phone of the device profile shown, or of"
            " the one in use. Everything it reports is simulated. It ends with the window, or by"
            " Cancel in the bar below."
        )
        devices.body.addLayout(row(self.virtual_button, None))
        profiles = Card("Device profiles")
        profiles.head.addWidget(label("what a replay can run on; Enter uses one", "small"))
        profiles.head.addStretch(1)
        profiles.body.addWidget(self.profiles, 1)
        left = QSplitter(Qt.Orientation.Vertical)
        left.setChildrenCollapsible(False)
        left.setHandleWidth(10)
        left.addWidget(devices)
        left.addWidget(profiles)
        left.setSizes([260, 480])
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(10)
        self._splitter.addWidget(left)
        self._splitter.addWidget(self.panel)
        self._splitter.setStretchFactor(0, 5)
        self._splitter.setStretchFactor(1, 8)
        self._splitter.setSizes([480, 800])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 12, 16, 12)
        outer.setSpacing(8)
        head = row(label("Devices", "title"), self._subtitle, None, spacing=16)
        outer.addLayout(head)
        outer.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        self.devices.picked.connect(self.select)
        self.profiles.picked.connect(self.select_profile)
        self.profiles.opened.connect(self.use_profile)
        self.panel.profile_asked.connect(self._on_profile)
        self.panel.record_asked.connect(self._on_record)
        self.panel.use_asked.connect(self._on_use)
        self.address.textChanged.connect(self._on_address)
        self.address.returnPressed.connect(self.connect_address)
        self.connect_button.clicked.connect(self.connect_address)
        self.virtual_button.clicked.connect(self.start_virtual)
        self.shell.workspace.changed.connect(self._on_workspace)
        self.shell.workspace.relisted.connect(self._on_workspace)

    def _on_address(self, text: str) -> None:
        self.connect_button.setEnabled(bool(text.strip()))
