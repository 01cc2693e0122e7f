"""The Traces page: the library, one trace in lanes, and everything that makes or changes traces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QUndoStack
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.context import Trace
from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.pages.trace_commands import (
    AddCommand,
    EditCommand,
    RemoveCommand,
    RenameCommand,
)
from workbench.gui.pages.trace_compose import ComposePanel
from workbench.gui.pages.trace_edit_mode import TraceEditMode
from workbench.gui.pages.trace_lanes import TraceLanes
from workbench.gui.pages.trace_record import RecordPanel, StartRecording, start_recording
from workbench.gui.pages.trace_work import TraceWork
from workbench.gui.pages.traces_layout import TracesLayout
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.traces import TraceView, build_view, choices_of
from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.import_dialog import ImportAction
from workbench.services.trace_editing import retitled
from workbench.services.trace_library import TraceLibrary, TraceSummary, copy_title

_PATIENCE_MS = 100
"""A read that takes longer says so; a shorter one would only flicker."""
MAX_VIEWS = 6
"""Traces kept in memory beside those that are edited."""


class TracesPage(Page):
    """Shows the library and the selected trace."""

    def __init__(
        self,
        shell: Shell,
        library: TraceLibrary | None = None,
        start: StartRecording = start_recording,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(shell, parent)
        self._library = library or TraceLibrary()
        self._work = TraceWork(shell.bridge, self._on_problem, self._show_controls, self)
        self._summaries: dict[str, TraceSummary] = {}
        self._saved: dict[str, TraceView] = {}
        self._drafts: dict[str, TraceView] = {}
        self._selected = ""
        self._undo = QUndoStack(self)
        self._undo.setUndoLimit(100)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_loading)
        self._confirm: QMessageBox | None = None
        self.record = RecordPanel(shell.bridge, self._library, start)
        self.compose = ComposePanel(shell.bridge)
        self.importing = ImportAction(shell.bridge, self)
        self.ui = TracesLayout(self, self.record, self.compose)
        self._lanes = TraceLanes(self.ui.stack)
        self.editing = TraceEditMode(self.ui.edit_bar, self.ui.stack, self)
        self._actions = self._make_actions()
        self._connect()
        self.ui.restore_state(shell.settings)
        self.ui.show_loading("Reading the traces…")
        self.setAcceptDrops(True)

    # ---- the page's life -----------------------------------------------------------------------

    def on_shown(self) -> None:
        """Look at the folders again."""
        self.refresh()

    def save_state(self) -> None:
        """Remember the layout, and keep what was edited and not saved as copies."""
        self.ui.save_state(self.shell.settings)
        for trace_id in self.edited_ids:
            trace = self._drafts.pop(trace_id).trace
            try:
                self._library.add(retitled(trace, f"{trace.info.title[:60]} (edited)"))
            except WorkbenchError as error:
                self._on_problem(Problem.of(error))

    def commands(self) -> list[QAction]:
        """What the palette offers for this page."""
        return [action for action in self._actions.values() if action.isEnabled()]

    @property
    def settled(self) -> bool:
        """Whether nothing is being read or made."""
        return not self.busy

    @property
    def busy(self) -> bool:
        """Whether something is read or written now."""
        return self._work.busy

    @property
    def selected(self) -> str:
        """Id of the trace that is shown; empty where there is none."""
        return self._selected

    @property
    def view(self) -> TraceView | None:
        """The trace that is shown, edited or not; None while it is read."""
        return self._drafts.get(self._selected) or self._saved.get(self._selected)

    @property
    def edited_ids(self) -> list[str]:
        """Traces with edits that are not saved."""
        return [
            trace_id
            for trace_id, view in self._drafts.items()
            if view is not self._saved.get(trace_id)
        ]

    @property
    def confirmation(self) -> QMessageBox | None:
        """The question before a trace is deleted, while it is open."""
        return self._confirm

    @property
    def undo_stack(self) -> QUndoStack:
        """What can be undone."""
        return self._undo

    # ---- the library ---------------------------------------------------------------------------

    def refresh(self, select: str = "") -> None:
        """Read the list anew; then show `select`, or what was shown before."""
        # A file that was opened by its path is no entry of the library's folders.
        keys = [choice.key for choice in self.shell.workspace.choices("trace")]
        opened = tuple(Path(key) for key in keys if Path(key).is_absolute())
        self._work.start(
            lambda: self._library.list(opened),
            lambda found: self._on_list(found, select),
            "Read the list of traces",
        )

    def _on_list(self, found: tuple[TraceSummary, ...], select: str) -> None:
        before = self._summaries
        self._summaries = {summary.id: summary for summary in found}
        for trace_id in list(self._saved):
            changed = before.get(trace_id) is not self._summaries.get(trace_id)
            if changed and trace_id not in self._drafts:
                self._saved.pop(trace_id)  # read anew when it is shown again
        if before.keys() != self._summaries.keys() or before != self._summaries:
            self.shell.workspace.take(
                {"trace": choices_of([known for known in found if not known.opened])}
            )
        if not select and self.ui.state_name in ("record", "compose"):
            # Somebody is at work there: only the list is new.
            self._selected = self._selected if self._selected in self._summaries else ""
            self._show_list()
            return
        current = self.shell.workspace.current("trace")
        wanted = [select, self._selected, current.key if current else "", *self._summaries]
        self.select(next((key for key in wanted if key in self._summaries), ""))

    def select(self, trace_id: str) -> None:
        """Show a trace."""
        self.editing.end()
        self._selected = trace_id
        self._show_list()
        recorded = sum(summary.origin == "recorded" for summary in self._summaries.values())
        self.ui.subtitle.setText(
            f"{len(self._summaries)} traces · {recorded} recorded, "
            f"{len(self._summaries) - recorded} synthetic"
        )
        if not trace_id:
            self.ui.show_empty()
        elif self.view is not None:
            self._show_view()
        else:
            self.editing.set_view(None)
            self._patience.start()
            self._work.start(
                lambda: build_view(self._library.read(trace_id)),
                lambda view: self._on_view(trace_id, view),
                f"Read {trace_id}",
            )
        self._show_controls()

    def _show_loading(self) -> None:
        summary = self._summaries.get(self._selected)
        if self.busy and self.view is None and summary is not None:
            self.ui.show_loading(f"Reading {summary.title}…")
            self._show_controls()

    def _on_view(self, trace_id: str, view: TraceView) -> None:
        while len(self._saved) >= MAX_VIEWS:
            old = next((key for key in self._saved if key not in self._drafts), None)
            if old is None:
                break
            self._saved.pop(old)
        self._saved[trace_id] = view
        if trace_id == self._selected:
            self._show_view()

    # ---- edits ---------------------------------------------------------------------------------

    def begin_rename(self) -> None:
        """Offer another name."""
        summary = self._summaries.get(self._selected)
        if summary is not None and not summary.shipped:
            self.editing.begin_rename(summary.title)

    def _on_renamed(self, title: str) -> None:
        summary = self._summaries.get(self._selected)
        if summary is not None and title and title != summary.title:
            self._undo.push(RenameCommand(self, summary.id, summary.title, title))

    def _on_edited(self, edit: Callable[[Trace], Trace], text: str) -> None:
        view, trace_id = self.view, self._selected
        if view is not None:
            self._work.start(
                lambda: build_view(edit(view.trace)),
                lambda after: self._undo.push(EditCommand(self, trace_id, view, after, text)),
                f"Edit {trace_id}",
            )

    def save(self) -> None:
        """Write the edits: over an own trace, or as an own copy of a shipped one."""
        self._save_then(None)

    def _save_then(self, then: Callable[[str], None] | None) -> None:
        """Save what is edited of the selected trace, then go on with the id it has."""
        trace_id, view = self._selected, self.view
        if view is None or trace_id not in self._summaries:
            return
        summary = self._summaries[trace_id]
        if trace_id not in self.edited_ids:
            if then is not None:
                then(trace_id)
        elif summary.shipped:
            titles = [known.title for known in self._summaries.values()]
            copy = retitled(view.trace, copy_title(summary.title, titles))
            self._drafts.pop(trace_id)
            self._add(copy, f"save {copy.info.title}", then)
        else:
            self._work.start(
                lambda: self._library.replace(trace_id, view.trace),
                lambda _nothing: self._on_replaced(trace_id, view, then),
                f"Save {trace_id}",
            )

    def _on_replaced(
        self, trace_id: str, view: TraceView, then: Callable[[str], None] | None
    ) -> None:
        self._saved[trace_id] = view
        self._drafts[trace_id] = view
        self.shell.notify(f"Saved {view.trace.info.title}", "good")
        current = self.shell.workspace.current("trace")
        if current is not None and current.key == trace_id:
            self.shell.workspace.touch("trace")
        self.refresh(trace_id)
        if then is not None:
            then(trace_id)

    def _add(self, trace: Trace, text: str, then: Callable[[str], None] | None = None) -> None:
        """Write a trace as a new own one and show it."""

        def on_added(trace_id: str) -> None:
            self._undo.push(AddCommand(self, trace_id, text))
            self.shell.notify(f"Added {trace.info.title} to your traces", "good")
            self.refresh(trace_id)
            if then is not None:
                self._work.start(lambda: None, lambda _nothing: then(trace_id), "Go on")

        self._work.start(lambda: self._library.add(trace), on_added, f"Write {trace.info.title}")

    def duplicate(self) -> None:
        """Copy the selected trace, with its edits, into the user's own."""
        view = self.view
        if view is not None:
            titles = [summary.title for summary in self._summaries.values()]
            title = copy_title(view.trace.info.title, titles)
            self._add(retitled(view.trace, title), f"duplicate {view.trace.info.title}")

    def delete(self) -> None:
        """Ask, then remove the selected own trace; undo brings it back."""
        summary = self._summaries.get(self._selected)
        if summary is None or summary.shipped or self._confirm is not None:
            return
        box = QMessageBox(self)
        box.setWindowTitle("Delete a trace")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Delete “{summary.title}”?")
        box.setInformativeText("Undo brings it back.")
        box.setStandardButtons(QMessageBox.StandardButton.Cancel | QMessageBox.StandardButton.Yes)
        box.button(QMessageBox.StandardButton.Yes).setText("Delete")
        box.setDefaultButton(QMessageBox.StandardButton.Yes)
        box.finished.connect(self._on_confirmed)
        self._confirm = box
        box.open()

    def _on_confirmed(self, result: int) -> None:
        box, self._confirm = self._confirm, None
        if box is not None:
            box.deleteLater()
        summary = self._summaries.get(self._selected)
        if result == QMessageBox.StandardButton.Yes and summary is not None:
            self._undo.push(RemoveCommand(self, summary.id, summary.title))

    def replay(self) -> None:
        """Use the selected trace and go to the Replay page; edits are saved first."""
        self._save_then(self._replay_saved)

    def _replay_saved(self, trace_id: str) -> None:
        self.shell.workspace.choose("trace", trace_id)
        self.shell.go_to("replay")

    # ---- what the undo commands do -------------------------------------------------------------

    def show_edited(self, trace_id: str, view: TraceView) -> None:
        """Show this state of a trace, not saved."""
        self._drafts[trace_id] = view
        if self._drafts[trace_id] is self._saved.get(trace_id):
            self._drafts.pop(trace_id)
        if trace_id in self._summaries:
            self.select(trace_id)

    def take_away(self, trace_id: str) -> None:
        """Remove an own trace from the library."""
        self._change_library(lambda: self._library.remove(trace_id), "", "Deleted a trace")

    def bring_back(self, trace_id: str) -> None:
        """Put a removed trace back."""
        self._change_library(
            lambda: self._library.restore(trace_id), trace_id, "Brought a trace back"
        )

    def retitle(self, trace_id: str, title: str) -> None:
        """Give an own trace another name."""
        self._saved.pop(trace_id, None)
        draft = self._drafts.pop(trace_id, None)
        if draft is not None:
            self._drafts[trace_id] = build_view(retitled(draft.trace, title))
        self._change_library(
            lambda: self._library.rename(trace_id, title), trace_id, f"Renamed to {title}"
        )

    def _change_library(self, change: Callable[[], None], select: str, text: str) -> None:
        def on_done(_nothing: object) -> None:
            self.shell.notify(text, "")
            self.refresh(select)

        self._work.start(change, on_done, text)

    def undo(self) -> None:
        """Undo the last change."""
        if not self.busy:
            self._undo.undo()

    def redo(self) -> None:
        """Do again what was undone."""
        if not self.busy:
            self._undo.redo()

    # ---- making traces -------------------------------------------------------------------------

    def open_record(self) -> None:
        """Show the recorder."""
        self.ui.show_record()
        self.record.open()
        self._show_controls()

    def open_compose(self) -> None:
        """Show the form of a scenario."""
        self.ui.show_compose()
        self.compose.open()
        self._show_controls()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import the file that was dropped."""
        self.importing.open(event.mimeData().urls()[0].toLocalFile())

    def _on_imported(self, trace: Trace) -> None:
        self._add(trace, f"import {trace.info.title}")

    def _on_composed(self, trace: Trace) -> None:
        self._add(trace, f"compose {trace.info.title}")

    def _on_recorded(self, trace_id: str) -> None:
        self.shell.notify("The recording is in your traces", "good")
        self.refresh(trace_id if self.ui.state_name == "record" else "")

    def _back(self) -> None:
        """From the recorder or the form to the traces."""
        self.select(self._selected)

    # ---- showing -------------------------------------------------------------------------------

    def _on_problem(self, problem: Problem) -> None:
        self.ui.error.show_problem(problem)
        self.shell.notify(problem.message, "bad")
        self._patience.stop()
        if self.ui.state_name not in ("record", "compose") and self.view is None:
            self.ui.show_nothing()

    def _retry(self) -> None:
        self.ui.error.hide()
        self.refresh()

    def _show_list(self) -> None:
        current = self.shell.workspace.current("trace")
        self.ui.list.show_traces(
            tuple(self._summaries.values()),
            self._selected,
            current.key if current is not None else "",
            self.edited_ids,
        )

    def _show_view(self) -> None:
        view, summary = self.view, self._summaries.get(self._selected)
        if view is None or summary is None:
            return
        self._patience.stop()
        self.ui.error.hide()
        self.ui.show_head(summary, view, edited=summary.id in self.edited_ids)
        self.ui.details.show_view(view)
        self._lanes.show(view)
        self.editing.set_view(view)
        self.ui.show_trace()
        self._show_controls()

    def _show_controls(self) -> None:
        """What can be done now."""
        summary = self._summaries.get(self._selected)
        there = self.view is not None and self.ui.state_name == "trace"
        free = there and not self.busy
        own = free and summary is not None and not summary.shipped
        # A file that cannot be read can still be thrown away.
        broken = self.ui.state_name == "nothing" and not self.busy
        removable = own or (broken and summary is not None and not summary.shipped)
        edited = free and self._selected in self.edited_ids
        for key, enabled in (
            ("crop", free),
            ("from", free),
            ("to", free), ("resample", free), ("duplicate", free), ("rename", own),
            ("delete", removable), ("save", edited), ("replay", free),
            ("undo", self._undo.canUndo() and not self.busy),
            ("redo", self._undo.canRedo() and not self.busy),
        ):  # fmt: skip
            self._actions[key].setEnabled(enabled)
        ui = self.ui
        ui.crop_button.setEnabled(free)
        ui.resample_button.setEnabled(free)
        ui.save_button.setEnabled(edited)
        ui.replay_button.setEnabled(free)
        for button, word, text, possible in (
            (ui.undo_button, "Undo", self._undo.undoText(), self._undo.canUndo()),
            (ui.redo_button, "Redo", self._undo.redoText(), self._undo.canRedo()),
        ):
            button.setEnabled(possible and not self.busy)
            button.setToolTip(f"{word} {text}".strip())
        reason = "It came with the program: duplicate it first." if summary else ""
        for key in ("rename", "delete"):
            self._actions[key].setToolTip("" if own else reason)
        ui.record_button.setText("Recording…" if self.record.running else "Record")

    def _on_workspace(self, kind: str) -> None:
        if kind == "trace" and self.isVisible() and self._summaries:
            self._show_list()

    def _on_theme(self, _tokens: object) -> None:
        self._show_list()
        if self.view is not None:
            self.ui.details.show_view(self.view)

    # ---- wiring --------------------------------------------------------------------------------

    def _make_actions(self) -> dict[str, QAction]:
        actions = {
            "record": self.add_action("Record this computer", "Ctrl+R", self.open_record),
            "import": self.add_action("Import a recording", "Ctrl+I", self.importing.open_empty),
            "compose": self.add_action("Compose a scenario", "Ctrl+E", self.open_compose),
            "crop": self.add_action("Crop", "C", self.editing.begin_crop),
            "resample": self.add_action("Resample", "R", self.editing.begin_resample),
            "from": self.add_action("Crop: keep from the playhead", "[", self.editing.crop_from),
            "to": self.add_action("Crop: keep until the playhead", "]", self.editing.crop_to),
            "save": self.add_action("Save the edited trace", "Ctrl+S", self.save),
            "replay": self.add_action("Replay this trace", "Ctrl+Return", self.replay),
            "undo": self.add_action("Undo", "Ctrl+Z", self.undo),
            "redo": self.add_action("Redo", "Ctrl+Shift+Z", self.redo),
            "rename": self.add_action("Rename", "F2", self.begin_rename),
            "duplicate": self.add_action("Duplicate", "Ctrl+D", self.duplicate),
            "delete": self.add_action("Delete", "Del", self.delete),
            "fit": self.add_action("Show the whole time", "0", self.ui.stack.fit),
            "image": self.add_action("Copy the lanes as an image", "", self.ui.stack.copy_image),
            "csv": self.add_action("Copy the lanes as CSV", "", self.ui.stack.copy_csv),
            "back": self.add_action("Back to the trace", "Esc", self._escape),
        }
        self.ui.set_menu(
            [actions[key] for key in ("rename", "duplicate", "delete", "image", "csv")]
        )
        return actions

    def _escape(self) -> None:
        if self.editing.open:
            self.editing.end()
        elif self.ui.state_name in ("record", "compose"):
            self._back()

    def _connect(self) -> None:
        ui = self.ui
        ui.list.selected.connect(self.select)
        ui.record_button.clicked.connect(self.open_record)
        ui.import_button.clicked.connect(self.importing.open_empty)
        ui.compose_button.clicked.connect(self.open_compose)
        ui.empty.acted.connect(self.open_compose)
        ui.crop_button.clicked.connect(self.editing.begin_crop)
        ui.resample_button.clicked.connect(self.editing.begin_resample)
        ui.save_button.clicked.connect(self.save)
        ui.replay_button.clicked.connect(self.replay)
        ui.undo_button.clicked.connect(self.undo)
        ui.redo_button.clicked.connect(self.redo)
        self.editing.edited.connect(self._on_edited)
        self.editing.renamed.connect(self._on_renamed)
        ui.stack.sought.connect(ui.stack.show_at)
        ui.error.retried.connect(self._retry)
        self.record.finished.connect(self._on_recorded)
        self.record.closed.connect(self._back)
        self.record.running_changed.connect(self._show_controls)
        self.importing.imported.connect(self._on_imported)
        self.compose.created.connect(self._on_composed)
        self.compose.closed.connect(self._back)
        self._undo.indexChanged.connect(self._on_undo_index)
        self.shell.workspace.changed.connect(self._on_workspace)
        theme.manager().changed.connect(self._on_theme)

    def _on_undo_index(self, _index: int) -> None:
        self._show_controls()
