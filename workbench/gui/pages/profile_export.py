"""Exports the raw samples of a result: asks for a file, then writes it on a worker thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.profiling_backend import Export
from workbench.gui.presenters.profiling_result import ResultView
from workbench.gui.shell import Shell
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, run_in_thread


class SampleExport(QObject):
    """One export at a time."""

    running_changed = Signal(bool)

    def __init__(self, shell: Shell, export: Export, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shell = shell
        self._export = export
        self._job: Job | None = None

    def ask(self, view: ResultView, over: QWidget) -> None:
        """Ask for a file over a widget, and write it unless the user thinks better of it."""
        name = f"{view.result.profile.id}_{view.result.network.description.name}_runs.csv"
        chosen, _ = QFileDialog.getSaveFileName(
            over, "Export raw samples", str(Path.home() / name), "Comma-separated values (*.csv)"
        )
        if chosen:
            self.write(view, Path(chosen))

    def write(self, view: ResultView, path: Path) -> None:
        """Write the raw samples into a file; nothing happens while another export runs."""
        if view.result.runs is None or self._job is not None:
            return
        arguments = {
            "run": view.result.runs.run,
            "network": str(view.result.network.folder),
            "out": path,
        }
        self._job = run_in_thread(self._export, arguments, name=f"Export {path.name}")
        self.running_changed.emit(True)
        self._shell.bridge.watch(self._job, self._on_event)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or not isinstance(event, Done | Failed | Cancelled):
            return
        name, self._job = self._job.name, None
        self.running_changed.emit(False)
        if isinstance(event, Done):
            self._shell.notify(f"{name}: {event.result:,} samples written.", "good")
        elif isinstance(event, Failed):
            self._shell.show_problem(Problem.of(event))
