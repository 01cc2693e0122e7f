"""What to record: the device, a name, how long, how often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget

from workbench.gui.widgets.basics import Card, Pill, label, row
from workbench.gui.widgets.forms import FormGrid, number_box
from workbench.services.recording import RecordingSettings
from workbench.services.recording_devices import RecordingDevice

_USUAL_HZ = 2.0
_GOES_ON = "It goes on while you work on other pages, and is written once a minute."


class RecordForm(Card):
    """The form of the recorder; emits when the device was changed."""

    device_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Record a device", parent)
        self._devices: tuple[RecordingDevice, ...] = ()
        self._running = False
        self._in_use = ""
        self.device = QComboBox()
        self.device.setAccessibleName("Device to record")
        self.device.setMinimumContentsLength(8)
        self.device.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.look_button = QPushButton("Look again")
        self.look_button.setToolTip("Look for phones again")
        self.title = QLineEdit()
        self.title.setMaxLength(80)
        self.title.setAccessibleName("Name of the recording")
        self.minutes = number_box("Minutes to record", 0, 30 * 1440, 10, decimals=1, suffix=" min")
        self.minutes.setSpecialValueText("until stopped")
        self.rate = number_box("Samples a second", 0.01, 50, _USUAL_HZ, decimals=2, suffix=" Hz")
        self.event_rate = number_box("Inferences a second", 0, 1000, 1, decimals=2, suffix=" /s")
        self.begin_button = QPushButton("Start recording")
        self.begin_button.setProperty("role", "primary")
        self.stop_button = QPushButton("Stop and keep")
        self.close_button = QPushButton("Back to the traces")
        self._simulated = Pill("simulated")
        self._story = label("", "small", wrap=True)
        self._reason = label("", "warning", wrap=True)
        self._looking = label("Looking for phones…", "small")
        self._build()
        self.device.currentIndexChanged.connect(self._on_device)

    # ---- content -------------------------------------------------------------------------------

    def set_devices(self, devices: Sequence[RecordingDevice]) -> None:
        """Offer these devices; the one chosen stays chosen."""
        if tuple(devices) == self._devices:
            return
        key = self.device_key
        self._devices = tuple(devices)
        self.device.blockSignals(True)
        self.device.clear()
        for found in devices:
            self.device.addItem(found.title, found.key)
        self.device.setCurrentIndex(max(0, self.device.findData(key)))
        self.device.blockSignals(False)
        self._show_device()

    def choose_device(self, key: str) -> bool:
        """Choose a device; False where it is not offered."""
        index = self.device.findData(key)
        if index >= 0:
            self.device.setCurrentIndex(index)
        return index >= 0

    @property
    def device_key(self) -> str:
        """Key of the device that is chosen; empty without one."""
        return str(self.device.currentData() or "")

    @property
    def chosen(self) -> RecordingDevice | None:
        """The device that is chosen."""
        return next((d for d in self._devices if d.key == self.device_key), None)

    @property
    def blocked(self) -> str:
        """Why it cannot start; empty when it can."""
        chosen = self.chosen
        if chosen is None:
            return "There is no device to record."
        if chosen.reason:
            return f"{chosen.title} cannot be recorded: {chosen.reason.rstrip('.')}."
        return f"{chosen.title} is {self._in_use}." if self._in_use else ""

    def settings(self) -> RecordingSettings:
        """What the form says. Raises: SettingsError."""
        minutes, chosen = self.minutes.value(), self.chosen
        return RecordingSettings(
            rate_hz=self.rate.value(),
            duration_s=60.0 * minutes if minutes else None,
            event_rate_hz=self.event_rate.value(),
            title=self.title.text().strip() or ("" if chosen is None else chosen.title),
        )

    def show_state(self, *, running: bool, looking: bool, in_use: str) -> None:
        """Show what can be done now.

        Args:
            running: a recording goes on.
            looking: phones are being looked for.
            in_use: what else the chosen device is used for; empty when it is free.
        """
        self._running, self._in_use = running, in_use
        for field in (self.device, self.title, self.minutes, self.rate, self.event_rate):
            field.setEnabled(not running)
        self.look_button.setEnabled(not running and not looking)
        self._looking.setVisible(looking)
        blocked = "" if running else self.blocked
        self._reason.setText(blocked)
        self._reason.setVisible(bool(blocked))
        self.begin_button.setEnabled(not running and not blocked)
        self.begin_button.setToolTip(blocked)

    def name_now(self) -> None:
        """A name that tells recordings apart."""
        chosen = self.chosen
        what = "Computer" if chosen is None or not chosen.is_phone else chosen.title
        self.title.setText(f"{what}, {dt.datetime.now():%d %b %H:%M}")
        self.title.setCursorPosition(0)

    # ---- wiring --------------------------------------------------------------------------------

    def _on_device(self, _index: int) -> None:
        self._show_device()
        self.name_now()
        self.device_changed.emit()

    def _show_device(self) -> None:
        chosen = self.chosen
        if chosen is None:
            return
        self.rate.setRange(chosen.least_hz, chosen.most_hz)
        self.rate.setToolTip(f"Samples a second, {chosen.least_hz:g} to {chosen.most_hz:g}")
        self._story.setText(f"{chosen.story} {_GOES_ON}".strip())
        self._simulated.setVisible(chosen.simulated)
        self.device.setToolTip(f"{chosen.title}\n{chosen.key}" if chosen.is_phone else "")

    def _build(self) -> None:
        self.setFixedWidth(320)
        self._simulated.show_state(
            "simulated", "", "A virtual phone: nothing that it reports was measured on a phone."
        )
        grid = FormGrid(84)
        grid.add("Device", self.device)
        grid.add("Name", self.title)
        grid.add("Length", self.minutes, "0: until it is stopped")
        grid.add("Rate", self.rate)
        grid.add(
            "Event rate",
            self.event_rate,
            "Inferences a second of an application; a device that runs none cannot tell them",
        )
        self.head.addWidget(self._simulated)
        self.head.addStretch(1)
        self.head.addWidget(self.look_button)
        self.body.addLayout(grid)
        self.body.addWidget(self._looking)
        self.body.addWidget(self._reason)
        self.body.addLayout(row(self.begin_button, self.stop_button, None))
        self.body.addWidget(self._story)
        self.body.addStretch(1)
        self.body.addLayout(row(self.close_button, None))
