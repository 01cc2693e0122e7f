"""The list of devices: name, what it is, its state as a chip, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.palette import mix
from workbench.gui.presenters.devices import DeviceRow

_PAD = 10
_LINE_PX = 18

Index = QModelIndex | QPersistentModelIndex


class _Delegate(QStyledItemDelegate):
    """Title and chip, then the detail, then what to do."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Two lines, or three where there is something to do."""
        row = index.data(Qt.ItemDataRole.UserRole)
        lines = 3 if isinstance(row, DeviceRow) and row.to_do else 2
        return QSize(120, lines * _LINE_PX + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row."""
        row = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(row, DeviceRow):
            return
        tokens = theme.tokens()
        rect = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mix(tokens.raised, tokens.accent, 0.18)))
            painter.drawRoundedRect(rect, 6, 6)
            if option.state & QStyle.StateFlag.State_HasFocus:  # type: ignore[attr-defined]
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        inner = rect.adjusted(_PAD, 7, -_PAD, -7)
        chip = self._draw_chip(painter, inner, row)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        line = QRectF(inner.left(), inner.top(), inner.width() - chip - 8, _LINE_PX)
        for text, role, bold in (
            (f"✓  {row.title}" if row.used else row.title, tokens.text, True),
            (row.detail, tokens.secondary, False),
            (row.to_do, tokens.warning, False),
        ):
            if text:
                size = theme.TEXT_PX if bold else theme.SMALL_PX
                painter.setFont(theme.font(size, bold=bold))
                painter.setPen(QColor(role))
                metrics = QFontMetricsF(painter.font())
                shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
                painter.drawText(line, left, shown)
            line = QRectF(inner.left(), line.bottom(), inner.width(), _LINE_PX)
        painter.restore()

    def _draw_chip(self, painter: QPainter, inner: QRectF, row: DeviceRow) -> float:
        """Draw the state; returns how wide it is."""
        tokens = theme.tokens()
        colour = getattr(tokens, row.tone) if row.tone else tokens.secondary
        painter.setFont(theme.font(theme.SMALL_PX))
        wide = QFontMetricsF(painter.font()).horizontalAdvance(row.state) + 14
        box = QRectF(inner.right() - wide, inner.top() + 1, wide, 16)
        painter.setPen(QPen(QColor(colour), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 8, 8)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, row.state)
        return wide


class DeviceList(QListWidget):
    """Rows of devices; one is selected."""

    picked = Signal(str)
    """Key of the device that was selected."""
    opened = Signal(str)
    """Key of the device that was double clicked, or on which Enter was pressed."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(self))
        # It stands in a card, which has the border; the selected row shows the focus.
        self.setStyleSheet("QListView, QListView:focus { border: none; background: transparent; }")
        self.itemActivated.connect(self._on_activated)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentItemChanged.connect(self._on_current)
        self.itemClicked.connect(self._on_current)
        theme.manager().changed.connect(self._restyle)

    @property
    def rows(self) -> tuple[DeviceRow, ...]:
        """What is shown."""
        return tuple(self.item(i).data(Qt.ItemDataRole.UserRole) for i in range(self.count()))

    def show_rows(self, rows: Sequence[DeviceRow]) -> None:
        """Show these devices; the selected one stays selected while it is there."""
        if tuple(rows) == self.rows:
            return
        current = self.currentItem()
        key = "" if current is None else current.data(Qt.ItemDataRole.UserRole).key
        self.blockSignals(True)
        self.clear()
        for row in rows:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, row)
            used = ", in use" if row.used else ""
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.title}, {row.state}{used}")
            story = (row.title, row.detail, row.to_do)
            item.setToolTip("\n".join(part for part in story if part))
            self.addItem(item)
            if row.key == key:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def select(self, key: str) -> None:
        """Select a device without telling."""
        self.blockSignals(True)
        for index, row in enumerate(self.rows):
            if row.key == key:
                self.setCurrentRow(index)
        self.blockSignals(False)
        self.viewport().update()

    def clear_current(self) -> None:
        """Select nothing, without telling."""
        self.blockSignals(True)
        self.setCurrentRow(-1)
        self.blockSignals(False)
        self.viewport().update()

    def _on_current(self, item: QListWidgetItem | None, _before: object = None) -> None:
        if item is not None:
            self.picked.emit(item.data(Qt.ItemDataRole.UserRole).key)

    def _on_activated(self, item: QListWidgetItem) -> None:
        self.opened.emit(item.data(Qt.ItemDataRole.UserRole).key)

    def _restyle(self, _tokens: object) -> None:
        self.viewport().update()
