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

__all__ = [
    "COLUMNS",
    "ColumnSpec",
    "ContextSample",
    "Trace",
    "TraceError",
    "TraceInfo",
    "read_trace",
    "write_trace",
]
