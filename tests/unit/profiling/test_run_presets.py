"""Rules that are enforced, tries that must agree, and what half an hour of work shows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.helpers.contexts import RecordingContext
from workbench.devices.agent.protocol import Frequency, State
from workbench.profiling.interleaved import measure_interleaved
from workbench.profiling.latency_blocks import BlockBook, LatencyBlock
from workbench.profiling.run_rules import PLANS, RunRules
from workbench.profiling.samples import LatencySamples, judge
from workbench.profiling.sustained import sustained_report

MLPERF = PLANS["mlperf"].rules


def _tries(*levels_ms: float, runs: int = 1024) -> LatencySamples:
    # Long enough: 1,024 samples of 60 ms or more make a minute.
    rng = np.random.default_rng(0)
    blocks = tuple(ms * rng.uniform(1.0, 1.02, runs) for ms in levels_ms)
    return LatencySamples(levels_ms[0], blocks, 1.0)


def test_the_presets_are_those_of_the_rules() -> None:
    assert (MLPERF.block_runs, MLPERF.block_s, MLPERF.rounds) == (1024, 60.0, 5)
    assert (MLPERF.pause_s, MLPERF.agreement) == (300.0, 0.05)
    assert MLPERF.enforced
    assert PLANS["standard"].rules.gates
    assert not PLANS["standard"].rules.enforced
    sustained = PLANS["sustained"]
    assert sustained.rules.sustained
    assert sustained.least_s == pytest.approx(1800.0)


def test_five_tries_that_agree_are_trusted() -> None:
    trust = judge([_tries(60, 61, 60, 61.5, 60)], MLPERF)
    assert trust.mark == "trusted"


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (_tries(60, 61, 66, 60, 60), "do not agree within 5% (p90, up to 10%)"),
        (_tries(60, 60, 60, 60, 60, runs=900), "a try has 900 samples of 1,024"),
        (_tries(40, 40, 40, 40, 40), "a try took 41 s of 60"),
    ],
)
def test_a_rule_that_is_missed_makes_it_invalid(samples: LatencySamples, reason: str) -> None:
    mark = judge([samples], MLPERF).mark
    assert mark.startswith("invalid: ")
    assert reason in mark
    questionable = dataclasses.replace(MLPERF, enforced=False)
    assert judge([samples], questionable).mark.startswith("questionable: ")


def test_moved_caps_and_thin_samples_are_invalid_too() -> None:
    mark = judge([_tries(60, 60, 60, 60, 60)], MLPERF, frequency_moved=True).mark
    assert mark == "invalid: the cap on the processor's frequency moved"


class _Quick:
    def time_ns(self, runs: int) -> np.ndarray:
        return np.full(runs, 1000, dtype=np.int64)


def test_the_device_rests_between_rounds_and_not_before_rounds_that_are_done() -> None:
    rules = RunRules("test", 0.0, 4, mirrored=False, min_runs=4, pause_s=300.0)
    context, book = RecordingContext(), BlockBook()
    for position in range(2):
        for turn in (1, 2):
            ns = np.array([1000], dtype=np.int64)
            book.add(LatencyBlock(position, turn, 1000, ns, 1000, 1000))
    measure_interleaved(
        [_Quick(), _Quick()], rules, np.random.default_rng(0), context, lambda: 0, lambda: 0, book
    )
    rests = [text for _, text in context.reports if "rests" in text]
    assert rests == ["the device rests for 5 minutes"] * 2


def _sustained(latency_ms: np.ndarray, caps_mhz: list[int]) -> dict[tuple[int, int], LatencyBlock]:
    """Blocks of (configurations, rounds) latencies; each takes 30 s."""
    blocks = {}
    for position, row in enumerate(latency_ms):
        for turn, ms in enumerate(row, start=1):
            clock = Frequency("policy0", "0-3", None, None, caps_mhz[turn - 1] * 1000, None, None)
            ns = np.full(9, round(ms * 1e6), dtype=np.int64)
            state = State(0, (clock,), ())
            blocks[position, turn] = LatencyBlock(
                position, turn, int(ns[0]), ns, 10**9, 30 * 10**9, 0, state, state
            )
    return blocks


def test_a_device_that_throttles_and_ranks_otherwise_when_hot() -> None:
    # The second configuration waits for memory and does not slow down; the others do.
    heat = np.concatenate([np.ones(10), np.full(10, 1.5)])
    latency_ms = np.array([10 * heat, np.full(20, 12.0), 20 * heat])
    report = sustained_report(_sustained(latency_ms, [1400] * 10 + [900] * 10), 3)
    assert report.tau == pytest.approx(1 / 3)
    assert (report.swapped, report.pairs) == (1, 3)
    assert report.slowdown == pytest.approx(1.5)
    assert [r.cap_mhz for r in report.rounds][9:11] == [1400, 900]
    assert "became +50%" in report.text()
    assert "throttled from minute 16 on (clock capped at 900 of 1400 MHz" in report.text()
    assert "ranking of configurations changes" in report.text()


def test_a_device_that_stays_as_it_is() -> None:
    latency_ms = np.array([[10.0] * 20, [12.0] * 20, [20.0] * 20])
    report = sustained_report(_sustained(latency_ms, [1400] * 20), 3)
    assert (report.tau, report.swapped) == (1.0, 0)
    assert "stays" in report.text()
    assert "throttled" not in report.text()
