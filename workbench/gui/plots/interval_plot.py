"""Figures with their intervals, a row each: a dot plot, or a forest plot where rows have more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.export.study_report import Interval
from workbench.gui import theme
from workbench.gui.palette import mix
from workbench.gui.plots import clipboard
from workbench.gui.plots.pixel_items import translucent
from workbench.gui.plots.plot_setup import plot_menu
from workbench.gui.plots.ticks import nice_values
from workbench.gui.widgets.tips import plain_tip

_AXIS_PX = 22
_ROW_PX = (13.0, 44.0)
_GAP = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure of a row: what it is called, its interval, its colour and shape."""

    name: str
    interval: Interval
    colour: str
    diamond: bool = False


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One row.

    Attributes:
        key: what `picked` tells.
        values: what stands at the right: one text a mark, and dashes for figures that lack one.
        strong: whether its name is set off.
        story: for the tool tip and screen readers.
    """

    key: str
    label: str
    colour: str
    marks: tuple[Mark, ...]
    values: tuple[str, ...]
    strong: bool = False
    story: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A dashed line at a value, with words above the rows."""

    value: float
    text: str
    colour: str


class IntervalPlot(QWidget):
    """Rows of marks over one axis. Up and down go through the rows."""

    picked = Signal(str)
    """Key of the row that was clicked or gone to."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._rows: tuple[IntervalRow, ...] = ()
        self._references: tuple[Reference, ...] = ()
        self._title = ""
        self._log = False
        self._span: tuple[float, float] | None = None
        self._chosen = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(200, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self._menu = plot_menu(
            self, (("Copy as image", self.copy_image), ("Copy as CSV", self.copy_csv))
        )
        theme.manager().changed.connect(self._restyle)

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[IntervalRow, ...]:
        """What is shown."""
        return self._rows

    @property
    def chosen(self) -> str:
        """Key of the row that is set off; may be empty."""
        return self._chosen

    def show_rows(
        self,
        rows: Sequence[IntervalRow],
        title: str,
        *,
        references: Sequence[Reference] = (),
        log: bool = False,
        span: tuple[float, float] | None = None,
    ) -> None:
        """Show rows over an axis called `title`: `log` for ratios; from and to where in `span`."""
        self._span = span
        self._rows, self._references = tuple(rows), tuple(references)
        self._title, self._log = title, log
        self.setAccessibleName(f"{self._name}: {title}. Up and down go through the rows")
        self._describe()
        self.update()

    def choose(self, key: str) -> None:
        """Set a row off."""
        if key != self._chosen:
            self._chosen = key
            self._describe()
            self.update()

    def copy_image(self) -> None:
        """Copy the plot as a picture."""
        clipboard.copy_image(self)

    def copy_csv(self) -> None:
        """Copy all figures with their bounds."""
        table = []
        for row in self._rows:
            for mark in row.marks:
                bounds = (mark.interval.mean, mark.interval.low, mark.interval.high)
                texts = ("" if value is None else f"{value:.6g}" for value in bounds)
                table.append((row.label, mark.name, *texts))
        clipboard.copy_text(clipboard.table_csv(("row", "figure", "mean", "low", "high"), table))

    def sizeHint(self) -> QSize:
        """Room for a few rows."""
        return QSize(320, 220)

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw axis, references, rows."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = self._plot_rect()
        if self._rows and plot.width() > 20:
            self._paint_axis(painter, plot)
            for number, row in enumerate(self._rows):
                self._paint_row(painter, plot, number, row)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(mix(tokens.accent, tokens.panel, 0.6)), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()

    def _paint_axis(self, painter: QPainter, plot: QRectF) -> None:
        tokens = theme.tokens()
        low, high = self._range()
        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        metrics = QFontMetricsF(painter.font())
        last = -1e9
        room = max(2, int(plot.width() / 40))
        for value in nice_values(low, high, room, log=self._log):
            x = self._x(value, plot)
            painter.setPen(QPen(translucent(tokens.line, 0.7), 1))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            text = f"{value:g}×" if self._log else f"{value:,.6g}".replace("-", "−")
            wide = metrics.horizontalAdvance(text)
            if x - wide / 2 > last + 6 and x + wide / 2 <= self.width():
                painter.setPen(QColor(tokens.secondary))
                box = QRectF(x - wide / 2, plot.bottom() + 3, wide, 14)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
                last = x + wide / 2
        taken: list[QRectF] = []
        for reference in self._references:
            x = self._x(reference.value, plot)
            painter.setPen(QPen(QColor(reference.colour), 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, plot.top() - 2), QPointF(x, plot.bottom()))
            wide = metrics.horizontalAdvance(reference.text)
            left = min(max(0.0, x - wide / 2), self.width() - wide)
            box = QRectF(left, plot.top() - 17, wide, 14)
            for other in taken:
                if box.intersects(other.adjusted(-6, 0, 6, 0)):
                    box.moveLeft(min(other.right() + 8, self.width() - wide))
            taken.append(box)
            painter.setPen(QColor(reference.colour))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, reference.text)

    def _paint_row(self, painter: QPainter, plot: QRectF, number: int, row: IntervalRow) -> None:
        tokens = theme.tokens()
        box = self._row_rect(number)
        middle = box.center().y()
        if number:
            painter.setPen(QPen(QColor(mix(tokens.panel, tokens.line, 0.5)), 1))
            painter.drawLine(box.topLeft(), box.topRight())
        if row.key == self._chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mix(tokens.panel, tokens.accent, 0.12)))
            painter.drawRoundedRect(box.adjusted(0, 0, 0, -1), 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(row.colour))
        painter.drawEllipse(QPointF(8, middle), 3.5, 3.5)
        painter.setFont(theme.font(theme.SMALL_PX, bold=row.strong))
        painter.setPen(QColor(tokens.text))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        metrics = QFontMetricsF(painter.font())
        words = QRectF(16, box.top(), plot.left() - 16 - _GAP, box.height())
        shown = metrics.elidedText(row.label, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, left, shown)
        step = min(7.0, box.height() / (len(row.marks) + 0.5))
        for index, mark in enumerate(row.marks):
            y = middle + (index - (len(row.marks) - 1) / 2) * step
            self._paint_mark(painter, plot, y, mark)
        self._paint_values(painter, box, row)

    def _paint_mark(self, painter: QPainter, plot: QRectF, y: float, mark: Mark) -> None:
        interval, colour = mark.interval, QColor(mark.colour)
        x = self._x(interval.mean, plot)
        if interval.low is not None and interval.high is not None:
            low, high = (self._x(bound, plot) for bound in (interval.low, interval.high))
            painter.setPen(QPen(colour, 1.6))
            painter.drawLine(QPointF(low, y), QPointF(high, y))
            if high - low > 12:
                for end in (low, high):
                    painter.drawLine(QPointF(end, y - 3), QPointF(end, y + 3))
        painter.setPen(QPen(QColor(theme.tokens().panel), 1))
        painter.setBrush(colour)
        if mark.diamond:
            corners = ((0.0, -4.6), (4.6, 0.0), (0.0, 4.6), (-4.6, 0.0))
            painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))
        else:
            painter.drawEllipse(QPointF(x, y), 4.2, 4.2)

    def _paint_values(self, painter: QPainter, box: QRectF, row: IntervalRow) -> None:
        painter.setFont(theme.font(theme.SMALL_PX, bold=row.strong, tabular=True))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        widths = self._value_widths()
        x = self.width() - 6.0
        for index in reversed(range(len(row.values))):
            single = len(row.values) == 1
            known = index < len(row.marks) and not single
            fallback = theme.tokens().text if single else theme.tokens().secondary
            painter.setPen(QColor(row.marks[index].colour if known else fallback))
            wide = widths[index]
            box_of = QRectF(x - wide, box.top(), wide, box.height())
            painter.drawText(box_of, right, row.values[index])
            x -= wide + 10

    # ---- geometry ------------------------------------------------------------------------------

    def _value_widths(self) -> list[float]:
        metrics = QFontMetricsF(theme.font(theme.SMALL_PX, bold=True, tabular=True))
        count = max((len(row.values) for row in self._rows), default=0)
        return [
            max(
                (metrics.horizontalAdvance(r.values[i]) for r in self._rows if i < len(r.values)),
                default=0.0,
            )
            for i in range(count)
        ]

    def _plot_rect(self) -> QRectF:
        metrics = QFontMetricsF(theme.font(theme.SMALL_PX, bold=True))
        names = max((metrics.horizontalAdvance(row.label) for row in self._rows), default=0.0)
        left = min(names + 16 + _GAP, 0.4 * self.width())
        widths = self._value_widths()
        right = sum(widths) + 10 * len(widths) + 8
        top = 20.0 if self._references else 4.0
        high = min(self.height() - top - _AXIS_PX, _ROW_PX[1] * max(1, len(self._rows)))
        return QRectF(left, top, self.width() - left - right, high)

    def _row_rect(self, number: int) -> QRectF:
        plot = self._plot_rect()
        high = min(_ROW_PX[1], max(_ROW_PX[0], plot.height() / max(1, len(self._rows))))
        return QRectF(2, plot.top() + number * high, self.width() - 4, high)

    def _range(self) -> tuple[float, float]:
        if self._span is not None:
            return self._span
        values = [
            bound
            for row in self._rows
            for mark in row.marks
            for bound in (mark.interval.low, mark.interval.mean, mark.interval.high)
            if bound is not None
        ]
        values += [reference.value for reference in self._references]
        if not values:
            return (0.5, 2.0) if self._log else (0.0, 1.0)
        low, high = min(values), max(values)
        if self._log:
            low, high = math.log(min(low, 1.0)), math.log(max(high, 1.0))
            margin = 0.06 * max(high - low, 0.2)
            return math.exp(low - margin), math.exp(high + margin)
        if 0 <= low < 0.6 * high or low == high == 0:
            return 0.0, (high or 1.0) * 1.05
        margin = 0.06 * ((high - low) or abs(high) or 1.0)
        return low - margin, high + margin

    def _x(self, value: float, plot: QRectF) -> float:
        low, high = self._range()
        if self._log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-9))
        share = (value - low) / ((high - low) or 1.0)
        return plot.left() + min(1.02, max(-0.02, share)) * plot.width()

    # ---- events --------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self._row_at(event.pos().y())
            if number >= 0:
                QToolTip.showText(event.globalPos(), plain_tip(self._rows[number].story), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick a row."""
        number = self._row_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self._pick(number)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer copies."""
        self._menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go through the rows."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self._rows:
            keys = [row.key for row in self._rows]
            now = keys.index(self._chosen) if self._chosen in keys else -1
            self._pick(min(max(0, now + step), len(keys) - 1))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Hide the focus."""
        super().focusOutEvent(event)
        self.update()

    def _row_at(self, y: float) -> int:
        for number in range(len(self._rows)):
            if self._row_rect(number).top() <= y < self._row_rect(number).bottom():
                return number
        return -1

    def _pick(self, number: int) -> None:
        self.choose(self._rows[number].key)
        self.picked.emit(self._chosen)

    def _describe(self) -> None:
        row = next((row for row in self._rows if row.key == self._chosen), None)
        self.setAccessibleDescription("" if row is None else row.story)

    def _restyle(self, _tokens: object) -> None:
        self.update()
