"""A table over what can be chosen of one kind; the row in use is marked and can be changed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from workbench.gui.workspace import Workspace

_USE_COLUMN = 0


class CatalogueTable(QTableWidget):
    """Name, provenance, facts and story of each choice. Enter or a double click uses a row."""

    def __init__(
        self,
        workspace: Workspace,
        kind: str,
        fact_columns: tuple[str, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._kind = kind
        self._facts = fact_columns
        marked = ("Provenance",) if kind == "device" else ()
        columns = ("In use", "Name", *marked, *fact_columns, "About")
        self.setColumnCount(len(columns))
        self.setHorizontalHeaderLabels(list(columns))
        self.setAccessibleName(f"List of {kind}s")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(32)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(columns) - 1, QHeaderView.ResizeMode.Stretch)
        self.itemActivated.connect(self._on_activated)
        workspace.changed.connect(self._on_changed)
        workspace.relisted.connect(self._on_changed)
        self.refresh()

    def refresh(self) -> None:
        """Read the choices again."""
        choices = self._workspace.choices(self._kind)
        current = self._workspace.current(self._kind)
        self.setRowCount(len(choices))
        for index, choice in enumerate(choices):
            facts = [choice.facts.get(name, "–") for name in self._facts]
            texts = ["✓" if choice == current else "", choice.label]
            if self._kind == "device":
                texts.append(str(choice.provenance) if choice.provenance else "–")
            texts += [*facts, choice.story.replace("\n", " · ")]
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, choice.key)
                item.setToolTip(text)
                self.setItem(index, column, item)
            if choice == current:
                self.setCurrentCell(index, _USE_COLUMN + 1)

    def _on_activated(self, item: QTableWidgetItem) -> None:
        self._workspace.choose(self._kind, str(item.data(Qt.ItemDataRole.UserRole)))

    def _on_changed(self, kind: str) -> None:
        if kind == self._kind:
            self.refresh()
