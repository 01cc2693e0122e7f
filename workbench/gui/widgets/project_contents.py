"""What is in the project: devices, runs, device profiles, traces; exports and removals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.gui.bridge import JobBridge
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.project_contents import Row, Section, head_text, sections
from workbench.gui.widgets.basics import label, row
from workbench.gui.widgets.states import ErrorPanel
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, TerminalEvent, run_in_thread
from workbench.services.project_contents import (
    ProjectOverview,
    export_document,
    export_run,
    look_into,
    remove_run_from,
)

_HEADINGS = ("Name", "State", "Details")


class ProjectContents(QDialog):
    """Lists the contents; works on them on worker threads."""

    def __init__(self, path: Path, bridge: JobBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"In the project {path.stem}")
        self.resize(860, 540)
        self._path, self._bridge = path, bridge
        self._job: Job | None = None
        self._rows: list[Row] = []
        self.head = label("Reading the project…", "secondary", wrap=True)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(_HEADINGS)
        self.tree.setRootIsDecorated(False)
        self.tree.setAccessibleName("Contents of the project")
        header = self.tree.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.error = ErrorPanel()
        self.error.retry.hide()
        self.error.hide()
        self.export = QPushButton("Export…")
        self.remove = QPushButton("Remove the run…")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        for widget in (self.head, self.error):
            layout.addWidget(widget)
        layout.addWidget(self.tree, 1)
        line = row(self.export, self.remove, None)
        line.addWidget(buttons)
        layout.addLayout(line)
        self.tree.itemSelectionChanged.connect(self._show_state)
        self.export.clicked.connect(self.ask_export)
        self.remove.clicked.connect(self.ask_remove)
        self._show_state()
        self.read()

    @property
    def busy(self) -> bool:
        """Whether the project is read or written now."""
        return self._job is not None

    @property
    def selected(self) -> Row | None:
        """The run, profile or trace that is selected."""
        items = self.tree.selectedItems()
        number = items[0].data(0, Qt.ItemDataRole.UserRole) if items else None
        return None if number is None else self._rows[number]

    def read(self) -> None:
        """Read the project."""
        self._start(_look, {"path": self._path}, "Read the project")

    def ask_export(self) -> None:
        """Ask for a file, and write what is selected into it."""
        chosen = self.selected
        if chosen is None or not chosen.file_name:
            return
        path, _ = QFileDialog.getSaveFileName(
            self, "Export", str(Path.home() / chosen.file_name), f"*{Path(chosen.file_name).suffix}"
        )
        if path:
            self.write(chosen, Path(path))

    def write(self, chosen: Row, path: Path) -> None:
        """Write a run's raw samples, a profile or a trace into a file."""
        arguments = {"path": self._path, "kind": chosen.kind, "key": chosen.key, "out": path}
        self._start(_export, arguments, f"Export {path.name}")

    def ask_remove(self) -> None:
        """Ask, then throw the selected run away."""
        chosen = self.selected
        if chosen is None or chosen.kind != "run":
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Throw {chosen.texts[0]} away, with all its samples?")
        box.setInformativeText("This cannot be undone. Profiles that were made of it stay.")
        box.setStandardButtons(QMessageBox.StandardButton.Cancel | QMessageBox.StandardButton.Yes)
        box.button(QMessageBox.StandardButton.Yes).setText("Throw away")
        box.finished.connect(self._on_confirmed)
        box.open()

    def _on_confirmed(self, answer: int) -> None:
        chosen = self.selected
        if answer == QMessageBox.StandardButton.Yes and chosen is not None:
            self._start(_remove, {"path": self._path, "run_id": int(chosen.key)}, "Remove the run")

    def _start(self, work: Callable[..., object], arguments: dict[str, object], name: str) -> None:
        if self._job is None:
            self.error.hide()
            self._job = run_in_thread(work, arguments, name=name)
            self._bridge.watch(self._job, self._on_event)
            self._show_state()

    def _on_event(self, event: JobEvent) -> None:
        if not isinstance(event, TerminalEvent):
            return
        self._job = None
        if isinstance(event, Done) and isinstance(event.result, ProjectOverview):
            self._show(event.result)
        elif isinstance(event, Done):
            self.head.setText(str(event.result))
        elif isinstance(event, Failed):
            self.error.show_problem(Problem.of(event))
        self._show_state()

    def _show(self, found: ProjectOverview) -> None:
        self.head.setText(head_text(found))
        self.tree.clear()
        self._rows = []
        for section in sections(found):
            self._add(section)

    def _add(self, section: Section) -> None:
        top = QTreeWidgetItem(self.tree, [section.title])
        top.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = top.font(0)
        font.setBold(True)
        top.setFont(0, font)
        top.setFirstColumnSpanned(True)
        for entry in section.rows:
            item = QTreeWidgetItem(top, list(entry.texts))
            item.setData(0, Qt.ItemDataRole.UserRole, len(self._rows))
            item.setToolTip(2, entry.texts[2])
            self._rows.append(entry)
        if not section.rows:
            item = QTreeWidgetItem(top, ["none"])
            item.setDisabled(True)
        top.setExpanded(True)

    def _show_state(self) -> None:
        chosen, idle = self.selected, not self.busy
        self.export.setEnabled(idle and chosen is not None and bool(chosen.file_name))
        self.export.setToolTip("Select a run, a device profile or a trace.")
        self.remove.setEnabled(idle and chosen is not None and chosen.removable)
        self.remove.setToolTip("Select a run that is not being measured.")


def _look(_context: JobContext, path: Path) -> ProjectOverview:
    return look_into(path)


def _export(context: JobContext, path: Path, kind: str, key: str, out: Path) -> str:
    if kind == "run":
        return f"Wrote {export_run(context, path, int(key), out):,} samples to {out}."
    export_document(path, "profile" if kind == "profile" else "trace", key, out)
    return f"Wrote {out}."


def _remove(_context: JobContext, path: Path, run_id: int) -> ProjectOverview:
    remove_run_from(path, run_id)
    return look_into(path)
