"""The sliders of "What if": each change re-runs the day while the slider moves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.replay_view import Knob
from workbench.gui.widgets.basics import Card, label, value_label


class KnobSlider(QWidget):
    """One knob: name, value with unit, slider."""

    changed = Signal(str, float)
    """Key and new value."""

    def __init__(self, knob: Knob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.knob = knob
        self._name = label(knob.label, "secondary")
        self._name.setToolTip(knob.hint)
        self._name.setMinimumWidth(30)
        self._value = value_label()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, max(1, round((knob.high - knob.low) / knob.step)))
        self._slider.setPageStep(max(1, self._slider.maximum() // 10))
        self._slider.setToolTip(knob.hint)
        self._slider.setAccessibleName(knob.label)
        self._slider.setMinimumWidth(80)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._name, 1)
        head.addWidget(self._value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self._slider)
        self.set_value(knob.default)
        self._slider.valueChanged.connect(self._on_changed)

    @property
    def value(self) -> float:
        """The value in the knob's unit."""
        return self.knob.low + self._slider.value() * self.knob.step

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the short name where the long one would be cut."""
        super().resizeEvent(event)
        self._fit_name()

    def _fit_name(self) -> None:
        room = self.width() - self._value.sizeHint().width() - 8
        long = self._name.fontMetrics().horizontalAdvance(self.knob.label)
        self._name.setText(self.knob.label if long <= room else self.knob.short or self.knob.label)

    def set_value(self, value: float) -> None:
        """Move the slider."""
        self._slider.setValue(round((value - self.knob.low) / self.knob.step))
        self._show()

    def reset(self) -> None:
        """Back to the default."""
        self.set_value(self.knob.default)

    def _show(self) -> None:
        text = self.knob.text(self.value)
        self._value.setText(text)
        self._fit_name()
        self._slider.setAccessibleDescription(f"{text}. {self.knob.hint}")

    def _on_changed(self, _position: int) -> None:
        self._show()
        self.changed.emit(self.knob.key, self.value)


class WhatIf(Card):
    """A card of knobs."""

    changed = Signal()
    """A knob moved; look at `values()`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What if", parent)
        self._sliders: list[KnobSlider] = []
        self._note = label("the day is re-run while you drag", "small")
        self._reset = QPushButton("Reset")
        self._reset.setProperty("role", "link")
        self._reset.setAccessibleName("Reset all sliders")
        self._reset.clicked.connect(self.reset)
        self.head.addWidget(self._note)
        self.head.addStretch(1)
        self.head.addWidget(self._reset)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(3 * theme.GRID_PX)
        self._grid.setVerticalSpacing(4)
        self.body.addLayout(self._grid)

    def set_knobs(self, knobs: Sequence[Knob]) -> None:
        """Show these knobs at their defaults."""
        for slider in self._sliders:
            self._grid.removeWidget(slider)
            slider.deleteLater()
        self._sliders = []
        for index, knob in enumerate(knobs):
            slider = KnobSlider(knob)
            slider.changed.connect(self._on_changed)
            self._sliders.append(slider)
            self._grid.addWidget(slider, 0, index)
            self._grid.setColumnStretch(index, 1)
        self._show_reset()

    def values(self) -> dict[str, float]:
        """Value of each knob by its key."""
        return {slider.knob.key: slider.value for slider in self._sliders}

    def slider(self, key: str) -> KnobSlider:
        """One knob's slider."""
        return next(slider for slider in self._sliders if slider.knob.key == key)

    def reset(self) -> None:
        """All knobs back to their defaults."""
        for slider in self._sliders:
            slider.reset()

    def show_note(self, text: str) -> None:
        """Say how the last run went."""
        self._note.setText(text)

    def _on_changed(self, _key: str, _value: float) -> None:
        self._show_reset()
        self.changed.emit()

    def _show_reset(self) -> None:
        moved = any(
            abs(slider.value - slider.knob.default) > slider.knob.step / 2
            for slider in self._sliders
        )
        self._reset.setEnabled(moved)
