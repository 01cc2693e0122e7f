"""Calibrated latency of each operator on each layer; what was measured and what was not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens, mix, operator_colour, text_on
from workbench.gui.plots import clipboard
from workbench.gui.presenters.formats import significant
from workbench.gui.presenters.profiling_result import Cell, HeatTable

_NAME_PX = 84
_HEAD_PX = 20
_GAP = 3
_ROOM_FOR_TEXT_PX = 38
_ROOM_FOR_COUNT_PX = 74
_LEAST_ROW_PX = 20
"""Rows that are lower have no room for their figures."""


class HeatMap(QWidget):
    """Operators down, layers across. Arrows move the focus; Ctrl+C copies the table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = HeatTable((), (), ())
        self._at = (0, 0)
        self._scale_ms = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.manager().changed.connect(self._restyle)

    @property
    def table(self) -> HeatTable:
        """What is shown."""
        return self._table

    def show_table(self, table: HeatTable, scale_ms: float = 0.0) -> None:
        """Show a table; colours reach up to `scale_ms`, or to its largest cell."""
        self._table = table
        self._scale_ms = max(scale_ms, table.largest_ms)
        self.setMinimumHeight(_HEAD_PX + max(6, len(table.operators)) * _LEAST_ROW_PX)
        measured, known = table.measured_share
        self.setAccessibleName(
            f"Latency of operators on layers, {measured} of {known} measured;"
            " arrow keys read the cells"
        )
        self.update()

    def sizeHint(self) -> QSize:
        """Room for numbers in all cells."""
        return QSize(460, 300)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw names, cells and the focus."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(QColor(tokens.secondary))
        metrics = QFontMetricsF(painter.font())
        for column, layer in enumerate(self._table.layers):
            box = self._box(0, column)
            head = QRectF(box.left(), 0, box.width(), _HEAD_PX)
            shown = metrics.elidedText(layer, Qt.TextElideMode.ElideRight, head.width())
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, shown)
        for line, name in enumerate(self._table.operators):
            self._draw_name(painter, line, name, tokens)
            for column, cell in enumerate(self._table.cells[line]):
                self._draw_cell(painter, self._box(line, column), cell, tokens)
        if self.hasFocus() and self._table.operators:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text), 1.6))
            painter.drawRoundedRect(self._box(*self._at), 4, 4)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._cell_at(QPointF(event.pos()))
            if found is not None:
                QToolTip.showText(event.globalPos(), self.describe(*found), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def describe(self, line: int, column: int) -> str:
        """A cell in words."""
        cell = self._table.cells[line][column]
        where = f"{self._table.operators[line]} on {self._table.layers[column]}"
        if cell.latency_ms is None:
            return f"{where}: not possible here"
        how = (
            f"measured: {cell.measured} fitted configuration{'s' if cell.measured != 1 else ''}"
            " held it"
            if cell.measured
            else "from the model: no measured configuration held it"
        )
        return f"{where}: {significant(cell.latency_ms, 3)} ms\n{how}"

    def copy_csv(self) -> None:
        """Copy the table as comma-separated values."""
        rows = [
            (name, layer, "" if cell.latency_ms is None else cell.latency_ms, cell.measured)
            for name, cells in zip(self._table.operators, self._table.cells, strict=True)
            for layer, cell in zip(self._table.layers, cells, strict=True)
        ]
        headings = ("operator", "layer", "latency_ms", "measured_configurations")
        clipboard.copy_text(clipboard.table_csv(headings, rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Ctrl+C copies."""
        steps = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_C and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.copy_csv()
        elif step is not None and self._table.operators:
            line = min(max(0, self._at[0] + step[0]), len(self._table.operators) - 1)
            column = min(max(0, self._at[1] + step[1]), len(self._table.layers) - 1)
            self._at = (line, column)
            self.setAccessibleDescription(self.describe(line, column))
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Show the focus."""
        super().focusInEvent(event)
        if self._table.operators:
            self._at = (
                min(self._at[0], len(self._table.operators) - 1),
                min(self._at[1], len(self._table.layers) - 1),
            )
        self.update()

    def _draw_name(self, painter: QPainter, line: int, name: str, tokens: Tokens) -> None:
        box = self._box(line, 0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(operator_colour(name)))
        painter.drawRoundedRect(QRectF(0, box.center().y() - 5, 10, 10), 2, 2)
        painter.setFont(theme.font(theme.TEXT_PX))
        painter.setPen(QColor(tokens.text))
        words = QRectF(16, box.top(), _NAME_PX - 18, box.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, name)

    def _draw_cell(self, painter: QPainter, box: QRectF, cell: Cell, tokens: Tokens) -> None:
        if cell.latency_ms is None:
            painter.setPen(QColor(mix(tokens.secondary, tokens.panel, 0.5)))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "–")
            return
        share = (cell.latency_ms / self._scale_ms) ** 0.6 if self._scale_ms else 0.0
        colour = mix(mix(tokens.panel, tokens.accent, 0.08), tokens.accent, 0.92 * share)
        if cell.measured:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(box, 4, 4)
            words = text_on(colour)
        else:
            # Not measured: an outline in the cell's colour, no ground.
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(
                QPen(QColor(mix(tokens.warning, tokens.panel, 0.35)), 1.2, Qt.PenStyle.DashLine)
            )
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            words = tokens.secondary
        if box.width() < _ROOM_FOR_TEXT_PX or box.height() < 13:
            return
        mark = "" if cell.measured else "≈"
        value = f"{mark}{significant(cell.latency_ms, 2)}"
        painter.setPen(QColor(words))
        painter.setFont(theme.font(theme.TEXT_PX, bold=bool(cell.measured), tabular=True))
        if cell.measured and box.width() >= _ROOM_FOR_COUNT_PX:
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box.adjusted(10, 0, -8, 0), left, value)
            painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
            painter.setPen(QColor(mix(words, colour, 0.2)))
            painter.drawText(box.adjusted(8, 0, -8, 0), right, f"n {cell.measured}")
        elif box.width() >= _ROOM_FOR_COUNT_PX:
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box.adjusted(10, 0, -8, 0), left, value)
        else:
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, value)

    def _box(self, line: int, column: int) -> QRectF:
        columns, lines = max(1, len(self._table.layers)), max(1, len(self._table.operators))
        wide = (self.width() - _NAME_PX) / columns
        high = min(44.0, (self.height() - _HEAD_PX) / lines)
        return QRectF(
            _NAME_PX + column * wide + _GAP / 2,
            _HEAD_PX + line * high + _GAP / 2,
            max(1.0, wide - _GAP),
            max(1.0, high - _GAP),
        )

    def _cell_at(self, position: QPointF) -> tuple[int, int] | None:
        for line in range(len(self._table.operators)):
            for column in range(len(self._table.layers)):
                if self._box(line, column).contains(position):
                    return line, column
        return None

    def _restyle(self, _tokens: Tokens) -> None:
        self.update()
