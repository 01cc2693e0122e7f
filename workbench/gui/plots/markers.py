"""The playhead and the cross-hair: lines across all lanes of a stack."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from workbench.gui import theme
from workbench.gui.plots.pixel_items import translucent

_GRIP_PX = 6.0


class Playhead(pg.GraphicsObject):
    """A vertical line with a grip at its top, to be dragged."""

    dragged = Signal(float)
    """The scene x that it was dragged to."""

    def __init__(self) -> None:
        super().__init__()
        self._height = 10.0
        self.setZValue(1000)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def set_span(self, top: float, bottom: float) -> None:
        """The scene heights that it reaches from and to."""
        if (top, bottom - top) != (self.y(), self._height):
            self.prepareGeometryChange()
            self.setY(top)
            self._height = bottom - top

    def boundingRect(self) -> QRectF:
        """The line, its grip and a margin to hold it by."""
        return QRectF(-_GRIP_PX - 1, -1, 2 * _GRIP_PX + 2, self._height + 2)

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw line and grip."""
        colour = QColor("#ffffff" if theme.tokens().is_dark else theme.tokens().text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.4))
        painter.drawLine(QPointF(0, 0), QPointF(0, self._height))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        grip = [(-5.5, 0.0), (5.5, 0.0), (5.5, 7.0), (0.0, 12.0), (-5.5, 7.0)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in grip]))

    def mouseDragEvent(self, ev) -> None:  # type: ignore[no-untyped-def]
        """Follow the pointer."""
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.dragged.emit(ev.scenePos().x())
        else:
            ev.ignore()


class CrossHair(pg.GraphicsObject):
    """A thin line under the pointer with what each lane reads there, and the time."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF(0, 0, 10, 10)
        self._bounds = QRectF(0, 0, 10, 10)
        self._readings: list[tuple[float, str]] = []
        self._time = ""
        self.setZValue(900)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def show_at(self, x: float, rect: QRectF, readings: list[tuple[float, str]], time: str) -> None:
        """Show it at scene `x` inside `rect`; `readings` are (scene y, text)."""
        self.prepareGeometryChange()
        self._rect = rect
        self._bounds = rect.adjusted(-80, 0, 80, 24)
        self._readings = readings
        self._time = time
        self.setX(0)
        self._x = x
        self.show()
        self.update()

    def boundingRect(self) -> QRectF:
        """The lanes and a line below."""
        return self._bounds

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw line, readings and time."""
        tokens = theme.tokens()
        painter.setPen(QPen(QColor(tokens.secondary), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(self._x, self._rect.top()), QPointF(self._x, self._rect.bottom()))
        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        metrics = QFontMetricsF(painter.font())
        for y, words in self._readings:
            if words:
                self._tag(painter, metrics, words, y)
        wide = metrics.horizontalAdvance(self._time)
        box = QRectF(self._x - wide / 2 - 5, self._rect.bottom() + 2, wide + 10, 17)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(tokens.panel))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._time)

    def _tag(self, painter: QPainter, metrics: QFontMetricsF, words: str, y: float) -> None:
        tokens = theme.tokens()
        wide = metrics.horizontalAdvance(words) + 10
        left = self._x + 6
        if left + wide > self._rect.right():
            left = self._x - 6 - wide
        box = QRectF(left, y, wide, 17)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(translucent(tokens.raised, 0.92))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(tokens.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
