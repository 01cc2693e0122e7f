"""The Traces page: the library, one trace in lanes, and everything that makes or changes traces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.context import Trace
from workbench.gui import theme
from workbench.gui.pages.trace_compose import ComposePanel
from workbench.gui.pages.trace_edit_mode import TraceEditMode
from workbench.gui.pages.trace_lanes import TraceLanes
from workbench.gui.pages.trace_record import RecordingBackend, RecordPanel
from workbench.gui.pages.trace_store import TraceStore
from workbench.gui.pages.traces_layout import TracesLayout
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.traces import TraceView, choices_of, count_text
from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.import_dialog import ImportAction
from workbench.services.trace_library import TraceLibrary

_PATIENCE_MS = 100
"""A read that takes longer says so; a shorter one would only flicker."""


class TracesPage(Page):
    """Shows the library and the selected trace."""

    def __init__(
        self,
        shell: Shell,
        library: TraceLibrary | None = None,
        recording: RecordingBackend | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(shell, parent)
        self._library = library or TraceLibrary()
        self.store = TraceStore(shell.bridge, self._library, self)
        self._selected = ""
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_loading)
        self._confirm: QMessageBox | None = None
        self.record = RecordPanel(shell.bridge, self._library, shell.desk, recording)
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
        """Look at the folders again, and record what another page asked for."""
        self.refresh()
        wanted = self.shell.desk.take("traces")
        if wanted is not None:
            self.open_record(wanted.device)

    def leave_project(self) -> None:
        """Keep what was edited and not saved as copies in the project that it belongs to."""
        self.store.keep_unsaved()

    def enter_project(self) -> None:
        """List the traces of the other project; nothing of the one before can be undone in it."""
        self.store.forget()
        self.refresh()

    def save_state(self) -> None:
        """Remember the layout, and keep what was edited and not saved as copies."""
        self.ui.save_state(self.shell.settings)
        self.store.keep_unsaved()

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
        return self.store.busy

    @property
    def selected(self) -> str:
        """Id of the trace that is shown; empty where there is none."""
        return self._selected

    @property
    def view(self) -> TraceView | None:
        """The trace that is shown, edited or not; None while it is read."""
        return self.store.view(self._selected)

    @property
    def edited_ids(self) -> list[str]:
        """Traces with edits that are not saved."""
        return self.store.edited_ids

    @property
    def confirmation(self) -> QMessageBox | None:
        """The question before a trace is deleted, while it is open."""
        return self._confirm

    # ---- the library ---------------------------------------------------------------------------

    def refresh(self, select: str = "") -> None:
        """Read the list anew; then show `select`, or what was shown before."""
        # A file that was opened by its path is no entry of the library's folders.
        keys = [choice.key for choice in self.shell.workspace.choices("trace")]
        opened = tuple(Path(key) for key in keys if Path(key).is_absolute())
        self.store.set_opened(opened)
        self.store.refresh(select)

    def _on_listed(self, select: str, changed: bool) -> None:
        summaries = self.store.summaries
        if changed:
            found = [summary for summary in summaries.values() if not summary.opened]
            self.shell.workspace.take({"trace": choices_of(found)})
        if not select and self.ui.state_name in ("record", "compose"):
            # Somebody is at work there: only the list is new.
            self._selected = self._selected if self._selected in summaries else ""
            self._show_list()
            return
        current = self.shell.workspace.current("trace")
        wanted = [select, self._selected, current.key if current else "", *summaries]
        self.select(next((key for key in wanted if key in summaries), ""))

    def select(self, trace_id: str) -> None:
        """Show a trace."""
        self.editing.end()
        self._selected = trace_id
        self._show_list()
        self.ui.subtitle.setText(count_text(tuple(self.store.summaries.values())))
        if not trace_id:
            self.ui.show_empty()
        elif self.view is not None:
            self._show_view()
        else:
            self.editing.set_view(None)
            self._patience.start()
            self.store.load(trace_id)
        self._show_controls()

    def _show_loading(self) -> None:
        summary = self.store.summaries.get(self._selected)
        if self.busy and self.view is None and summary is not None:
            self.ui.show_loading(f"Reading {summary.title}…")
            self._show_controls()

    def _on_loaded(self, trace_id: str) -> None:
        if trace_id == self._selected:
            self._show_view()

    # ---- edits ---------------------------------------------------------------------------------

    def begin_rename(self) -> None:
        """Offer another name."""
        summary = self.store.summaries.get(self._selected)
        if summary is not None and not summary.shipped:
            self.editing.begin_rename(summary.title)

    def _on_renamed(self, title: str) -> None:
        self.store.rename(self._selected, title)

    def _on_edited(self, edit: Callable[[Trace], Trace], text: str) -> None:
        self.store.edit(self._selected, edit, text)

    def save(self) -> None:
        """Write the edits: over an own trace, or as an own copy of a shipped one."""
        self.store.save(self._selected)

    def duplicate(self) -> None:
        """Copy the selected trace, with its edits, into the user's own."""
        self.store.duplicate(self._selected)

    def delete(self) -> None:
        """Ask, then remove the selected own trace; undo brings it back."""
        summary = self.store.summaries.get(self._selected)
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
        if result == QMessageBox.StandardButton.Yes:
            self.store.remove(self._selected)

    def replay(self) -> None:
        """Use the selected trace and go to the Replay page; edits are saved first."""
        self.store.save(self._selected, self._replay_saved)

    def _replay_saved(self, trace_id: str) -> None:
        self.shell.workspace.choose("trace", trace_id)
        self.shell.go_to("replay")

    def _on_replaced(self, trace_id: str) -> None:
        current = self.shell.workspace.current("trace")
        if current is not None and current.key == trace_id:
            self.shell.workspace.touch("trace")

    # ---- making traces -------------------------------------------------------------------------

    def open_record(self, device: object = "") -> None:
        """Show the recorder, for a device where its key is given (signals give other things)."""
        self.ui.error.hide()
        self.ui.show_record()
        self.record.open(device if isinstance(device, str) else "")
        self._show_controls()

    def open_compose(self) -> None:
        """Show the form of a scenario."""
        self.ui.error.hide()
        self.ui.show_compose()
        self.compose.open()
        self._show_controls()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the recorder and the form take the library's room."""
        super().resizeEvent(event)
        self.ui.make_room()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import the file that was dropped."""
        self.importing.open(event.mimeData().urls()[0].toLocalFile())

    def _on_imported(self, trace: Trace) -> None:
        self.store.add(trace, f"import {trace.info.title}")

    def _on_composed(self, trace: Trace) -> None:
        self.store.add(trace, f"compose {trace.info.title}")

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
            tuple(self.store.summaries.values()),
            self._selected,
            current.key if current is not None else "",
            self.edited_ids,
        )

    def _show_view(self) -> None:
        view, summary = self.view, self.store.summaries.get(self._selected)
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
        ui, undo = self.ui, self.store.undo_stack
        summary = self.store.summaries.get(self._selected)
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
            ("undo", undo.canUndo() and not self.busy),
            ("redo", undo.canRedo() and not self.busy),
        ):  # fmt: skip
            self._actions[key].setEnabled(enabled)
        ui.crop_button.setEnabled(free)
        ui.resample_button.setEnabled(free)
        ui.save_button.setEnabled(edited)
        ui.replay_button.setEnabled(free)
        for button, word, text, possible in (
            (ui.undo_button, "Undo", undo.undoText(), undo.canUndo()),
            (ui.redo_button, "Redo", undo.redoText(), undo.canRedo()),
        ):
            button.setEnabled(possible and not self.busy)
            button.setToolTip(f"{word} {text}".strip())
        reason = "It came with the program: duplicate it first." if summary else ""
        for key in ("rename", "delete"):
            self._actions[key].setToolTip("" if own else reason)
        ui.record_button.setText("Recording…" if self.record.running else "Record")

    def _on_workspace(self, kind: str) -> None:
        if kind == "trace" and self.isVisible() and self.store.summaries:
            self._show_list()

    def _on_theme(self, _tokens: object) -> None:
        self._show_list()
        if self.view is not None:
            self.ui.details.show_view(self.view)

    # ---- wiring --------------------------------------------------------------------------------

    def _make_actions(self) -> dict[str, QAction]:
        actions = {
            "record": self.add_action("Record a device", "Ctrl+R", self.open_record),
            "import": self.add_action("Import a recording", "Ctrl+I", self.importing.open_empty),
            "compose": self.add_action("Compose a scenario", "Ctrl+E", self.open_compose),
            "crop": self.add_action("Crop", "C", self.editing.begin_crop),
            "resample": self.add_action("Resample", "R", self.editing.begin_resample),
            "from": self.add_action("Crop: keep from the playhead", "[", self.editing.crop_from),
            "to": self.add_action("Crop: keep until the playhead", "]", self.editing.crop_to),
            "save": self.add_action("Save the edited trace", "Ctrl+S", self.save),
            "replay": self.add_action("Replay this trace", "Ctrl+Return", self.replay),
            "undo": self.add_action("Undo", "Ctrl+Z", self.store.undo),
            "redo": self.add_action("Redo", "Ctrl+Shift+Z", self.store.redo),
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
        ui.undo_button.clicked.connect(self.store.undo)
        ui.redo_button.clicked.connect(self.store.redo)
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
        self.store.listed.connect(self._on_listed)
        self.store.loaded.connect(self._on_loaded)
        self.store.edited.connect(self.select)
        self.store.replaced.connect(self._on_replaced)
        self.store.failed.connect(self._on_problem)
        self.store.said.connect(self._on_said)
        self.store.changed.connect(self._show_controls)
        self.shell.workspace.changed.connect(self._on_workspace)
        theme.manager().changed.connect(self._on_theme)

    def _on_said(self, text: str, tone: str) -> None:
        self.shell.notify(text, tone)
