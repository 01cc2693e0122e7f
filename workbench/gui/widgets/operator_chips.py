"""Operators as coloured chips: the same colour as everywhere, and a short name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens, operator_colour, text_on

_GAP = 4
_PAD = 6
_HEIGHT = 18


class OperatorChips(QWidget):
    """A row of chips, wrapped where there is no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_operators(self, names: Sequence[str]) -> None:
        """Show these operators, one chip each."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self.setAccessibleName(", ".join(names))
            self.setToolTip(" · ".join(names))
            self.updateGeometry()
            self.update()

    def hasHeightForWidth(self) -> bool:
        """Narrow rows wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all lines at a width."""
        boxes = self._boxes(width)
        return int(boxes[-1].bottom()) + 1 if boxes else _HEIGHT

    def sizeHint(self) -> QSize:
        """One line of chips."""
        return QSize(180, self.heightForWidth(max(180, self.width())))

    def minimumSizeHint(self) -> QSize:
        """One chip."""
        return QSize(80, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chips."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL_PX, bold=True))
        for name, box in zip(self._names, self._boxes(self.width()), strict=True):
            colour = operator_colour(name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(QColor(text_on(colour)))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()

    def _boxes(self, width: int) -> list[QRectF]:
        metrics = QFontMetricsF(theme.font(theme.SMALL_PX, bold=True))
        boxes: list[QRectF] = []
        x, y = 0.0, 0.0
        for name in self._names:
            wide = metrics.horizontalAdvance(name) + 2 * _PAD
            if x and x + wide > width:
                x, y = 0.0, y + _HEIGHT + _GAP
            boxes.append(QRectF(x, y, wide, _HEIGHT))
            x += wide + _GAP
        return boxes


class OperatorLegend(QWidget):
    """Which colour is which operator."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self.setFixedHeight(20)
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.manager().changed.connect(self._restyle)

    def show_operators(self, names: Sequence[str]) -> None:
        """Show these operators."""
        self._names = tuple(names)
        self.setAccessibleName("Colours of operators: " + ", ".join(names))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw squares and names from the left, as evenly as there is room for."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL_PX))
        metrics = QFontMetricsF(painter.font())
        widths = [metrics.horizontalAdvance(name) + 16 for name in self._names]
        spare = self.width() - sum(widths)
        gap = min(28.0, max(6.0, spare / max(1, len(widths))))
        x = 4.0
        for name, wide in zip(self._names, widths, strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(operator_colour(name)))
            painter.drawRoundedRect(QRectF(x, 5, 10, 10), 2, 2)
            painter.setPen(QColor(theme.tokens().secondary))
            painter.drawText(QRectF(x + 15, 0, wide, 20), Qt.AlignmentFlag.AlignVCenter, name)
            x += wide + gap
        painter.end()

    def _restyle(self, _tokens: Tokens) -> None:
        self.update()
