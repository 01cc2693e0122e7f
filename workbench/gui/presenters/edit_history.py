"""Undo and redo of one value that is edited: here, the configuration built by hand."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")

MAX_STEPS = 500


class EditHistory(Generic[Value]):
    """The values an edited thing had, and which of them it has now."""

    def __init__(self, start: Value) -> None:
        self._values = [start]
        self._position = 0

    @property
    def current(self) -> Value:
        """The value in force."""
        return self._values[self._position]

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier value."""
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        """Whether an undone value can come back."""
        return self._position + 1 < len(self._values)

    def push(self, value: Value) -> bool:
        """Take a new value; what was undone is forgotten. False when nothing changes."""
        if value == self.current:
            return False
        del self._values[self._position + 1 :]
        self._values.append(value)
        del self._values[:-MAX_STEPS]
        self._position = len(self._values) - 1
        return True

    def undo(self) -> bool:
        """Back to the earlier value; False when there is none."""
        if not self.can_undo:
            return False
        self._position -= 1
        return True

    def redo(self) -> bool:
        """Forward to the value that was undone; False when there is none."""
        if not self.can_redo:
            return False
        self._position += 1
        return True
