"""Timing many configurations in turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.jobs import JobContext
from workbench.profiling.live import RunMeasured, RunStarted
from workbench.profiling.run_rules import RunRules
from workbench.profiling.samples import LatencySamples, judge

CHUNK_NS = 200_000_000
"""Longest stretch of runs without a look at whether the job was cancelled."""


class Runner(Protocol):
    """A network that is loaded and ready to run."""

    def time_ns(self, runs: int) -> npt.NDArray[np.int64]:
        """(runs,) wall time of each inference."""
        ...


def measure_interleaved(
    runners: Sequence[Runner],
    rules: RunRules,
    rng: np.random.Generator,
    context: JobContext,
    cpu_clock_ns: Callable[[], int],
    wall_clock_ns: Callable[[], int],
) -> list[LatencySamples]:
    """Time every runner under the rules; block orders come from `rng`.

    Args:
        context: told of the progress, asked whether to stop, and handed a `RunStarted` before and a
            `RunMeasured` after each block.
        cpu_clock_ns: processor time of this process.
        wall_clock_ns: a clock that never goes back.

    Raises:
        JobCancelled: when the job was asked to stop.
    """
    first_ns = []
    for number, runner in enumerate(runners):
        context.check_cancelled()
        first_ns.append(_warm_up(runner, rules))
        context.progress(0.0, f"warming up {number + 1} of {len(runners)} configurations")
    blocks: list[list[npt.NDArray[np.int64]]] = [[] for _ in runners]
    cpu_ns, wall_ns = np.zeros(len(runners)), np.zeros(len(runners))
    done = 0
    for turn, order in enumerate(block_orders(rules, len(runners), rng)):
        for position in order:
            context.publish(RunStarted(int(position), turn + 1))
            runners[position].time_ns(rules.settle_runs)
            cpu_start, wall_start = cpu_clock_ns(), wall_clock_ns()
            blocks[position].append(_block(runners[position], rules, context))
            cpu_ns[position] += cpu_clock_ns() - cpu_start
            wall_ns[position] += wall_clock_ns() - wall_start
            done += 1
            share = min(1.0, cpu_ns[position] / max(1.0, wall_ns[position]))
            so_far = _samples(first_ns[position], blocks[position], share)
            finished = turn + 1 == rules.rounds
            reasons = judge([so_far], rules).reasons if finished else ()
            context.publish(RunMeasured.of(int(position), so_far, rules.rounds, reasons))
            context.progress(
                done / (rules.rounds * len(runners)),
                f"round {turn + 1} of {rules.rounds}, {len(runners)} configurations",
            )
    shares = np.minimum(1.0, cpu_ns / np.maximum(1.0, wall_ns))
    return [
        _samples(first, mine, float(share))
        for first, mine, share in zip(first_ns, blocks, shares, strict=True)
    ]


def block_orders(
    rules: RunRules, count: int, rng: np.random.Generator
) -> Iterator[npt.NDArray[np.intp]]:
    """For each round the (count,) order in which configurations take their turns."""
    order = rng.permutation(count)
    for turn in range(rules.rounds):
        yield order
        mirror = rules.mirrored and turn % 2 == 0
        order = order[::-1] if mirror else rng.permutation(count)


def _samples(
    first_ns: int, blocks: Sequence[npt.NDArray[np.int64]], cpu_share: float
) -> LatencySamples:
    return LatencySamples(first_ns / 1e6, tuple(block / 1e6 for block in blocks), cpu_share)


def _warm_up(runner: Runner, rules: RunRules) -> int:
    """Run until the rules' warm-up is done; returns the time of the first inference."""
    first_ns = int(runner.time_ns(1)[0])
    spent_ns, runs = first_ns, 1
    while runs < rules.warm_up_runs and spent_ns < rules.warm_up_s * 1e9:
        spent_ns += int(runner.time_ns(1)[0])
        runs += 1
    return first_ns


def _block(runner: Runner, rules: RunRules, context: JobContext) -> npt.NDArray[np.int64]:
    """Counted runs of one block: enough of them, and long enough."""
    runs_wanted, time_wanted_ns = rules.block_runs, rules.block_s * 1e9
    times = [runner.time_ns(1)]
    runs, spent_ns = 1, int(times[0].sum())
    while runs < runs_wanted or spent_ns < time_wanted_ns:
        context.check_cancelled()
        typical_ns = max(1.0, spent_ns / runs)
        missing = max(runs_wanted - runs, (time_wanted_ns - spent_ns) / typical_ns)
        chunk = runner.time_ns(int(np.clip(np.ceil(missing), 1, max(1, CHUNK_NS // typical_ns))))
        times.append(chunk)
        runs += len(chunk)
        spent_ns += int(chunk.sum())
    return np.concatenate(times)
