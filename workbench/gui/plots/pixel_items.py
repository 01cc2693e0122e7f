"""Things drawn on plots in pixels: grids, shaded spans, coloured spans, playhead, cross-hair.

They are children of a view box, not of its contents, so that they live in pixels: text keeps its
size, corners stay round, and thousands of spans narrower than a pixel cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from workbench.gui import theme
from workbench.gui.palette import operator_colour, text_on
from workbench.gui.plots import ticks
from workbench.gui.plots.decimate import merge_close


def translucent(colour: str, alpha: float) -> QColor:
    """A colour with an opacity of 0..1."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result


def polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    """Points of shape (n,) as a polygon, filled without a Python object for each."""
    if not x.size:
        return QPolygonF()  # an empty polygon has no memory to look into: reading it crashes
    result = pg.functions.create_qpolygonf(x.size)
    points = pg.functions.ndarray_from_qpolygonf(result)
    points[:, 0], points[:, 1] = x, y
    return result


class PixelItem(pg.GraphicsObject):
    """Base: as large as its view box, repainted when the view moves."""

    def __init__(self, view: pg.ViewBox, z: float) -> None:
        super().__init__()
        self.view = view
        self.setParentItem(view)
        self.setZValue(z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        view.sigResized.connect(self._on_resized)
        view.sigRangeChanged.connect(self._on_moved)

    def boundingRect(self) -> QRectF:
        """The whole view box."""
        return QRectF(self.view.rect())

    def x_px(self, values: np.ndarray | float) -> np.ndarray:
        """Data to pixels, along x."""
        low, high = self.view.viewRange()[0]
        width = self.view.rect().width()
        return (np.asarray(values, dtype=float) - low) / ((high - low) or 1.0) * width

    def y_px(self, values: np.ndarray | float) -> np.ndarray:
        """Data to pixels, along y (downwards)."""
        low, high = self.view.viewRange()[1]
        height = self.view.rect().height()
        return (high - np.asarray(values, dtype=float)) / ((high - low) or 1.0) * height

    def _on_resized(self, _view: object) -> None:
        self.prepareGeometryChange()
        self.update()

    def _on_moved(self, *_args: object) -> None:
        self.update()


class TimeGrid(PixelItem):
    """Thin vertical lines at the ticks of the time axis."""

    def __init__(self, view: pg.ViewBox, origin: Callable[[], float]) -> None:
        super().__init__(view, -50)
        self._origin = origin

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the lines."""
        start, end = self.view.viewRange()[0]
        rect = self.boundingRect()
        step = ticks.step_for(end - start, rect.width())
        painter.setPen(QPen(translucent(theme.tokens().line, 0.7), 1))
        for x in self.x_px(np.array(ticks.positions(start, end, step, self._origin()))):
            painter.drawLine(QPointF(round(x) + 0.5, 0), QPointF(round(x) + 0.5, rect.height()))


class Shades(PixelItem):
    """Spans of time shaded over the whole height, with a word on the widest."""

    def __init__(self, view: pg.ViewBox, tone: str = "bad") -> None:
        super().__init__(view, -20)
        self.tone = tone
        self._spans = np.empty((0, 2))
        self._words = _ShadeWords(view, self)
        self.caption: Callable[[float], str] | None = None

    def set_spans(self, spans: np.ndarray, caption: Callable[[float], str] | None = None) -> None:
        """Spans of shape (k, 2), ascending; `caption` says what to write at a time inside one."""
        self._spans = spans
        self.caption = caption
        self.update()
        self._words.update()

    def in_view(self) -> np.ndarray:
        """The spans to draw, shape (k, 2), those closer than two pixels made one."""
        start, end = self.view.viewRange()[0]
        inside = (self._spans[:, 1] >= start) & (self._spans[:, 0] <= end)
        a_pixel = (end - start) / max(1.0, self.boundingRect().width())
        return merge_close(self._spans[inside], 2 * a_pixel)

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the spans that are in view."""
        spans = self.in_view()
        height = self.boundingRect().height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(translucent(getattr(theme.tokens(), self.tone), 0.13))
        for a, b in zip(self.x_px(spans[:, 0]), self.x_px(spans[:, 1]), strict=True):
            painter.drawRoundedRect(QRectF(a, 0, max(1.5, b - a), height), 2, 2)


class _ShadeWords(PixelItem):
    """The words of shaded spans, above the curves."""

    def __init__(self, view: pg.ViewBox, shades: Shades) -> None:
        super().__init__(view, 20)
        self._shades = shades

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Write on the spans that have room, on a patch of the panel's colour."""
        caption = self._shades.caption
        spans = self._shades.in_view()
        rect = self.boundingRect()
        if caption is None or not len(spans) or rect.height() < 40:
            return
        start, end = self.view.viewRange()[0]
        painter.setFont(theme.font(theme.SMALL_PX))
        metrics = QFontMetricsF(painter.font())
        free_from = 0.0
        left, right = self.x_px(spans[:, 0]), self.x_px(spans[:, 1])
        for (t0, t1), a, b in zip(spans, left, right, strict=True):
            words = caption((max(t0, start) + min(t1, end)) / 2)
            wide = metrics.horizontalAdvance(words)
            a, b = max(0.0, a), min(rect.width(), b)
            x = min(max(4.0, (a + b - wide) / 2), rect.width() - wide - 4)
            if words and b - a >= 0.6 * wide and x >= free_from:
                box = QRectF(x - 3, rect.height() - 16, wide + 6, 14)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(translucent(theme.tokens().panel, 0.72))
                painter.drawRoundedRect(box, 3, 3)
                painter.setPen(QColor(getattr(theme.tokens(), self._shades.tone)))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
                free_from = x + wide + 8


@dataclass(frozen=True, slots=True)
class Spans:
    """Coloured spans in rows.

    Attributes:
        start_s: shape (k,), ascending; each span ends where the next begins.
        end_s: end of the last span.
        names: one tuple of row texts a span (operators, one a layer).
    """

    start_s: np.ndarray
    end_s: float
    names: Sequence[tuple[str, ...]]
    marks_s: np.ndarray
    """Times of decisions, also of those that kept the configuration."""
    extrapolated: Sequence[bool] = ()
    """For each span whether its figures rest on nothing measured; empty: none of them."""

    @property
    def rows(self) -> int:
        """Rows of each span."""
        return len(self.names[0]) if self.names else 0

    def at(self, t_s: float) -> int:
        """Index of the span at a time; -1 before the first."""
        return int(np.searchsorted(self.start_s, t_s, side="right")) - 1


class SpanRows(PixelItem):
    """The configuration lane: one row a layer, one coloured span a configuration."""

    TOP_PX = 8.0

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 5)
        self._spans = Spans(np.empty(0), 0.0, (), np.empty(0))
        self.opened = True

    def set_spans(self, spans: Spans) -> None:
        """Show other spans."""
        self._spans = spans
        self.update()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the spans in view: those wide enough one by one, the narrow ones as thin bars."""
        spans = self._spans
        if not spans.rows:
            return
        rect = self.boundingRect()
        edges = self.x_px(np.append(spans.start_s, spans.end_s))
        first = max(0, int(np.searchsorted(edges, 0.0, side="right")) - 1)
        last = min(len(spans.names), int(np.searchsorted(edges, rect.width(), side="left")))
        gap = 3.0 if self.opened else 0.0
        height = (rect.height() - self.TOP_PX - 2 + gap) / spans.rows - gap
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL_PX, bold=False))
        metrics = QFontMetricsF(painter.font())
        drawn_to = -1.0
        dashed = QPen(QColor(theme.tokens().warning), 2, Qt.PenStyle.DashLine)
        foot = rect.height() - 1
        for index in range(first, last):
            a, b = float(edges[index]), float(edges[index + 1])
            if spans.extrapolated and spans.extrapolated[index]:
                painter.setPen(dashed)
                painter.drawLine(QPointF(a, foot), QPointF(max(b, a + 2), foot))
            if b < drawn_to + 1.0:
                continue
            drawn_to = b
            for row, name in enumerate(spans.names[index]):
                top = self.TOP_PX + row * (height + gap)
                self._paint_one(painter, metrics, QRectF(a, top, b - a, height), name)
        self._paint_marks(painter, edges[first:last])

    def _paint_one(self, painter: QPainter, metrics: QFontMetricsF, box: QRectF, name: str) -> None:
        colour = operator_colour(name)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        box = box.adjusted(0.5, 0, -0.5, 0) if box.width() > 3 else box
        radius = 3.0 if self.opened and box.width() > 8 else 0.0
        painter.drawRoundedRect(box, radius, radius)
        left = max(box.left(), 0.0) + 6
        if not self.opened or box.height() < 12:
            return
        if left + metrics.horizontalAdvance(name) + 3 <= min(box.right(), self.view.rect().width()):
            painter.setPen(QColor(text_on(colour)))
            base = box.center().y() + (metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(left, base), name)

    def _paint_marks(self, painter: QPainter, starts: np.ndarray) -> None:
        """A triangle where a trigger changed the configuration, a dot where it was kept."""
        marks = self.x_px(self._spans.marks_s)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.tokens().secondary))
        free_from = 0.0
        for x in marks[(marks >= 0) & (marks <= self.view.rect().width())].tolist():
            if x >= free_from:
                painter.drawEllipse(QPointF(x, 3.0), 1.2, 1.2)
                free_from = x + 3
        painter.setBrush(QColor(theme.tokens().text))
        free_from = 0.0
        for x in starts.tolist():
            if x < free_from:
                continue
            triangle = [QPointF(x - 4, 0.5), QPointF(x + 4, 0.5), QPointF(x, 6)]
            painter.drawPolygon(QPolygonF(triangle))
            free_from = x + 6


class LevelLine(PixelItem):
    """A caption at the left or middle of a lane, such as the word ``budget`` on its line."""

    def __init__(self, view: pg.ViewBox, tone: str) -> None:
        super().__init__(view, 20)
        self._tone = tone
        self._words = ""
        self._level: Callable[[float], float] | None = None

    def set_words(self, words: str, level: Callable[[float], float] | None) -> None:
        """Write `words` just above the height that `level` gives at the middle of the view."""
        self._words = words
        self._level = level
        self.update()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the words."""
        if not self._words or self._level is None or self.view.rect().height() < 40:
            return
        start, end = self.view.viewRange()[0]
        value = self._level((start + end) / 2)
        if not np.isfinite(value):
            return
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(QColor(getattr(theme.tokens(), self._tone)))
        y = float(self.y_px(value)) - 4
        if y < painter.fontMetrics().ascent():
            y += 8 + painter.fontMetrics().ascent()
        painter.drawText(QPointF(self.view.rect().width() * 0.47, y), self._words)
