"""Asks for a study: where it goes, which tasks and platforms, how many runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.gui.presenters.problem import Problem
from workbench.gui.widgets.basics import label
from workbench.gui.workspace import Choice
from workbench.services.study_records import DEFAULT_PLATFORMS, DEFAULT_POLICIES, StudyPlan
from workbench.services.study_running import check_study_folder

_MOST_RUNS = 100


class StudyDialog(QDialog):
    """A plan and a folder."""

    def __init__(
        self,
        networks: Sequence[Choice],
        platforms: Sequence[Choice],
        trace: str,
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Run a study")
        self.setMinimumWidth(560)
        self._trace = trace
        self._folder = QLineEdit(str(folder))
        self._folder.setAccessibleName("Folder of the study")
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        self._tasks = _ticks(networks, [choice.key for choice in networks], "Tasks")
        self._platforms = _ticks(platforms, DEFAULT_PLATFORMS, "Platforms")
        self._repeats = _spin(5, "Runs of the day in use; 0 leaves it out")
        self._contexts = _spin(20, "Generated contexts of two hours, a run each; 0 leaves them out")
        self._size = label("", "secondary", wrap=True)
        self._problem = label("", "bad", wrap=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._run = self._buttons.addButton("Run", QDialogButtonBox.ButtonRole.AcceptRole)
        self._run.setProperty("role", "primary")
        self._buttons.accepted.connect(self._on_accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(label("Folder; a study that was stopped there goes on", "secondary"))
        line = QHBoxLayout()
        line.addWidget(self._folder, 1)
        line.addWidget(browse)
        layout.addLayout(line)
        lists = QHBoxLayout()
        for word, box in (("Tasks", self._tasks), ("Platforms", self._platforms)):
            column = QVBoxLayout()
            column.addWidget(label(word, "secondary"))
            column.addWidget(box)
            lists.addLayout(column, 1)
        layout.addLayout(lists)
        runs = QHBoxLayout()
        for word, spin in (
            ("Runs of the day in use", self._repeats),
            ("Generated contexts", self._contexts),
        ):
            runs.addWidget(label(word, "secondary"))
            runs.addWidget(spin)
            runs.addSpacing(16)
        runs.addStretch(1)
        layout.addLayout(runs)
        layout.addWidget(self._size)
        layout.addWidget(self._problem)
        layout.addWidget(self._buttons)
        for box in (self._tasks, self._platforms):
            box.itemChanged.connect(self._on_changed)
        for spin in (self._repeats, self._contexts):
            spin.valueChanged.connect(self._on_changed)
        self._folder.textChanged.connect(self._on_changed)
        self._on_changed()

    @property
    def folder(self) -> Path:
        """Where the study goes."""
        return Path(self._folder.text().strip()).expanduser()

    @property
    def size_label(self) -> QLabel:
        """How much there is to compute, in words."""
        return self._size

    def plan(self) -> StudyPlan:
        """What is asked for.

        Raises:
            SettingsError: when that is nothing.
        """
        return StudyPlan(
            tasks=_ticked(self._tasks),
            platforms=_ticked(self._platforms),
            trace=self._trace,
            repeats=self._repeats.value(),
            contexts=self._contexts.value(),
        )

    def _on_changed(self, *_args: object) -> None:
        self._problem.setText("")
        try:
            plan = self.plan()
        except WorkbenchError as error:
            self._size.setText(error.message)
            self._run.setEnabled(False)
            return
        places = len(plan.tasks) * len(plan.platforms)
        replays = places * len(DEFAULT_POLICIES) * (plan.repeats + plan.contexts)
        self._size.setText(
            f"{places} places of the grid, {len(DEFAULT_POLICIES)} policies: up to {replays:,}"
            " replays, all in worker processes."
        )
        self._run.setEnabled(bool(self._folder.text().strip()))

    def _on_accept(self) -> None:
        try:
            check_study_folder(self.folder)
        except WorkbenchError as error:
            self._problem.setText(Problem.of(error).as_text())
            return
        self.accept()

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder of the study", str(self.folder))
        if chosen:
            self._folder.setText(chosen)


def _ticks(choices: Sequence[Choice], ticked: Sequence[str], name: str) -> QListWidget:
    box = QListWidget()
    box.setAccessibleName(name)
    box.setMaximumHeight(180)
    for choice in sorted(choices, key=lambda choice: choice.key not in ticked):
        item = QListWidgetItem(choice.label)
        item.setData(Qt.ItemDataRole.UserRole, choice.key)
        item.setToolTip(choice.detail)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        state = Qt.CheckState.Checked if choice.key in ticked else Qt.CheckState.Unchecked
        item.setCheckState(state)
        box.addItem(item)
    return box


def _ticked(box: QListWidget) -> tuple[str, ...]:
    items = [box.item(row) for row in range(box.count())]
    return tuple(
        str(item.data(Qt.ItemDataRole.UserRole))
        for item in items
        if item.checkState() == Qt.CheckState.Checked
    )


def _spin(value: int, tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(0, _MOST_RUNS)
    spin.setValue(value)
    spin.setToolTip(tip)
    spin.setAccessibleName(tip)
    return spin
