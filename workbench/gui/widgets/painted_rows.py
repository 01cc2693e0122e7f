"""What all painted tables share: the ground of a row, and text that ends in dots."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from workbench.gui import theme
from workbench.gui.palette import mix


def draw_ground(
    painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, *, marked: bool = False
) -> None:
    """Draw the ground of a cell (selected, `marked`, under the pointer) and the line below it."""
    tokens = theme.tokens()
    if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
        painter.fillRect(rect, QColor(mix(tokens.panel, tokens.accent, 0.16)))
    elif marked:
        painter.fillRect(rect, QColor(mix(tokens.panel, tokens.accent, 0.09)))
    elif option.state & QStyle.StateFlag.State_MouseOver:  # type: ignore[attr-defined]
        painter.fillRect(rect, QColor(mix(tokens.panel, tokens.text, 0.04)))
    painter.setPen(QPen(QColor(mix(tokens.panel, tokens.line, 0.6)), 1))
    painter.drawLine(rect.bottomLeft(), rect.bottomRight())


def draw_elided(painter: QPainter, rect: QRectF, text: str, flags: Qt.AlignmentFlag) -> None:
    """Draw what fits of a text in the painter's font and pen."""
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, flags, shown)
