"""Recording a context trace into the project in use."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from workbench.jobs import JobContext
from workbench.services.phone_recording import PhoneRecordingSummary
from workbench.services.recording import RecordingSummary
from workbench.services.trace_library import TraceLibrary

Summary = TypeVar("Summary", RecordingSummary, PhoneRecordingSummary)


def record_into_project(
    context: JobContext,
    record: Callable[..., Summary],
    path: Path,
    **arguments: Any,
) -> Summary:
    """Record into a file, then move the trace into the project; runs on the thread of a job.

    When the project cannot be written the file stays among the user's own traces.

    Args:
        record: `record_local` or `record_phone`.
        path: as `TraceLibrary.new_path` gives it.
        arguments: further ones of `record`.

    Raises: as `record` and `TraceLibrary.adopt`.
    """
    summary = record(context, path=path, **arguments)
    kept = TraceLibrary().adopt(path)
    return dataclasses.replace(summary, path=str(kept))
