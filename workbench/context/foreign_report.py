"""What an import reports: one list of problems with the lines they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from workbench.context.records import Trace

Severity = Literal["error", "warning", "note"]

MAX_LINES_NAMED = 4


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """One thing that was found, and what was done about it.

    Attributes:
        severity: an "error" means that there is no trace.
        message: plain text; what comes from the file is cut and cleaned.
        lines: the first lines of the file that it is about.
        count: how many there are in all.
    """

    severity: Severity
    message: str
    lines: tuple[int, ...] = ()
    count: int = 1

    def __str__(self) -> str:
        if not self.lines:
            return self.message
        numbers = ", ".join(f"{line:,}" for line in self.lines)
        more = self.count - len(self.lines)
        word = "line" if self.count == 1 else "lines"
        return f"{word} {numbers}{f' and {more:,} more' if more else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of an import.

    Attributes:
        trace: None where an error is among the problems.
        rows: rows in the file.
        left_out: rows that are not in the trace.
    """

    trace: Trace | None
    problems: tuple[ImportProblem, ...]
    rows: int
    left_out: int

    @property
    def errors(self) -> tuple[ImportProblem, ...]:
        """The problems that keep it from being a trace."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


@dataclass(slots=True)
class Findings:
    """Collects problems; those of one kind become one entry."""

    _entries: dict[tuple[Severity, str], list[int]] = field(default_factory=dict)

    def add(self, severity: Severity, message: str, lines: Iterable[int] = ()) -> None:
        """Note a problem at some lines of the file."""
        self._entries.setdefault((severity, message), []).extend(lines)

    def problems(self) -> tuple[ImportProblem, ...]:
        """What was found, errors first."""
        order = ("error", "warning", "note")
        found = [
            ImportProblem(severity, message, tuple(lines[:MAX_LINES_NAMED]), max(1, len(lines)))
            for (severity, message), lines in self._entries.items()
        ]
        return tuple(sorted(found, key=lambda problem: order.index(problem.severity)))

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(severity == "error" for severity, _ in self._entries)
