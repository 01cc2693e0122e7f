"""What to train: task, folders, minutes, and the command that does the same in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QIntValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.training_run import TaskChoice, TrainingForm
from workbench.gui.widgets.basics import Card, label, row, rule
from workbench.gui.widgets.code_font import mono

_MAX_MINUTES = 7 * 24 * 60
_STEPS = (
    "1.  The backbone alone learns for a short while.",
    "2.  Its channels are sorted by importance; low-rank operators are made from its weights.",
    "3.  The ensemble: on each batch the largest network, a small and two random ones.",
    "4.  Batch-norm statistics, for each operator after its predecessors.",
    "5.  Accuracy on the test set: of the whole space where it is small, else of 600"
    " configurations and a predictor with its error.",
)


class TrainForm(Card):
    """Emits what the user wants; says why it cannot be had."""

    start_asked = Signal()
    cancel_asked = Signal()
    check_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Train a network", parent)
        self._tasks: tuple[TaskChoice, ...] = ()
        self._free_folder: Callable[[str], str] = lambda _: ""
        self._suggested = ("", "")
        self._running = False
        self._skip_bad_data = False
        self._task = QComboBox()
        self._data, self._browse_data = self._folder("Folder with the data")
        self._out, self._browse_out = self._folder("Folder for the network")
        self._size, self._classes = QLineEdit(), QLineEdit()
        self._size.setValidator(QIntValidator(1, 9999, self._size))
        self._size.setToolTip("Side of the network's input in pixels, 32 to 512.")
        self._size.setAccessibleName("Input size in pixels")
        self._classes.setValidator(QIntValidator(2, 99_999, self._classes))
        self._classes.setPlaceholderText("all classes")
        self._classes.setToolTip("Take only that many classes, the first by name.")
        self._classes.setAccessibleName("Largest number of classes")
        self._options = label("Inputs", "secondary")
        self._minutes = QLineEdit()
        self._minutes.setValidator(QIntValidator(0, _MAX_MINUTES, self._minutes))
        self._minutes.setPlaceholderText("minutes; empty: as the recipe says")
        self._minutes.setToolTip(
            "Minutes for the training itself; measuring comes on top. Empty: the recipe's epochs."
        )
        self._resume = QCheckBox("Go on from the last checkpoint")
        self._blocked = label("", "warning", wrap=True)
        self._note = label("", "small", wrap=True)
        self.start = QPushButton("Start training")
        self.start.setProperty("role", "primary")
        self.cancel = QPushButton("Stop")
        self.cancel.setToolTip("Writes a checkpoint and stops; training can go on from there.")
        self.check = QPushButton("Check the data")
        self.check.setToolTip("Reads the whole folder and says what cannot be used.")
        self._command = label("", "secondary", wrap=True)
        self._copy = QPushButton("Copy")
        self._build()
        self._connect()
        self.refresh()

    # ---- content -------------------------------------------------------------------------------

    def set_tasks(
        self, tasks: Sequence[TaskChoice], free_folder: Callable[[str], str] = lambda _: ""
    ) -> None:
        """Offer these tasks and fill in folders for the first.

        Args:
            free_folder: where a network of the task with that name may be written.
        """
        self._tasks, self._free_folder = tuple(tasks), free_folder
        self._task.clear()
        for task in tasks:
            self._task.addItem(task.title, task.name)
        self.refresh()

    def _fill_in(self) -> None:
        """Folders of another task, where the user has not named any."""
        name = str(self._task.currentData() or "")
        suggested = (
            next((task.usual_folder for task in self._tasks if task.name == name), ""),
            self._free_folder(name) if name else "",
        )
        given = (self._data.text(), self._out.text())
        self.set_folders(
            *(
                new if text in ("", old) else text
                for text, old, new in zip(given, self._suggested, suggested)
            )
        )
        self._suggested = suggested

    def set_folders(self, data: str, out: str) -> None:
        """Fill in folders."""
        for edit, text in ((self._data, data), (self._out, out)):
            edit.setText(text)
            edit.setCursorPosition(0)

    def set_minutes(self, minutes: int) -> None:
        """Fill in the minutes; 0 stands for the recipe's epochs."""
        self._minutes.setText(str(minutes) if minutes else "")

    def set_resume(self, resume: bool) -> None:
        """Tick or clear "go on"."""
        self._resume.setChecked(resume and self._resume.isEnabled())

    def skip_bad_data(self) -> None:
        """Leave out what cannot be used, until another task or folder is chosen."""
        self._skip_bad_data = True
        self.refresh()

    @property
    def _choice(self) -> TaskChoice | None:
        name = self._task.currentData()
        return next((task for task in self._tasks if task.name == name), None)

    @property
    def form(self) -> TrainingForm:
        """What is filled in."""
        choosable = self._choice is not None and self._choice.input_size is not None
        return TrainingForm(
            task=str(self._task.currentData() or ""),
            data=self._data.text().strip(),
            out=self._out.text().strip(),
            minutes=float(self._minutes.text() or 0) or None,
            resume=self._resume.isEnabled() and self._resume.isChecked(),
            skip_bad_data=self._skip_bad_data,
            input_size=int(self._size.text() or 0) * choosable or None,
            max_classes=int(self._classes.text() or 0) * choosable or None,
        )

    @property
    def blocked(self) -> str:
        """Why training cannot start; empty when it can."""
        return self.form.blocked(self._hint())

    def show_running(self, running: bool) -> None:
        """Lock the form while a run goes on."""
        self._running = running
        for widget in (
            self._task, self._data, self._browse_data, self._out, self._browse_out, self._minutes,
            self._size, self._classes,
        ):  # fmt: skip
            widget.setEnabled(not running)
        self.cancel.setEnabled(running)
        self.refresh()

    def refresh(self) -> None:
        """Look at the folders again: what can be done, and what it would do."""
        form = self.form
        self._resume.setEnabled(form.can_resume and not self._running)
        self._resume.setToolTip(
            "" if form.can_resume else "The folder for the network holds no checkpoint."
        )
        if not form.can_resume:
            self._resume.setChecked(False)
            form = self.form
        blocked = "" if self._running else form.blocked(self._hint())
        self.start.setEnabled(not self._running and not blocked)
        self.start.setToolTip(blocked)
        self.check.setEnabled(not self._running and not form.data_missing(self._hint()))
        self.start.setText("Go on" if form.resume else "Start training")
        self._blocked.setText(blocked)
        self._blocked.setVisible(bool(blocked))
        note = "" if self._running else form.warning()
        self._note.setText(note)
        self._note.setVisible(bool(note) and not blocked)
        # An option a line; zero-width spaces let long paths break.
        lines = form.command().replace(" --", " \\\n  --").replace("/", "/\u200b")
        self._command.setText(lines.replace("--", "\u2011\u2011"))
        self._command.setAccessibleName(f"Command: {form.command()}")

    def _hint(self) -> str:
        return "" if self._choice is None else self._choice.data_hint

    # ---- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(theme.GRID_PX)
        grid.setColumnStretch(1, 1)
        self._task.setAccessibleName("Task")
        self._minutes.setAccessibleName("Minutes")
        for line, (caption, widget, button) in enumerate(
            (
                ("Task", self._task, None),
                ("Data", self._data, self._browse_data),
                ("Network", self._out, self._browse_out),
                ("Minutes", self._minutes, None),
            )
        ):
            name = label(caption, "secondary")
            name.setBuddy(widget)
            grid.addWidget(name, line, 0)
            grid.addWidget(widget, line, 1, 1, 1 if button else 2)
            if button is not None:
                grid.addWidget(button, line, 2)
        line = grid.rowCount()
        grid.addWidget(self._options, line, 0)
        grid.addLayout(row(self._size, self._classes), line, 1, 1, 2)
        self.body.addLayout(grid)
        self.body.addWidget(self._resume)
        self.body.addWidget(self._blocked)
        self.body.addWidget(self._note)
        self.body.addLayout(row(self.start, self.cancel, self.check, None))
        self.body.addSpacing(theme.GRID_PX)
        self._command.setFont(mono())
        self._copy.setProperty("role", "link")
        self._copy.setAccessibleName("Copy the command")
        self.body.addLayout(row(label("The same in a terminal", "small"), None, self._copy))
        self.body.addWidget(self._command)
        self.body.addSpacing(theme.GRID_PX)
        self.body.addWidget(rule())
        self.body.addWidget(label("What a run does", "strong"))
        for words in _STEPS:
            self.body.addWidget(label(words, "small", wrap=True))
        self.body.addStretch(1)
        self.cancel.setEnabled(False)

    def _folder(self, name: str) -> tuple[QLineEdit, QPushButton]:
        edit = QLineEdit()
        edit.setAccessibleName(name)
        button = QPushButton("Choose…")
        button.setAccessibleName(f"Choose: {name}")
        return edit, button

    def _connect(self) -> None:
        self._task.currentIndexChanged.connect(self._on_other_task)
        self._size.textChanged.connect(self._on_other_data)
        self._classes.textChanged.connect(self._on_other_data)
        self._data.textChanged.connect(self._on_other_data)
        self._out.textChanged.connect(self._on_changed)
        self._minutes.textChanged.connect(self._on_changed)
        self._resume.toggled.connect(self._on_changed)
        self._browse_data.clicked.connect(self._on_browse_data)
        self._browse_out.clicked.connect(self._on_browse_out)
        self._copy.clicked.connect(self._on_copy)
        self.start.clicked.connect(self.start_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        self.check.clicked.connect(self.check_asked)

    def _on_changed(self, _value: object) -> None:
        self.refresh()

    def _on_other_task(self, _value: object) -> None:
        size = None if self._choice is None else self._choice.input_size
        for widget in (self._options, self._size, self._classes):
            widget.setVisible(size is not None)
        self._size.setPlaceholderText(f"{size} pixels")
        self._fill_in()
        self._on_other_data(None)

    def _on_other_data(self, _value: object) -> None:
        self._skip_bad_data = False
        self.refresh()

    def _on_browse_data(self) -> None:
        self._browse(self._data, "Folder with the data")

    def _on_browse_out(self) -> None:
        self._browse(self._out, "Folder for the network")

    def _browse(self, edit: QLineEdit, title: str) -> None:
        start = Path(edit.text()).expanduser()
        while not start.is_dir() and start != start.parent:
            start = start.parent
        folder = QFileDialog.getExistingDirectory(self, title, str(start))
        if folder:
            edit.setText(folder)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.form.command())


class CurveKey(QWidget):
    """The words beside the curves: which colour is which, and its newest value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, QLabel] = {}
        self._names: dict[str, QLabel] = {}

    def show_values(self, values: dict[str, tuple[str, str]]) -> None:
        """Show (text, colour) by name."""
        if self.layout() is None:
            line = row(spacing=16)
            for name in values:
                self._names[name] = label(name, "small")
                self._values[name] = label("")
                line.addLayout(row(self._names[name], self._values[name], spacing=5))
            line.addStretch(1)
            self.setLayout(line)
        for name, (text, colour) in values.items():
            self._values[name].setText(text)
            self._values[name].setStyleSheet(f"color: {colour}; font-weight: 600;")
            self._values[name].setAccessibleName(f"{name}: {text}")
