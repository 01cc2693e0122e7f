"""Errors a user can meet: what happened, what to do about it, and the details to copy."""

from __future__ import annotations

from pathlib import Path


class WorkbenchError(Exception):
    """Base of every error that is shown to a user instead of a traceback.

    Attributes:
        message: one sentence that says what went wrong.
        hint: what the user can do about it; may be empty.
        detail: technical text worth copying into a report; may be empty.
    """

    def __init__(self, message: str, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions rebuild themselves from `args` alone; without this the hint and the detail
        # would be lost when an error crosses from a worker process.
        return (_rebuild, (type(self), self.__dict__.copy()))


def _rebuild(cls: type[WorkbenchError], state: dict[str, object]) -> WorkbenchError:
    error = cls.__new__(cls)
    error.__dict__.update(state)
    error.args = (state.get("message", ""),)
    return error


class InputFileError(WorkbenchError):
    """A file that cannot be used: names the file, the line where one is known, and the way out."""

    def __init__(
        self,
        path: str | Path,
        message: str,
        hint: str = "",
        *,
        line: int | None = None,
        detail: str = "",
    ) -> None:
        self.path = str(path)
        self.line = line
        self.reason = message
        where = f"{self.path}, line {line}" if line is not None else self.path
        super().__init__(f"{where}: {message}", hint, detail)


class SettingsError(WorkbenchError):
    """A setting or argument outside what it may be."""
