"""Programs that take real time, on a phone whose time runs faster."""

from __future__ import annotations

import json
import time

import pytest

from workbench.devices.virtual.native_clock import NativeClock


def test_options_are_told_in_real_time() -> None:
    clock = NativeClock(20.0, 600.0, 1e9)
    bench = ["bench", "--min-seconds", "20", "--runs", "5", "--max-seconds", "100"]
    assert clock.arguments(bench) == [
        "bench", "--min-seconds", "1", "--runs", "5", "--max-seconds", "5",
    ]  # fmt: skip
    sample = ["sample", "--rate-hz", "1", "--slow-hz", "10", "--seconds", "x"]
    assert clock.arguments(sample)[2] == "20"
    assert clock.arguments(sample)[4] == "50"
    assert clock.arguments(sample)[-1] == "x"


def test_what_it_tells_is_by_the_phones_clock() -> None:
    clock = NativeClock(20.0, 600.0, 1e9)
    now_ns = time.monotonic_ns()
    line = {"record": "latencies", "start_ns": now_ns + 10**9, "ns": [5, 7], "runs": 3,
            "before": {"monotonic_ns": now_ns}}  # fmt: skip
    told = json.loads(clock.line(json.dumps(line).encode()))
    assert told["ns"] == [100, 140]
    assert told["runs"] == 3
    assert told["start_ns"] == pytest.approx(620e9, abs=5e9)
    assert told["start_ns"] - told["before"]["monotonic_ns"] == 20 * 10**9
    assert clock.line(b"not json\n") == b"not json\n"
