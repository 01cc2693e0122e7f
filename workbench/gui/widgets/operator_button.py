"""One operator that a layer may take: a coloured card to click, with its cost and loss."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens, mix, operator_colour, text_on
from workbench.gui.presenters.network_records import OperatorCell

MIN_HEIGHT_PX = 21
TWO_LINES_PX = 36
_PAD = 7
_SMALLEST_PX = 10
_KEYS = {
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
}


class OperatorButton(QAbstractButton):
    """Shows one `OperatorCell`."""

    chosen = Signal(int, int)
    """Decision and choice that were clicked."""
    pointed = Signal(int, int)
    """Decision and choice under the pointer or the keyboard's focus; -1, -1 when left."""
    moved = Signal(int, int, int, int)
    """Decision, choice, and the step (columns, rows) that an arrow key asks for."""

    def __init__(self, decision: int, choice: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._decision = decision
        self._choice = choice
        self._cell: OperatorCell | None = None
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(84, MIN_HEIGHT_PX))
        self.setMaximumHeight(44)
        self.clicked.connect(self._on_clicked)

    @property
    def cell(self) -> OperatorCell | None:
        """What is shown."""
        return self._cell

    def show_cell(self, cell: OperatorCell, layer: str) -> None:
        """Show an operator of a layer."""
        self._cell = cell
        self.setChecked(cell.chosen)
        # One tab stop a layer; arrows reach the others.
        policies = Qt.FocusPolicy
        self.setFocusPolicy(policies.StrongFocus if cell.chosen else policies.ClickFocus)
        how = "measured" if cell.measured else "predicted"
        self.setAccessibleName(f"{layer}: {cell.name}")
        self.setAccessibleDescription(
            f"{cell.loss_text} points of accuracy, {how}; {cell.cost_text} in this layer"
        )
        self.update()

    def sizeHint(self) -> QSize:
        """Two lines of text."""
        return QSize(124, 40)

    def event(self, event: QEvent) -> bool:
        """Make the tool tip when it is asked for."""
        if event.type() == QEvent.Type.ToolTip and self._cell is not None:
            self.setToolTip(self._cell.story())
        return super().event(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Say what is under the pointer."""
        super().enterEvent(event)
        self.pointed.emit(self._decision, self._choice)
        self.update()

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Nothing is under the pointer."""
        super().leaveEvent(event)
        self.pointed.emit(-1, -1)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say what the keyboard points at."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.pointed.emit(self._decision, self._choice)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard is elsewhere."""
        super().focusOutEvent(event)
        self.pointed.emit(-1, -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the focus; Space and Enter choose."""
        step = _KEYS.get(Qt.Key(event.key()))
        if step is not None:
            self.moved.emit(self._decision, self._choice, *step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card."""
        if self._cell is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.tokens()
        colour = operator_colour(self._cell.name)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ground, ink, faint = self._colours(tokens, colour)
        painter.setPen(QPen(QColor(colour if self.isChecked() else tokens.line), 1))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(box, 5, 5)
        self._paint_bar(painter, box, tokens, colour)
        self._paint_text(painter, box, ink, faint)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.text), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 5, 5)
        painter.end()

    def _colours(self, tokens: Tokens, colour: str) -> tuple[str, str, str]:
        """Ground, text and faint text."""
        if self.isChecked():
            ink = text_on(colour)
            return colour, ink, ink
        hovered = self.underMouse() and self.isEnabled()
        ground = mix(tokens.raised, colour, 0.24) if hovered else tokens.raised
        return ground, tokens.text, tokens.secondary

    def _paint_bar(self, painter: QPainter, box: QRectF, tokens: Tokens, colour: str) -> None:
        """The layer's multiply-accumulates against those at full size, along the lower edge."""
        assert self._cell is not None
        track = QRectF(box.left() + _PAD, box.bottom() - 5, box.width() - 2 * _PAD, 2)
        if box.height() < TWO_LINES_PX:
            track.moveTop(box.bottom() - 3)
        ink = text_on(colour) if self.isChecked() else colour
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mix(colour, ink, 0.25) if self.isChecked() else tokens.line))
        painter.drawRoundedRect(track, 1, 1)
        track.setWidth(max(0.0, track.width() * min(1.0, self._cell.macs_share)))
        painter.setBrush(QColor(ink))
        painter.drawRoundedRect(track, 1, 1)

    def _paint_text(self, painter: QPainter, box: QRectF, ink: str, faint: str) -> None:
        assert self._cell is not None
        two_lines = box.height() >= TWO_LINES_PX
        top = box.adjusted(_PAD, 3, -_PAD, -6) if two_lines else box.adjusted(_PAD, 0, -_PAD, -3)
        first = QRectF(top.left(), top.top(), top.width(), top.height())
        if two_lines:
            first.setHeight(top.height() / 2)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        small = theme.font(theme.SMALL_PX, tabular=True)
        painter.setPen(QColor(ink))
        painter.setFont(small)
        painter.drawText(first, right, self._cell.loss_text)
        first.setWidth(
            first.width() - QFontMetricsF(small).horizontalAdvance(self._cell.loss_text) - 3
        )
        size_px = theme.TEXT_PX if two_lines else theme.SMALL_PX
        painter.setFont(theme.font(size_px, bold=True))
        if QFontMetricsF(painter.font()).horizontalAdvance(self._cell.name) > first.width():
            painter.setFont(theme.font(_SMALLEST_PX, bold=True))
        name = QFontMetricsF(painter.font()).elidedText(
            self._cell.name, Qt.TextElideMode.ElideRight, first.width()
        )
        painter.drawText(first, left, name)
        if two_lines:
            painter.setPen(QColor(faint))
            painter.setFont(small)
            second = QRectF(top.left(), first.bottom(), top.width(), first.height())
            text = self._cell.cost_text
            if QFontMetricsF(small).horizontalAdvance(text) > second.width():
                text = text.partition(" · ")[0]
            painter.drawText(second, left, text)

    def _on_clicked(self) -> None:
        # Clicking the chosen one again must not leave the layer without an operator.
        self.setChecked(self._cell is not None and self._cell.chosen)
        self.chosen.emit(self._decision, self._choice)
