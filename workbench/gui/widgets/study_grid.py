"""The grid of a study: a cell for each task and platform, coloured by how much better."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.provenance import Provenance
from workbench.gui import theme
from workbench.gui.palette import Tokens, mix
from workbench.gui.plots import clipboard
from workbench.gui.presenters.study_grid import MEASURES, Grid, GridCell, GridRow
from workbench.gui.widgets import code_font
from workbench.gui.widgets.basics import tone_of
from workbench.gui.widgets.painted_rows import draw_elided
from workbench.gui.widgets.tips import plain_tip

_NAME_PX = 232
_NARROW_NAME_PX = 132
_HEAD_PX = 36
_GAP = 6
_LOW_PX = 58
_SHORT = {"latency": "latency", "energy": "energy", "accuracy": "accuracy"}


class StudyGrid(QWidget):
    """Arrows move the focus, Enter or a click chooses a cell, Ctrl+C copies the grid."""

    chosen = Signal(str, str)
    """Task and platform of a cell with figures."""
    looked_at = Signal(object)
    """The `GridCell` that has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = Grid()
        self._measure = "latency"
        self._at = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(360, 220)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.manager().changed.connect(self._restyle)

    @property
    def grid(self) -> Grid:
        """What is shown."""
        return self._grid

    @property
    def current(self) -> GridCell | None:
        """The cell that has the focus."""
        row, column = self._at
        if row < len(self._grid.rows) and column < len(self._grid.rows[row].cells):
            return self._grid.rows[row].cells[column]
        return None

    def show_grid(self, grid: Grid, measure: str) -> None:
        """Show a grid coloured by one of `MEASURES`."""
        self._grid, self._measure = grid, measure
        self._at = (
            min(self._at[0], max(0, len(grid.rows) - 1)),
            min(self._at[1], max(0, len(grid.columns) - 1)),
        )
        done = sum(cell.state == "done" for row in grid.rows for cell in row.cells)
        self.setAccessibleName(
            f"{len(grid.rows)} tasks by {len(grid.columns)} platforms, {done} with figures;"
            " arrow keys read the cells, Enter shows the policies of one"
        )
        self._tell()
        self.update()

    def copy_csv(self) -> None:
        """Copy all cells."""
        rows = []
        for row in self._grid.rows:
            for (platform, _), cell in zip(self._grid.columns, row.cells, strict=True):
                figures = [cell.figures.get(key) for key in MEASURES]
                texts = [
                    text
                    for figure in figures
                    for text in (("", "") if figure is None else (figure.text, figure.bounds))
                ]
                rows.append((row.paper, row.title, platform, *texts, cell.provenance, cell.note))
        heading = ["paper", "task", "platform"]
        for name in MEASURES.values():
            heading += [name, f"{name}, 95%"]
        clipboard.copy_text(clipboard.table_csv([*heading, "provenance", "note"], rows))

    def sizeHint(self) -> QSize:
        """Room for five tasks."""
        return QSize(760, 420)

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw names and cells."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for column, (title, soc) in enumerate(self._grid.columns):
            box = self._box(0, column)
            head = QRectF(box.left(), 0, box.width(), _HEAD_PX - 4)
            self._text(painter, head.adjusted(2, 0, -2, -15), title, tokens.text, bold=True)
            self._text(painter, head.adjusted(2, 16, -2, 0), soc, tokens.secondary)
        for number, row in enumerate(self._grid.rows):
            self._paint_name(painter, number, row, tokens)
            for column, cell in enumerate(row.cells):
                self._paint_cell(painter, self._box(number, column), cell, tokens)
        if self.hasFocus() and self.current is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawRoundedRect(self._box(*self._at).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_name(self, painter: QPainter, number: int, row: GridRow, tokens: Tokens) -> None:
        box = self._box(number, 0)
        middle = box.center().y()
        words = QRectF(0, middle - 17, self._name_px - 10, 17)
        left = 0.0
        if row.paper:
            painter.setFont(theme.font(theme.TEXT_PX, bold=True))
            painter.setPen(QColor(tokens.accent))
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, row.paper)
            left = 28.0
        self._text(painter, words.adjusted(left, 0, 0, 0), row.title, tokens.text, bold=True)
        below = QRectF(left, middle, self._name_px - 10 - left, 17)
        self._text(painter, below, row.note, tokens.secondary)

    def _paint_cell(self, painter: QPainter, box: QRectF, cell: GridCell, tokens: Tokens) -> None:
        figure = cell.figures.get(self._measure)
        if cell.state != "done" or figure is None:
            colour = tokens.warning if cell.state == "untrained" else tokens.line
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(mix(colour, tokens.panel, 0.4)), 1.2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
            note = cell.note or f"no {self._measure} known"
            words = box.adjusted(10, 0, -10, 0)
            if cell.command:
                words = QRectF(words.left(), box.center().y() - 17, words.width(), 17)
                below = words.translated(0, 17)
                shown = cell.command.partition(" ")[2]  # the program's own name goes without saying
                self._text(painter, below, shown, tokens.secondary, centre=True, mono=True)
            self._text(painter, words, note, tokens.text, centre=True)
            return
        strength = min(1.0, abs(figure.goodness))
        tone = tokens.good if figure.goodness > 0 else tokens.bad
        ground = mix(tokens.panel, tone, 0.10 + 0.45 * strength)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(box, 6, 6)
        inner = box.adjusted(10, 4, -10, -4)
        low = inner.height() < _LOW_PX - 8
        big = QRectF(inner.left(), inner.top(), inner.width(), inner.height() * (1 if low else 0.6))
        painter.setFont(theme.font(15 if low else 20, bold=True, tabular=True))
        painter.setPen(QColor(tokens.text))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(big, left, figure.text)
        used = QFontMetricsF(painter.font()).horizontalAdvance(figure.text) + 10
        soft = mix(tokens.text, ground, 0.25)
        self._text(painter, big.adjusted(used, 0, -10, 0), figure.bounds, soft)
        self._paint_mark(painter, inner, cell, tokens)
        if not low:
            others = "   ".join(
                f"{_SHORT[key]} {other.text}"
                for key, other in cell.figures.items()
                if key != self._measure
            )
            below = QRectF(inner.left(), big.bottom(), inner.width(), inner.height() * 0.4)
            self._text(painter, below, others, soft)

    def _paint_mark(self, painter: QPainter, inner: QRectF, cell: GridCell, tokens: Tokens) -> None:
        tone = tone_of(Provenance(cell.provenance)) if cell.provenance else ""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(tokens, tone) if tone else tokens.secondary))
        painter.drawEllipse(QPointF(inner.right() - 1, inner.top() + 5), 3, 3)

    def _text(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        colour: str,
        *,
        bold: bool = False,
        centre: bool = False,
        mono: bool = False,
    ) -> None:
        size = theme.TEXT_PX if bold else theme.SMALL_PX
        painter.setFont(code_font.mono() if mono else theme.font(size, bold=bold, tabular=True))
        painter.setPen(QColor(colour))
        side = Qt.AlignmentFlag.AlignHCenter if centre else Qt.AlignmentFlag.AlignLeft
        draw_elided(painter, box, text, side | Qt.AlignmentFlag.AlignVCenter)

    @property
    def _name_px(self) -> int:
        return _NAME_PX if self.width() > 760 else _NARROW_NAME_PX

    def _box(self, row: int, column: int) -> QRectF:
        columns, rows = max(1, len(self._grid.columns)), max(1, len(self._grid.rows))
        wide = (self.width() - self._name_px) / columns
        high = min(104.0, (self.height() - _HEAD_PX) / rows)
        return QRectF(
            self._name_px + column * wide + _GAP / 2,
            _HEAD_PX + row * high + _GAP / 2,
            max(1.0, wide - _GAP),
            max(1.0, high - _GAP),
        )

    # ---- events --------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._cell_at(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                story = self._grid.rows[found[0]].cells[found[1]].story
                QToolTip.showText(event.globalPos(), plain_tip(story), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a cell."""
        found = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self._move(*found)
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter chooses, Ctrl+C copies."""
        steps = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_C and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.copy_csv()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif step is not None and self._grid.rows:
            self._move(
                min(max(0, self._at[0] + step[0]), len(self._grid.rows) - 1),
                min(max(0, self._at[1] + step[1]), len(self._grid.columns) - 1),
            )
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

    def _move(self, row: int, column: int) -> None:
        self._at = (row, column)
        self._tell()
        self.update()

    def _tell(self) -> None:
        cell = self.current
        self.setAccessibleDescription("" if cell is None else cell.story)
        self.looked_at.emit(cell)

    def _choose(self) -> None:
        cell = self.current
        if cell is not None and cell.state in ("done", "partial"):
            self.chosen.emit(cell.task, cell.platform)

    def _cell_at(self, position: QPointF) -> tuple[int, int] | None:
        for row in range(len(self._grid.rows)):
            for column in range(len(self._grid.columns)):
                if self._box(row, column).contains(position):
                    return row, column
        return None

    def _restyle(self, _tokens: object) -> None:
        self.update()
