"""The Export page. Until it comes, the command line writes the tables and plots of a replay."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.states import EmptyState


class ExportPage(Page):
    """Says what the page is for and what can be taken out of the program today."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        empty = EmptyState(
            "export",
            "Take results out of the workbench",
            "Tables, deployable networks with their switching table, and reports, each with "
            "provenance and the command that makes it again. This page is not in this version. "
            "Every plot already has “Copy as image” and “Copy as CSV” in its context menu, and "
            "the command below writes a whole replay as data and plots.",
            action="Open Replay",
            command="adaspring-workbench replay --network fashion_mnist --device-profile redmi_3s "
            "--trace sample_day --policy runtime3c --out out --json",
        )
        empty.acted.connect(self._show_replay)
        layout = QVBoxLayout(self)
        layout.addWidget(empty)

    def _show_replay(self) -> None:
        self.shell.go_to("replay")
