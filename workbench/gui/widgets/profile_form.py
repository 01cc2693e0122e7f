"""The plan of a measurement: device, network, run rules, number of configurations, seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.profiling_plan import PRESET_TITLES
from workbench.gui.widgets.basics import Card, label, restyle, row, rule, value_label
from workbench.gui.widgets.code_font import mono
from workbench.gui.widgets.phone_fields import PhoneFields
from workbench.services.profiling_setup import ProfilingDevice

_MAX_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PlanState:
    """Everything that a user fills in."""

    device: str
    plan: str
    count: int
    seed: int
    listed: tuple[str, ...]
    threads: int = 1
    cores: str = "big"
    energy: bool = False


class ProfileForm(Card):
    """Emits what the user wants; shows why it cannot be had."""

    changed = Signal()
    """The user changed the plan."""
    filled = Signal()
    """Devices or numbers were filled in by the program."""
    start_asked = Signal()
    cancel_asked = Signal()
    list_asked = Signal()
    """The user wants to change the list made by hand."""

    def __init__(self, presets: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """`presets` are (name, what it means)."""
        super().__init__("Plan", parent)
        self._devices: tuple[ProfilingDevice, ...] = ()
        self._usual = 0
        self._device = QComboBox()
        self._device_detail = label("", "small", wrap=True)
        self._network = label("none")
        self._network_detail = label("", "small", wrap=True)
        self._presets: dict[str, QRadioButton] = {}
        self._preset_group = QButtonGroup(self)
        self._preset_texts = dict(presets)
        self._count = self._number(1, 2000, "Number of configurations")
        self._seed = self._number(0, _MAX_SEED, "Seed")
        self._usual_count = QPushButton("as the preset")
        self.phone = PhoneFields()
        self._listed: tuple[str, ...] = ()
        self._list_words = label("none")
        self.list_button = QPushButton("Change…")
        self._minutes = value_label("", bold=True)
        self._items = QVBoxLayout()
        self._advice = label("", "small", wrap=True)
        self._blocked = label("", "warning", wrap=True)
        self.start = QPushButton("Start measuring")
        self.start.setProperty("role", "primary")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Breaks off; nothing is written, device profiles stay as they are.")
        self._command = label("", "secondary", wrap=True)
        self._copy = QPushButton("Copy")
        self._build(presets)
        self._connect()

    # ---- content -------------------------------------------------------------------------------

    def set_devices(self, devices: Sequence[ProfilingDevice]) -> None:
        """Offer these devices; the one chosen stays chosen."""
        key = self.device_key
        self._devices = tuple(devices)
        self._device.blockSignals(True)
        self._device.clear()
        for device in devices:
            self._device.addItem(device.title, device.key)
        self._device.setCurrentIndex(max(0, self._device.findData(key)))
        self._device.blockSignals(False)
        self._show_device()
        self.filled.emit()

    @property
    def devices(self) -> tuple[ProfilingDevice, ...]:
        """What is offered."""
        return self._devices

    def choose_device(self, key: str) -> None:
        """Choose a device without telling; one that is not offered changes nothing."""
        index = self._device.findData(key)
        if index >= 0:
            self._device.blockSignals(True)
            self._device.setCurrentIndex(index)
            self._device.blockSignals(False)
            self._show_device()
            self.filled.emit()

    @property
    def device_key(self) -> str:
        """Key of the device that is chosen; empty without one."""
        return str(self._device.currentData() or "")

    @property
    def device(self) -> ProfilingDevice | None:
        """The device that is chosen."""
        return next((d for d in self._devices if d.key == self.device_key), None)

    @property
    def plan(self) -> str:
        """Name of the preset."""
        return next((name for name, button in self._presets.items() if button.isChecked()), "")

    def set_plan(self, name: str) -> None:
        """Choose a preset; the number of configurations follows it."""
        self._presets[name].setChecked(True)

    @property
    def configurations(self) -> int | None:
        """How many to measure; None for as many as the preset says."""
        value = self._count.value()
        return None if value in (0, self._usual) else value

    def set_configurations(self, count: int) -> None:
        """Fill the number in."""
        self._count.setValue(count)

    @property
    def listed(self) -> tuple[str, ...]:
        """Configurations of the list made by hand."""
        return self._listed

    def set_listed(self, texts: Sequence[str]) -> None:
        """Take a list made by hand; empty for none."""
        self._listed = tuple(texts)
        if texts:  # a list is measured as it is where it is added to an earlier measurement
            self._count.setValue(self._usual)
        self._list_words.setText(f"{len(texts)} chosen" if texts else "none")
        self._list_words.setToolTip("\n".join(texts[:40]))
        self.changed.emit()

    @property
    def seed(self) -> int:
        """Seed of the design."""
        return self._seed.value()

    def state(self) -> PlanState:
        """What is filled in."""
        return PlanState(
            self.device_key, self.plan, self._count.value(), self.seed, self._listed,
            self.phone.threads, self.phone.cores, self.phone.energy,
        )  # fmt: skip

    def set_state(self, state: PlanState) -> None:
        """Fill it in; a device that is not offered any more changes nothing."""
        index = self._device.findData(state.device)
        if index >= 0:
            self._device.setCurrentIndex(index)
        self.set_plan(state.plan)  # the number follows it, so it comes first
        self._count.setValue(state.count)
        self._seed.setValue(state.seed)
        if state.listed != self._listed:
            self.set_listed(state.listed)
        self.phone.fill(state.threads, state.cores, state.energy)

    @property
    def open_to_change(self) -> bool:
        """Whether the plan can be changed now: not while it is carried out."""
        return self._count.isEnabled()

    def set_usual(self, count: int) -> None:
        """How many configurations the preset has."""
        self._usual = count
        self._count.blockSignals(True)
        self._count.setValue(count)
        self._count.blockSignals(False)
        self._usual_count.setEnabled(False)

    def show_network(self, title: str, detail: str) -> None:
        """Say which network is measured."""
        self._network.setText(title)
        self._network_detail.setText(detail)
        self._network_detail.setVisible(bool(detail))

    def show_plan(
        self, minutes: str, items: Sequence[tuple[str, str, bool]], command: str, tip: str
    ) -> None:
        """Say what will be measured: (what, how, whether), and how long it takes."""
        self._minutes.setText(minutes)
        self._count.setToolTip(tip)
        self._command.setText(command)
        _clear(self._items)
        for what, how, whether in items:
            name = label(what, "strong" if whether else "secondary")
            name.setFixedWidth(86)
            text = label(how, "small", wrap=True)
            line = row(name, text)
            line.setStretch(1, 1)
            line.setAlignment(name, Qt.AlignmentFlag.AlignTop)
            holder = QWidget()
            holder.setLayout(line)
            holder.setAccessibleName(f"{what}: {how}")
            self._items.addWidget(holder)

    def show_state(self, blocked: str, advice: str, *, running: bool) -> None:
        """Lock the form while it runs, or say why it cannot start."""
        fields = (self._device, self._count, self._seed, self.list_button)
        for widget in (*fields, *self._presets.values()):
            widget.setEnabled(not running)
        self.phone.lock(running)
        self._usual_count.setEnabled(not running and self._count.value() != self._usual)
        self.start.setEnabled(not running and not blocked)
        self.start.setToolTip(blocked)
        self.cancel.setEnabled(running)
        self._blocked.setText(blocked)
        self._blocked.setVisible(bool(blocked))
        self._advice.setText(advice)
        self._advice.setVisible(bool(advice) and not running and not blocked)

    @property
    def blocked(self) -> str:
        """Why it cannot start, as it is shown."""
        return self._blocked.text()

    # ---- building ------------------------------------------------------------------------------

    def _build(self, presets: Sequence[tuple[str, str]]) -> None:
        self._device.setAccessibleName("Device to measure")
        inner = QWidget()
        content = QVBoxLayout(inner)
        content.setContentsMargins(0, 0, 4, 0)
        content.setSpacing(theme.GRID_PX)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self.body.addWidget(scroll, 1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for line, (caption, widget, detail) in enumerate(
            (
                ("Device", self._device, self._device_detail),
                ("Network", self._network, self._network_detail),
            )
        ):
            grid.addWidget(label(caption, "secondary"), 2 * line, 0)
            grid.addWidget(widget, 2 * line, 1)
            grid.addWidget(detail, 2 * line + 1, 1)
            grid.setRowMinimumHeight(2 * line, 26)
        content.addLayout(grid)
        content.addWidget(rule())
        content.addWidget(label("Run rules", "secondary"))
        for name, text in presets:
            button = QRadioButton(PRESET_TITLES.get(name, name))
            button.setAccessibleDescription(text)
            self._presets[name] = button
            self._preset_group.addButton(button)
            content.addWidget(button)
            story = label(text, "small", wrap=True)
            story.setContentsMargins(24, 0, 0, 0)
            story.setBuddy(button)
            content.addWidget(story)
        next(iter(self._presets.values())).setChecked(True)
        numbers = QGridLayout()
        numbers.setHorizontalSpacing(12)
        numbers.setVerticalSpacing(6)
        numbers.setColumnStretch(2, 1)
        self._usual_count.setProperty("role", "link")
        for line, (caption, spin) in enumerate(
            (("Configurations", self._count), ("Seed", self._seed))
        ):
            words = label(caption, "secondary")
            words.setBuddy(spin)
            numbers.addWidget(words, line, 0)
            numbers.addWidget(spin, line, 1)
        numbers.addWidget(self._usual_count, 0, 2)
        self.list_button.setProperty("role", "link")
        self.list_button.setAccessibleName("Change the list made by hand")
        numbers.addWidget(label("By hand", "secondary"), 2, 0)
        numbers.addWidget(self._list_words, 2, 1)
        numbers.addWidget(self.list_button, 2, 2)
        content.addLayout(numbers)
        content.addWidget(self.phone)
        content.addWidget(rule())
        content.addLayout(row(label("Will be measured", "strong")))
        self._items.setSpacing(4)
        content.addLayout(self._items)
        content.addSpacing(theme.GRID_PX)
        self._command.setFont(mono())
        self._copy.setProperty("role", "link")
        self._copy.setAccessibleName("Copy the command")
        content.addLayout(row(label("The same in a terminal", "small"), None, self._copy))
        content.addWidget(self._command)
        content.addStretch(1)
        self.cancel.setEnabled(False)
        # Below the part that scrolls, so that it is always in reach.
        self.body.addWidget(rule())
        self.body.addWidget(self._blocked)
        self.body.addWidget(self._advice)
        self.body.addLayout(row(self.start, self.cancel, None, self._minutes))

    def _number(self, least: int, most: int, name: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(least, most)
        spin.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(72)
        spin.setFont(theme.font(theme.TEXT_PX, tabular=True))
        spin.setAccessibleName(name)
        return spin

    def _connect(self) -> None:
        self._device.currentIndexChanged.connect(self._on_device)
        self._preset_group.buttonToggled.connect(self._on_preset)
        self._count.valueChanged.connect(self._on_number)
        self._seed.valueChanged.connect(self._on_number)
        self._usual_count.clicked.connect(self._on_usual)
        self.list_button.clicked.connect(self.list_asked)
        self.phone.changed.connect(self.changed)
        self.start.clicked.connect(self.start_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        self._copy.clicked.connect(self._on_copy)

    def _show_device(self) -> None:
        device = self.device
        self._device_detail.setText("" if device is None else device.reason or device.detail)
        restyle(self._device_detail, role="warning" if device and device.reason else "small")
        self.phone.show_device(device)

    def _on_device(self, _index: int) -> None:
        self._show_device()
        self.changed.emit()

    def _on_preset(self, _button: object, checked: bool) -> None:
        if checked:
            self.changed.emit()

    def _on_number(self, _value: int) -> None:
        self._usual_count.setEnabled(self._count.value() != self._usual)
        self.changed.emit()

    def _on_usual(self) -> None:
        self._count.setValue(self._usual)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._command.text())


def _clear(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()  # it is deleted later, and would be painted until then
            widget.deleteLater()
