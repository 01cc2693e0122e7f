"""Feeds the Proxies view of the Compare page."""

from __future__ import annotations

from PySide6.QtCore import QObject

from workbench.export.proxy_report import ProxyCheck
from workbench.gui.pages.compare_proxies import ProxiesView
from workbench.gui.presenters.proxy_view import ProxyRunner
from workbench.gui.shell import Shell


class ProxyChecks(QObject):
    """Works the checks out when the view is seen and profiles changed since."""

    def __init__(self, shell: Shell, view: ProxiesView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shell = shell
        self.view = view
        self.runner = ProxyRunner(shell.bridge.watch, self._on_checks, view.show_problem)
        self._checked_for: tuple[int, ...] | None = None
        view.measure_asked.connect(self._show_profile)
        view.again_asked.connect(self._again)

    @property
    def busy(self) -> bool:
        """Whether measurements are read."""
        return self.runner.busy

    def on_shown(self) -> None:
        """Check, unless nothing changed since the last time."""
        workspace = self._shell.workspace
        state = (workspace.revision("device"), len(workspace.choices("device")))
        if state != self._checked_for:
            self._checked_for = state
            self.view.show_loading()
            self.runner.ask()

    def _again(self) -> None:
        self._checked_for = None
        self.on_shown()

    def _on_checks(self, checks: tuple[ProxyCheck, ...]) -> None:
        self.view.show_checks(checks)

    def _show_profile(self) -> None:
        self._shell.go_to("profile")
