"""What the trade-off plot is painted from: dots, front, region, policies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from workbench.gui import theme
from workbench.gui.palette import Tokens, mix
from workbench.gui.plots.pixel_items import PixelItem, polygon, translucent


@dataclass(frozen=True, slots=True)
class PolicyPoint:
    """Where a policy is now."""

    name: str
    x: float
    y: float
    colour: str


class Cloud(PixelItem):
    """All configurations as small dots; those that are feasible now stand out."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, -30)
        # Thousands of dots stay as they are while markers move over them.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.x = np.empty(0)
        self.y = np.empty(0)
        self.feasible = np.empty(0, dtype=bool)

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the dots."""
        if not self.x.size:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.tokens()
        px, py = self.x_px(self.x), self.y_px(self.y)
        size = 3.2 if self.x.size < 2000 else 2.4
        opacity = 0.55 if self.x.size < 2000 else 0.32
        groups = ((~self.feasible, tokens.secondary, opacity), (self.feasible, tokens.good, 0.6))
        for mask, colour, alpha in groups:
            pen = QPen(translucent(colour, alpha), size)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(polygon(px[mask], py[mask]))


class Levels(PixelItem):
    """Thin horizontal lines at the ticks of the left axis."""

    def __init__(self, view: pg.ViewBox, axis: pg.AxisItem) -> None:
        super().__init__(view, -60)
        self._axis = axis

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the lines."""
        rect = self.boundingRect()
        low, high = self.view.viewRange()[1]
        painter.setPen(QPen(translucent(theme.tokens().line, 0.7), 1))
        _, values = self._axis.tickValues(low, high, rect.height())[0]
        for y in self.y_px(np.array(values)):
            painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(rect.width(), round(y) + 0.5))


class RegionBox(PixelItem):
    """The rectangle around what is feasible now."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, -40)
        self.known = False
        self.limits: tuple[float, float, float] | None = None

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the rectangle, its inner edges dashed."""
        tokens = theme.tokens()
        rect = self.boundingRect()
        if self.limits is None:
            return
        right, floor, top = self.limits
        x = min(float(self.x_px(right)) + 3, rect.width())
        y0 = max(0.0, float(self.y_px(top)) - 6)
        y1 = min(rect.height(), float(self.y_px(floor)))
        painter.fillRect(QRectF(0, y0, x, max(0.0, y1 - y0)), translucent(tokens.good, 0.12))
        painter.setPen(QPen(QColor(tokens.good), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, y0), QPointF(x, y1))
        painter.drawLine(QPointF(0, y1), QPointF(x, y1))


class RegionName(PixelItem):
    """What the rectangle means, above the dots."""

    def __init__(self, view: pg.ViewBox, box: RegionBox) -> None:
        super().__init__(view, 15)
        self._box = box

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Write it below the rectangle, or say that there is none."""
        if not (self._box.known and self._box.isVisible()):
            return
        tokens = theme.tokens()
        height = self.boundingRect().height()
        if self._box.limits is None:
            _write(painter, QPointF(6, height - 20), "nothing is feasible now", tokens.bad)
            return
        edge = min(height, float(self.y_px(self._box.limits[1])))
        top = edge + 2 if edge + 18 < height else edge - 18
        _write(painter, QPointF(4, top), "feasible now", tokens.good)


def _write(painter: QPainter, corner: QPointF, words: str, colour: str) -> QRectF:
    """Write on a patch of the panel's colour, so that dots do not spoil the words."""
    painter.setFont(theme.font(theme.SMALL_PX))
    box = QRectF(corner.x(), corner.y(), QFontMetricsF(painter.font()).horizontalAdvance(words), 15)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(translucent(theme.tokens().panel, 0.78))
    painter.drawRoundedRect(box.adjusted(-3, 0, 3, 0), 3, 3)
    painter.setPen(QColor(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
    return box


class Front(PixelItem):
    """The Pareto front."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 10)
        self.x = np.empty(0)
        self.y = np.empty(0)

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw line and dots."""
        points = polygon(self.x_px(self.x), self.y_px(self.y))
        colour = QColor(theme.tokens().good)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.4))
        painter.drawPolyline(points)
        pen = QPen(colour, 5.2 if self.x.size < 40 else 3.4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(points)


class Chosen(PixelItem):
    """Where the policies are, and where the primary one came from."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 20)
        self.trail: list[tuple[float, float]] = []
        self.points: tuple[PolicyPoint, ...] = ()
        self.primary: PolicyPoint | None = None
        self.names_primary = False

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw trail, squares with names, and the current choice on top."""
        tokens = theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        trail = [self._pixel(x, y) for x, y in self.trail]
        for age, (a, b) in enumerate(zip(trail[-2::-1], trail[:0:-1], strict=True)):
            colour = translucent(tokens.accent, max(0.12, 0.85 - 0.13 * age))
            painter.setPen(QPen(colour, 1.4))
            painter.drawLine(a, b)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(a, 3, 3)
        self._paint_squares(painter, tokens)
        if self.primary is not None:
            spot = self._pixel(self.primary.x, self.primary.y)
            painter.setPen(QPen(QColor("#ffffff" if tokens.is_dark else tokens.text), 1.8))
            painter.setBrush(QColor(self.primary.colour))
            painter.drawEllipse(spot, 6.5, 6.5)

    def _paint_squares(self, painter: QPainter, tokens: Tokens) -> None:
        painter.setFont(theme.font(theme.SMALL_PX))
        metrics = QFontMetricsF(painter.font())
        width, height = self.boundingRect().width(), self.boundingRect().height()
        taken: list[QRectF] = []
        if self.primary is not None:
            spot = self._pixel(self.primary.x, self.primary.y)
            taken.append(QRectF(spot.x() - 9, spot.y() - 9, 18, 18))
            if self.names_primary:
                taken.append(self._name_primary(painter, spot, metrics, tokens))
        for point in self.points:
            spot = self._pixel(point.x, point.y)
            painter.setPen(QPen(QColor(point.colour), 1.8))
            painter.setBrush(translucent(tokens.panel, 0.6))
            painter.drawRect(QRectF(spot.x() - 4, spot.y() - 4, 8, 8))
            wide = metrics.horizontalAdvance(point.name)
            box = _place_name(spot, wide, taken, QRectF(0, 0, width, height))
            taken += [box, QRectF(spot.x() - 5, spot.y() - 5, 10, 10)]
            _write(painter, box.topLeft(), point.name, mix(point.colour, tokens.text, 0.3))

    def _name_primary(
        self, painter: QPainter, spot: QPointF, metrics: QFontMetricsF, tokens: Tokens
    ) -> QRectF:
        assert self.primary is not None
        wide = metrics.horizontalAdvance(self.primary.name)
        left = spot.x() + 12
        if left + wide > self.boundingRect().width():
            left = spot.x() - 12 - wide
        corner = QPointF(left, spot.y() - 8)
        return _write(painter, corner, self.primary.name, tokens.text)

    def _pixel(self, x: float, y: float) -> QPointF:
        return QPointF(float(self.x_px(x)), float(self.y_px(y)))


def _place_name(spot: QPointF, wide: float, taken: list[QRectF], inside: QRectF) -> QRectF:
    """Where a name stands: beside, above or below its mark, where nothing else is."""
    x, y = spot.x(), spot.y()
    right, left = x + 10, x - 10 - wide
    corners = (
        (right, y - 8), (left, y - 8), (right, y + 2), (right, y - 18), (left, y + 2),
        (left, y - 18), (x - wide / 2, y + 8), (x - wide / 2, y - 23),
    )  # fmt: skip
    boxes = [QRectF(corner_x, corner_y, wide, 15) for corner_x, corner_y in corners]
    for box in boxes:
        if inside.contains(box) and not any(box.intersects(other) for other in taken):
            return box
    # Names of policies at the same place stand under one another, inside the plot.
    box = boxes[0] if boxes[0].right() <= inside.right() else boxes[1]
    while any(box.intersects(other) for other in taken) and box.bottom() < inside.bottom():
        box.translate(0, 5)
    return box


class Hover(PixelItem):
    """A ring around the configuration under the pointer."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 30)
        self.spot: tuple[float, float] | None = None

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the ring."""
        if self.spot is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.tokens().text), 1.2))
            x, y = self.spot
            painter.drawEllipse(QPointF(float(self.x_px(x)), float(self.y_px(y))), 5, 5)
