"""Two groups of controls side by side, or one below the other where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget


class FlowRow(QWidget):
    """Breaks after its first widget when both do not fit into one line."""

    def __init__(self, first: QWidget, second: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first, self._second = first, second
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        self._row.addWidget(first)
        self._row.addWidget(second)
        self._row.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break or join the line."""
        super().resizeEvent(event)
        needed = self._first.sizeHint().width() + self._second.sizeHint().width() + 16
        fits = needed <= self.width()
        across = QBoxLayout.Direction.LeftToRight
        wanted = across if fits else QBoxLayout.Direction.TopToBottom
        if self._row.direction() != wanted:
            self._row.setDirection(wanted)
            self._row.setSpacing(16 if fits else 6)

    def minimumSizeHint(self) -> QSize:
        """The wider of the two is enough."""
        first, second = self._first.minimumSizeHint(), self._second.minimumSizeHint()
        height = self._row.minimumSize().height()
        return QSize(max(first.width(), second.width()), height)
