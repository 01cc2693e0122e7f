"""Run rules on an engine whose times are made up: nothing here depends on the machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.helpers.contexts import RecordingContext
from tests.helpers.spaces import small_space
from workbench.core.errors import SettingsError
from workbench.jobs import JobCancelled
from workbench.profiling.interleaved import measure_interleaved
from workbench.profiling.latency_blocks import BlockBook
from workbench.profiling.live import RunMeasured, RunStarted, spread_counts
from workbench.profiling.run_rules import PLANS, RunRules, fewest_configurations, resized
from workbench.profiling.samples import LatencySamples, judge, statistics

RULES = RunRules("test", min_s=0.006, rounds=3, mirrored=False, min_runs=30)


class FakeMachine:
    """A clock that engines move on; `share` of wall time is this process's own."""

    def __init__(self, share: float = 1.0) -> None:
        self.now_ns = 0
        self.share = share
        self.log: list[int] = []

    def wall_ns(self) -> int:
        return self.now_ns

    def cpu_ns(self) -> int:
        return int(self.now_ns * self.share)


class FakeRunner:
    """Takes `latency_ns`, the first run ten times that."""

    def __init__(self, machine: FakeMachine, number: int, latency_ns: int) -> None:
        self.machine, self.number, self.latency_ns = machine, number, latency_ns
        self.runs = 0

    def time_ns(self, runs: int) -> npt.NDArray[np.int64]:
        times = np.full(runs, self.latency_ns, dtype=np.int64)
        if self.runs == 0:
            times[0] *= 10
        self.runs += runs
        self.machine.now_ns += int(times.sum())
        self.machine.log.append(self.number)
        return times


def _measure(
    latencies_ns: list[int], rules: RunRules, share: float = 1.0
) -> tuple[list[LatencySamples], FakeMachine, RecordingContext]:
    machine, context = FakeMachine(share), RecordingContext()
    runners = [FakeRunner(machine, i, ns) for i, ns in enumerate(latencies_ns)]
    book = BlockBook()
    measure_interleaved(
        runners, rules, np.random.default_rng(0), context, machine.cpu_ns, machine.wall_ns, book
    )
    samples = [book.samples(position, rules.rounds) for position in range(len(runners))]
    return samples, machine, context


def test_enough_runs_and_enough_time_in_every_round() -> None:
    samples, _, context = _measure([1_000, 1_000_000], RULES)
    fast, slow = samples
    for sample in samples:
        assert len(sample.blocks) == RULES.rounds
    # The fast one is bound by time (2 ms a block of 1 us runs), the slow one by its 10 runs.
    assert all(len(block) == 2000 for block in fast.blocks)
    assert all(len(block) == 10 for block in slow.blocks)
    assert fast.first_ms == pytest.approx(0.010)
    assert (fast.all_ms == 0.001).all()
    assert context.reports[-1][0] == 1.0


def test_each_block_is_told_and_the_last_one_judged() -> None:
    samples, _, context = _measure([1_000_000] * 4, RULES, share=0.5)
    started = [record for record in context.records if isinstance(record, RunStarted)]
    measured = [record for record in context.records if isinstance(record, RunMeasured)]
    assert [(s.position, s.round) for s in started] == [
        (m.position, m.rounds_done) for m in measured
    ]
    assert len(measured) == 4 * RULES.rounds
    last = next(m for m in reversed(measured) if m.position == 2)
    assert last.complete
    assert (last.runs, last.p50_ms) == (len(samples[2].all_ms), 1.0)
    assert sum(last.spread) == last.runs
    assert last.reasons == ("other programs took the core for 50% of the time",)
    assert all(m.reasons == () for m in measured if not m.complete)


def test_spread_is_relative_to_the_median() -> None:
    counts = spread_counts(np.array([1.0, 10.0, 10.0, 10.0, 90.0]), 10.0)
    assert (counts[0], counts[-1], sum(counts)) == (1, 1, 5)
    assert counts[6] == 3  # 1.0 lies a quarter of the way from 0.8 to 1.6


def test_a_plan_can_be_resized() -> None:
    space = small_space()
    least = fewest_configurations(space)
    small = resized(PLANS["quick"], space, least)
    assert small.fit + small.held_out == least
    assert small.fit >= max(space.sizes)
    assert small.held_out >= 1
    assert resized(PLANS["quick"], space, None) is PLANS["quick"]
    for wrong in (least - 1, space.count + 1):
        with pytest.raises(SettingsError, match="do not suit"):
            resized(PLANS["quick"], space, wrong)


def _blocks(log: list[int]) -> list[int]:
    """The order in which runners came, repetitions joined."""
    return [n for i, n in enumerate(log) if i == 0 or n != log[i - 1]]


def test_configurations_take_turns() -> None:
    _, machine, _ = _measure([1_000_000] * 5, RULES)
    order = _blocks(machine.log)[5:]  # after the warm-up, which goes through all five
    # Two blocks of one configuration may meet where one round ends and the next begins.
    assert 13 <= len(order) <= 15
    assert max(order.count(n) for n in range(5)) <= 3


def test_mirrored_rounds_run_backwards() -> None:
    rules = RunRules("test", min_s=0.0, rounds=4, mirrored=True, min_runs=4)
    _, machine, _ = _measure([1_000_000] * 6, rules)
    calls = [n for i, n in enumerate(machine.log[60:]) if i % 2 == 1]  # skip the settling runs
    rounds = [calls[i : i + 6] for i in range(0, 24, 6)]
    assert [sorted(turn) for turn in rounds] == [list(range(6))] * 4
    assert rounds[1] == rounds[0][::-1]
    assert rounds[3] == rounds[2][::-1]


def test_cancelling_breaks_off() -> None:
    machine, context = FakeMachine(), RecordingContext(stop_after=4)
    runners = [FakeRunner(machine, i, 1_000_000) for i in range(3)]
    with pytest.raises(JobCancelled):
        measure_interleaved(
            runners, RULES, np.random.default_rng(0), context, machine.cpu_ns, machine.wall_ns,
            BlockBook(),
        )  # fmt: skip
    assert len(context.reports) == 4


def test_blocks_that_are_there_are_not_measured_again() -> None:
    def measure(book: BlockBook) -> list[int]:
        machine, context = FakeMachine(), RecordingContext()
        whole = [not book.missing(position, RULES.rounds) for position in range(3)]
        runners = [None if done else FakeRunner(machine, i, 1_000) for i, done in enumerate(whole)]
        rng = np.random.default_rng(0)
        measure_interleaved(runners, RULES, rng, context, machine.cpu_ns, machine.wall_ns, book)
        return [r.position for r in context.records if isinstance(r, RunStarted)]

    book = BlockBook()
    assert sorted(measure(book)) == sorted([0, 1, 2] * RULES.rounds)
    for key in ((0, 2), (2, 3)):
        del book.blocks[key]
    before = dict(book.blocks)
    assert measure(book) == [0, 2]
    assert all(book.blocks[key] is block for key, block in before.items())


def test_statistics_and_interval() -> None:
    blocks = tuple(np.full(50, value) for value in (1.0, 1.1, 0.9, 1.0))
    found = statistics(LatencySamples(5.0, blocks, 1.0))
    assert (found.runs, found.first_ms, found.min_ms, found.p50_ms) == (200, 5.0, 0.9, 1.0)
    # Medians scatter by 0.0816; Student's t with 3 degrees of freedom is 3.182 at 97.5%.
    assert found.median_high_ms - found.p50_ms == pytest.approx(3.182 * 0.0816 / 2, rel=1e-3)
    assert found.p90_ms >= found.p50_ms >= found.median_low_ms


def test_a_quiet_measurement_is_trusted() -> None:
    samples, _, _ = _measure([1_000_000] * 3, RULES)
    trust = judge(samples, RULES)
    assert trust.mark == "trusted"


def test_what_makes_a_measurement_questionable() -> None:
    steady = [np.full(20, 1.0)] * 2
    drifted = [LatencySamples(1.0, (*steady, np.full(20, 1.2)), 0.8)] * 3
    trust = judge(drifted, RULES, frequency_moved=True)
    assert trust.drift == pytest.approx(0.2)
    assert len(trust.reasons) == 3
    assert "drifted by 20%" in trust.mark
    assert "20% of the time" in trust.mark
    assert "frequency" in trust.mark
    few = judge([LatencySamples(1.0, (np.ones(5),) * 3, 1.0)], RULES)
    assert few.reasons == ("a configuration has 15 runs of 30",)
    spread = judge([LatencySamples(1.0, (np.r_[np.ones(15), np.full(5, 3.0)],) * 3, 1.0)], RULES)
    assert "200% longer" in spread.mark


def test_plans_follow_the_presets() -> None:
    assert PLANS["quick"].rules.min_s == 3.0
    assert PLANS["standard"].rules.min_s == 10.0
    assert PLANS["standard"].rules.mirrored
    assert all(plan.rules.min_runs >= 100 for plan in PLANS.values())
    with pytest.raises(SettingsError):
        RunRules("bad", min_s=1.0, rounds=2, mirrored=False)
