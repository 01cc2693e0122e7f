"""Imports another program's recording: preview, mapping, settings, and what would come of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFileDialog, QListWidgetItem, QTableWidgetItem, QWidget

from workbench.context import Trace
from workbench.context.foreign import TARGETS, TableSettings
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.presenters.import_form import (
    PREVIEW_ROWS,
    ImportState,
    convert_again,
    open_file,
    outcome_text,
    table_text,
    unit_title,
    with_column,
    with_settings,
)
from workbench.gui.presenters.problem import Problem
from workbench.gui.widgets.basics import restyle
from workbench.gui.widgets.import_layout import ImportLayout
from workbench.gui.widgets.tips import plain_tip
from workbench.jobs import Done, Failed, Job, JobEvent, run_in_thread

_DELAY_MS = 150
_SEVERITY_TONES = {"error": "bad", "warning": "warning", "note": "secondary"}
_NO_COLUMN = "– none –"


class ImportDialog(ImportLayout):
    """Emits the trace that the user wants to have."""

    imported = Signal(object)
    """A `Trace`, not written yet."""

    def __init__(self, bridge: JobBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._job: Job | None = None
        self._state: ImportState | None = None
        self._wanted = False
        self._filling = False
        self._asked_path = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self._convert)
        self._connect()
        self._show_state()

    # ---- for the page --------------------------------------------------------------------------

    @property
    def state(self) -> ImportState | None:
        """The file as it is understood; None before the first."""
        return self._state

    @property
    def busy(self) -> bool:
        """Whether something is read or converted now, or soon."""
        return self._job is not None or self._timer.isActive()

    def open_path(self, path: str | Path) -> None:
        """Read this file."""
        self.path.setText(str(path))
        self._read(None)

    # ---- work ----------------------------------------------------------------------------------

    def _read(self, settings: TableSettings | None) -> None:
        if not self.path.text():
            return
        self._timer.stop()
        self._wanted = False
        self._asked_path = self.path.text()
        self.outcome.setText("Reading…")
        self.import_button.setEnabled(False)
        self._job = run_in_thread(
            open_file, {"path": self.path.text(), "settings": settings}, name="Read a recording"
        )
        self._bridge.watch(self._job, self._on_event, quiet=True)

    def _convert(self) -> None:
        if self._state is None:
            return
        if self._job is not None:
            self._wanted = True
            return
        self._job = run_in_thread(
            convert_again, {"draft": self._state.draft}, name="Convert a recording"
        )
        self._bridge.watch(self._job, self._on_event, quiet=True)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, Done):
            self._job = None
            if isinstance(event.result, Trace):
                # A trace of the workbench needs no mapping.
                self.imported.emit(event.result)
                self.accept()
                return
            first = self._state is None or self._state.draft.table is not event.result.draft.table
            if self._wanted and self._state is not None and not first:
                # The form changed meanwhile: keep what it says, and convert once more.
                self._wanted = False
                self._convert()
                return
            self._state = event.result
            self.error.hide()
            if first:
                self._fill()
            self._show_state()
        elif isinstance(event, Failed):
            self._job = None
            self._state = None
            self.error.show_problem(Problem.of(event))
            self._show_state()

    def _change(self, **changes: object) -> None:
        if self._state is None or self._filling:
            return
        draft = with_settings(self._state.draft, **changes)
        self._state = ImportState(draft, self._state.result)
        self.import_button.setEnabled(False)
        self._timer.start()

    # ---- showing -------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Show a newly read file: preview, columns to choose from, guesses."""
        assert self._state is not None
        self._filling = True
        table, mapping = self._state.draft.table, self._state.draft.mapping
        self.delimiter.setCurrentIndex(self.delimiter.findData(table.settings.delimiter))
        self.preview.setColumnCount(len(table.names))
        rows = table.rows[:PREVIEW_ROWS]
        self.preview.setRowCount(len(rows))
        self.preview.setVerticalHeaderLabels([str(line) for line in table.lines[: len(rows)]])
        for index, cells in enumerate(rows):
            for column in range(len(table.names)):
                text = cells[column] if column < len(cells) else ""
                self.preview.setItem(index, column, QTableWidgetItem(text))
        for target, (columns, _units) in self._combos.items():
            columns.clear()
            columns.addItem(_NO_COLUMN, "")
            for name in table.names:
                columns.addItem(name, name)
            rule = mapping.rule(target)
            columns.setCurrentIndex(columns.findData(rule.column) if rule else 0)
            self._fill_units(target)
        self.zone.setText(mapping.zone)
        self.date.setText(mapping.date)
        self.title.setText(Path(table.path).stem[:80])
        self._filling = False

    def _fill_units(self, target: str) -> None:
        assert self._state is not None
        units = self._combos[target][1]
        rule = self._state.draft.mapping.rule(target)
        units.blockSignals(True)
        units.clear()
        for unit in TARGETS[target].units if rule else ():
            units.addItem(unit_title(target, unit), unit)
        if rule is not None:
            units.setCurrentIndex(units.findData(rule.unit))
        units.setEnabled(units.count() > 1)
        units.blockSignals(False)

    def _show_state(self) -> None:
        state = self._state
        self._body.setEnabled(state is not None)
        self.problems.clear()
        if state is None:
            self.facts.setText("")
            failed = self.error.isVisibleTo(self)
            self.outcome.setText("" if failed else "Choose a CSV file that was recorded elsewhere.")
            restyle(self.outcome, role="secondary")
            self.import_button.setEnabled(False)
            return
        self.facts.setText(table_text(state))
        self._mark_columns()
        tokens = theme.tokens()
        for problem in state.result.problems:
            item = QListWidgetItem(str(problem))
            item.setForeground(QColor(getattr(tokens, _SEVERITY_TONES[problem.severity])))
            item.setToolTip(plain_tip(f"{problem.severity}: {problem}"))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{problem.severity}: {problem}")
            self.problems.addItem(item)
        if not state.result.problems:
            self.problems.addItem("No problems found.")
        self.outcome.setText(outcome_text(state))
        possible = state.result.trace is not None
        restyle(self.outcome, role="good" if possible else "bad")
        self.import_button.setEnabled(possible and not self._timer.isActive())

    def _mark_columns(self) -> None:
        """The preview's header says what each column is used for."""
        assert self._state is not None
        used = {rule.column: TARGETS[rule.target].title for rule in self._state.draft.mapping.rules}
        tokens = theme.tokens()
        for index, name in enumerate(self._state.draft.table.names):
            item = QTableWidgetItem(f"{name}\n→ {used[name]}" if name in used else f"{name}\n")
            item.setForeground(QColor(tokens.accent if name in used else tokens.secondary))
            item.setToolTip(plain_tip(name))
            self.preview.setHorizontalHeaderItem(index, item)

    # ---- what the user does --------------------------------------------------------------------

    def _on_browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "A recording", self.path.text(), "Tables (*.csv *.tsv *.txt *.log);;All files (*)"
        )
        if path:
            self.open_path(path)

    def _on_path(self) -> None:
        # The field also reports when it loses the focus, such as to the end of the dialog.
        if self.path.text() != self._asked_path:
            self._read(None)

    def _on_delimiter(self, _index: int) -> None:
        self._read(TableSettings(delimiter=str(self.delimiter.currentData())))

    def _on_column(self, _index: int) -> None:
        """A column box changed: take all of them up, guess the unit of the one that changed."""
        if self._state is None or self._filling:
            return
        draft = self._state.draft
        for target, (columns, _units) in self._combos.items():
            column = str(columns.currentData() or "")
            rule = draft.mapping.rule(target)
            if column != (rule.column if rule else ""):
                draft = with_column(draft, target, column)
                self._state = ImportState(draft, self._state.result)
                self._fill_units(target)
        self._change()

    def _on_unit(self, _index: int) -> None:
        if self._state is None or self._filling:
            return
        draft = self._state.draft
        for target, (_columns, units) in self._combos.items():
            rule = draft.mapping.rule(target)
            if rule is not None and units.currentData() not in (None, rule.unit):
                draft = with_column(draft, target, rule.column, str(units.currentData()))
        self._state = ImportState(draft, self._state.result)
        self._change()

    def _on_settings(self, _value: object = None) -> None:
        self._change(
            zone=self.zone.text().strip(),
            date=self.date.text().strip(),
            cores=self.cores.value(),
            formula=str(self.formula.currentData()),
            cache_kib=self.cache.value(),
            cache_load_factor=self.cache_factor.value(),
            event_rate_hz=self.event_rate.value(),
            missing=str(self.missing.currentData()),
            title=self.title.text(),
            device=self.device.text(),
        )

    def _on_import(self) -> None:
        if self._state is not None and self._state.result.trace is not None and not self.busy:
            self.imported.emit(self._state.result.trace)
            self.accept()

    def done(self, result: int) -> None:
        """Stop waiting, however it is closed; what is still read is not wanted any more."""
        self._timer.stop()
        self._job = None
        super().done(result)

    def _connect(self) -> None:
        self.browse.clicked.connect(self._on_browse)
        self.path.editingFinished.connect(self._on_path)
        self.delimiter.activated.connect(self._on_delimiter)
        for columns, units in self._combos.values():
            columns.currentIndexChanged.connect(self._on_column)
            units.currentIndexChanged.connect(self._on_unit)
        for edit in (self.zone, self.date, self.title, self.device):
            edit.textChanged.connect(self._on_settings)
        for box in (self.cores, self.cache, self.cache_factor, self.event_rate):
            box.valueChanged.connect(self._on_settings)
        for combo in (self.formula, self.missing):
            combo.currentIndexChanged.connect(self._on_settings)
        self.import_button.clicked.connect(self._on_import)
        self.cancel_button.clicked.connect(self.reject)


class ImportAction(QObject):
    """Opens the dialog, one at a time, and passes on what it imports."""

    imported = Signal(object)
    """A `Trace`, not written yet."""

    def __init__(self, bridge: JobBridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._window = parent
        self._dialog: ImportDialog | None = None

    @property
    def dialog(self) -> ImportDialog | None:
        """The dialog while it is open."""
        return self._dialog

    def open_empty(self) -> None:
        """Open the dialog without a file."""
        self.open("")

    def open(self, path: str) -> None:
        """Open the dialog on this file."""
        if self._dialog is None:
            self._dialog = ImportDialog(self._bridge, self._window)
            self._dialog.imported.connect(self.imported)
            self._dialog.finished.connect(self._on_closed)
        self._dialog.open()
        self._dialog.path.setFocus()
        if path:
            self._dialog.open_path(path)

    def _on_closed(self, _result: int) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
