"""Fields of forms: number boxes in the look of line edits, and rows with a caption."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QSpinBox, QWidget

from workbench.gui.widgets.basics import label

_MARGINS = (8, 0, 4, 0)
"""Padding of the sheet does not reach the line edit inside a number box."""


def number_box(
    name: str, low: float, high: float, value: float, *, decimals: int = 1, suffix: str = ""
) -> QDoubleSpinBox:
    """A box for a number, without buttons; arrow keys and the wheel change it."""
    box = QDoubleSpinBox()
    box.setAccessibleName(name)
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    box.lineEdit().setTextMargins(*_MARGINS)
    box.setDecimals(decimals)
    box.setRange(low, high)
    box.setValue(value)
    box.setSuffix(suffix)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def whole_box(name: str, low: int, high: int, value: int, *, suffix: str = "") -> QSpinBox:
    """A box for a whole number."""
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    box.lineEdit().setTextMargins(*_MARGINS)
    box.setRange(low, high)
    box.setValue(value)
    box.setSuffix(suffix)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


class FormGrid(QGridLayout):
    """Captions left, fields right."""

    def __init__(self, caption_px: int = 0) -> None:
        super().__init__()
        self.setHorizontalSpacing(12)
        self.setVerticalSpacing(6)
        self.setColumnStretch(1, 1)
        if caption_px:
            self.setColumnMinimumWidth(0, caption_px)

    def add(self, caption: str, field: QWidget, tip: str = "") -> QLabel:
        """Append a row."""
        words = label(caption, "secondary")
        words.setBuddy(field)
        if tip:
            words.setToolTip(tip)
            field.setToolTip(tip)
        row = self.rowCount()
        self.addWidget(words, row, 0)
        self.addWidget(field, row, 1)
        return words

    def add_heading(self, text: str) -> None:
        """Append a heading over both columns."""
        words = label(text, "strong")
        words.setContentsMargins(0, 8 if self.count() else 0, 0, 0)
        self.addWidget(words, self.rowCount(), 0, 1, 2)
