"""Live strips: up to two minutes of a few quantities, each with its newest value."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.plots.pixel_items import translucent

SPANS_S = (15.0, 30.0, 60.0, 120.0)
"""Lengths of the time axis: the least one that all values fit into."""
_MAX_SAMPLES = 4000
_LABEL_PX = 112
_LEAST_STRIP_PX = 58
_MOST_STRIP_PX = 88
_AXIS_PX = 18


@dataclass(frozen=True, slots=True)
class Strip:
    """One quantity.

    Attributes:
        low, high: range of the strip; `high` None: as large as its values.
        decimals: of the value that is shown.
        tone: name of a theme colour.
        mark: provenance of its values, where it differs from that of the whole.
    """

    key: str
    title: str
    unit: str
    low: float
    high: float | None
    decimals: int
    tone: str
    mark: str = ""


class LiveStrips(QWidget):
    """Draws strips over the time that passed; a value that is missing leaves a gap."""

    def __init__(self, strips: Sequence[Strip], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._t_s: deque[float] = deque(maxlen=_MAX_SAMPLES)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_strips(strips)
        theme.manager().changed.connect(self._restyle)

    def set_strips(self, strips: Sequence[Strip]) -> None:
        """Show other quantities; all values are forgotten."""
        self._strips = tuple(strips)
        self._t_s.clear()
        self._values: dict[str, deque[float | None]] = {
            strip.key: deque(maxlen=_MAX_SAMPLES) for strip in strips
        }
        self.setMinimumSize(240, _LEAST_STRIP_PX * len(strips) + _AXIS_PX)
        self.setMaximumHeight(_MOST_STRIP_PX * len(strips) + _AXIS_PX)
        self.setAccessibleName("Live: " + ", ".join(strip.title for strip in strips))
        self.updateGeometry()
        self.update()

    @property
    def strips(self) -> tuple[Strip, ...]:
        """What is shown."""
        return self._strips

    @property
    def span_s(self) -> float:
        """Length of the time axis."""
        covered = self._t_s[-1] - self._t_s[0] if self._t_s else 0.0
        return next((span for span in SPANS_S if covered <= span), SPANS_S[-1])

    @property
    def samples(self) -> int:
        """How many moments are held."""
        return len(self._t_s)

    def clear(self) -> None:
        """Forget all values; a new watch starts at 0."""
        self._t_s.clear()
        for values in self._values.values():
            values.clear()
        self.update()

    def add(self, t_s: float, values: Mapping[str, float | None]) -> None:
        """Add the values of one moment; times ascend."""
        self._t_s.append(t_s)
        for key, kept in self._values.items():
            kept.append(values.get(key))
        while self._t_s[0] < t_s - SPANS_S[-1] - 5:
            self._t_s.popleft()
            for kept in self._values.values():
                kept.popleft()
        self.setAccessibleDescription(
            ", ".join(f"{strip.title} {self.text(strip.key)}" for strip in self._strips)
        )
        self.update()

    def text(self, key: str) -> str:
        """The newest value with its unit; a dash where there is none."""
        strip = next(strip for strip in self._strips if strip.key == key)
        values = self._values[key]
        if not values or values[-1] is None:
            return "–"
        return f"{values[-1]:,.{strip.decimals}f} {strip.unit}".strip()

    def sizeHint(self) -> QSize:
        """All strips."""
        return QSize(420, _LEAST_STRIP_PX * len(self._strips) + _AXIS_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw strip under strip, then the time axis."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, strip in enumerate(self._strips):
            top = number * self._high
            self._draw_label(painter, strip, top, tokens)
            box = QRectF(_LABEL_PX, top + 4, self.width() - _LABEL_PX, self._high - 8)
            self._draw_curve(painter, strip, box, tokens)
            painter.setPen(QPen(translucent(tokens.line, 0.8), 1))
            bottom = top + self._high
            painter.drawLine(QPointF(0, bottom), QPointF(self.width(), bottom))
        self._draw_axis(painter, tokens)
        painter.end()

    @property
    def _high(self) -> float:
        """Height of one strip."""
        return (self.height() - _AXIS_PX) / max(1, len(self._strips))

    def _draw_label(self, painter: QPainter, strip: Strip, top: float, tokens: Tokens) -> None:
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(QPointF(0, top + 19), strip.title)
        number, _, unit = self.text(strip.key).partition(" ")
        painter.setFont(theme.font(15, bold=True, tabular=True))
        painter.setPen(QColor(tokens.text))
        painter.drawText(QPointF(0, top + 39), number)
        wide = QFontMetricsF(painter.font()).horizontalAdvance(number)
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(QPointF(wide + 4, top + 39), unit)
        if strip.mark:
            painter.setPen(QColor(tokens.warning))
            painter.drawText(QPointF(0, top + 53), strip.mark)

    def _draw_curve(self, painter: QPainter, strip: Strip, box: QRectF, tokens: Tokens) -> None:
        values = self._values[strip.key]
        known = [value for value in values if value is not None]
        if not known:
            return
        colour = getattr(tokens, strip.tone)
        high = strip.high if strip.high is not None else max(known) * 1.1
        span = (high - strip.low) or 1.0
        now_s, span_s = self._t_s[-1], self.span_s
        painter.save()
        painter.setClipRect(box)
        for part in self._parts(values):
            points = [
                QPointF(
                    box.right() - (now_s - t_s) / span_s * box.width(),
                    box.bottom() - min(1.0, max(0.0, (value - strip.low) / span)) * box.height(),
                )
                for t_s, value in part
            ]
            ground = [*points, QPointF(points[-1].x(), box.bottom())]
            ground.append(QPointF(points[0].x(), box.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(translucent(colour, 0.16))
            painter.drawPolygon(QPolygonF(ground))
            painter.setPen(QPen(QColor(colour), 1.4))
            painter.drawPolyline(QPolygonF(points))
        painter.restore()

    def _parts(self, values: deque[float | None]) -> list[list[tuple[float, float]]]:
        """Stretches without a gap."""
        parts: list[list[tuple[float, float]]] = [[]]
        for t_s, value in zip(self._t_s, values, strict=True):
            if value is None:
                parts.append([])
            else:
                parts[-1].append((t_s, value))
        return [part for part in parts if part]

    def _draw_axis(self, painter: QPainter, tokens: Tokens) -> None:
        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        painter.setPen(QColor(tokens.secondary))
        wide = self.width() - _LABEL_PX
        y = self._high * len(self._strips)
        span_s = self.span_s
        for ago_s in (span_s, span_s / 2, 0.0):
            x = self.width() - wide * ago_s / span_s
            box = QRectF(x - 30, y, 60, _AXIS_PX)
            side = Qt.AlignmentFlag.AlignHCenter
            if ago_s == 0:
                box.moveRight(self.width())
                side = Qt.AlignmentFlag.AlignRight
            elif ago_s == span_s:
                box.moveLeft(_LABEL_PX)
                side = Qt.AlignmentFlag.AlignLeft
            words = "now" if ago_s == 0 else f"−{ago_s:g} s"
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, words)

    def _restyle(self, _tokens: Tokens) -> None:
        self.update()
