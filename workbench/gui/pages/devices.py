"""The Devices page: the device profiles there are; phones come later."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.catalogue_table import CatalogueTable
from workbench.gui.widgets.states import CommandLine

_PROFILE_COMMAND = "adaspring-workbench profile --device local --network fashion_mnist"


class DevicesPage(Page):
    """Lists the device profiles and says what each of them rests on."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        self._table = CatalogueTable(
            shell.workspace, "device", ("Processor", "Latency error", "Energy")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(label("Devices", "title"))
        layout.addWidget(
            label(
                "Device profiles that a replay can run on. Connecting phones over ADB is "
                "not in this version. Double click a row, or press Enter on it, to use it; every "
                "number that comes from an estimated profile is marked so.",
                "secondary",
                wrap=True,
            )
        )
        layout.addWidget(self._table, 1)
        layout.addWidget(
            label("Measure this computer and add its profile to the list:", "secondary")
        )
        layout.addWidget(CommandLine(_PROFILE_COMMAND))
