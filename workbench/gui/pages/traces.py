"""The Traces page: the context traces there are; the editor comes later."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.catalogue_table import CatalogueTable
from workbench.gui.widgets.states import CommandLine


class TracesPage(Page):
    """Lists the context traces; choosing one makes the replay use it."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        self._table = CatalogueTable(
            shell.workspace, "trace", ("Span", "Samples", "Origin", "Device")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(label("Traces", "title"))
        layout.addWidget(
            label(
                "Context traces that a replay can run on: battery, free cache, processor "
                "share and more over time. What was recorded and what is synthetic is "
                "marked. Importing and editing are not in this version. Choose a row to "
                "use it.",
                "secondary",
                wrap=True,
            )
        )
        layout.addWidget(self._table, 1)
        layout.addWidget(label("Record this computer's context into a new trace:", "secondary"))
        layout.addWidget(CommandLine("adaspring-workbench record --device local"))
