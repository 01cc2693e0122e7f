"""The traces behind the Traces page: what is on disk, what is edited, and what can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from workbench.context import Trace
from workbench.core.errors import WorkbenchError
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.trace_commands import (
    AddCommand,
    EditCommand,
    RemoveCommand,
    RenameCommand,
)
from workbench.gui.pages.trace_work import TraceWork
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.traces import TraceView, build_view
from workbench.services.trace_editing import retitled
from workbench.services.trace_library import TraceLibrary, TraceSummary, copy_title

MAX_VIEWS = 6
"""Traces kept in memory beside those that are edited."""
MAX_UNDO = 100

Then = Callable[[str], None] | None


class TraceStore(QObject):
    """Reads and writes traces on a worker thread; says what came of it."""

    listed = Signal(str, bool)
    """The list was read; the trace to show now (empty: as before), and whether the list changed."""
    loaded = Signal(str)
    """A trace was read."""
    edited = Signal(str)
    """A trace was edited, or an edit of it undone: show it."""
    replaced = Signal(str)
    """The file of an own trace has other contents now."""
    failed = Signal(object)
    """A `Problem`."""
    said = Signal(str, str)
    """Text and tone for the bottom bar."""
    changed = Signal()
    """Look anew at what can be done."""

    def __init__(self, bridge: JobBridge, library: TraceLibrary, parent: QObject | None = None):
        super().__init__(parent)
        self._library = library
        self._work = TraceWork(bridge, self._on_problem, self._on_changed, self)
        self._summaries: dict[str, TraceSummary] = {}
        self._saved: dict[str, TraceView] = {}
        self._drafts: dict[str, TraceView] = {}
        self._opened: tuple[Path, ...] = ()
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MAX_UNDO)
        self.undo_stack.indexChanged.connect(self._on_index)

    # ---- what there is -------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is read or written now."""
        return self._work.busy

    @property
    def summaries(self) -> dict[str, TraceSummary]:
        """All traces by id."""
        return self._summaries

    @property
    def edited_ids(self) -> list[str]:
        """Traces with edits that are not saved."""
        return [
            trace_id
            for trace_id, view in self._drafts.items()
            if trace_id in self._summaries and view is not self._saved.get(trace_id)
        ]

    def view(self, trace_id: str) -> TraceView | None:
        """A trace, edited or not; None while it was not read."""
        return self._drafts.get(trace_id) or self._saved.get(trace_id)

    def titles(self) -> list[str]:
        """Titles of all traces."""
        return [summary.title for summary in self._summaries.values()]

    # ---- reading -------------------------------------------------------------------------------

    def set_opened(self, paths: tuple[Path, ...]) -> None:
        """Files from elsewhere to list too."""
        self._opened = paths

    def refresh(self, select: str = "") -> None:
        """Read the list anew; `select` is passed on to `listed`."""
        opened = self._opened
        self._work.start(
            lambda: self._library.list(opened),
            lambda found: self._on_list(found, select),
            "Read the list of traces",
        )

    def _on_list(self, found: tuple[TraceSummary, ...], select: str) -> None:
        before, self._summaries = self._summaries, {summary.id: summary for summary in found}
        for trace_id in list(self._saved):
            same = before.get(trace_id) is self._summaries.get(trace_id)
            if not same and trace_id not in self._drafts:
                self._saved.pop(trace_id)  # read anew when it is shown again
        changed = list(before) != list(self._summaries) or before != self._summaries
        self.listed.emit(select, changed)

    def load(self, trace_id: str) -> None:
        """Read a trace; `loaded` follows."""
        self._work.start(
            lambda: build_view(self._library.read(trace_id)),
            lambda view: self._on_loaded(trace_id, view),
            f"Read {trace_id}",
        )

    def _on_loaded(self, trace_id: str, view: TraceView) -> None:
        while len(self._saved) >= MAX_VIEWS:
            old = next((key for key in self._saved if key not in self._drafts), None)
            if old is None:
                break
            self._saved.pop(old)
        self._saved[trace_id] = view
        self.loaded.emit(trace_id)

    # ---- changing ------------------------------------------------------------------------------

    def edit(self, trace_id: str, edit: Callable[[Trace], Trace], text: str) -> None:
        """Edit a trace in memory; can be undone."""
        view = self.view(trace_id)
        if view is not None:
            self._work.start(
                lambda: build_view(edit(view.trace)),
                lambda after: self.undo_stack.push(EditCommand(self, trace_id, view, after, text)),
                f"Edit {trace_id}",
            )

    def save(self, trace_id: str, then: Then = None) -> None:
        """Write the edits: over an own trace, or as an own copy of another; then go on.

        `then` gets the id under which the edited trace is found.
        """
        view, summary = self.view(trace_id), self._summaries.get(trace_id)
        if view is None or summary is None:
            return
        if trace_id not in self.edited_ids:
            if then is not None:
                then(trace_id)
        elif summary.shipped:
            copy = retitled(view.trace, copy_title(summary.title, self.titles()))

            def on_copied(copy_id: str) -> None:
                self._drafts.pop(trace_id, None)
                if then is not None:
                    then(copy_id)

            self.add(copy, f"save {copy.info.title}", on_copied)
        else:
            self._work.start(
                lambda: self._library.replace(trace_id, view.trace),
                lambda _nothing: self._on_replaced(trace_id, view, then),
                f"Save {trace_id}",
            )

    def _on_replaced(self, trace_id: str, view: TraceView, then: Then) -> None:
        # Held as a draft too, so that the list's news about the file does not read it again.
        self._saved[trace_id] = self._drafts[trace_id] = view
        self.said.emit(f"Saved {view.trace.info.title}", "good")
        self.replaced.emit(trace_id)
        self.refresh(trace_id)
        if then is not None:
            then(trace_id)

    def add(self, trace: Trace, text: str, then: Then = None) -> None:
        """Write a trace as a new own one and show it; `then` gets its id when it is listed."""

        def on_added(trace_id: str) -> None:
            self.undo_stack.push(AddCommand(self, trace_id, text))
            self.said.emit(f"Added {trace.info.title} to your traces", "good")
            self.refresh(trace_id)
            if then is not None:
                self._work.start(_nothing, lambda _none: then(trace_id), "Go on")

        self._work.start(lambda: self._library.add(trace), on_added, f"Write {trace.info.title}")

    def duplicate(self, trace_id: str) -> None:
        """Copy a trace, with its edits, into the user's own."""
        view = self.view(trace_id)
        if view is not None:
            title = view.trace.info.title
            copy = retitled(view.trace, copy_title(title, self.titles()))
            self.add(copy, f"duplicate {title}")

    def remove(self, trace_id: str) -> None:
        """Delete an own trace; can be undone."""
        summary = self._summaries.get(trace_id)
        if summary is not None and not summary.shipped:
            self.undo_stack.push(RemoveCommand(self, trace_id, summary.title))

    def rename(self, trace_id: str, title: str) -> None:
        """Give an own trace another name; can be undone."""
        summary = self._summaries.get(trace_id)
        if summary is not None and not summary.shipped and title not in ("", summary.title):
            self.undo_stack.push(RenameCommand(self, trace_id, summary.title, title))

    def undo(self) -> None:
        """Undo the last change."""
        if not self.busy:
            self.undo_stack.undo()

    def redo(self) -> None:
        """Do again what was undone."""
        if not self.busy:
            self.undo_stack.redo()

    def keep_unsaved(self) -> None:
        """Write what was edited and not saved as own copies; for the end of the program."""
        for trace_id in self.edited_ids:
            trace = self._drafts.pop(trace_id).trace
            try:
                self._library.add(retitled(trace, f"{trace.info.title[:60]} (edited)"))
            except WorkbenchError as error:
                self._on_problem(Problem.of(error))

    def forget(self) -> None:
        """Drop everything that was read, edited and done."""
        self.undo_stack.clear()
        self._saved.clear()
        self._drafts.clear()

    # ---- what the undo commands do -------------------------------------------------------------

    def show_edited(self, trace_id: str, view: TraceView) -> None:
        """Show this state of a trace, not saved."""
        if view is self._saved.get(trace_id):
            self._drafts.pop(trace_id, None)
        else:
            self._drafts[trace_id] = view
        if trace_id in self._summaries:
            self.edited.emit(trace_id)

    def take_away(self, trace_id: str) -> None:
        """Remove an own trace from the library."""
        self._change(lambda: self._library.remove(trace_id), "", "Deleted a trace")

    def bring_back(self, trace_id: str) -> None:
        """Put a removed trace back."""
        self._change(lambda: self._library.restore(trace_id), trace_id, "Brought a trace back")

    def retitle(self, trace_id: str, title: str) -> None:
        """Give an own trace another name."""
        saved, draft = self._saved.pop(trace_id, None), self._drafts.pop(trace_id, None)
        if draft is not None and draft is not saved:
            self._drafts[trace_id] = build_view(retitled(draft.trace, title))
        self._change(lambda: self._library.rename(trace_id, title), trace_id, f"Renamed to {title}")

    def _change(self, change: Callable[[], None], select: str, text: str) -> None:
        def on_done(_none: object) -> None:
            self.said.emit(text, "")
            self.refresh(select)

        self._work.start(change, on_done, text)

    def _on_problem(self, problem: Problem) -> None:
        self.failed.emit(problem)

    def _on_changed(self) -> None:
        self.changed.emit()

    def _on_index(self, _index: int) -> None:
        self.changed.emit()


def _nothing() -> None:
    """Waits its turn: what follows comes after all work before."""
