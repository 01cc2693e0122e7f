"""What can be done with projects: actions for the chooser in the top bar and the palette."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.gui.bridge import JobBridge
from workbench.gui.project_desk import ProjectDesk
from workbench.gui.widgets.top_bar import TopBar
from workbench.gui.workspace import Choice
from workbench.services.projects import PROJECT_SUFFIX

_FILTER = f"Projects (*{PROJECT_SUFFIX})"


class ProjectActions(QObject):
    """Asks for files, and shows in the top bar which project is in use."""

    def __init__(self, desk: ProjectDesk, bar: TopBar, bridge: JobBridge, window: QWidget) -> None:
        super().__init__(window)
        self._bridge = bridge
        self._desk, self._bar, self._window = desk, bar, window
        self._close = self._action("Close the project", "", desk.close)
        self.actions = [
            self._action("New project…", "Ctrl+Shift+N", self.new),
            self._action("Open a project…", "Ctrl+O", self.open),
            self._action("Save a copy of the project…", "Ctrl+Shift+S", self.copy),
            self._action("What is in the project…", "Ctrl+Shift+P", self.show_contents),
            self._close,
        ]
        bar.project.set_further(self.actions)
        bar.project.chosen.connect(self._on_chosen)
        desk.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the project in use and recent ones."""
        current = _choice(self._desk.path)
        others = [_choice(path) for path in self._desk.recent if str(path) != current.key]
        self._close.setEnabled(not self._desk.is_default)
        self._bar.show_projects([current, *others], current)

    def new(self) -> None:
        """Ask for a name and make a project."""
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "New project", str(self._folder() / f"project{PROJECT_SUFFIX}"), _FILTER,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )  # fmt: skip
        if chosen:
            self._desk.make(_named(chosen))

    def open(self) -> None:
        """Ask for a file and open it."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Open a project", str(self._folder()), f"{_FILTER};;All files (*)"
        )
        if chosen:
            self._desk.open(Path(chosen))

    def copy(self) -> None:
        """Ask for a file and write a copy into it."""
        name = f"{self._desk.path.stem} copy{PROJECT_SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save a copy of the project", str(self._folder() / name), _FILTER
        )
        if chosen:
            self._desk.copy(_named(chosen))

    def show_contents(self) -> None:
        """Show what is in the project."""
        from workbench.gui.widgets.project_contents import ProjectContents

        if self._desk.path.exists():
            ProjectContents(self._desk.path, self._bridge, self._window).open()
        else:
            self._desk.said.emit("Nothing was measured or made in the project yet.", "")

    def _on_chosen(self, _kind: str, key: str) -> None:
        path = Path(key)
        if path == self._desk.path:
            return
        self._desk.open(path)
        self.refresh()  # the mark stays where it is until it is open

    def _folder(self) -> Path:
        recent = self._desk.recent
        return Path.home() if not recent else recent[0].parent

    def _action(self, text: str, keys: str, slot: object) -> QAction:
        action = QAction(text, self._window)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)
        return action


def _choice(path: Path) -> Choice:
    story = f"{path}\nHolds what is measured and made: runs, device profiles, traces."
    return Choice(str(path), path.stem, "", None, story)


def _named(chosen: str) -> Path:
    path = Path(chosen)
    return path if path.suffix == PROJECT_SUFFIX else path.with_name(f"{path.name}{PROJECT_SUFFIX}")
