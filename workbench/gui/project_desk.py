"""The project that the window works in: opening, making, copying, and what it remembers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.gui.bridge import JobBridge
from workbench.gui.presenters.problem import Problem
from workbench.gui.settings import Settings
from workbench.gui.workspace import KINDS, Choices, Workspace
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, TerminalEvent, run_in_thread
from workbench.services.projects import (
    VARIABLE,
    default_project,
    name_project,
    project_in_use,
    use_project,
)

LAST_KEY, RECENT_KEY = "project/last", "project/recent"
MAX_RECENT = 8


@dataclass(frozen=True, slots=True)
class Switched:
    """What was found in a project that is in use now.

    Attributes:
        remembered: kind -> key of what was in use when it was open last.
    """

    path: Path
    choices: Choices
    remembered: Mapping[str, str]


def take_up_last(settings: Settings) -> Problem | None:
    """Work in the project of the last time, unless the environment names one.

    Returns what is wrong where it is gone; the default one is used then.
    """
    last = settings.text(LAST_KEY)
    if os.environ.get(VARIABLE) or not last or name_project(last):
        return None
    settings.set_text(LAST_KEY, "")
    return Problem(
        f"{last}: the project of the last time is not there.",
        "Your default project is open instead. Open the other one where it is now.",
    )


def give_up_last(settings: Settings, error: WorkbenchError) -> Problem:
    """Work in the default project after all, because the last one cannot be read.

    Raises:
        WorkbenchError: the default one is what cannot be read.
    """
    if project_in_use() == default_project():
        raise error
    use_project(None)
    settings.set_text(LAST_KEY, "")
    return Problem.of(error)


class ProjectDesk(QObject):
    """Switches between projects; one switch at a time."""

    leaving = Signal()
    """Another project is about to be opened: keep what is not saved yet."""
    switched = Signal()
    """Another project is in use."""
    changed = Signal()
    """Name, list of recent ones, or what can be done changed."""
    said = Signal(str, str)
    """Text and tone for the bottom bar."""
    failed = Signal(object)
    """A `Problem`."""

    def __init__(
        self,
        workspace: Workspace,
        bridge: JobBridge,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._bridge, self._settings = workspace, bridge, settings
        self._job: Job | None = None
        workspace.changed.connect(self._remember)

    # ---- what there is -------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The file of the project in use; the default one may not exist yet."""
        return project_in_use()

    @property
    def is_default(self) -> bool:
        """Whether no project was opened."""
        return self.path == default_project()

    @property
    def busy(self) -> bool:
        """Whether a project is being opened or copied."""
        return self._job is not None

    @property
    def recent(self) -> tuple[Path, ...]:
        """Projects that were open and are still there, the latest first."""
        try:
            found = json.loads(self._settings.text(RECENT_KEY, "[]"))
            paths = [Path(entry) for entry in found if isinstance(entry, str)]
        except (ValueError, TypeError):
            return ()
        return tuple(path for path in paths if path.is_file())

    # ---- what the user can do ------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Work in another project."""
        self._switch(path, create=False)

    def make(self, path: Path) -> None:
        """Make an empty project and work in it."""
        if path.exists():
            self.failed.emit(Problem(f"{path}: is there already.", "Choose another name."))
        else:
            self._switch(path, create=True)

    def close(self) -> None:
        """Work in the default project."""
        self._switch(None, create=False)

    def copy(self, path: Path) -> None:
        """Write a copy of the project; it stays the one in use."""
        if self._job is not None:
            return
        arguments = {"path": self.path, "out": path}
        self._job = run_in_thread(_copy, arguments, name=f"Copy the project to {path.name}")
        self._bridge.watch(self._job, self._on_copied)

    def _switch(self, path: Path | None, *, create: bool) -> None:
        if self._job is not None:
            return
        running = self._bridge.running()
        if running:
            # What runs belongs to the project that it was started in.
            self.failed.emit(
                Problem(f"{running[0].name} is running.", "Wait for it, or cancel it first.")
            )
            return
        self.leaving.emit()
        arguments = {"path": path, "create": create, "workspace": self._workspace}
        name = f"Open {(path or default_project()).stem}"
        self._job = run_in_thread(_switch, arguments, name=name)
        self._bridge.watch(self._job, self._on_switched)

    def _on_switched(self, event: JobEvent) -> None:
        if not isinstance(event, TerminalEvent):
            return
        self._job = None
        if isinstance(event, Done):
            found: Switched = event.result
            self._settings.set_text(LAST_KEY, "" if self.is_default else str(found.path))
            if not self.is_default:
                others = [path for path in self.recent if path != found.path]
                kept = [str(path) for path in (found.path, *others)][:MAX_RECENT]
                self._settings.set_text(RECENT_KEY, json.dumps(kept))
            self._workspace.take(found.choices, found.remembered)
            for kind in ("device", "trace"):
                self._workspace.touch(kind)  # another project may mean another thing by a name
            self.said.emit(f"Opened {found.path.stem}", "good")
            self.switched.emit()
        elif isinstance(event, Failed):
            self.failed.emit(Problem.of(event))
        self.changed.emit()

    def _on_copied(self, event: JobEvent) -> None:
        if not isinstance(event, TerminalEvent):
            return
        self._job = None
        if isinstance(event, Done):
            self.said.emit(f"Wrote {event.result}", "good")
        elif isinstance(event, Failed):
            self.failed.emit(Problem.of(event))
        self.changed.emit()

    def _remember(self, kind: str) -> None:
        """Keep in the project what is in use; a default one is not made for that."""
        choice = self._workspace.current(kind)
        if choice is None or not self.path.exists():
            return
        arguments = {"path": self.path, "kind": kind, "key": choice.key}
        job = run_in_thread(_remember, arguments, name="Remember what is in use")
        self._bridge.watch(job, quiet=True)


def _switch(context: JobContext, path: Path | None, create: bool, workspace: Workspace) -> Switched:
    """Runs on a worker thread; where it fails, the project before stays in use."""
    from workbench.storage import Project

    before = os.environ.get(VARIABLE)
    try:
        if path is None:
            use_project(None)
        else:
            use_project(path, create=create)
        file, remembered = project_in_use(), {}
        if file.exists():
            with Project(file) as project:
                context.progress(None, "checking the file")
                project.check()
                remembered = {kind: project.setting(f"window/{kind}") for kind in KINDS}
        return Switched(file, workspace.catalogue.full(), remembered)
    except BaseException:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
        raise


def _copy(_context: JobContext, path: Path, out: Path) -> str:
    from workbench.services.project_contents import copy_project

    copy_project(path, out)
    return str(out)


def _remember(_context: JobContext, path: Path, kind: str, key: str) -> None:
    from workbench.storage import Project

    with Project(path) as project:
        if project.writable:
            project.set_setting(f"window/{kind}", key)
