"""How a phone is measured: threads, cores, and whether energy is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QSpinBox, QWidget

from workbench.gui import theme
from workbench.gui.widgets.basics import label
from workbench.services.profiling_setup import ProfilingDevice

_CORES = (("big", "fastest"), ("little", "slowest"), ("all", "any"))
_MAX_THREADS = 64


class PhoneFields(QWidget):
    """Shown where the device is a phone; `changed` tells that the user chose something."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cores = QComboBox()
        self._threads = QSpinBox()
        self.energy_box = QCheckBox("Measure energy too")
        self._energy_note = label("", "small", wrap=True)
        self._allowed = False
        self._build()
        self._cores.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._threads.valueChanged.connect(lambda _: self.changed.emit())
        self.energy_box.toggled.connect(lambda _: self.changed.emit())

    @property
    def cores(self) -> str:
        """``big``, ``little`` or ``all``."""
        return "big" if self.isHidden() else str(self._cores.currentData())

    @property
    def threads(self) -> int:
        """Threads of the engine."""
        return 1 if self.isHidden() else self._threads.value()

    @property
    def energy(self) -> bool:
        """Whether energy is to be measured; never where it cannot be."""
        return not self.isHidden() and self._allowed and self.energy_box.isChecked()

    def fill(self, threads: int, cores: str, energy: bool) -> None:
        """Fill the fields in; energy stays off where it cannot be measured."""
        self._threads.setValue(threads)
        self._cores.setCurrentIndex(max(0, self._cores.findData(cores)))
        self.energy_box.setChecked(energy)

    def show_device(self, device: ProfilingDevice | None) -> None:
        """Offer what this device allows."""
        phone = device is not None and device.is_phone
        self.setVisible(phone)
        if device is None or not phone:
            return
        self._allowed = not device.energy_reason
        self.energy_box.setEnabled(self._allowed)
        self._energy_note.setText(device.energy_reason or device.energy_note)
        self.energy_box.setAccessibleDescription(self._energy_note.text())

    def lock(self, running: bool) -> None:
        """Lock the fields while it runs."""
        for widget in (self._cores, self._threads):
            widget.setEnabled(not running)
        self.energy_box.setEnabled(not running and self._allowed)

    def _build(self) -> None:
        for key, words in _CORES:
            self._cores.addItem(words, key)
        self._cores.setAccessibleName("Cores that the network runs on")
        self._threads.setRange(1, _MAX_THREADS)
        self._threads.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self._threads.setKeyboardTracking(False)
        self._threads.setFixedWidth(72)
        self._threads.setFont(theme.font(theme.TEXT_PX, tabular=True))
        self._threads.setAccessibleName("Threads of the engine")
        self._energy_note.setContentsMargins(24, 0, 0, 0)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        for line, (caption, widget) in enumerate(
            (("Cores", self._cores), ("Threads", self._threads))
        ):
            name = label(caption, "secondary")
            name.setBuddy(widget)
            name.setMinimumWidth(88)
            grid.addWidget(name, line, 0)
            grid.addWidget(widget, line, 1)
        grid.addWidget(self.energy_box, 2, 0, 1, 3)
        grid.addWidget(self._energy_note, 3, 0, 1, 3)
