"""The whole trace as a strip: where two runs differ, and which span is looked at."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.palette import mix
from workbench.gui.plots import ticks
from workbench.gui.plots.pixel_items import translucent
from workbench.gui.presenters.compare_differences import DifferenceView

_BAR = (2.0, 14.0)
_HEIGHT_PX = 32


class DifferenceStrip(QWidget):
    """A bar over the trace; a click picks the span there."""

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: DifferenceView | None = None
        self._row = -1
        self.setFixedHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Where in the trace the two differ")
        theme.manager().changed.connect(self._restyle)

    def show_view(self, view: DifferenceView) -> None:
        """Show where two runs differ."""
        self._view, self._row = view, -1
        self.update()

    def show_row(self, row: int) -> None:
        """Set one span off."""
        self._row = row
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bar, spans and times of day."""
        view = self._view
        if view is None:
            return
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top, high = _BAR
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mix(tokens.panel, tokens.secondary, 0.18)))
        painter.drawRoundedRect(QRectF(0, top, self.width(), high), 3, 3)
        for number, span in enumerate(view.differing.comparison.spans):
            left, right = self._x(span.t_s), self._x(span.end_s)
            chosen = number == self._row
            painter.setBrush(QColor(tokens.accent) if chosen else translucent(tokens.warning, 0.75))
            gap = 1.0 if right - left > 3 else 0.0
            painter.drawRoundedRect(QRectF(left, top, max(1.5, right - left - gap), high), 2, 2)
        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        painter.setPen(QPen(QColor(tokens.secondary)))
        origin = view.differing.origin_s
        step = ticks.step_for(view.end_s, self.width())
        for t_s in ticks.positions(0.0, view.end_s, step, origin):
            x = self._x(t_s)
            words = ticks.text(t_s, step, origin)
            left = min(max(0.0, x - 20), self.width() - 40.0)
            box = QRectF(left, top + high + 1, 40, 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self._row_at(QPointF(event.pos()))
            view = self._view
            if view is not None and row >= 0:
                shown = view.rows[row]
                QToolTip.showText(event.globalPos(), f"{shown.time}, {shown.lasts}", self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick a span."""
        row = self._row_at(event.position())
        if row >= 0:
            self.picked.emit(row)

    def _row_at(self, position: QPointF) -> int:
        if self._view is None:
            return -1
        return self._view.row_at(position.x() / max(1, self.width()) * self._view.end_s)

    def _x(self, t_s: float) -> float:
        assert self._view is not None
        return t_s / self._view.end_s * self.width()

    def _restyle(self, _tokens: object) -> None:
        self.update()
