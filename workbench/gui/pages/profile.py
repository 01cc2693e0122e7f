"""The Profile page. Measuring phones comes later; this computer is measured from a terminal."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.states import EmptyState


class ProfilePage(Page):
    """Says what the page is for and which command measures this computer today."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        empty = EmptyState(
            "profile",
            "Measure configurations on a device",
            "A plan of runs, by design of experiments, ends in a device profile: latency and "
            "energy tables with their error. Plans for phones are not in this version. This "
            "computer can be measured now, from a terminal; its profile then stands in the "
            "Device chooser above, marked as calibrated.",
            action="See the device profiles",
            command="adaspring-workbench profile --device local --network fashion_mnist",
        )
        empty.acted.connect(self._show_devices)
        layout = QVBoxLayout(self)
        layout.addWidget(empty)

    def _show_devices(self) -> None:
        self.shell.go_to("devices")
