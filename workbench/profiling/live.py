"""What a measurement tells while it runs: the plan, then each configuration as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.profiling.samples import LatencySamples
from workbench.space.design_space import ConfigArray

SPREAD_FROM, SPREAD_TO, SPREAD_BINS = 0.8, 1.6, 24
"""Range and bins of `spread_counts`, as multiples of the median: alike for all configurations, so
that their spreads can be compared by eye."""


@dataclass(frozen=True, slots=True, eq=False)
class RunsPlanned:
    """What will be measured.

    Attributes:
        configurations: (n, decisions), those for the fit first.
        fitted: how many of them are for the fit; the others are held out.
        rounds: blocks a configuration.
    """

    configurations: ConfigArray
    fitted: int
    rounds: int


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A configuration's block begins.

    Attributes:
        position: row of `RunsPlanned.configurations`.
        round: which block of it, from 1.
    """

    position: int
    round: int


@dataclass(frozen=True, slots=True)
class RunMeasured:
    """A configuration's figures over all blocks that it had so far.

    Attributes:
        position: row of `RunsPlanned.configurations`.
        rounds_done, rounds: blocks it had, and blocks it is to have.
        runs: counted inferences.
        first_ms: the very first inference after loading.
        spread: `spread_counts` of the runs.
        cpu_share: processor time over wall time.
        reasons: what speaks against it once it is complete; empty when nothing does.
    """

    position: int
    rounds_done: int
    rounds: int
    runs: int
    first_ms: float
    p50_ms: float
    p90_ms: float
    spread: tuple[int, ...]
    cpu_share: float
    reasons: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all its blocks are done."""
        return self.rounds_done >= self.rounds

    @classmethod
    def of(
        cls, position: int, samples: LatencySamples, rounds: int, reasons: Sequence[str]
    ) -> RunMeasured:
        """Summarise the samples so far."""
        values = samples.all_ms
        p50_ms, p90_ms = (float(value) for value in np.quantile(values, (0.5, 0.9)))
        return cls(
            position=position,
            rounds_done=len(samples.blocks),
            rounds=rounds,
            runs=len(values),
            first_ms=float(samples.first_ms),
            p50_ms=p50_ms,
            p90_ms=p90_ms,
            spread=spread_counts(values, p50_ms),
            cpu_share=float(samples.cpu_share),
            reasons=tuple(reasons),
        )


def spread_counts(values_ms: npt.NDArray[np.float64], p50_ms: float) -> tuple[int, ...]:
    """(SPREAD_BINS,) counts of latencies relative to their median; the ends hold all beyond."""
    relative = np.clip(values_ms / max(p50_ms, 1e-12), SPREAD_FROM, SPREAD_TO)
    counts, _ = np.histogram(relative, SPREAD_BINS, (SPREAD_FROM, SPREAD_TO))
    return tuple(int(count) for count in counts)
