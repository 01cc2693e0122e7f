"""Small traces for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.context.records import Trace, TraceInfo, complete_columns


def make_info(**changes: Any) -> TraceInfo:
    fields: dict[str, Any] = {
        "title": "A short walk",
        "device": "test phone",
        "origin": "synthetic",
        "start": "2026-03-02T09:00:00+01:00",
        "created": "2026-03-02T18:00:00+01:00",
        "generator": "a test",
    }
    return TraceInfo(**(fields | changes))


def make_trace(count: int = 5, info: TraceInfo | None = None, **changes: Any) -> Trace:
    columns: dict[str, Any] = {
        "t_s": np.arange(count, dtype=np.float64),
        "battery_percent": np.linspace(80, 70, count),
        "free_cache_kib": np.full(count, 900.0),
        "cpu_share": np.full(count, 0.9),
        "event_rate_hz": np.full(count, 2.0),
    }
    columns = {name: np.asarray(v, dtype=np.float64) for name, v in (columns | changes).items()}
    return Trace(info or make_info(), complete_columns(columns))
