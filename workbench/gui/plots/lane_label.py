"""The column left of the lanes, and the lines between them."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from workbench.gui import theme

LABEL_WIDTH_PX = 104
_TWO_LINES_PX = 34
"""Below this height a lane's value stands beside its title, without the unit."""


class LaneLabel(pg.GraphicsWidget):
    """The column left of a lane: title, value at the playhead, and further coloured words."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._value = ("", "")
        self._words: tuple[tuple[str, str], ...] = ()
        self._footer = ""
        self.setMinimumWidth(LABEL_WIDTH_PX)
        self.setMaximumWidth(LABEL_WIDTH_PX)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape)

    @property
    def value(self) -> tuple[str, str]:
        """Number and unit that are shown."""
        return self._value

    def show_value(self, number: str, unit: str) -> None:
        """Show the value at the playhead."""
        if (number, unit) != self._value:
            self._value = (number, unit)
            self.update()

    def show_words(self, words: tuple[tuple[str, str], ...], footer: str = "") -> None:
        """Show (text, colour) lines below the title."""
        if (words, footer) != (self._words, self._footer):
            self._words, self._footer = words, footer
            self.update()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the texts from the top, as many as there is room for."""
        tokens = theme.tokens()
        height = self.rect().height()
        low = height < _TWO_LINES_PX
        painter.setFont(theme.font(theme.SMALL_PX if low else theme.TEXT_PX, bold=not low))
        painter.setPen(QColor(tokens.text))
        y = 16.0 if height >= 40 else 13.0
        number, unit = self._value
        title = self._title
        if low:
            metrics = QFontMetricsF(painter.font())
            room = LABEL_WIDTH_PX - 23 - metrics.horizontalAdvance(number)
            title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(12, y), title)
        if number and low:
            painter.setFont(theme.font(theme.SMALL_PX, bold=True, tabular=True))
            right = QRectF(0, 0, LABEL_WIDTH_PX - 8, 2 * y - 8)
            painter.drawText(
                right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number
            )
        elif number:
            y += 19
            painter.setFont(theme.font(15, bold=True, tabular=True))
            painter.drawText(QPointF(12, y), number)
            wide = QFontMetricsF(painter.font()).horizontalAdvance(number)
            painter.setFont(theme.font(theme.SMALL_PX))
            painter.setPen(QColor(tokens.secondary))
            painter.drawText(QPointF(12 + wide + 4, y), unit)
        line = min(15.0, (height - y - 4) / max(1, len(self._words) + bool(self._footer)))
        if line >= 10:
            painter.setFont(theme.font(theme.SMALL_PX, bold=True))
            for words, colour in self._words:
                y += line
                painter.setPen(QColor(colour))
                painter.drawText(QPointF(12, y), words)
            if self._footer:
                painter.setFont(theme.font(theme.SMALL_PX))
                painter.setPen(QColor(tokens.secondary))
                painter.drawText(QPointF(12, y + line), self._footer)


class LaneRule(pg.GraphicsWidget):
    """A thin line between two lanes."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(1)
        self.setMaximumHeight(1)

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the line."""
        painter.setPen(QPen(QColor(theme.tokens().line), 1))
        rect = QRectF(self.rect())
        painter.drawLine(QPointF(rect.left(), 0.5), QPointF(rect.right(), 0.5))
