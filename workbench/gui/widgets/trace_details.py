"""Below the lanes: figures and provenance of every column, and what the trace says about itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.traces import TraceView
from workbench.gui.widgets.basics import Card, ProvenancePill
from workbench.gui.widgets.tips import plain_tip

_HEADINGS = ("Column", "Least", "Mean", "Most", "", "Provenance", "Where the values come from")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TraceDetails(Card):
    """A card with two tables, one in front."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName("Details of the trace")
        self.columns = _table("Figures and provenance of the columns", _HEADINGS)
        header = self.columns.horizontalHeader()
        header.setSectionResizeMode(6, QHeaderView.ResizeMode.Stretch)
        # Widgets in cells don't count when a column is fitted to its contents.
        header.setSectionResizeMode(5, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(5, 108)
        self.facts = _table("What the trace says about itself", ("Fact", "Text"))
        self.facts.horizontalHeader().hide()
        self.facts.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.columns)
        self._stack.addWidget(self.facts)
        self._chips = QButtonGroup(self)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID_PX)
        for index, (text, tip) in enumerate(
            (
                ("Columns", "Figures of every column and where they come from"),
                ("About", "Device, start, generator and notes"),
            )
        ):
            chip = QPushButton(text)
            chip.setProperty("role", "chip")
            chip.setCheckable(True)
            chip.setToolTip(tip)
            self._chips.addButton(chip, index)
            line.addWidget(chip)
        line.addStretch(1)
        self._chips.button(0).setChecked(True)
        self._chips.idClicked.connect(self._stack.setCurrentIndex)
        self.body.setContentsMargins(10, 8, 4, 4)
        self.body.setSpacing(4)
        self.body.addLayout(line)
        self.body.addWidget(self._stack, 1)
        self.setMinimumHeight(120)

    def show_view(self, view: TraceView) -> None:
        """Show a trace."""
        table = self.columns
        table.setRowCount(len(view.rows))
        for index, row in enumerate(view.rows):
            spoken = f"{row.title}: {row.low} to {row.high} {row.unit}, {row.provenance}"
            texts = (row.title, row.low, row.mean, row.high, row.unit, "", row.story)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column in (1, 2, 3):
                    item.setTextAlignment(_RIGHT)
                    item.setFont(theme.font(theme.TEXT_PX, tabular=True))
                item.setToolTip(plain_tip(row.story if column == 6 else text))
                if column == 0:
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
                table.setItem(index, column, item)
            pill = ProvenancePill()
            pill.show_provenance(row.provenance)
            pill.setToolTip(plain_tip(f"{row.provenance}: {row.story}"))
            holder = QWidget()
            layout = QHBoxLayout(holder)
            layout.setContentsMargins(6, 0, 6, 0)
            layout.addWidget(pill)
            layout.addStretch(1)
            table.setCellWidget(index, 5, holder)
        self.facts.setRowCount(len(view.notes))
        for index, (name, text) in enumerate(view.notes):
            for column, words in enumerate((name, text)):
                item = QTableWidgetItem(words)
                item.setToolTip(plain_tip(words))
                if column == 0:
                    item.setForeground(self.palette().placeholderText())
                self.facts.setItem(index, column, item)


def _table(name: str, headings: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(headings))
    table.setAccessibleName(name)
    for column, heading in enumerate(headings):
        item = QTableWidgetItem(heading)
        if heading in ("Least", "Mean", "Most"):
            item.setTextAlignment(_RIGHT)
        table.setHorizontalHeaderItem(column, item)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setStyleSheet("QTableView { border: 1px solid transparent; }")
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(25)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setMinimumSectionSize(40)
    return table
