"""The pages in the order of the rail. Their modules are imported when a page is first shown."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from workbench.gui.shell import Page, Shell


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page: its key, icon and word in the rail, and where its class is."""

    key: str
    icon: str
    word: str
    module: str
    class_name: str

    def make(self, shell: Shell) -> Page:
        """Import the module and build the page."""
        page_class = getattr(importlib.import_module(self.module), self.class_name)
        page = page_class(shell)
        if not isinstance(page, Page):
            raise TypeError(f"{self.module}.{self.class_name} is no Page")
        return page


PAGES = (
    PageSpec("devices", "devices", "Devices", "workbench.gui.pages.devices", "DevicesPage"),
    PageSpec("network", "network", "Network", "workbench.gui.pages.network", "NetworkPage"),
    PageSpec("profile", "profile", "Profile", "workbench.gui.pages.profile", "ProfilePage"),
    PageSpec("traces", "traces", "Traces", "workbench.gui.pages.traces", "TracesPage"),
    PageSpec("replay", "replay", "Replay", "workbench.gui.pages.replay", "ReplayPage"),
    PageSpec("compare", "compare", "Compare", "workbench.gui.pages.compare", "ComparePage"),
    PageSpec("export", "export", "Export", "workbench.gui.pages.export", "ExportPage"),
)
