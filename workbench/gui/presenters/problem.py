"""What went wrong, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in the three parts that every error of the workbench has."""

    message: str
    hint: str = ""
    detail: str = ""

    @classmethod
    def of(cls, error: object) -> Problem:
        """From a `WorkbenchError`, a `Failed` event or any exception."""
        message = getattr(error, "message", "") or str(error) or type(error).__name__
        return cls(message, getattr(error, "hint", ""), getattr(error, "detail", ""))

    def as_text(self) -> str:
        """All parts, for the clipboard."""
        return "\n".join(part for part in (self.message, self.hint, self.detail) if part)
