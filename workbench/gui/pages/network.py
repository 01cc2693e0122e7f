"""The Network page."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.states import EmptyState


class NetworkPage(Page):
    """Says what the page is for until a network is chosen."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        empty = EmptyState(
            "network",
            "Look into the self-evolutionary network",
            "The backbone as a row of layers and, below each, the operators it may take with "
            "their cost and accuracy loss. A configuration built by hand shows its accuracy, "
            "latency and energy at once.",
            command="adaspring-workbench search --network fashion_mnist "
            "--device-profile redmi_3s --battery 50 --cache-kb 400 --latency-budget-ms 7",
        )
        layout = QVBoxLayout(self)
        layout.addWidget(empty)
