"""The head of a layer's column: its feature maps as a block, its name, shapes and share of C."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens, mix, operator_colour
from workbench.gui.plots.pixel_items import translucent
from workbench.gui.presenters.network_records import LayerCard, kib, millions

HEIGHT_PX = 112
LOW_PX = 48
"""Without the picture."""
_PICTURE_PX = 50


class LayerBlock(QWidget):
    """Draws one `LayerCard`."""

    clicked = Signal(int)
    """Decision of the layer; only where it has operators."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: LayerCard | None = None
        self._last = False
        self._marked = False
        self._scale = (1.0, 1.0)
        self.setMaximumHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_marked(self, marked: bool) -> None:
        """Underline the name: the whole space is coloured by this layer."""
        if marked != self._marked:
            self._marked = marked
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask for the whole space in this layer's colours."""
        inside = self.rect().contains(event.position().toPoint())
        if inside and self._card is not None and self._card.decision is not None:
            self.clicked.emit(self._card.decision)

    def show_card(self, card: LayerCard, scale: tuple[float, float], last: bool) -> None:
        """Show a layer; `scale` is the widest layer's channels and the largest height."""
        self._card, self._scale, self._last = card, scale, last
        inner = " × ".join(str(size) for size in card.in_shape)
        words = [
            f"{card.name}: {inner} → {card.shape_text}",
            card.kernel_text,
            f"{millions(card.macs)} M multiply-accumulates, {100 * card.macs_share:.0f} % of all",
            f"{kib(card.param_bytes)} KiB of parameters",
        ]
        if card.shortcut:
            words.append("A shortcut runs beside the layer and is added to its output.")
        if card.decision is not None:
            words.append("Click: colour the whole space by this layer's operators (C)")
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        if card.note:
            words.append(card.note.capitalize() + ".")
        self.setToolTip("\n".join(words))
        self.setAccessibleName(". ".join(words))
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the texts."""
        return QSize(110, HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the shortest texts."""
        return QSize(72, LOW_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw block, arrow and texts."""
        card = self._card
        if card is None:
            return
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = 2.0, 14.0
        if self.height() >= HEIGHT_PX - 6:
            self._paint_picture(painter, card, tokens)
            y = _PICTURE_PX + 16.0
        painter.setFont(theme.font(theme.HEADING_PX, bold=True))
        painter.setPen(QColor(tokens.text))
        painter.drawText(QPointF(x, y), card.name)
        if self._marked:
            wide = painter.fontMetrics().horizontalAdvance(card.name)
            painter.fillRect(QRectF(x, y + 2, wide, 2), QColor(tokens.accent))
        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        painter.setPen(QColor(tokens.secondary))
        for text in (card.shape_text, card.kernel_text, f"{100 * card.macs_share:.0f} % of C"):
            y += 14
            if y < self.height() - 2:
                painter.drawText(QPointF(x, y), text)
        painter.end()

    def _paint_picture(self, painter: QPainter, card: LayerCard, tokens: Tokens) -> None:
        widest, highest = self._scale
        full = self._block(card.full_channels / widest, card.out_shape[1] / highest)
        now = self._block(card.out_shape[0] / widest, card.out_shape[1] / highest)
        colour = operator_colour(card.operator)
        if card.cells and card.out_shape[0] != card.full_channels:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.secondary), 1, Qt.PenStyle.DotLine))
            for face in full:
                painter.drawPolygon(face)
        front, top, side = now
        skipped = card.operator == "skip"
        for face, share in ((top, 0.0), (side, 0.35), (front, 0.18)):
            ground = mix(colour, tokens.panel, share)
            painter.setPen(QPen(QColor(mix(colour, tokens.panel, 0.55)), 1))
            painter.setBrush(translucent(ground, 0.15 if skipped else 0.9))
            painter.drawPolygon(face)
        middle = _PICTURE_PX - 20.0
        right = max(point.x() for face in full for point in (face.at(1), face.at(2)))
        if card.shortcut:
            self._paint_shortcut(painter, tokens, right)
        if not self._last:
            start, end = right + 8, float(self.width()) - 2
            if end - start > 8:
                painter.setPen(QPen(QColor(tokens.secondary), 1.2))
                painter.drawLine(QPointF(start, middle), QPointF(end, middle))
                tip = [
                    QPointF(end - 4, middle - 3),
                    QPointF(end, middle),
                    QPointF(end - 4, middle + 3),
                ]
                painter.drawPolyline(QPolygonF(tip))

    def _paint_shortcut(self, painter: QPainter, tokens: Tokens, right: float) -> None:
        painter.setPen(QPen(QColor(tokens.secondary), 1.1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(QRectF(-6, 1, right + 20, 34), 12 * 16, 156 * 16)

    @staticmethod
    def _block(channels: float, height: float) -> tuple[QPolygonF, QPolygonF, QPolygonF]:
        """Front, top and side of a box: as wide as there are channels, as high as the maps."""
        wide = 6 + 40 * math.sqrt(max(0.0, min(1.0, channels)))
        high = 8 + 26 * math.sqrt(max(0.0, min(1.0, height)))
        deep = 0.32 * high
        x, base = 2.0, _PICTURE_PX - 2.0
        front = QPolygonF(
            [
                QPointF(x, base), QPointF(x + wide, base),
                QPointF(x + wide, base - high), QPointF(x, base - high),
            ]
        )  # fmt: skip
        top = QPolygonF(
            [
                QPointF(x, base - high), QPointF(x + wide, base - high),
                QPointF(x + wide + deep, base - high - deep), QPointF(x + deep, base - high - deep),
            ]
        )  # fmt: skip
        side = QPolygonF(
            [
                QPointF(x + wide, base), QPointF(x + wide + deep, base - deep),
                QPointF(x + wide + deep, base - high - deep), QPointF(x + wide, base - high),
            ]
        )  # fmt: skip
        return front, top, side
