"""Power over the time of an energy run, with its load blocks shaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.plots.pixel_items import translucent
from workbench.gui.plots.ticks import nice_values

LEAST_S = 60.0
"""The time axis is at least so long."""
GAP_S = 10.0
"""Without a reading for so long the curve has a gap."""
_LEFT_PX, _AXIS_PX, _TOP_PX = 46, 18, 16
_HEIGHT_PX = 132
_LEAST_NUMBER_PX = 14


@dataclass(slots=True)
class _Span:
    """A block; `end_s` None while it runs. `number` 0: the phone idles."""

    start_s: float
    end_s: float | None
    number: int


class PowerStrip(QWidget):
    """Takes readings and blocks as they come, or those of a finished run at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(220)
        self.setAccessibleName("Power while energy is measured")
        theme.manager().changed.connect(self._restyle)
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._t_s: list[float] = []
        self._power_mw: list[float] = []
        self._spans: list[_Span] = []
        self._pending: int | None = None
        self.update()

    @property
    def readings(self) -> int:
        """How many readings are shown."""
        return len(self._t_s)

    @property
    def load_blocks(self) -> int:
        """How many load blocks are shown."""
        return sum(span.number > 0 for span in self._spans)

    def begin_block(self, number: int) -> None:
        """A block begins with the next reading.

        Args:
            number: of the configuration in the table of runs; 0 when the phone idles.
        """
        self._pending = number

    def add(self, t_s: Sequence[float], power_mw: Sequence[float]) -> None:
        """Readings that came; a clock that went back begins anew."""
        if not len(t_s):
            return
        if self._t_s and t_s[0] < self._t_s[-1]:
            pending = self._pending
            self.clear()
            self._pending = pending
        if self._pending is not None:
            if self._spans:
                self._spans[-1].end_s = t_s[0]
            self._spans.append(_Span(t_s[0], None, self._pending))
            self._pending = None
        self._t_s.extend(t_s)
        self._power_mw.extend(power_mw)
        self.setAccessibleDescription(
            f"{self._power_mw[-1]:,.0f} mW now, {self.load_blocks} load blocks so far"
        )
        self.update()

    def show_run(
        self,
        t_s: Sequence[float],
        power_mw: Sequence[float],
        loads: Sequence[tuple[float, float, int]],
    ) -> None:
        """A finished run; each load is (start, end, number)."""
        self.clear()
        self._t_s, self._power_mw = list(t_s), list(power_mw)
        self._spans = [_Span(start_s, end_s, number) for start_s, end_s, number in loads]
        self.setAccessibleDescription(f"{self.load_blocks} load blocks")
        self.update()

    def sizeHint(self) -> QSize:
        """A strip."""
        return QSize(480, _HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw blocks, then the axes, then the readings."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(
            _LEFT_PX, _TOP_PX, self.width() - _LEFT_PX - 2, self.height() - _TOP_PX - _AXIS_PX
        )
        if self._t_s:
            self._draw(painter, box, tokens)
        else:
            painter.setFont(theme.font(theme.SMALL_PX))
            painter.setPen(QColor(tokens.secondary))
            words = "Power is shown once the energy part begins, after the latencies."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    def _draw(self, painter: QPainter, box: QRectF, tokens: Tokens) -> None:
        begin_s = self._t_s[0]
        length_s = max(LEAST_S, self._t_s[-1] - begin_s)
        t_s, power_mw = np.array(self._t_s), np.array(self._power_mw)
        high_mw = max(1.0, 1.08 * float(np.quantile(power_mw, 0.998)))
        low_mw = min(0.0, float(power_mw.min()))

        def x_of(value_s: float) -> float:
            return box.left() + (value_s - begin_s) / length_s * box.width()

        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        for span in self._spans:
            if not span.number:
                continue
            end_s = self._t_s[-1] if span.end_s is None else span.end_s
            left, right = x_of(span.start_s), x_of(end_s)
            painter.fillRect(
                QRectF(left, box.top(), right - left, box.height()),
                translucent(tokens.accent, 0.14),
            )
            if right - left >= _LEAST_NUMBER_PX:
                painter.setPen(QColor(tokens.accent))
                place = QRectF(left, 0, right - left, _TOP_PX)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(span.number))
        self._draw_axes(painter, box, tokens, length_s, low_mw, high_mw)
        painter.setClipRect(box)
        painter.setPen(QPen(QColor(tokens.text), 1.2))
        x = box.left() + (t_s - begin_s) / length_s * box.width()
        y = box.bottom() - (power_mw - low_mw) / (high_mw - low_mw) * box.height()
        # A gap between two sessions is no line.
        gaps = np.diff(t_s)
        longest_s = max(GAP_S, 5 * float(np.median(gaps))) if len(gaps) else GAP_S
        ends = np.flatnonzero(gaps > longest_s) + 1
        for part_x, part_y in zip(np.split(x, ends), np.split(y, ends), strict=True):
            painter.drawPolyline(
                QPolygonF([QPointF(a, b) for a, b in zip(*_thinned(part_x, part_y), strict=True)])
            )

    def _draw_axes(
        self,
        painter: QPainter,
        box: QRectF,
        tokens: Tokens,
        length_s: float,
        low_mw: float,
        high_mw: float,
    ) -> None:
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in nice_values(low_mw, high_mw, 4):
            y = box.bottom() - (value - low_mw) / (high_mw - low_mw) * box.height()
            painter.setPen(QPen(translucent(tokens.line, 0.7), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(QColor(tokens.secondary))
            painter.drawText(QRectF(0, y - 8, _LEFT_PX - 6, 16), side, f"{value:,.0f}")
        minutes = length_s > 180
        unit_s = 60.0 if minutes else 1.0
        for place in nice_values(0.0, length_s / unit_s, 7):
            x = box.left() + place * unit_s / length_s * box.width()
            words = f"{place:g} {'min' if minutes else 's'}" if place == 0 else f"{place:g}"
            cell = QRectF(x - 24, box.bottom() + 2, 48, _AXIS_PX - 2)
            cell.moveRight(min(cell.right(), box.right()))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, words)

    def _restyle(self, _tokens: Tokens) -> None:
        self.update()


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most the lowest and the highest reading of each pixel."""
    if len(x) < 2000:
        return x, y
    columns = x.astype(int)
    order = np.lexsort((y, columns))
    edges = np.flatnonzero(np.diff(columns[order])) + 1
    first = np.concatenate(([0], edges))
    last = np.concatenate((edges - 1, [len(order) - 1]))
    kept = np.unique(np.concatenate((order[first], order[last])))
    return x[kept], y[kept]
