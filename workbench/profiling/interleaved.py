"""Timing many configurations in turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.jobs import JobContext
from workbench.profiling.latency_blocks import BlockBook, LatencyBlock
from workbench.profiling.live import RunMeasured, RunStarted
from workbench.profiling.run_rules import RunRules
from workbench.profiling.samples import judge

CHUNK_NS = 200_000_000
"""Longest stretch of runs without a look at whether the job was cancelled."""


class Runner(Protocol):
    """A network that is loaded and ready to run."""

    def time_ns(self, runs: int) -> npt.NDArray[np.int64]:
        """(runs,) wall time of each inference."""
        ...


def measure_interleaved(
    runners: Sequence[Runner | None],
    rules: RunRules,
    rng: np.random.Generator,
    context: JobContext,
    cpu_clock_ns: Callable[[], int],
    wall_clock_ns: Callable[[], int],
    book: BlockBook,
) -> None:
    """Time every runner under the rules; block orders come from `rng`.

    Args:
        runners: None where no block is missing in the book.
        context: told of the progress, asked whether to stop, and handed a `RunStarted` before and a
            `RunMeasured` after each block.
        cpu_clock_ns: processor time of this process.
        wall_clock_ns: a clock that never goes back.
        book: gets each block as soon as it is done; those that it has are not measured again.

    Raises:
        JobCancelled: when the job was asked to stop.
    """
    first_ns: dict[int, int] = {}
    for position, runner in enumerate(runners):
        context.check_cancelled()
        if runner is not None:
            first_ns[position] = _warm_up(runner, rules)
            text = f"warming up {position + 1} of {len(runners)} configurations"
            context.progress(len(book.blocks) / (rules.rounds * len(runners)), text)
    for turn, order in enumerate(block_orders(rules, len(runners), rng), start=1):
        if turn > 1 and any(not book.has(int(position), turn) for position in order):
            rest(context, rules, len(book.blocks) / (rules.rounds * len(runners)))
        for position in map(int, order):
            runner = runners[position]
            if runner is not None and not book.has(position, turn):
                context.check_cancelled()
                context.publish(RunStarted(position, turn))
                runner.time_ns(rules.settle_runs)
                cpu_start, wall_start = cpu_clock_ns(), wall_clock_ns()
                ns = _block(runner, rules, context)
                cpu_ns, wall_ns = cpu_clock_ns() - cpu_start, wall_clock_ns() - wall_start
                book.add(LatencyBlock(position, turn, first_ns[position], ns, cpu_ns, wall_ns))
            so_far = book.samples(position, turn)
            reasons = judge([so_far], rules).reasons if turn == rules.rounds else ()
            context.publish(RunMeasured.of(position, so_far, rules.rounds, reasons))
            context.progress(
                len(book.blocks) / (rules.rounds * len(runners)),
                f"round {turn} of {rules.rounds}, {len(runners)} configurations",
            )


def rest(context: JobContext, rules: RunRules, share: float) -> None:
    """The rest between two rounds, if the rules have one.

    Args:
        share: how much of the measurement is done.

    Raises:
        JobCancelled: when the job was asked to stop.
    """
    if rules.pause_s:
        context.progress(share, f"the device rests for {rules.pause_s / 60:g} minutes")
        context.sleep(rules.pause_s)


def block_orders(
    rules: RunRules, count: int, rng: np.random.Generator
) -> Iterator[npt.NDArray[np.intp]]:
    """For each round the (count,) order in which configurations take their turns."""
    order = rng.permutation(count)
    for turn in range(rules.rounds):
        yield order
        mirror = rules.mirrored and turn % 2 == 0
        order = order[::-1] if mirror else rng.permutation(count)


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
