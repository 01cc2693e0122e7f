"""What half an hour of work does to a device: slower, and in another order?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.profiling.latency_blocks import LatencyBlock

ENDS = 5
"""Rounds at each end that are compared."""
SAME_ORDER = 0.95
"""Kendall's tau from which the order counts as kept: noise swaps a neighbouring pair or two."""


@dataclass(frozen=True, slots=True)
class SustainedRound:
    """One round of a sustained run.

    Attributes:
        minute: minutes since the start of the first, at its middle.
        slowdown: latencies over those of the first rounds, the median of all configurations.
        cap_mhz: lowest cap on the clock seen in it; None where the device tells none.
    """

    minute: float
    slowdown: float
    cap_mhz: float | None


@dataclass(frozen=True, slots=True)
class SustainedReport:
    """How a device holds out.

    Attributes:
        tau: Kendall's tau-b of the configurations' latencies, first against last rounds.
        swapped: pairs of configurations whose order changed by more than 2%, of how many.
        rounds: every round.
    """

    tau: float
    swapped: int
    pairs: int
    rounds: tuple[SustainedRound, ...]

    @property
    def slowdown(self) -> float:
        """Latency of the last rounds over that of the first."""
        return float(np.median([each.slowdown for each in self.rounds[-ENDS:]]))

    def text(self) -> str:
        """A sentence or two."""
        order = "stays" if self.tau >= SAME_ORDER else "changes"
        first = self.rounds[0].cap_mhz
        lower = [r for r in self.rounds if r.cap_mhz and first and r.cap_mhz < first]
        heat = ""
        if lower:
            least = min(r.cap_mhz for r in lower if r.cap_mhz)
            heat = (
                f"; throttled from minute {lower[0].minute:.0f} on (clock capped at {least:.0f} of"
                f" {first:.0f} MHz at the lowest)"
            )
        return (
            f"over {self.rounds[-1].minute:.0f} minutes the latency became"
            f" {self.slowdown - 1:+.0%}{heat}; the ranking of configurations {order} (Kendall's tau"
            f" {self.tau:.2f} between the first and the last rounds, {self.swapped} of"
            f" {self.pairs} pairs swapped)"
        )


def sustained_report(
    blocks: Mapping[tuple[int, int], LatencyBlock], configurations: int, cpus: Sequence[int] = ()
) -> SustainedReport:
    """From a sustained run's blocks by (position, round), all there.

    Args:
        cpus: processors that the networks ran on; empty for all.
    """
    from workbench.profiling.phone_conditions import cap_of

    rounds = max(turn for _, turn in blocks)
    median = np.array(
        [
            [np.median(blocks[position, turn].ns) for turn in range(1, rounds + 1)]
            for position in range(configurations)
        ]
    )
    ends = min(ENDS, rounds // 2)
    first, last = np.median(median[:, :ends], axis=1), np.median(median[:, -ends:], axis=1)
    slowdown = np.median(median / first[:, None], axis=0)
    length_s = np.array(
        [
            sum(blocks[position, turn].elapsed_ns for position in range(configurations)) / 1e9
            for turn in range(1, rounds + 1)
        ]
    )
    middle_s = np.cumsum(length_s) - length_s / 2
    table = []
    for turn in range(1, rounds + 1):
        caps = [
            cap
            for position in range(configurations)
            if (state := blocks[position, turn].after) is not None
            and (cap := cap_of(state, cpus)) is not None
        ]
        cap_mhz = min(caps) / 1000 if caps else None
        minute = float(middle_s[turn - 1] / 60)
        table.append(SustainedRound(minute, float(slowdown[turn - 1]), cap_mhz))
    before, after = _pairs(first), _pairs(last)
    clear = (np.abs(before) > 0.02) & (np.abs(after) > 0.02)
    swapped = int((clear & (np.sign(before) != np.sign(after))).sum())
    return SustainedReport(_tau(first, last), swapped, len(before), tuple(table))


def _pairs(values: np.ndarray) -> np.ndarray:
    """Relative differences of all pairs."""
    row, column = np.triu_indices(len(values), 1)
    found: np.ndarray = np.log(values[row] / values[column])
    return found


def _tau(one: np.ndarray, other: np.ndarray) -> float:
    """Kendall's tau-b."""
    from scipy.stats import kendalltau  # slow to load

    return float(kendalltau(one, other).statistic)
