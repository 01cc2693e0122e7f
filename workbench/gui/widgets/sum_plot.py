"""How a difference adds up over a trace: one line from 0 to its sum."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.plots import ticks
from workbench.gui.plots.pixel_items import translucent
from workbench.gui.presenters.compare_differences import RunningSum, signed

_AXIS_PX, _HEAD_PX, _VALUES_PX = 18, 18, 56
_HEIGHT_PX = 124


class SumPlot(QWidget):
    """One `RunningSum` over the time of day."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sum = RunningSum("", "", ())
        self._span = (0.0, 1.0)
        self._origin_s = 0.0
        self.setFixedHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.manager().changed.connect(self._restyle)

    def show_sum(self, running: RunningSum, end_s: float, origin_s: float) -> None:
        """Show a running sum; `origin_s` is the time of day at t = 0."""
        self._sum, self._span, self._origin_s = running, (0.0, end_s), origin_s
        self.setAccessibleName(
            f"{running.title} over the trace, in the end {signed(running.total, 3)} {running.unit}"
        )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw axes, the line and its ground."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.secondary))
        title = f"{self._sum.title}, {self._sum.unit}" if self._sum.unit else self._sum.title
        painter.drawText(QRectF(0, 0, self.width(), _HEAD_PX), Qt.AlignmentFlag.AlignVCenter, title)
        plot = QRectF(
            _VALUES_PX, _HEAD_PX + 8,
            max(1, self.width() - _VALUES_PX - 4), self.height() - _HEAD_PX - _AXIS_PX - 10,
        )  # fmt: skip
        values = [value for _, value in self._sum.points] or [0.0]
        low, high = min(0.0, *values), max(0.0, *values)
        high = high if high > low else low + 1.0
        for value in ticks.nice_values(low, high, 3):
            y = self._y(value, low, high, plot)
            painter.setPen(QPen(translucent(tokens.line, 0.9), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(tokens.secondary))
            text = f"{value:,.6g}".replace("-", "−")
            painter.drawText(QRectF(0, y - 8, _VALUES_PX - 8, 16), right, text)
        self._paint_times(painter, plot)
        tone = tokens.good if self._sum.total < 0 else tokens.bad
        points = [
            QPointF(self._x(t, plot), self._y(v, low, high, plot)) for t, v in self._sum.points
        ]
        zero = self._y(0.0, low, high, plot)
        if points:
            ground = [QPointF(points[0].x(), zero), *points, QPointF(points[-1].x(), zero)]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(translucent(tone, 0.14))
            painter.drawPolygon(QPolygonF(ground))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tone), 1.6))
            painter.drawPolyline(QPolygonF(points))
        painter.end()

    def _paint_times(self, painter: QPainter, plot: QRectF) -> None:
        start, end = self._span
        step = ticks.step_for(end - start, plot.width())
        for t_s in ticks.positions(start, end, step, self._origin_s):
            x = self._x(t_s, plot)
            left = min(max(plot.left(), x - 22), plot.right() - 44)
            box = QRectF(left, plot.bottom() + 2, 44, 14)
            words = ticks.text(t_s, step, self._origin_s)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _x(self, t_s: float, plot: QRectF) -> float:
        start, end = self._span
        return plot.left() + (t_s - start) / ((end - start) or 1.0) * plot.width()

    def _y(self, value: float, low: float, high: float, plot: QRectF) -> float:
        return plot.bottom() - (value - low) / (high - low) * plot.height()

    def _restyle(self, _tokens: object) -> None:
        self.update()
