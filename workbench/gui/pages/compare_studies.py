"""Runs and opens studies for the Compare page, and remembers which one was open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog

from workbench.gui.pages.compare_study import StudyView
from workbench.gui.presenters.formats import duration
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.study_runner import StudyRunner
from workbench.gui.shell import Shell
from workbench.gui.widgets.study_dialog import StudyDialog
from workbench.services.catalogue import user_folder
from workbench.services.study_records import Study

_REMEMBERED = "compare/study"


class Studies(QObject):
    """Feeds a `StudyView`."""

    def __init__(self, shell: Shell, view: StudyView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shell = shell
        self.view = view
        self.runner = StudyRunner(shell.bridge.watch, self)
        self._asked = False
        view.open_asked.connect(self.ask_open)
        view.run_asked.connect(self.ask_run)
        view.replay_asked.connect(self._show_in_replay)
        view.status.cancel_asked.connect(self.runner.cancel)
        view.status.continue_asked.connect(self.runner.go_on)

    @property
    def busy(self) -> bool:
        """Whether a study is read or computed."""
        return self.runner.busy

    def on_shown(self) -> None:
        """Open the study that was open last, once."""
        if not self._asked:
            self._asked = True
            remembered = self._shell.settings.text(_REMEMBERED)
            if remembered and Path(remembered).is_dir():
                self.runner.open(Path(remembered))

    def ask_open(self) -> None:
        """Ask for a folder and open the study in it."""
        start = self.runner.folder or user_folder("studies")
        chosen = QFileDialog.getExistingDirectory(self.view, "Open a study", str(start))
        if chosen:
            self.view.error.hide()
            self.runner.open(Path(chosen))

    def ask_run(self) -> None:
        """Ask for a plan and run it."""
        workspace = self._shell.workspace
        trace = workspace.current("trace")
        dialog = StudyDialog(
            workspace.choices("network"),
            workspace.choices("device"),
            "" if trace is None else trace.key,
            self._free_folder(),
            self.view,
        )
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.view.error.hide()
            self.runner.start(dialog.plan(), dialog.folder)
        dialog.deleteLater()

    def on_study(self, study: Study) -> None:
        """A study was read, or more of it was."""
        self._shell.settings.set_text(_REMEMBERED, str(study.folder))
        self.view.show_report(study.report)

    def on_study_state(self) -> None:
        """It went on, ended or was opened."""
        runner, status = self.runner, self.view.status
        self.view.set_running(runner.running)
        folder = "" if runner.folder is None else runner.folder.name
        story = "" if runner.folder is None else str(runner.folder)
        study = runner.study
        if runner.progress is not None:
            progress = runner.progress
            words = progress.message.split(",")[0]
            if progress.eta_s is not None:
                words += f" · {duration(progress.eta_s)} left"
            status.show_running(words, progress.fraction or 0.0, f"{story}\n{progress.message}")
        elif study is None:
            status.show_done("")
            if not runner.busy:
                self.view.show_nothing()
        elif study.complete:
            status.show_done(f"{folder} · {len(study.finished):,} cells", story)
        else:
            counted = f"{len(study.finished):,} of {len(study.manifest.cells):,} cells"
            reasons = [f"{f.key.text}: {f.message} {f.hint}".strip() for f in runner.failures]
            status.show_stopped(f"{folder} · {counted}", "\n".join([story, *reasons]))

    def on_study_problem(self, problem: Problem) -> None:
        """It cannot be read or computed."""
        self.view.show_problem(problem)
        self._shell.notify(problem.message, "bad")

    def _show_in_replay(self, policy: str) -> None:
        """Use the place that is looked at, where this computer has it, and replay there."""
        place, workspace = self.view.place, self._shell.workspace
        for kind, key in zip(("network", "device"), place or (), strict=False):
            if all(choice.key != key for choice in workspace.choices(kind)):
                self._shell.notify(f"There is no {kind} called {key} here.", "warning")
                return
            workspace.choose(kind, key)
        self._shell.replay_at(None, policy)

    def _free_folder(self) -> Path:
        """A folder that no study is in yet."""
        root = user_folder("studies")
        number = 1
        while (root / f"study-{number}").exists():
            number += 1
        return root / f"study-{number}"
