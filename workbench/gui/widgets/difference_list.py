"""The list of spans in which two runs differ: two lines each, the first above the second."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots import clipboard
from workbench.gui.presenters.compare_differences import HEADINGS, DifferenceView, Pair, SpanRow
from workbench.gui.widgets.painted_rows import draw_elided, draw_ground
from workbench.gui.widgets.run_cells import draw_chips

_TIME, _WHY, _CHIPS, _FIRST_FIGURE = 0, 1, 2, 3
_COLUMNS = (*HEADINGS, "First more in sum")
_COST = len(_COLUMNS) - 1
_TIPS = (
    "When the span begins, how long it lasts, and how many inferences fall into it",
    "What made a run decide at the start of the span",
    "Operators from layer 2 on",
    "Mean over the span's inferences; the better one is green",
    "Mean over the span's inferences; the better one is green",
    "Mean over the span's inferences; the better one is green",
    "Inferences that broke a limit; the better one is green",
    "What the first takes more than the second: energy, computing time, expected wrong answers",
)
_WIDTHS = {_TIME: 172, 3: 88, 4: 88, 5: 86, 6: 68, _COST: 196}
_NARROW = {_TIME: 104, 3: 84, 4: 86, 5: 84, 6: 62, _COST: 0}
_NARROW_BELOW_PX = 1060
_ROW_PX = 50
_CHIP_PX = 66
_PAD = 8
_LASTS_PX = 140
"""Below this there is no room for the number of inferences."""

Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractTableModel):
    """A `DifferenceView`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[SpanRow, ...] = ()

    def set_rows(self, rows: tuple[SpanRow, ...]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One row a span."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """`_COLUMNS`."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row itself, and its words."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.time
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return row.spoken.replace(". ", ".\n")
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section >= _FIRST_FIGURE
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class _Delegate(QStyledItemDelegate):
    """Two lines: the first run above, the second below."""

    colours = ("", "")

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw ground and content."""
        row = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(row, SpanRow):
            return
        tokens = theme.tokens()
        rect = QRectF(option.rect)
        painter.save()
        draw_ground(painter, option, rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = rect.adjusted(_PAD, 3, -_PAD, -4)
        half = inner.height() / 2
        lines = (
            QRectF(inner.left(), inner.top(), inner.width(), half),
            QRectF(inner.left(), inner.top() + half, inner.width(), half),
        )
        column = index.column()
        if column == _TIME:
            self._line(painter, lines[0], row.time, tokens.accent, bold=True)
            narrow = inner.width() < _LASTS_PX
            lasts = row.lasts.split(",")[0] if narrow else row.lasts
            self._line(painter, lines[1], lasts, tokens.secondary, small=True)
        elif column == _WHY:
            for line, why in zip(lines, row.why, strict=True):
                self._line(painter, line, why or "·", tokens.text if why else tokens.secondary)
        elif column == _CHIPS:
            for line, names, colour in zip(lines, row.operators, self.colours, strict=True):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colour or tokens.secondary))
                painter.drawEllipse(QRectF(line.left(), line.center().y() - 3.5, 7, 7))
                draw_chips(painter, line.adjusted(14, 0, 0, 0), names)
        elif column == _COST:
            whole = QRectF(inner.left(), inner.top(), inner.width(), inner.height())
            self._line(painter, whole, row.cost, tokens.secondary, small=True, right=True)
        else:
            self._figure(painter, lines, row.figures[column - _FIRST_FIGURE])
        painter.restore()

    def _figure(self, painter: QPainter, lines: tuple[QRectF, QRectF], pair: Pair) -> None:
        tokens = theme.tokens()
        for number, (line, text) in enumerate(zip(lines, (pair.first, pair.second), strict=True)):
            best = pair.better == number
            colour = tokens.good if best else tokens.text
            self._line(painter, line, text, colour, bold=best, right=True)

    def _line(
        self,
        painter: QPainter,
        rect: QRectF,
        text: str,
        colour: str,
        *,
        bold: bool = False,
        small: bool = False,
        right: bool = False,
    ) -> None:
        size = theme.SMALL_PX if small else theme.TEXT_PX
        painter.setFont(theme.font(size, bold=bold, tabular=True))
        painter.setPen(QColor(colour))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        draw_elided(painter, rect, text, side | Qt.AlignmentFlag.AlignVCenter)


class DifferenceList(QTableView):
    """Shows a `DifferenceView`. A click on a time, or Enter, asks for it on the Replay page."""

    moment_asked = Signal(float)
    """Time of the trace, in seconds."""
    current_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: DifferenceView | None = None
        self._model = _Model(self)
        self._delegate = _Delegate(self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName("Times at which the two differ. Enter shows one on the Replay page")
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.clicked.connect(self._on_click)
        self.doubleClicked.connect(self._on_double_click)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        theme.manager().changed.connect(self._restyle)

    @property
    def rows(self) -> tuple[SpanRow, ...]:
        """What is shown."""
        return self._model.rows

    def show_view(self, view: DifferenceView, colours: tuple[str, str]) -> None:
        """Show where two runs differ; `colours` are the runs'."""
        self._view = view
        self._delegate.colours = colours
        self._model.set_rows(view.rows)
        self._fit_columns()
        if view.rows:
            self.selectRow(0)

    def choose(self, row: int) -> None:
        """Make a row the current one and bring it into view."""
        if 0 <= row < len(self.rows):
            self.selectRow(row)
            self.scrollTo(self._model.index(row, 0))

    def copy_csv(self) -> None:
        """Copy all spans with every digit."""
        if self._view is not None:
            clipboard.copy_text(self._view.csv())

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Enter shows the moment, Ctrl+C copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_csv()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Chips and reasons share what the figures leave."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        width = self.viewport().width()
        narrow = width < _NARROW_BELOW_PX
        self.setColumnHidden(_COST, narrow)
        widths = _NARROW if narrow else _WIDTHS
        for column, wide in widths.items():
            if wide:
                self.setColumnWidth(column, wide)
        free = width - sum(widths.values())
        layers = len(self.rows[0].operators[0]) if self.rows else 4
        chips = min(round(0.58 * free), _CHIP_PX * layers + 2 * _PAD + 16)
        self.setColumnWidth(_CHIPS, chips)
        self.setColumnWidth(_WHY, free - chips)

    def _on_click(self, index: QModelIndex) -> None:
        if index.column() == _TIME:
            self._ask(index.row())

    def _on_double_click(self, index: QModelIndex) -> None:
        self._ask(index.row())

    def _on_current(self, now: QModelIndex, _before: QModelIndex) -> None:
        self.current_changed.emit(now.row())

    def _ask(self, row: int) -> None:
        if 0 <= row < len(self.rows):
            self.moment_asked.emit(self.rows[row].t_s)

    def _restyle(self, _tokens: object) -> None:
        self.viewport().update()
