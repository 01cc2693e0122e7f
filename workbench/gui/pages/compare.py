"""The Compare page. Until it comes, policies are compared on the Replay page and in its tables."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.states import EmptyState


class ComparePage(Page):
    """Says what the page is for and how policies can be compared today."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        empty = EmptyState(
            "compare",
            "Compare policies over whole runs",
            "Policies against outcomes: accuracy, latency percentiles, energy, budget violations, "
            "switches, battery at the end, with intervals. This page is not in this version. "
            "Several policies replay side by side on the Replay page, and the command below "
            "writes the same comparison as tables and plots.",
            action="Open Replay",
            command="adaspring-workbench replay --network fashion_mnist --device-profile redmi_3s "
            "--trace sample_day --policy runtime3c --policy static --out out",
        )
        empty.acted.connect(self._show_replay)
        layout = QVBoxLayout(self)
        layout.addWidget(empty)

    def _show_replay(self) -> None:
        self.shell.go_to("replay")
