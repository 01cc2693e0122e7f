"""The Devices page: this computer live, phones as they come and go, and the device profiles."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QSplitter, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui.device_desk import Wanted
from workbench.gui.pages.device_calibration import SensorDesk
from workbench.gui.pages.device_links import PhoneLinks
from workbench.gui.pages.device_watch import DeviceWatch
from workbench.gui.presenters.device_sources import DeviceSources
from workbench.gui.presenters.devices import (
    COMPUTER,
    DeviceDetails,
    Fact,
    computer_details,
    computer_row,
    phone_details,
    phone_rows,
    phones_text,
    profile_details,
    profile_row,
)
from workbench.gui.presenters.phone_live import live_facts
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.profiling_backend import DEVICE_KEY
from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.basics import Card, label, row
from workbench.gui.widgets.device_list import DeviceList
from workbench.gui.widgets.device_panel import Action, DevicePanel
from workbench.gui.widgets.device_strips import (
    COMPUTER_STRIPS,
    computer_values,
    phone_strips,
    phone_values,
)
from workbench.gui.widgets.live_strips import Strip
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.services.computer import ComputerSample
from workbench.services.device_profiles import LOCAL_ID, find_profile
from workbench.services.devices import FoundDevice
from workbench.services.phone_live import PhoneLive
from workbench.services.phone_profiling import PhoneSettings, phone_profile_id
from workbench.services.profiling_setup import LOCAL

_CALIBRATE_TIP = (
    "Finds unit, sign and update period of the battery's current sensor: the phone rests, then"
    " works hard, for 5 minutes or more. It must run on battery."
)
_ENOUGH_SAMPLES = 3
"""Curves need some before they look like one."""


class DevicesPage(Page):
    """Lists devices and device profiles; shows one of them in full."""

    def __init__(
        self, shell: Shell, sources: DeviceSources | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(shell, parent)
        self.watch = DeviceWatch(shell.bridge, shell.desk, sources or DeviceSources(), self)
        self.links = PhoneLinks(shell, self.watch, self)
        self.sensors = SensorDesk(shell, self.watch.sources.calibrate, self)
        self._key = COMPUTER
        self._profile = ""
        self.devices = DeviceList("Devices")
        self.profiles = DeviceList("Device profiles")
        self.panel = DevicePanel()
        self.add_button = QPushButton("Add a phone…")
        self.virtual_button = QPushButton("Start a virtual phone")
        self._phones_note = label("", "small", wrap=True)
        self._subtitle = label("", "secondary")
        self._build()
        self._actions = [
            self.add_action("Devices: profile the selected device", "", self._on_profile),
            self.add_action("Devices: record a trace", "", self._on_record),
            self.add_action("Devices: calibrate the current sensor", "", self._on_calibrate),
            self.add_action("Devices: connect to an address", "", self._on_add),
            self.add_action("Devices: pair with a phone over Wi-Fi", "", self._on_pair),
            self.add_action("Devices: start a virtual phone", "", self.start_virtual),
            self.add_action("Devices: look for phones again", "F5", self.watch.refresh),
        ]
        self._connect()
        self._splitter.restoreState(shell.settings.state("devices/splitter"))
        self._show_lists()

    # ---- the page's life -----------------------------------------------------------------------

    def on_shown(self) -> None:
        """Begin to watch."""
        self.panel.strips.clear()
        self.watch.start()

    def on_hidden(self) -> None:
        """Stop watching."""
        self.watch.stop()

    def save_state(self) -> None:
        """Remember the splitter."""
        self.shell.settings.set_state("devices/splitter", self._splitter.saveState())

    def commands(self) -> list[QAction]:
        """What the palette offers for this page."""
        return list(self._actions)

    @property
    def settled(self) -> bool:
        """Whether the live figures and a first answer about phones are there."""
        phones = self.watch.phones is not None or bool(self.watch.problem)
        return self.panel.strips.samples >= _ENOUGH_SAMPLES and phones

    @property
    def phones_note(self) -> str:
        """What is said about phones."""
        return self._phones_note.text()

    # ---- what the user can do ------------------------------------------------------------------

    def select(self, key: str) -> None:
        """Show a device of the list."""
        if (key, "") == (self._key, self._profile):
            return
        self._key, self._profile = key, ""
        self.devices.select(key)
        self.profiles.clear_current()
        self._show_strips()
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

    def start_virtual(self) -> None:
        """Start a phone that imitates the device profile shown, or the one in use."""
        current = self.shell.workspace.current("device")
        profile = self._profile or (current.key if current is not None else "")
        if profile:
            self.links.start_virtual(profile)

    # ---- showing -------------------------------------------------------------------------------

    @property
    def _phone(self) -> FoundDevice | None:
        """The phone that is shown."""
        found = () if self.watch.phones is None else self.watch.phones.devices
        if self._profile:
            return None
        return next((device for device in found if device.serial == self._key), None)

    def _show_lists(self) -> None:
        phones = phone_rows(self.watch.phones)
        self.devices.show_rows((computer_row(self.watch.computer), *phones))
        self._phones_note.setText(self.watch.problem or phones_text(self.watch.phones))
        current = self.shell.workspace.current("device")
        choices = self.shell.workspace.choices("device")
        self.profiles.show_rows([profile_row(c, used=c is current) for c in choices])
        found = f"{len(phones)} phone{'' if len(phones) == 1 else 's'}"
        self._subtitle.setText(f"this computer · {found} · {len(choices)} device profiles")
        if not self._profile:
            self.devices.select(self._key)
        self._show_strips()
        self._show_details()

    def _show_strips(self) -> None:
        """Strips for what is shown, and the phone behind them watched unless it is at work."""
        phone = self._phone
        free = phone is not None and phone.state.usable
        free = free and not self.shell.desk.use_of(self._key)
        wanted: Sequence[Strip] = COMPUTER_STRIPS
        if phone is not None:
            wanted = phone_strips(calibrated=self._sensor_of(phone) is not None)
        if self.panel.strips.strips != wanted or self.watch.watched not in ("", self._key):
            self.panel.show_strips(wanted)
        self.watch.follow_phone(self._key if free else "")

    def _show_details(self) -> None:
        if self._profile:
            self._show_profile(self._profile)
            return
        phone = self._phone
        if phone is not None:
            self._show_phone(phone)
            return
        if self.watch.computer is not None:
            live = "two readings a second"
            self.panel.show_details(computer_details(self.watch.computer), live=live)
        open_profile = self._open_action(LOCAL_ID)
        self.panel.show_actions([Action("profile"), Action("record"), open_profile])

    def _show_phone(self, phone: FoundDevice) -> None:
        use = self.shell.desk.use_of(phone.serial)
        usable, seen = phone.state.usable, self.watch.live
        facts: list[Fact] = []
        if seen is not None and self.watch.watched == self._key:
            facts = live_facts(seen, self._sensor_of(phone))
        live = "one look a second" if usable and not use else ""
        self.panel.show_details(phone_details(phone, facts), live=live)
        busy = f"It is {use}." if use else ""
        why = "" if usable else "It cannot be used in this state."
        virtual = self.links.is_virtual(phone.serial)
        actions = [Action("profile", why or busy), Action("record", why or busy)]
        if phone.description is not None:
            known = phone_profile_id(phone.description, PhoneSettings())
            again = "Calibrate its sensor again" if self._sensor_of(phone) is not None else ""
            reason = why or busy or self.sensors.reason(phone)
            actions.append(Action("calibrate", reason, _CALIBRATE_TIP, again))
            actions.append(self._open_action(known))
        leave = "Stop this phone" if virtual else "Disconnect"
        reason = self.links.leave_reason(phone)
        if virtual or not reason:
            actions.append(Action("leave", busy, words=leave))
        note = "Live figures pause meanwhile, so as not to disturb it." if use else ""
        self.panel.show_actions(actions, note)

    def _sensor_of(self, phone: FoundDevice) -> SensorCalibration | None:
        """How a phone's current sensor has to be read."""
        known = phone.description
        return None if known is None else self.sensors.known(phone.serial, known)

    def _open_action(self, profile: str) -> Action:
        there = any(c.key == profile for c in self.shell.workspace.choices("device"))
        reason = "" if there else "It has no device profile yet: Profile measures one."
        return Action("open", reason, "Show the device profile that was measured on it")

    def _show_profile(self, key: str) -> None:
        current = self.shell.workspace.current("device")
        try:
            details: DeviceDetails = profile_details(find_profile(key))
        except WorkbenchError as error:
            self.shell.show_problem(Problem.of(error))
            return
        used = current is not None and current.key == key
        self.panel.show_details(details, live="")
        words = "In use" if used else ""
        blocked = "Replays and searches run on it already." if used else ""
        self.panel.show_actions([Action("use", blocked, words=words)])

    # ---- what comes ----------------------------------------------------------------------------

    def _on_computer(self, sample: ComputerSample) -> None:
        if self.panel.strips.strips == COMPUTER_STRIPS:
            self.panel.strips.add(sample.t_s, computer_values(sample.reading))

    def _on_live(self, live: PhoneLive) -> None:
        phone = self._phone
        if self._key == self.watch.watched and phone is not None:
            self.panel.strips.add(live.t_s, phone_values(live, self._sensor_of(phone)))
            self._show_details()

    def _on_away(self, text: str) -> None:
        self.shell.notify(text, "warning")

    def _on_started(self, address: str) -> None:
        self._key, self._profile = address, ""

    def _on_desk(self) -> None:
        self._show_strips()
        self._show_details()

    def _on_workspace(self, kind: str) -> None:
        if kind == "device":
            self._show_lists()

    # ---- actions -------------------------------------------------------------------------------

    def _on_action(self, key: str) -> None:
        phone = self._phone
        if key == "profile":
            self._on_profile()
        elif key == "record":
            self._on_record()
        elif key == "calibrate":
            self._on_calibrate()
        elif key == "use" and self._profile:
            self.use_profile(self._profile)
        elif key == "open":
            known = LOCAL_ID
            if phone is not None and phone.description is not None:
                known = phone_profile_id(phone.description, PhoneSettings())
            self.select_profile(known)
        elif key == "leave" and phone is not None:
            self.links.leave(phone)

    def _on_calibrate(self) -> None:
        phone = self._phone
        reason = "Select a phone first." if phone is None else self.sensors.reason(phone)
        if reason:
            self.shell.notify(reason, "warning")
        elif phone is not None:
            self.sensors.calibrate(phone.serial)

    def _on_profile(self) -> None:
        self.shell.settings.set_text(DEVICE_KEY, self._device_key)
        self.shell.go_to("profile")

    def _on_record(self) -> None:
        self.shell.desk.ask("traces", Wanted(self._device_key))
        self.shell.go_to("traces")

    @property
    def _device_key(self) -> str:
        """The device that is shown, as other pages call it."""
        return LOCAL if self._key == COMPUTER else self._key

    def _on_add(self) -> None:
        self.links.open_dialog()

    def _on_pair(self) -> None:
        self.links.open_dialog("pair")

    # ---- wiring --------------------------------------------------------------------------------

    def _build(self) -> None:
        devices = Card("Devices")
        self.devices.setMinimumHeight(104)
        devices.body.addWidget(self.devices, 1)
        devices.body.addWidget(self._phones_note)
        self.add_button.setToolTip("By its address, or paired over Wi-Fi")
        self.virtual_button.setToolTip(
            "Runs on this computer and answers ADB like a phone of the device profile shown, or of"
            " the one in use. Everything it reports is simulated. It ends with the window, by Stop"
            " this phone, or by Cancel in the bar below."
        )
        devices.body.addLayout(row(self.add_button, self.virtual_button, None))
        profiles = Card("Device profiles")
        profiles.head.addWidget(label("Enter uses one", "small"))
        profiles.head.addStretch(1)
        profiles.setToolTip("What replays and searches can run on")
        profiles.body.addWidget(self.profiles, 1)
        left = QSplitter(Qt.Orientation.Vertical)
        left.setChildrenCollapsible(False)
        left.setHandleWidth(10)
        left.addWidget(devices)
        left.addWidget(profiles)
        left.setSizes([300, 440])
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
        outer.addLayout(row(label("Devices", "title"), self._subtitle, None, spacing=16))
        outer.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        self.devices.picked.connect(self.select)
        self.profiles.picked.connect(self.select_profile)
        self.profiles.opened.connect(self.use_profile)
        self.panel.asked.connect(self._on_action)
        self.add_button.clicked.connect(self._on_add)
        self.virtual_button.clicked.connect(self.start_virtual)
        self.links.started.connect(self._on_started)
        self.watch.listed.connect(self._show_lists)
        self.watch.computer_sampled.connect(self._on_computer)
        self.watch.phone_sampled.connect(self._on_live)
        self.watch.phone_away.connect(self._on_away)
        self.watch.said.connect(self.shell.notify)
        self.watch.failed.connect(self.shell.show_problem)
        self.shell.desk.changed.connect(self._on_desk)
        self.sensors.changed.connect(self._on_desk)
        self.shell.workspace.changed.connect(self._on_workspace)
        self.shell.workspace.relisted.connect(self._on_workspace)
