"""What a job tells the outside: one small vocabulary of frozen events.

Every job emits `Started` first, then any number of `Progress`, `Partial` and `LogLine`, and last
exactly one of `Done`, `Failed` and `Cancelled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

LogLevel = Literal["info", "warning", "error"]

NO_DETAIL: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """Base of all events.

    Attributes:
        job_id: the number of the job in this process; a page that started a newer job uses it to
            throw late events of an older one away.
        elapsed_s: seconds since the job started.
    """

    job_id: int
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(JobEvent):
    """The job began to work."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(JobEvent):
    """How far the job is.

    Attributes:
        fraction: 0 to 1, or None where the amount of work is not known.
        message: what is being done now.
        eta_s: seconds left, computed from the recent rate; None while nothing can be said.
        detail: figures for live curves and read-outs (loss, accuracy_percent, ...).
    """

    fraction: float | None
    message: str = ""
    eta_s: float | None = None
    detail: Mapping[str, float] = field(default_factory=lambda: NO_DETAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(JobEvent):
    """A piece of the result that is ready before the rest. Unlike progress it is never dropped.

    Attributes:
        record: plain data; which types there are belongs to the service that started the job.
    """

    record: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine(JobEvent):
    """A line for the log pane."""

    text: str
    level: LogLevel = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(JobEvent):
    """The job finished; `result` is what its function returned."""

    result: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(JobEvent):
    """The job broke off.

    Attributes:
        message: one sentence that says what went wrong.
        hint: what the user can do; may be empty.
        detail: technical text (a traceback) worth copying; may be empty.
        error_type: the class name of the error, for those that have to tell failures apart.
    """

    message: str
    hint: str = ""
    detail: str = ""
    error_type: str = "WorkbenchError"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(JobEvent):
    """The job stopped because it was asked to. No error."""


TerminalEvent = Done | Failed | Cancelled
