"""Where two runs over the same trace differ, and what that came to.

A span is a longest stretch of samples in which two different configurations run, the same two
throughout. Figures of a span are means over its inferences; a span without any is a mean over its
samples, and costs nothing in sum.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.errors import SettingsError
from workbench.replay.records import PolicyRun, ReplayResult
from workbench.space.tables import FloatArray

Operators = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Track:
    """What ran when, and what it cost; arrays of shape (samples,) unless said otherwise.

    Attributes:
        inferences: how many happen from each sample to the next.
        configurations: distinct ones, the operators of each.
        configuration_id: which of them runs.
        energy_mj: of one inference; NaN where it is not known.
        broken: whether a limit is broken.
        decision_index: (decisions,) samples at which it decided, ascending.
        decision_text: (decisions,) why.
    """

    name: str
    t_s: FloatArray
    inferences: npt.NDArray[np.int64]
    configurations: Sequence[Operators]
    configuration_id: npt.NDArray[np.int32]
    accuracy_percent: FloatArray
    latency_ms: FloatArray
    energy_mj: FloatArray
    broken: npt.NDArray[np.bool_]
    decision_index: npt.NDArray[np.int64]
    decision_text: Sequence[str]


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two did in a span.

    Attributes:
        energy_mj: of one inference; None where it is not known.
        broken_share: inferences that broke a limit, 0..1.
        why: what made it decide at the start of the span; empty where only the other did.
    """

    operators: Operators
    accuracy_percent: float
    latency_ms: float
    energy_mj: float | None
    broken_share: float
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One span in which the two run different configurations.

    Attributes:
        t_s, end_s: from when to when.
        wrong: wrong answers that the first is expected to give more than the second.
        busy_s: time that its inferences take more.
        energy_j: energy that they take more; None where it is not known.
    """

    t_s: float
    end_s: float
    inferences: int
    first: Side
    second: Side
    wrong: float
    busy_s: float
    energy_j: float | None


@dataclass(frozen=True, slots=True)
class Totals:
    """All spans together: what the first comes to more than the second.

    Attributes:
        time_share, inference_share: of the trace in which the two differ, 0..1.
        broken: inferences that break a limit.
    """

    spans: int
    time_share: float
    inference_share: float
    inferences: int
    wrong: float
    busy_s: float
    energy_j: float | None
    broken: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The spans in the order of time, and their sum."""

    spans: tuple[Difference, ...]
    totals: Totals
    end_s: float


def track_of(
    result: ReplayResult, run: PolicyRun, names: Callable[[Sequence[int]], Operators]
) -> Track:
    """A run as a track; `names` tells the operators of a configuration."""
    events = [decision.event for decision in run.decisions]
    return Track(
        name=run.name,
        t_s=result.t_s,
        inferences=result.inferences,
        configurations=tuple(names(configuration) for configuration in run.configurations),
        configuration_id=run.configuration_id,
        accuracy_percent=run.accuracy_at_samples,
        latency_ms=run.latency_ms,
        energy_mj=run.energy_mj,
        broken=run.violated,
        decision_index=np.array([event.index for event in events], dtype=np.int64),
        decision_text=tuple(
            "start of the replay" if event.cause == "start" else event.text for event in events
        ),
    )


def compare(first: Track, second: Track) -> Comparison:
    """Where two tracks over the same samples differ.

    Raises:
        SettingsError: when they are not over the same times with the same inferences.
    """
    if not (
        np.array_equal(first.t_s, second.t_s)
        and np.array_equal(first.inferences, second.inferences)
    ):
        raise SettingsError(
            f"{first.name} and {second.name} did not run over the same inferences.",
            "Compare runs of the same trace with the same seed.",
        )
    t_s = first.t_s
    # The last sample stands for as long as the one before it did.
    end_s = float(2 * t_s[-1] - t_s[-2]) if len(t_s) > 1 else float(t_s[-1]) + 1.0
    bounds = np.append(t_s, end_s)
    spans = tuple(
        _difference(first, second, begin, end, bounds) for begin, end in _spans(first, second)
    )
    differ = np.zeros(len(t_s), dtype=bool)
    for begin, end in _spans(first, second):
        differ[begin:end] = True
    lasts_s, count = np.diff(bounds), int(first.inferences.sum())
    weights = first.inferences[differ]
    inferences = int(weights.sum())
    energies = [span.energy_j for span in spans]
    broken = int((weights * first.broken[differ]).sum() - (weights * second.broken[differ]).sum())
    return Comparison(
        spans,
        Totals(
            spans=len(spans),
            time_share=float(lasts_s[differ].sum() / lasts_s.sum()),
            inference_share=inferences / count if count else 0.0,
            inferences=inferences,
            wrong=math.fsum(span.wrong for span in spans),
            busy_s=math.fsum(span.busy_s for span in spans),
            energy_j=None if None in energies else math.fsum(e for e in energies if e is not None),
            broken=broken,
        ),
        end_s,
    )


def _spans(first: Track, second: Track) -> list[tuple[int, int]]:
    """(begin, end) of the stretches in which different configurations run."""
    numbers: dict[Operators, int] = {}
    a, b = (
        np.array([numbers.setdefault(names, len(numbers)) for names in track.configurations])[
            track.configuration_id
        ]
        for track in (first, second)
    )
    changes = np.flatnonzero((np.diff(a) != 0) | (np.diff(b) != 0)) + 1
    edges = [0, *changes.tolist(), len(a)]
    return [(begin, end) for begin, end in itertools.pairwise(edges) if a[begin] != b[begin]]


def _difference(
    first: Track, second: Track, begin: int, end: int, bounds: FloatArray
) -> Difference:
    kept = slice(begin, end)
    counts = first.inferences[kept]
    weights = counts if counts.sum() else np.ones_like(counts)
    sides = [_side(track, begin, end, weights) for track in (first, second)]
    energy = (counts * (first.energy_mj[kept] - second.energy_mj[kept])).sum() / 1000
    points = first.accuracy_percent[kept] - second.accuracy_percent[kept]
    busy_ms = counts * (first.latency_ms[kept] - second.latency_ms[kept])
    return Difference(
        t_s=float(bounds[begin]),
        end_s=float(bounds[end]),
        inferences=int(counts.sum()),
        first=sides[0],
        second=sides[1],
        wrong=float(-(counts * points).sum() / 100),
        busy_s=float(busy_ms.sum() / 1000),
        energy_j=None if math.isnan(energy) else float(energy),
    )


def _side(track: Track, begin: int, end: int, weights: npt.NDArray[np.int64]) -> Side:
    def mean(values: FloatArray) -> float:
        return float((values[begin:end] * weights).sum() / weights.sum())

    energy = mean(track.energy_mj)
    decided = np.flatnonzero(track.decision_index == begin)
    return Side(
        operators=track.configurations[int(track.configuration_id[begin])],
        accuracy_percent=mean(track.accuracy_percent),
        latency_ms=mean(track.latency_ms),
        energy_mj=None if math.isnan(energy) else energy,
        broken_share=mean(track.broken.astype(float)),
        why=track.decision_text[int(decided[0])] if decided.size else "",
    )
