"""Measured latencies: raw samples by block, their statistics, and how far to trust them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.profiling.run_rules import RunRules

FloatArray = npt.NDArray[np.float64]

DRIFT_BOUND = 0.05
SPREAD_BOUND = 0.5
WAITING_BOUND = 0.05


@dataclass(frozen=True, slots=True)
class LatencySamples:
    """Everything that was timed of one configuration.

    Attributes:
        first_ms: the very first inference after loading.
        blocks: for each round the counted latencies in ms.
        cpu_share: processor time over wall time of the counted runs; below 1 other programs had
            the core meanwhile.
        origin: (run, position) in the project that holds them; None where none does.
    """

    first_ms: float
    blocks: tuple[FloatArray, ...]
    cpu_share: float
    origin: tuple[int, int] | None = None

    @property
    def all_ms(self) -> FloatArray:
        """(runs,) counted latencies of all rounds."""
        return np.concatenate(self.blocks)


@dataclass(frozen=True, slots=True)
class LatencyStatistics:
    """Summary of one configuration's latencies, in ms.

    Attributes:
        median_low_ms, median_high_ms: 95% confidence interval of the median, from the scatter of
            the blocks' medians (Student's t), since runs within a block are not independent.
    """

    runs: int
    first_ms: float
    min_ms: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    mean_ms: float
    median_low_ms: float
    median_high_ms: float


def statistics(samples: LatencySamples) -> LatencyStatistics:
    """Summarise one configuration's samples."""
    from scipy.special import stdtrit  # Student's t without the slow scipy.stats

    values = samples.all_ms
    p50, p90, p99 = (float(v) for v in np.quantile(values, (0.5, 0.9, 0.99)))
    medians = np.array([np.median(block) for block in samples.blocks])
    count = len(medians)
    half = float(stdtrit(count - 1, 0.975) * medians.std(ddof=1) / np.sqrt(count))
    return LatencyStatistics(
        len(values), samples.first_ms, float(values.min()), p50, p90, p99, float(values.mean()),
        p50 - half, p50 + half,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether a measurement may be relied on.

    Attributes:
        reasons: what speaks against it; empty when nothing does.
        drift: how much the slowest round differs from the fastest, over all configurations.
        spread: typical (p90 - p50) / p50.
        cpu_share: typical share of the core that the runs had.
        enforced: its rules allow no exception: with a reason it is invalid.
    """

    reasons: tuple[str, ...]
    drift: float
    spread: float
    cpu_share: float
    enforced: bool = False

    @property
    def mark(self) -> str:
        """``trusted``, or ``questionable: ...`` (``invalid: ...``) with the reasons."""
        if not self.reasons:
            return "trusted"
        return f"{'invalid' if self.enforced else 'questionable'}: {'; '.join(self.reasons)}"


def judge(
    measured: Sequence[LatencySamples], rules: RunRules, frequency_moved: bool = False
) -> Trust:
    """Check measured configurations against their rules.

    Args:
        frequency_moved: whether the processor's frequency cap differs from before.
    """
    medians = np.array([[np.median(block) for block in s.blocks] for s in measured])
    rounds = np.median(medians / np.median(medians, axis=1, keepdims=True), axis=0)
    drift = float(rounds.max() / rounds.min() - 1)
    quantiles = [np.quantile(s.all_ms, (0.5, 0.9)) for s in measured]
    spread = float(np.median([p90 / p50 - 1 for p50, p90 in quantiles]))
    cpu_share = float(np.median([s.cpu_share for s in measured]))
    fewest = min(len(s.all_ms) for s in measured)
    checks = (
        (fewest < rules.min_runs, f"a configuration has {fewest} runs of {rules.min_runs}"),
        (drift > DRIFT_BOUND, f"the device's speed drifted by {drift:.0%}"),
        (spread > SPREAD_BOUND, f"one run in ten takes {spread:.0%} longer than the median"),
        (
            cpu_share < 1 - WAITING_BOUND,
            f"other programs took the core for {1 - cpu_share:.0%} of the time",
        ),
        (frequency_moved, "the cap on the processor's frequency moved"),
    )
    reasons = [text for failed, text in checks if failed]
    if rules.agreement is not None:
        reasons += _tries(measured, rules, rules.agreement)
    return Trust(tuple(reasons), drift, spread, cpu_share, rules.enforced)


def _tries(measured: Sequence[LatencySamples], rules: RunRules, agreement: float) -> list[str]:
    """What is wrong with rounds that are tries of their own."""
    blocks = [block for sample in measured for block in sample.blocks]
    fewest, shortest_s = min(map(len, blocks)), min(float(b.sum()) for b in blocks) / 1000
    p90 = np.array([[np.quantile(block, 0.9) for block in s.blocks] for s in measured])
    apart = p90.max(axis=1) / p90.min(axis=1) - 1
    count = int((apart > agreement).sum())
    checks = (
        (fewest < rules.block_runs, f"a try has {fewest:,} samples of {rules.block_runs:,}"),
        # The clock is read around each run, so the sum falls a little short of the wall's time.
        (shortest_s < 0.98 * rules.block_s, f"a try took {shortest_s:.0f} s of {rules.block_s:g}"),
        (
            count > 0,
            f"the tries of {count} of {len(measured)} configurations do not agree within"
            f" {agreement:.0%} (p90, up to {float(apart.max()):.0%})",
        ),
    )
    return [text for failed, text in checks if failed]
