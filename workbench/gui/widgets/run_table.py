"""The table of a measurement's runs: operators as chips, spread as a small histogram, trust."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from workbench.gui import theme
from workbench.gui.plots import clipboard
from workbench.gui.presenters.formats import significant
from workbench.gui.presenters.profiling_runs import RunBoard, RunRow
from workbench.gui.widgets.run_cells import (
    ChipsDelegate,
    RunDelegate,
    SpreadDelegate,
    StateDelegate,
    TrustDelegate,
)

COLUMNS = (
    "",
    "Configuration",
    "For",
    "State",
    "p50, ms",
    "p90, ms",
    "Spread",
    "Energy, mJ",
    "95 %",
    "Trust",
)
_NUMBER, _CHIPS, _GROUP, _STATE, _P50, _P90, _SPREAD, _ENERGY, _INTERVAL, _TRUST = range(
    len(COLUMNS)
)
_WIDTHS = {_NUMBER: 38, _GROUP: 74, _STATE: 92, _P50: 68, _P90: 68, _SPREAD: 92, _ENERGY: 84,
           _INTERVAL: 104}  # fmt: skip
_NARROW = {_NUMBER: 32, _STATE: 76, _P50: 66, _P90: 62, _SPREAD: 64, _ENERGY: 80,
           _TRUST: 32}  # fmt: skip
"""Where there is little room: no word for fit or held out, trust as a dot alone."""
_NARROW_BELOW_PX = 700
_TIPS = (
    "Number in the design",
    "Operators from layer 2 on",
    "The table is fitted to some; others are held out to check it",
    "What is going on with it",
    "Median latency; dim: what the device profile in use expects",
    "Nine of ten runs are faster",
    "Runs from 0.8 to 1.6 times the median; the mark is the median",
    "Energy of one inference beyond idling",
    "Confidence interval of the energy",
    "Whether the figures may be relied on, and what speaks against it",
)

_RIGHT = (_NUMBER, _P50, _P90, _ENERGY, _INTERVAL)

Index = QModelIndex | QPersistentModelIndex


class RunModel(QAbstractTableModel):
    """A `RunBoard` as a Qt model; cells hand out the whole row under `UserRole`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board = RunBoard()
        self._narrow = False

    @property
    def board(self) -> RunBoard:
        """What is shown."""
        return self._board

    def set_narrow(self, narrow: bool) -> None:
        """Whether there is no room for a word above the dots."""
        if narrow != self._narrow:
            self._narrow = narrow
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, _TRUST, _TRUST)

    def set_board(self, board: RunBoard) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._board = board
        self.endResetModel()

    def touch(self, rows: Sequence[int]) -> None:
        """These rows changed."""
        for row in rows:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One row a configuration."""
        return 0 if parent.isValid() else len(self._board.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """`COLUMNS`."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, alignment, story, and the row itself."""
        if not index.isValid():
            return None
        row = self._board.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _TEXTS[index.column()](row)
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.story()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = index.column() in _RIGHT
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if self._narrow and section == _TRUST else COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in _RIGHT
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


def _p50(row: RunRow) -> str:
    if row.measured is not None:
        return significant(row.measured.p50_ms, 3)
    return "" if row.expected_ms is None else f"≈{significant(row.expected_ms, 2)}"


def _p90(row: RunRow) -> str:
    return "" if row.measured is None else significant(row.measured.p90_ms, 3)


def _spread(row: RunRow) -> str:
    if row.measured is None:
        return ""
    return f"p90 is {row.measured.p90_ms / row.measured.p50_ms:.2f} times the median"


def _energy(row: RunRow) -> str:
    if row.energy is None:
        return "planned" if row.energy_planned else ""
    return "unresolved" if row.energy.energy_mj is None else significant(row.energy.energy_mj, 3)


def _interval(row: RunRow) -> str:
    if row.energy is None:
        return ""
    return f"{significant(row.energy.low_mj, 3)} – {significant(row.energy.high_mj, 3)}"


_TEXTS: tuple[Callable[[RunRow], str], ...] = (
    lambda row: str(row.number),
    lambda row: " · ".join(row.names),
    lambda row: row.group,
    lambda row: row.state,
    _p50,
    _p90,
    _spread,
    _energy,
    _interval,
    lambda row: f"{row.trust}: {row.reason}" if row.reason else row.trust,
)


class RunTable(QTableView):
    """Shows a `RunBoard`; Ctrl+C copies all rows as comma-separated values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RunModel(self)
        self._with_energy = False
        self.setModel(self._model)
        self.setAccessibleName("Runs of the measurement")
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(_CHIPS, QHeaderView.ResizeMode.Stretch)
        self._delegates = {
            _NUMBER: RunDelegate(self),
            _CHIPS: ChipsDelegate(self),
            _GROUP: RunDelegate(self),
            _STATE: StateDelegate(self),
            _P50: RunDelegate(self),
            _P90: RunDelegate(self),
            _SPREAD: SpreadDelegate(self),
            _ENERGY: RunDelegate(self),
            _INTERVAL: RunDelegate(self),
            _TRUST: TrustDelegate(self),
        }
        for column, delegate in self._delegates.items():
            self.setItemDelegateForColumn(column, delegate)
        theme.manager().changed.connect(self._restyle)

    @property
    def board(self) -> RunBoard:
        """What is shown."""
        return self._model.board

    def show_board(self, board: RunBoard) -> None:
        """Show other rows."""
        self._model.set_board(board)
        self.show_energy(board.has_energy)

    def show_energy(self, shown: bool) -> None:
        """Show the columns of energy, or hide them where none is measured."""
        self._with_energy = shown
        self._lay_out()

    def touch(self, rows: Sequence[int]) -> None:
        """These rows changed."""
        self._model.touch(rows)

    def copy_csv(self) -> None:
        """Copy all rows as comma-separated values."""
        names = ("number", "configuration", "for", "p50_ms", "p90_ms", "runs", "trust", "reasons",
                 "energy_mj", "energy_low_mj", "energy_high_mj", "energy_predicted_mj")  # fmt: skip
        rows = []
        for row in self.board.rows:
            found = row.measured
            figures = ("", "", "") if found is None else (found.p50_ms, found.p90_ms, found.runs)
            energy = row.energy
            energies = ("",) * 4 if energy is None else (
                "" if energy.energy_mj is None else energy.energy_mj,
                energy.low_mj, energy.high_mj, energy.predicted_mj,
            )  # fmt: skip
            rows.append(
                (row.number, "/".join(row.names), row.group, *figures, row.trust, row.reason,
                 *energies)
            )  # fmt: skip
        clipboard.copy_text(clipboard.table_csv(names, rows))

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Ctrl+C copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_csv()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """The trust column takes what the chips don't need."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.viewport().width()
        narrow = width < _NARROW_BELOW_PX
        self._model.set_narrow(narrow)
        self.setColumnHidden(_GROUP, narrow)
        self.setColumnHidden(_ENERGY, not self._with_energy)
        self.setColumnHidden(_INTERVAL, narrow or not self._with_energy)
        for column, wide in (_NARROW if narrow else _WIDTHS).items():
            self.setColumnWidth(column, wide)
        if not narrow:
            shown = [c for c in _WIDTHS if not self.isColumnHidden(c)]
            free = width - sum(_WIDTHS[column] for column in shown)
            self.setColumnWidth(_TRUST, max(96, min(round(0.45 * free), free - 270)))

    def _restyle(self, _tokens: object) -> None:
        self.viewport().update()
