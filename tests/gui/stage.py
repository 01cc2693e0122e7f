"""A shell around a single page, without a window."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from workbench.gui.bridge import JobBridge
from workbench.gui.presenters.problem import Problem
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.gui.settings import Settings
from workbench.gui.shell import Page, Shell
from workbench.gui.workspace import Workspace
from workbench.jobs import JobManager


class Stage:
    """The shell, and what the page asked of it. `wanted` is what the workspace chooses first."""

    def __init__(self, settings: Settings, **wanted: str) -> None:
        self.pages: list[str] = []
        self.messages: list[str] = []
        self.problems: list[Problem] = []
        self.workspace = Workspace(ServicesCatalogue(), settings)
        self.workspace.load(**wanted)
        self.bridge = JobBridge(JobManager())
        self.shell = Shell(
            workspace=self.workspace,
            bridge=self.bridge,
            settings=settings,
            notify=self._notify,
            show_problem=self.problems.append,
            go_to=self.pages.append,
        )

    def show(self, qtbot: QtBot, page: Page) -> None:
        """Show the page; its jobs end before it goes, so that none tells a page that is gone."""
        qtbot.addWidget(page, before_close_func=self.stop)
        page.resize(1364, 800)
        page.show()
        page.on_shown()

    def stop(self, _page: object = None) -> None:
        """End all jobs."""
        self.bridge.stop_all()

    def _notify(self, text: str, tone: str) -> None:
        assert tone in ("", "good", "warning", "bad")
        self.messages.append(text)
