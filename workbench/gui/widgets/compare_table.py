"""The table of policies against outcomes: sorted by any column, copied as text."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetricsF, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.export.study_report import StudyRow
from workbench.gui import theme
from workbench.gui.palette import policy_colour
from workbench.gui.plots import clipboard
from workbench.gui.presenters.compare_board import Board
from workbench.gui.presenters.compare_cells import (
    Cell,
    cell_of,
    cell_spoken,
    cell_story,
    policy_cell,
    policy_words,
)
from workbench.gui.presenters.compare_columns import COLUMN_OF, Column
from workbench.gui.presenters.compare_text import board_csv, board_latex, board_markdown
from workbench.gui.widgets.compare_header import HEIGHT_PX, CompareHeader
from workbench.gui.widgets.compare_widths import PAD_PX, column_widths
from workbench.gui.widgets.painted_rows import draw_ground

_ROW_PX = 26

Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractTableModel):
    """A `Board`; cells are worked out when they are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.board = Board()
        self.rows: tuple[StudyRow, ...] = ()
        self.columns: tuple[Column, ...] = ()
        self._cells: dict[tuple[int, int], Cell] = {}

    def set_board(self, board: Board, rows: tuple[StudyRow, ...]) -> None:
        """Show a board's rows; like ones are updated in place, so that the selection stays."""
        same = board.columns == self.columns and [row.policy for row in rows] == [
            row.policy for row in self.rows
        ]
        if not same:
            self.beginResetModel()
        self.board, self.rows, self.columns = board, rows, board.columns
        self._cells.clear()
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns)))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One row a policy."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The policy's name and its figures."""
        return 0 if parent.isValid() else len(self.columns) + 1

    def cell(self, index: Index) -> Cell:
        """What one cell shows."""
        place = (index.row(), index.column())
        if place not in self._cells:
            row = self.rows[place[0]]
            self._cells[place] = (
                policy_cell(row)
                if place[1] == 0
                else cell_of(self.board, row, self.columns[place[1] - 1])
            )
        return self._cells[place]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, story and words for screen readers."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index).text
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            row = self.rows[index.row()]
            if index.column() == 0:
                return policy_words(row)
            words = cell_story if role == Qt.ItemDataRole.ToolTipRole else cell_spoken
            return words(self.board, row, self.columns[index.column() - 1])
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names of columns, for screen readers."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return "Policy" if section == 0 else self.columns[section - 1].heading
        return None


class _Delegate(QStyledItemDelegate):
    """A figure with half of its interval beside it; the best of a column stands out."""

    front = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw ground and content."""
        model = index.model()
        if not isinstance(model, _Model):
            return
        tokens = theme.tokens()
        rect = QRectF(option.rect)
        cell = model.cell(index)
        painter.save()
        draw_ground(painter, option, rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = rect.adjusted(PAD_PX, 0, -PAD_PX, -1)
        if index.column() == 0:
            self._paint_policy(painter, inner, cell)
        else:
            self._paint_figure(painter, inner, cell)
        if option.state & QStyle.StateFlag.State_HasFocus:  # type: ignore[attr-defined]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.drawRoundedRect(rect.adjusted(1.5, 1.5, -1.5, -2.5), 4, 4)
        painter.restore()

    def _paint_policy(self, painter: QPainter, rect: QRectF, cell: Cell) -> None:
        tokens = theme.tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(policy_colour(cell.text, tokens)))
        painter.drawEllipse(QRectF(rect.left(), rect.center().y() - 4, 8, 8))
        words = rect.adjusted(14, 0, 0, 0)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(theme.TEXT_PX, bold=cell.text == self.front))
        painter.setPen(QColor(tokens.text))
        painter.drawText(words, left, cell.text)
        used = QFontMetricsF(painter.font()).horizontalAdvance(cell.text) + 8
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(QColor(tokens.secondary))
        if QFontMetricsF(painter.font()).horizontalAdvance(cell.half) <= words.width() - used:
            painter.drawText(words.adjusted(used, 0, 0, 0), left, cell.half)

    def _paint_figure(self, painter: QPainter, rect: QRectF, cell: Cell) -> None:
        tokens = theme.tokens()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        small = theme.font(theme.SMALL_PX, tabular=True)
        painter.setFont(theme.font(theme.TEXT_PX, bold=cell.best, tabular=True))
        room = rect.width() - QFontMetricsF(painter.font()).horizontalAdvance(cell.text)
        half = QFontMetricsF(small).horizontalAdvance(cell.half) + 5 if cell.half else 0.0
        shown = 0 < half <= room - (8 if cell.best else 0)
        tone = "good" if cell.best else cell.tone
        painter.setPen(QColor(getattr(tokens, tone) if tone else tokens.text))
        box = rect.adjusted(0, 0, -half if shown else 0, 0)
        painter.drawText(box, right, cell.text)
        if cell.best:
            # A mark beside the colour, for those who can't tell it from the others.
            wide = QFontMetricsF(painter.font()).horizontalAdvance(cell.text)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.good))
            x = max(rect.left() - 4, box.right() - wide - 7)
            painter.drawEllipse(QRectF(x, rect.center().y() - 1.5, 4, 4))
        if shown:
            painter.setFont(small)
            painter.setPen(QColor(tokens.secondary))
            painter.drawText(rect, right, cell.half)


class CompareTable(QTableView):
    """Shows a `Board`. S sorts by the current column, Enter puts the policy in front."""

    front_asked = Signal(str)
    """A policy is to be compared with the others."""
    column_chosen = Signal(str)
    """The key of another column has become current."""
    policy_chosen = Signal(str)
    """Another row has become current."""
    replay_asked = Signal(str)
    """A policy is to be looked at on the Replay page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self)
        self._sort: tuple[str, bool] = ("", False)
        self._quiet = False
        self._header = CompareHeader(self)
        self._delegate = _Delegate(self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setHorizontalHeader(self._header)
        self.setAccessibleName(
            "Policies against outcomes. S sorts by the column, Enter puts the policy in front"
        )
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self._menu = QMenu(self)
        self._menu.triggered.connect(self._on_menu)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self._header.sectionClicked.connect(self._on_header)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.doubleClicked.connect(self._on_double_click)
        theme.manager().changed.connect(self._restyle)

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[StudyRow, ...]:
        """The rows in the order they are shown."""
        return self._model.rows

    @property
    def policy(self) -> str:
        """The policy of the current row; empty without one."""
        row = self.currentIndex().row()
        return self.rows[row].policy if 0 <= row < len(self.rows) else ""

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """Key of the column, and whether the largest comes first; an empty key: as the chips."""
        return self._sort

    @property
    def full_height(self) -> int:
        """Height at which all rows show, with the frame around them."""
        bar = self.horizontalScrollBar()
        wide = sum(self.columnWidth(c) for c in range(self._model.columnCount()))
        scroll = bar.sizeHint().height() if wide > self.viewport().width() else 0
        return HEIGHT_PX + _ROW_PX * len(self.rows) + scroll + 8

    def show_board(self, board: Board, front: str) -> None:
        """Show a board; `front` is set off."""
        self._delegate.front = front
        chosen, column = self.policy, self.currentIndex().column()
        self._quiet = True
        key, descending = self._sort
        self._model.set_board(board, board.sorted_rows(key, descending) if key else board.rows)
        self._header.show_columns(board, key, descending)
        names = [row.policy for row in self.rows]
        if chosen in names:
            self.setCurrentIndex(self._model.index(names.index(chosen), max(0, column)))
        self._quiet = False
        self._fit_columns()

    def sort_by(self, key: str, descending: bool) -> None:
        """Sort by a column; an empty key gives the order of the chips."""
        self._sort = (key if key in COLUMN_OF or key == "policy" else "", descending)
        self.show_board(self._model.board, self._delegate.front)

    def choose_policy(self, policy: str) -> None:
        """Make a policy's row the current one, without telling."""
        names = [row.policy for row in self.rows]
        if policy in names and policy != self.policy:
            self._quiet = True
            column = max(0, self.currentIndex().column())
            self.setCurrentIndex(self._model.index(names.index(policy), column))
            self._quiet = False

    # ---- copying -------------------------------------------------------------------------------

    def copy_csv(self) -> None:
        """Copy all rows as comma-separated values, with every digit."""
        clipboard.copy_text(board_csv(self._shown()))

    def copy_markdown(self) -> None:
        """Copy the table as Markdown."""
        clipboard.copy_text(board_markdown(self._shown()))

    def copy_latex(self) -> None:
        """Copy the table as LaTeX."""
        clipboard.copy_text(board_latex(self._shown()))

    def _shown(self) -> Board:
        """The board with its rows as they are sorted."""
        return replace(self._model.board, rows=self.rows)

    # ---- events --------------------------------------------------------------------------------

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """S sorts, Enter puts the policy in front, Ctrl+C copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_csv()
        elif event.key() == Qt.Key.Key_S and not event.modifiers():
            self._sort_by_section(max(0, self.currentIndex().column()))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.policy:
            self.front_asked.emit(self.policy)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Columns share the room."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        if self._model.columns:
            cells = [
                [self._model.cell(self._model.index(row, column)) for row in range(len(self.rows))]
                for column in range(1, len(self._model.columns) + 1)
            ]
            widths = column_widths(cells, self._header.least_widths(), self.viewport().width())
            for column, width in enumerate(widths):
                self.setColumnWidth(column, width)

    def _key_of(self, section: int) -> str:
        return "policy" if section == 0 else self._model.columns[section - 1].key

    def _on_header(self, section: int) -> None:
        self._sort_by_section(section)
        row = max(0, self.currentIndex().row())
        if self.rows:
            self.setCurrentIndex(self._model.index(row, section))

    def _sort_by_section(self, section: int) -> None:
        """The better end first; again the other way; a third time as the chips are."""
        if not self._model.columns:
            return
        key = self._key_of(section)
        first = COLUMN_OF[key].better > 0 if key in COLUMN_OF else False
        now, descending = self._sort
        if now != key:
            self.sort_by(key, first)
        elif descending == first:
            self.sort_by(key, not first)
        else:
            self.sort_by("", False)

    def _on_current(self, now: QModelIndex, before: QModelIndex) -> None:
        if self._quiet or not now.isValid():
            return
        if now.column() > 0 and now.column() != before.column():
            self.column_chosen.emit(self._key_of(now.column()))
        if now.row() != before.row():
            self.policy_chosen.emit(self.policy)

    def _on_double_click(self, _index: QModelIndex) -> None:
        self.front_asked.emit(self.policy)

    def _open_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        self._menu.clear()
        if index.isValid():
            policy = self.rows[index.row()].policy
            for text, what in (
                (f"Compare {policy} with the others", "front"),
                (f"Show {policy} on the Replay page", "replay"),
            ):
                self._menu.addAction(text).setData((what, policy))
            self._menu.addAction("Sort by this column").setData(("sort", index.column()))
            self._menu.addSeparator()
        for text in ("CSV", "Markdown", "LaTeX"):
            self._menu.addAction(f"Copy as {text}").setData((f"copy {text}", ""))
        self._menu.popup(self.viewport().mapToGlobal(position))

    def _on_menu(self, action) -> None:  # type: ignore[no-untyped-def]
        what, value = action.data()
        if what == "front":
            self.front_asked.emit(value)
        elif what == "replay":
            self.replay_asked.emit(value)
        elif what == "sort":
            self._sort_by_section(int(value))
        elif what == "copy CSV":
            self.copy_csv()
        elif what == "copy LaTeX":
            self.copy_latex()
        else:
            self.copy_markdown()

    def _restyle(self, _tokens: object) -> None:
        self.viewport().update()
        self._header.viewport().update()
