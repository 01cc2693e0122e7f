"""The library of traces: title, what it is, and the battery as a small curve."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.palette import Tokens, mix
from workbench.gui.plots.pixel_items import translucent
from workbench.gui.presenters.traces import list_line, list_tip
from workbench.gui.widgets.tips import plain_tip
from workbench.services.trace_library import TraceSummary

_ID_ROLE = Qt.ItemDataRole.UserRole
_SUMMARY_ROLE = Qt.ItemDataRole.UserRole + 1
_MARKS_ROLE = Qt.ItemDataRole.UserRole + 2
_ROW_PX = 58
_CAPTION_PX = 26


class _Delegate(QStyledItemDelegate):
    """Draws one entry; captions between groups are entries without an id."""

    def sizeHint(
        self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(120, _ROW_PX if index.data(_ID_ROLE) else _CAPTION_PX)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        tokens = theme.tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        summary = index.data(_SUMMARY_ROLE)
        if not isinstance(summary, TraceSummary):
            painter.setFont(theme.font(theme.SMALL_PX, bold=True))
            painter.setPen(QColor(tokens.secondary))
            painter.drawText(rect.adjusted(12, 8, -8, 0), str(index.data()))
        else:
            state = option.state  # type: ignore[attr-defined]
            selected = bool(state & QStyle.StateFlag.State_Selected)
            hovered = bool(state & QStyle.StateFlag.State_MouseOver)
            if selected or hovered:
                painter.setPen(Qt.PenStyle.NoPen)
                share = 0.2 if selected else 0.08
                painter.setBrush(QColor(mix(tokens.panel, tokens.accent, share)))
                painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), 6, 6)
            self._paint_entry(painter, rect, summary, index.data(_MARKS_ROLE), tokens)
        painter.restore()

    def _paint_entry(
        self,
        painter: QPainter,
        rect: QRectF,
        summary: TraceSummary,
        marks: tuple[bool, bool],
        tokens: Tokens,
    ) -> None:
        in_use, edited = marks
        inner = rect.adjusted(14, 9, -12, -8)
        curve_px = 54.0
        self._paint_outline(
            painter,
            QRectF(inner.right() - curve_px, inner.top() + 2, curve_px, 16),
            summary,
            tokens,
        )
        painter.setFont(theme.font(theme.TEXT_PX, bold=True))
        metrics = QFontMetricsF(painter.font())
        room = inner.width() - curve_px - 12 - (14 if edited else 0)
        title = metrics.elidedText(summary.title, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(tokens.bad if summary.error else tokens.text))
        painter.drawText(QPointF(inner.left(), inner.top() + 12), title)
        if edited:
            x = inner.left() + metrics.horizontalAdvance(title) + 9
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.warning))
            painter.drawEllipse(QPointF(x, inner.top() + 8), 3.2, 3.2)
        y = inner.top() + 32
        x = inner.left()
        if summary.origin:
            tone = tokens.good if summary.origin == "recorded" else tokens.secondary
            x += _pill(painter, QPointF(x, y), summary.origin, tone) + 7
        if in_use:
            x += _pill(painter, QPointF(x, y), "in use", tokens.accent) + 7
        painter.setFont(theme.font(theme.SMALL_PX))
        metrics = QFontMetricsF(painter.font())
        line = metrics.elidedText(
            list_line(summary), Qt.TextElideMode.ElideRight, inner.right() - x
        )
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(QPointF(x, y), line)

    @staticmethod
    def _paint_outline(
        painter: QPainter, box: QRectF, summary: TraceSummary, tokens: Tokens
    ) -> None:
        values = summary.outline
        if len(values) < 2:
            return
        step = box.width() / (len(values) - 1)
        points = [
            QPointF(box.left() + i * step, box.bottom() - value / 100 * box.height())
            for i, value in enumerate(values)
        ]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(translucent(tokens.good, 0.15))
        painter.drawPolygon(QPolygonF([*points, box.bottomRight(), box.bottomLeft()]))
        painter.setPen(QPen(QColor(tokens.good), 1.1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))


def _group(summary: TraceSummary) -> str:
    if summary.opened:
        return "Opened"
    return "Shipped" if summary.shipped else "Yours"


def _pill(painter: QPainter, base: QPointF, text: str, colour: str) -> float:
    """Draw a word in a rounded outline on the line at `base`; returns its width."""
    painter.setFont(theme.font(10))
    wide = QFontMetricsF(painter.font()).horizontalAdvance(text) + 11
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colour), 1))
    painter.drawRoundedRect(QRectF(base.x(), base.y() - 11, wide, 15), 7.5, 7.5)
    painter.drawText(QPointF(base.x() + 5.5, base.y()), text)
    return wide


class TraceList(QListWidget):
    """Emits which trace the user selected."""

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Library of traces")
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setMinimumWidth(190)
        self.currentItemChanged.connect(self._on_current)
        theme.manager().changed.connect(self._restyle)

    @property
    def ids(self) -> list[str]:
        """Ids from top to bottom."""
        found = [self.item(row).data(_ID_ROLE) for row in range(self.count())]
        return [str(trace_id) for trace_id in found if trace_id]

    @property
    def current_id(self) -> str:
        """The selected trace; empty where none is."""
        item = self.currentItem()
        return str(item.data(_ID_ROLE) or "") if item is not None else ""

    def show_traces(
        self, summaries: Sequence[TraceSummary], current: str, in_use: str, edited: Collection[str]
    ) -> None:
        """Show these entries, own ones first; says nothing of a selection made here."""
        self.blockSignals(True)
        self.clear()
        for caption in ("Opened", "Yours", "Shipped"):
            group = [summary for summary in summaries if _group(summary) == caption]
            if not group:
                continue
            item = QListWidgetItem(caption)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(item)
            for summary in group:
                item = QListWidgetItem(self._spoken(summary, summary.id in edited))
                item.setData(_ID_ROLE, summary.id)
                item.setData(_SUMMARY_ROLE, summary)
                item.setData(_MARKS_ROLE, (summary.id == in_use, summary.id in edited))
                item.setToolTip(plain_tip(list_tip(summary)))
                self.addItem(item)
                if summary.id == current:
                    self.setCurrentItem(item)
        self.blockSignals(False)

    @staticmethod
    def _spoken(summary: TraceSummary, edited: bool) -> str:
        marks = [summary.origin, "edited" if edited else ""]
        words = [summary.title, *(mark for mark in marks if mark), list_line(summary)]
        return ", ".join(words)

    def _on_current(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None and item.data(_ID_ROLE):
            self.selected.emit(str(item.data(_ID_ROLE)))

    def _restyle(self, _tokens: Tokens) -> None:
        self.viewport().update()
