"""Feeds the Decisions view of the Compare page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from workbench.core.errors import WorkbenchError
from workbench.gui.pages.compare_decisions import DecisionsView
from workbench.gui.presenters.compare_backend import CompareSession, Differing
from workbench.gui.presenters.compare_differ import Differ
from workbench.gui.presenters.compare_differences import difference_view
from workbench.gui.presenters.problem import Problem
from workbench.gui.shell import Shell
from workbench.gui.widgets.contender_bar import ContenderBar
from workbench.services.saved_replays import read_saved


class Differences(QObject):
    """Replays the two runs that are chosen once they are to be seen."""

    def __init__(self, shell: Shell, view: DecisionsView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shell = shell
        self.view = view
        self._session: CompareSession | None = None
        self._differ = Differ(shell.bridge.watch, self._on_difference, self._on_problem)
        view.wanted.connect(self.on_shown)
        view.moment_asked.connect(self._show_moment)
        view.saved_asked.connect(self.ask_saved)
        view.error.retried.connect(self.on_shown)

    @property
    def busy(self) -> bool:
        """Whether two runs are replayed."""
        return self._differ.busy

    def take(self, session: CompareSession) -> None:
        """Another network, device or trace is in use."""
        if session is not self._session:
            self._session = session
            self.view.offer(session.policies, session.knobs)
            self.view.show_sources(session.sources)

    def on_shown(self) -> None:
        """Replay the two runs that are chosen, unless that is what is shown."""
        shown, wanted = self.view.view, self.view.contenders
        if self._session is None:
            return
        if shown is None or (shown.differing.first, shown.differing.second) != wanted:
            self.view.show_running()
            self._differ.ask(self._session, *wanted)

    def ask_saved(self, bar: ContenderBar) -> None:
        """Ask for the folder of a saved replay, and offer its policies."""
        chosen = QFileDialog.getExistingDirectory(
            self.view, "Open a saved replay", str(Path.home())
        )
        if not chosen:
            return
        try:
            saved = read_saved(chosen)
        except WorkbenchError as error:
            self.view.show_problem(Problem.of(error))
            return
        bar.add_saved(saved.folder, saved.policies)
        self.on_shown()

    def _on_difference(self, session: CompareSession, differing: Differing) -> None:
        # Of a deployment that is no longer in use nothing is shown.
        if session is self._session:
            self.view.error.hide()
            self.view.show_view(difference_view(differing))

    def _on_problem(self, problem: Problem) -> None:
        self.view.show_problem(problem)
        self._shell.notify(problem.message, "bad")

    def _show_moment(self, t_s: float) -> None:
        first = self.view.contenders[0]
        self._shell.replay_at(t_s, "" if first.folder else first.policy)
