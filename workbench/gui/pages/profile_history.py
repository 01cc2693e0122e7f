"""Undo and redo for the plan of the Profile page."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from workbench.gui.widgets.profile_form import PlanState, ProfileForm

MAX_UNDO = 100


class _Edit(QUndoCommand):
    """One change of the plan; it was made already when it is pushed."""

    def __init__(self, history: PlanHistory, before: PlanState, after: PlanState) -> None:
        super().__init__("Change the plan")
        self._history, self._before, self._after = history, before, after
        self._made = True

    def undo(self) -> None:
        self._made = False
        self._history.show(self._before)

    def redo(self) -> None:
        if not self._made:
            self._history.show(self._after)


class PlanHistory(QObject):
    """Notes what the user changes in a form, and takes it back.

    Connected to the form after the page, so that it notes what the page made of a change.
    """

    def __init__(self, form: ProfileForm, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._now = form.state()
        self._showing = False
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(MAX_UNDO)
        form.changed.connect(self._on_changed)
        form.filled.connect(self._on_filled)

    def undo(self) -> None:
        """Take the last change back."""
        if self._form.open_to_change:
            self.stack.undo()

    def redo(self) -> None:
        """Make it again."""
        if self._form.open_to_change:
            self.stack.redo()

    def show(self, state: PlanState) -> None:
        """Fill a state into the form."""
        self._showing = True
        try:
            self._form.set_state(state)
        finally:
            self._showing = False
        self._now = self._form.state()

    def _on_filled(self) -> None:
        self._now = self._form.state()

    def _on_changed(self) -> None:
        after = self._form.state()
        if not self._showing and after != self._now:
            self.stack.push(_Edit(self, self._now, after))
        self._now = after
