"""A `LaneStack` with a region that can be dragged, to choose what a crop keeps."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.plots.pixel_items import PixelItem, translucent

_GRIP_PX = 7.0


class _Edge(pg.GraphicsObject):
    """One end of the region, with a grip."""

    dragged = Signal(object, float)
    """This edge, and the scene x it was dragged to."""

    def __init__(self) -> None:
        super().__init__()
        self._height = 10.0
        self.setZValue(1100)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def set_span(self, top: float, height: float) -> None:
        """The scene heights that it reaches over."""
        self.prepareGeometryChange()
        self.setY(top)
        self._height = height

    def boundingRect(self) -> QRectF:
        """The line and a margin to hold it by."""
        return QRectF(-_GRIP_PX, 0, 2 * _GRIP_PX, self._height)

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw line and grip."""
        colour = QColor(theme.tokens().accent)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.6))
        painter.drawLine(QPointF(0, 0), QPointF(0, self._height))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(-3, self._height / 2 - 14, 6, 28), 3, 3)

    def mouseDragEvent(self, ev) -> None:  # type: ignore[no-untyped-def]
        """Follow the pointer."""
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.dragged.emit(self, ev.scenePos().x())
        else:
            ev.ignore()


class _Outside(pg.GraphicsObject):
    """Dims what a crop takes away."""

    def __init__(self) -> None:
        super().__init__()
        self._rects: tuple[QRectF, ...] = ()
        self._bounds = QRectF()
        self.setZValue(800)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_rects(self, *rects: QRectF) -> None:
        """Scene rectangles to dim."""
        self.prepareGeometryChange()
        self._rects = rects
        self._bounds = QRectF()
        for rect in rects:
            self._bounds = self._bounds.united(rect)
        self.update()

    def boundingRect(self) -> QRectF:
        """All of it."""
        return self._bounds

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Lay the panel's colour over them."""
        for rect in self._rects:
            painter.fillRect(rect, translucent(theme.tokens().panel, 0.72))


class GapCover(PixelItem):
    """Hatches spans without samples, so that the line across them is not taken for data."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 15)
        self._spans: tuple[tuple[float, float], ...] = ()

    def set_spans(self, spans: tuple[tuple[float, float], ...]) -> None:
        """Spans (from, to) in seconds."""
        self._spans = spans
        self.update()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the hatching."""
        rect = self.boundingRect()
        tokens = theme.tokens()
        for begin, end in self._spans:
            a, b = float(self.x_px(begin)), float(self.x_px(end))
            a, b = max(a, 0.0), min(b, rect.width())
            if b - a < 0.5:
                continue
            box = QRectF(a, 0, b - a, rect.height())
            painter.fillRect(box, QColor(tokens.panel))
            brush = QColor(tokens.secondary)
            brush.setAlphaF(0.35)
            painter.fillRect(box, QBrush(brush, Qt.BrushStyle.BDiagPattern))


class TraceStack(LaneStack):
    """Lanes of a trace; `region` is what a crop would keep."""

    region_changed = Signal(float, float)
    """The user dragged the region: from and to, in seconds."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._region: tuple[float, float] | None = None
        super().__init__(name, parent)
        self._outside = _Outside()
        self._edges = (_Edge(), _Edge())
        for item in (self._outside, *self._edges):
            item.hide()
            self.scene().addItem(item)
        for edge in self._edges:
            edge.dragged.connect(self._on_edge)

    @property
    def region(self) -> tuple[float, float] | None:
        """What would be kept, in seconds; None while nothing is cropped."""
        return self._region

    def set_region(self, region: tuple[float, float] | None) -> None:
        """Show a region, or none."""
        self._region = region
        self._place_markers()

    def _place_markers(self) -> None:
        super()._place_markers()
        if not hasattr(self, "_edges"):
            return
        shown = self._region is not None and bool(self.lanes)
        for item in (self._outside, *self._edges):
            item.setVisible(shown)
        if self._region is None or not shown:
            return
        rect = self._lanes_rect()
        start, end = self.shown_span
        scale = rect.width() / ((end - start) or 1.0)
        xs = [rect.left() + (t_s - start) * scale for t_s in self._region]
        for edge, x in zip(self._edges, xs, strict=True):
            edge.set_span(rect.top(), rect.height())
            edge.setX(x)
            edge.setVisible(rect.left() - 1 <= x <= rect.right() + 1)
        low = min(max(xs[0], rect.left()), rect.right())
        high = min(max(xs[1], rect.left()), rect.right())
        self._outside.set_rects(
            QRectF(rect.left(), rect.top(), low - rect.left(), rect.height()),
            QRectF(high, rect.top(), rect.right() - high, rect.height()),
        )

    def _on_edge(self, edge: _Edge, scene_x: float) -> None:
        if self._region is None:
            return
        t_s = self._time_at(scene_x)
        low, high = self._region
        if edge is self._edges[0]:
            low = min(t_s, high)
        else:
            high = max(t_s, low)
        self.set_region((low, high))
        self.region_changed.emit(low, high)
