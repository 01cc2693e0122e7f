"""Opens studies and runs them as jobs; what is finished is read again while more is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench.gui.presenters.compare_runner import Watch
from workbench.gui.presenters.problem import Problem
from workbench.jobs import (
    Cancelled,
    Done,
    Failed,
    Job,
    JobContext,
    JobEvent,
    Partial,
    Progress,
    TerminalEvent,
    run_in_thread,
)
from workbench.services.study_records import CellFailure, Study, StudyPlan
from workbench.services.study_running import start_study
from workbench.services.study_store import read_study

_READ_EVERY_S = 3.0

Start = Callable[[StudyPlan, Path], Job]
Read = Callable[[Path], Study]


class StudyOwner(Protocol):
    """Who hears of studies; called on the thread that drains job events."""

    def on_study(self, study: Study) -> None: ...

    def on_study_state(self) -> None: ...

    def on_study_problem(self, problem: Problem) -> None: ...


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """How far a running study is."""

    fraction: float | None = None
    message: str = "starting"
    eta_s: float | None = None


class StudyRunner:
    """One study at a time: the one that is shown, and that may be running."""

    def __init__(
        self, watch: Watch, owner: StudyOwner, start: Start = start_study, read: Read = read_study
    ) -> None:
        self._watch = watch
        self._owner = owner
        self._start, self._read = start, read
        self._reading: Job | None = None
        self._again = False
        self._run: Job | None = None
        self._read_at_s = 0.0
        self.folder: Path | None = None
        self.study: Study | None = None
        self.progress: StudyProgress | None = None
        self.failures: list[CellFailure] = []

    @property
    def running(self) -> bool:
        """Whether cells are computed."""
        return self._run is not None

    @property
    def busy(self) -> bool:
        """Whether a study is read or computed."""
        return self._run is not None or self._reading is not None

    def open(self, folder: Path) -> None:
        """Show the study in a folder. While one is computed nothing else is opened."""
        if self.running:
            return
        self.folder, self.study, self.failures = folder, None, []
        self._read_now()
        self._owner.on_study_state()

    def start(self, plan: StudyPlan, folder: Path) -> None:
        """Compute a study, or go on with it."""
        if self.running:
            return
        if folder != self.folder:
            self.study = None
        self.folder, self.failures = folder, []
        self.progress = StudyProgress()
        self._run = self._start(plan, folder)
        self._watch(self._run, self._on_run_event)
        self._owner.on_study_state()

    def go_on(self) -> None:
        """Compute what the study that is shown lacks."""
        if self.study is not None and self.folder is not None:
            self.start(self.study.manifest.plan, self.folder)

    def cancel(self) -> None:
        """Stop computing; finished cells stay."""
        if self._run is not None:
            self._run.cancel()

    # ---- jobs ----------------------------------------------------------------------------------

    def _read_now(self) -> None:
        if self._reading is not None:
            self._again = True
            return
        arguments = {"read": self._read, "folder": self.folder}
        self._reading = run_in_thread(_read, arguments, name="Read the study")
        self._watch(self._reading, self._on_read_event, quiet=True)

    def _on_read_event(self, event: JobEvent) -> None:
        if self._reading is None or event.job_id != self._reading.id:
            return
        if isinstance(event, TerminalEvent):
            self._reading = None
            if self._again:
                self._again = False
                self._read_now()
            if isinstance(event, Done):
                self.study = event.result
                self._owner.on_study(event.result)
            elif isinstance(event, Failed) and not self.running:
                self.study = self.folder = None
                self._owner.on_study_problem(Problem.of(event))
            self._owner.on_study_state()

    def _on_run_event(self, event: JobEvent) -> None:
        if self._run is None or event.job_id != self._run.id:
            return
        if isinstance(event, Progress):
            self.progress = StudyProgress(event.fraction, event.message, event.eta_s)
            self._owner.on_study_state()
        elif isinstance(event, Partial):
            if isinstance(event.record, CellFailure):
                self.failures.append(event.record)
            if event.elapsed_s - self._read_at_s > _READ_EVERY_S:
                self._read_at_s = event.elapsed_s
                self._read_now()
        elif isinstance(event, TerminalEvent):
            self._run = self.progress = None
            self._read_at_s = 0.0
            if isinstance(event, Done):
                self.study = event.result
                self._owner.on_study(event.result)
            elif isinstance(event, Failed):
                self._owner.on_study_problem(Problem.of(event))
            if isinstance(event, Cancelled | Failed) and self.folder is not None:
                self._read_now()
            self._owner.on_study_state()


def _read(context: JobContext, read: Read, folder: Path) -> Study:
    context.progress(None, "reading")
    return read(folder)
