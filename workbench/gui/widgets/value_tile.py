"""A large figure with its caption above and a small note below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.widgets.basics import label, restyle, row, value_label
from workbench.gui.widgets.elided_label import ElidedLabel


class ValueTile(QWidget):
    """One figure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = ElidedLabel("")
        self._value = value_label()
        self._value.setStyleSheet("font-size: 20px;")
        self._unit = label("", "secondary")
        self._note = ElidedLabel("")
        value = row(self._value, self._unit, None, spacing=5)
        value.setAlignment(self._unit, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self._caption)
        layout.addLayout(value)
        layout.addWidget(self._note)

    def show_value(
        self, caption: str, value: str, unit: str, note: str, tone: str = "", story: str = ""
    ) -> None:
        """Show a figure; `tone` is good, warning, bad or empty, `story` the tool tip."""
        self._caption.setText(caption)
        self._value.setText(value)
        restyle(self._value, role=tone)
        self._value.setStyleSheet("font-size: 20px; font-weight: 600;")
        self._unit.setText(unit)
        self._note.setText(note)
        self.setToolTip(story)
        self.setAccessibleName(f"{caption}: {value} {unit}, {note}")
