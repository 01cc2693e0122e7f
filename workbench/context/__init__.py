"""Context records, traces (read, write, synthesise) and the triggers of a decision."""

from workbench.context.records import (
    COLUMNS,
    ColumnSpec,
    ContextSample,
    Trace,
    TraceError,
    TraceInfo,
)
from workbench.context.trace_file import read_trace, write_trace
from workbench.context.triggers import (
    TriggerEvent,
    TriggerScanner,
    TriggerSettings,
    find_next_trigger,
    start_event,
)

__all__ = [
    "COLUMNS",
    "ColumnSpec",
    "ContextSample",
    "Trace",
    "TraceError",
    "TraceInfo",
    "TriggerEvent",
    "TriggerScanner",
    "TriggerSettings",
    "find_next_trigger",
    "read_trace",
    "start_event",
    "write_trace",
]
