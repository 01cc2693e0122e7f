"""Generated contexts: always valid, the same from the same seed, unlike each other."""

from __future__ import annotations

import numpy as np

from workbench.context.generated import GENERATED_HOURS, generated_trace


def test_traces_are_valid_differ_and_come_again() -> None:
    traces = [generated_trace(7, number, 512.0, "test phone") for number in range(12)]
    for trace in traces:  # a Trace checks its own ranges
        assert len(trace) == GENERATED_HOURS * 3600
        assert trace["free_cache_kib"].max() <= 512 and trace["free_cache_kib"].min() < 400
        assert trace.info.origin == "synthetic"
    assert len({float(trace["battery_percent"][0]) for trace in traces}) == 12
    again = generated_trace(7, 5, 512.0, "test phone")
    assert again.info == traces[5].info
    for name, values in traces[5].columns.items():
        assert np.array_equal(again[name], values)
