"""How the cells of the table of runs are painted."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from workbench.gui import theme
from workbench.gui.palette import mix, operator_colour, text_on
from workbench.gui.presenters.profiling_runs import RunRow
from workbench.gui.widgets.painted_rows import draw_elided, draw_ground
from workbench.profiling.live import SPREAD_FROM, SPREAD_TO

_PAD = 8
_CHIP_HEIGHT = 18
_CHIP_GAP = 4
_LEAST_TEXT_PX = 26
"""A chip narrower than this shows its colour alone."""

Index = QModelIndex | QPersistentModelIndex


class RunDelegate(QStyledItemDelegate):
    """Base: the ground of a row, then plain text."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw ground and content."""
        row = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(row, RunRow):
            return
        rect = QRectF(option.rect)
        painter.save()
        draw_ground(painter, option, rect, marked=row.running)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter, rect.adjusted(_PAD, 0, -_PAD, 0), row, index)
        painter.restore()

    def draw(self, painter: QPainter, rect: QRectF, row: RunRow, index: Index) -> None:
        """Draw the content; here the text, dim where it was not measured."""
        tokens = theme.tokens()
        measured = row.measured is not None and index.column() > 1
        painter.setFont(theme.font(theme.TEXT_PX, tabular=True))
        painter.setPen(QColor(tokens.text if measured and row.complete else tokens.secondary))
        if measured and not row.complete:
            painter.setPen(QColor(mix(tokens.text, tokens.secondary, 0.5)))
        flags = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole))
        draw_elided(painter, rect, str(index.data()), flags)


class ChipsDelegate(RunDelegate):
    """Operators in their colours."""

    def draw(self, painter: QPainter, rect: QRectF, row: RunRow, index: Index) -> None:
        """Draw a chip for each layer, all of one width."""
        draw_chips(painter, rect, row.names)


class StateDelegate(RunDelegate):
    """The state in words, with a thin bar of the blocks that are done."""

    def draw(self, painter: QPainter, rect: QRectF, row: RunRow, index: Index) -> None:
        """Draw words, and below them the bar while it is not complete."""
        tokens = theme.tokens()
        unfinished = (row.running or row.measured is not None) and not row.complete
        painter.setFont(theme.font(theme.TEXT_PX, tabular=True))
        painter.setPen(QColor(tokens.text if row.complete else tokens.secondary))
        if row.running:
            painter.setPen(QColor(tokens.accent))
        words = rect.adjusted(0, 0, 0, -5) if unfinished else rect
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        draw_elided(painter, words, row.state, left)
        if unfinished:
            bar = QRectF(rect.left(), rect.bottom() - 7, rect.width(), 2)
            painter.fillRect(bar, QColor(tokens.line))
            bar.setWidth(rect.width() * row.progress)
            painter.fillRect(bar, QColor(tokens.accent))


class SpreadDelegate(RunDelegate):
    """A histogram of the runs around their median."""

    def draw(self, painter: QPainter, rect: QRectF, row: RunRow, index: Index) -> None:
        """Draw bars, and a line at the median."""
        if row.measured is None:
            return
        tokens = theme.tokens()
        box = rect.adjusted(0, 5, 0, -5)
        counts = row.measured.spread
        tallest = max(counts) or 1
        wide = box.width() / len(counts)
        colour = {"trusted": tokens.good, "questionable": tokens.warning}.get(row.trust, "")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mix(colour or tokens.accent, tokens.panel, 0.25)))
        for number, count in enumerate(counts):
            if count:
                # A single run in a thousand still shows.
                high = max(1.0, box.height() * count / tallest)
                x = box.left() + number * wide
                painter.drawRect(QRectF(x, box.bottom() - high, max(1.0, wide - 0.6), high))
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        x = box.left() + box.width() * (1 - SPREAD_FROM) / (SPREAD_TO - SPREAD_FROM)
        painter.setPen(QPen(QColor(tokens.text), 1))
        painter.drawLine(QPointF(x, box.bottom() + 1), QPointF(x, box.bottom() + 3))


class TrustDelegate(RunDelegate):
    """A dot and the verdict, with the reason."""

    def draw(self, painter: QPainter, rect: QRectF, row: RunRow, index: Index) -> None:
        """Draw dot and words once the row is complete."""
        if not row.trust:
            return
        tokens = theme.tokens()
        colour = tokens.good if row.trust == "trusted" else tokens.warning
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(rect.left() + 4, rect.center().y()), 3.5, 3.5)
        if rect.width() < _LEAST_TEXT_PX:
            return
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(QColor(tokens.secondary if row.reason else colour))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        draw_elided(painter, rect.adjusted(14, 0, 0, 0), row.reason or row.trust, left)


def draw_chips(painter: QPainter, rect: QRectF, names: Sequence[str]) -> None:
    """A chip for each operator in its colour, all of one width; narrow ones without words."""
    painter.setFont(theme.font(theme.SMALL_PX, bold=True))
    metrics = QFontMetricsF(painter.font())
    count = max(1, len(names))
    gap = _CHIP_GAP if rect.width() > 16 * count else 1
    widest = max((metrics.horizontalAdvance(name) for name in names), default=0.0) + 12
    wide = min(max(widest, 62.0), (rect.width() - gap * (count - 1)) / count)
    top = rect.center().y() - _CHIP_HEIGHT / 2
    for number, name in enumerate(names):
        box = QRectF(rect.left() + number * (wide + gap), top, wide, _CHIP_HEIGHT)
        colour = operator_colour(name)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(box, 4, 4)
        if wide >= _LEAST_TEXT_PX:
            painter.setPen(QColor(text_on(colour)))
            draw_elided(painter, box.adjusted(3, 0, -3, 0), name, Qt.AlignmentFlag.AlignCenter)
