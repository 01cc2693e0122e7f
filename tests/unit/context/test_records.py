"""Traces in memory: what is valid, single moments, crop and resample."""

from __future__ import annotations

import numpy as np
import pytest

from tests.helpers.traces import make_info, make_trace
from workbench.context import COLUMNS, Trace, TraceError
from workbench.core.provenance import Provenance, Source


def test_every_column_name_ends_with_its_unit() -> None:
    ends = {"s": "_s", "%": "_percent", "KiB": "_kib", "MiB": "_mib", "°C": "_c", "ms": "_ms"}
    for spec in COLUMNS.values():
        if spec.unit in ends:
            assert spec.name.endswith(ends[spec.unit])
        assert spec.default is None or spec.low <= spec.default <= spec.high


def test_a_sample_has_the_values_of_its_row() -> None:
    trace = make_trace(latency_budget_ms=np.arange(1, 6), charging=[0, 0, 1, 1, 1])
    sample = trace.sample(2)
    assert (sample.t_s, sample.battery_percent, sample.charging) == (2.0, 75.0, True)
    assert sample.latency_budget_ms == 3.0
    assert sample.free_cache_bytes == 900 * 1024
    assert make_trace().sample(-1).latency_budget_ms is None


def test_columns_are_read_only_copies() -> None:
    shares = np.full(5, 0.5)
    trace = make_trace(cpu_share=shares)
    shares[0] = 0.9
    assert trace["cpu_share"][0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        trace["cpu_share"][0] = 0.1
    with pytest.raises(TypeError):
        trace.columns["cpu_share"] = shares  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"battery_percent": [80, 79, np.nan, 77, 76]}, "sample 2: battery_percent is nan"),
        ({"cpu_share": [0.9, 0.9, 0.9, 0.9, 0.0]}, "sample 4: cpu_share is out of range (0)"),
        ({"free_cache_kib": [-1, 1, 1, 1, 1]}, "sample 0: free_cache_kib is negative (-1)"),
        ({"temperature_c": [20, np.inf, 20, 20, 20]}, "sample 1: temperature_c is inf"),
        ({"charging": [0, 0.5, 1, 1, 1]}, "sample 1: charging is 0.5"),
        ({"thermal_status": [0, 0, 7, 0, 0]}, "sample 2: thermal_status is out of range (7)"),
        ({"t_s": [0, 1, 1, 2, 3]}, "sample 2: the time 1.0 s is there twice"),
        ({"t_s": [0, 1, 2, 1.5, 3]}, "sample 3: time goes back, from 2.0 s to 1.5 s"),
        ({"cpu_share": [0.5]}, "columns differ in shape"),
        ({"wifi": [1, 2, 3, 4, 5]}, "unknown column 'wifi'"),
    ],
)
def test_invalid_columns_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(TraceError) as caught:
        make_trace(**changes)
    assert words in caught.value.message


def test_a_trace_needs_every_required_column_and_a_sample() -> None:
    trace = make_trace()
    columns = {name: values for name, values in trace.columns.items() if name != "cpu_share"}
    with pytest.raises(TraceError, match="column cpu_share is missing"):
        Trace(trace.info, columns)
    with pytest.raises(TraceError, match="0 samples"):
        make_trace(count=0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": "yesterday"}, "not a moment"),
        ({"start": "2026-03-02T09:00:00"}, "offset from UTC"),
        ({"title": "two\nlines"}, "line break"),
        ({"title": ""}, "title is empty"),
        ({"origin": "guessed"}, "origin is 'guessed'"),
        ({"gaps": ((3.0, 2.0),)}, "gap from 3.0 s to 2.0 s"),
        ({"notes": {"Bad Name": "x"}}, "cannot be the name of a note"),
        ({"column_sources": {"wifi": Source(Provenance.MEASURED, "x")}}, "unknown column"),
    ],
)
def test_invalid_facts_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(TraceError, match=words):
        make_info(**changes)


def test_crop_keeps_times_and_cuts_gaps() -> None:
    trace = make_trace(10, info=make_info(gaps=((1.0, 2.0), (4.5, 8.0))))
    part = trace.crop(3, 6)
    assert part.t_s.tolist() == [3, 4, 5, 6]
    assert part.info.gaps == ((4.5, 6),)
    assert part.duration_s == 3
    with pytest.raises(TraceError, match="no sample lies between"):
        trace.crop(20, 30)


def test_resample_interpolates_levels_and_holds_states() -> None:
    trace = make_trace(
        3,
        t_s=[0, 2, 4],
        battery_percent=[80, 78, 70],
        event_rate_hz=[1, 3, 5],
        thermal_status=[0, 1, 2],
    )
    fine = trace.resample(1.0)
    assert fine.t_s.tolist() == [0, 1, 2, 3, 4]
    assert fine["battery_percent"].tolist() == [80, 79, 78, 74, 70]
    assert fine["event_rate_hz"].tolist() == [1, 1, 3, 3, 5]
    assert fine["thermal_status"].tolist() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, float("nan"), 1e9])
def test_resample_refuses_senseless_rates(rate_hz: float) -> None:
    with pytest.raises(TraceError):
        make_trace().resample(rate_hz)


def test_index_at_is_the_sample_in_force() -> None:
    trace = make_trace(3, t_s=[10, 20, 30])
    assert [trace.index_at(t) for t in (0, 10, 19.9, 20, 99)] == [0, 0, 0, 1, 2]
