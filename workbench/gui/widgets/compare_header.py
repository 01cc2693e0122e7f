"""The header of the comparison: groups of columns with the mark of where figures come from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHeaderView, QToolTip, QWidget

from workbench.core.provenance import Source
from workbench.gui import theme
from workbench.gui.presenters.compare_board import Board
from workbench.gui.presenters.compare_columns import Column
from workbench.gui.widgets.basics import tone_of
from workbench.gui.widgets.tips import plain_tip

HEIGHT_PX = 42
_PAD = 6


class CompareHeader(QHeaderView):
    """Two lines: what a group of columns is, and the columns in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._board = Board()
        self._columns: tuple[Column, ...] = ()
        self._sorted: tuple[str, bool] = ("", False)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(40)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMouseTracking(True)

    def show_columns(self, board: Board, sorted_by: str, descending: bool) -> None:
        """Show the columns of a board and what it is sorted by."""
        self._board, self._columns = board, board.columns
        self._sorted = (sorted_by, descending)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Room for two lines."""
        return QSize(super().sizeHint().width(), HEIGHT_PX)

    def least_widths(self) -> list[int]:
        """What each column's words need; the policies' column is not among them."""
        metrics = QFontMetricsF(theme.font(theme.SMALL_PX))
        widths = []
        for first, count in self._groups():
            group = metrics.horizontalAdvance(self._columns[first].group) + 2 * _PAD + 2
            if count == 1 and self._source(self._columns[first]) is not None:
                group += 7  # the dot before the words
            for column in self._columns[first : first + count]:
                own = metrics.horizontalAdvance(column.name) + 2 * _PAD + 6
                widths.append(math.ceil(max(44.0, own, group / count)))
        return widths

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw groups, columns and the line below."""
        tokens = theme.tokens()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.viewport().rect())
        painter.fillRect(whole, QColor(tokens.panel))
        for first, count in self._groups():
            self._paint_group(painter, first, count)
        box = QRectF(self.sectionViewportPosition(0), 0, self.sectionSize(0), HEIGHT_PX)
        painter.fillRect(box.adjusted(0, 0, -1, 0), QColor(tokens.panel))
        self._paint_name(painter, box.adjusted(_PAD + 14, 20, -_PAD, -2), "Policy", "policy", False)
        painter.setPen(QPen(QColor(tokens.line), 1))
        y = HEIGHT_PX - 0.5
        painter.drawLine(QPointF(whole.left(), y), QPointF(whole.right(), y))
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what the column under the pointer is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.logicalIndexAt(event.pos())
            if index > 0:
                QToolTip.showText(event.globalPos(), plain_tip(self.story(index - 1)), self)
            return True
        return super().viewportEvent(event)

    def story(self, index: int) -> str:
        """A column in words, with the source of its figures."""
        column = self._columns[index]
        better = {1: "More is better.", -1: "Less is better.", 0: ""}[column.better]
        parts = [column.heading.capitalize(), f"{column.story} {better}".strip()]
        source = self._source(column)
        if source is not None:
            parts.append(source.summary())
        parts.append("Click sorts.")
        return "\n".join(parts)

    def _source(self, column: Column) -> Source | None:
        return self._board.sources.get(column.origin)

    def _groups(self) -> Sequence[tuple[int, int]]:
        """(first column, how many) of neighbours under one heading."""
        groups: list[tuple[int, int]] = []
        for index, column in enumerate(self._columns):
            if groups and self._columns[groups[-1][0]].group == column.group:
                groups[-1] = (groups[-1][0], groups[-1][1] + 1)
            else:
                groups.append((index, 1))
        return groups

    def _paint_group(self, painter: QPainter, first: int, count: int) -> None:
        tokens = theme.tokens()
        left = self.sectionViewportPosition(first + 1)
        right = self.sectionViewportPosition(first + count) + self.sectionSize(first + count)
        column = self._columns[first]
        box = QRectF(left + _PAD, 3, right - left - 2 * _PAD, 18)
        painter.setFont(theme.font(theme.SMALL_PX))
        metrics = QFontMetricsF(painter.font())
        source = self._source(column)
        words = metrics.elidedText(column.group, Qt.TextElideMode.ElideRight, box.width())
        side = Qt.AlignmentFlag.AlignRight if count == 1 else Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(tokens.text))
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, words)
        if count > 1:
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(box.bottomLeft(), box.bottomRight())
        if source is not None:
            self._paint_mark(painter, box, metrics, words, source, count)
        for index in range(first, first + count):
            at = self.sectionViewportPosition(index + 1)
            below = QRectF(at + _PAD, 20, self.sectionSize(index + 1) - 2 * _PAD, HEIGHT_PX - 22)
            name = self._columns[index]
            self._paint_name(painter, below, name.name, name.key, True)

    def _paint_mark(
        self,
        painter: QPainter,
        box: QRectF,
        metrics: QFontMetricsF,
        words: str,
        source: Source,
        count: int,
    ) -> None:
        """The provenance as a pill where there is room, else as a word or dot in its colour."""
        tokens = theme.tokens()
        tone = tone_of(source.provenance)
        colour = QColor(getattr(tokens, tone) if tone else tokens.secondary)
        mark = str(source.provenance)
        wide = metrics.horizontalAdvance(mark) + 12
        used = metrics.horizontalAdvance(words)
        if count > 1 and used + wide + 8 <= box.width():
            pill = QRectF(box.right() - wide, box.top() + 1.5, wide, 14)
            painter.setPen(QPen(colour, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(pill, 7, 7)
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, mark)
        else:
            # A dot before the words: to their left where they stand at the right.
            x = box.right() - used - 7 if count == 1 else box.left() + used + 7
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(max(box.left() - 6, x - 2.5), box.center().y() - 2, 5, 5))

    def _paint_name(self, painter: QPainter, box: QRectF, name: str, key: str, right: bool) -> None:
        tokens = theme.tokens()
        is_sorted = self._sorted[0] == key
        arrow = ("▾" if self._sorted[1] else "▴") if is_sorted else ""
        painter.setFont(theme.font(theme.SMALL_PX, bold=is_sorted))
        painter.setPen(QColor(tokens.accent if is_sorted else tokens.secondary))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        text = f"{arrow} {name}".strip() if right else f"{name} {arrow}".strip()
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, text)
