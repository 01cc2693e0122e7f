"""What can be undone on the Traces page."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QUndoCommand

from workbench.gui.presenters.traces import TraceView


class TraceOwner(Protocol):
    """What the commands do; the page does it."""

    def show_edited(self, trace_id: str, view: TraceView) -> None:
        """Show this state of a trace, not saved."""

    def take_away(self, trace_id: str) -> None:
        """Remove an own trace from the library."""

    def bring_back(self, trace_id: str) -> None:
        """Put a removed trace back."""

    def retitle(self, trace_id: str, title: str) -> None:
        """Give an own trace another name."""


class EditCommand(QUndoCommand):
    """A crop or a resampling."""

    def __init__(
        self, owner: TraceOwner, trace_id: str, before: TraceView, after: TraceView, text: str
    ) -> None:
        super().__init__(text)
        self._owner, self._id = owner, trace_id
        self._before, self._after = before, after

    def redo(self) -> None:
        self._owner.show_edited(self._id, self._after)

    def undo(self) -> None:
        self._owner.show_edited(self._id, self._before)


class RemoveCommand(QUndoCommand):
    """An own trace is removed."""

    def __init__(self, owner: TraceOwner, trace_id: str, title: str) -> None:
        super().__init__(f"delete {title}")
        self._owner, self._id = owner, trace_id

    def redo(self) -> None:
        self._owner.take_away(self._id)

    def undo(self) -> None:
        self._owner.bring_back(self._id)


class AddCommand(QUndoCommand):
    """A trace was added: a copy, an import, a composed one. It is there when this is pushed."""

    def __init__(self, owner: TraceOwner, trace_id: str, text: str) -> None:
        super().__init__(text)
        self._owner, self._id = owner, trace_id
        self._there = True

    def redo(self) -> None:
        if not self._there:
            self._owner.bring_back(self._id)
        self._there = True

    def undo(self) -> None:
        self._owner.take_away(self._id)
        self._there = False


class RenameCommand(QUndoCommand):
    """An own trace gets another name."""

    def __init__(self, owner: TraceOwner, trace_id: str, before: str, after: str) -> None:
        super().__init__(f"rename to {after}")
        self._owner, self._id = owner, trace_id
        self._before, self._after = before, after

    def redo(self) -> None:
        self._owner.retitle(self._id, self._after)

    def undo(self) -> None:
        self._owner.retitle(self._id, self._before)
