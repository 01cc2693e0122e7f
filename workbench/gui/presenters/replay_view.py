"""The replay as the page shows it: plain records, filled by whoever runs replays.

A page works on these alone, so a live device, a stored run and a scripted test look the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.provenance import Source
from workbench.jobs import JobContext

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EVOLUTION_LIMIT_MS = 6.2
"""What one runtime evolution may take, as AdaSpring's authors state it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a configuration costs in one context; None where it is not known."""

    accuracy_percent: float
    latency_ms: float
    energy_mj: float | None
    storage_kib: float
    over: frozenset[str] = frozenset()
    """Which of ``accuracy``, ``latency``, ``storage`` break a constraint."""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision of a policy, with its reasons.

    Attributes:
        why: what triggered it, in words.
        operators: what was chosen, one operator a layer.
        now: its cost in the context of the decision.
        before: cost of what ran until then, in the same context.
        feasible_count: configurations that met every limit; None where not counted.
        gap: distance to the optimum as a share (0 is optimal); None where it has no meaning.
        gap_is_bound: the optimum could not be proven, the gap is at most this.
        exact_operators: what the exact optimum would choose; None where it is not known.
        blocked: what could not be met, in words; empty when the choice is feasible.
        search_ms: time of the search; None where it was not measured.
        evolve_ms: time of the weight evolution; None where it was not measured.
        extrapolated: why its figures rest on nothing measured, in words; empty where they do.
    """

    t_s: float
    why: str
    operators: tuple[str, ...]
    lambda1: float
    lambda2: float
    battery_percent: float
    now: Figures
    before: Figures | None = None
    feasible_count: int | None = None
    gap: float | None = None
    gap_is_bound: bool = False
    exact_operators: tuple[str, ...] | None = None
    blocked: str = ""
    search_ms: float | None = None
    evolve_ms: float | None = None
    extrapolated: str = ""


@dataclass(frozen=True, slots=True)
class PolicyView:
    """What one policy did over the whole trace.

    Arrays have the shape (n,) of the replay's `t_s`, those of decisions (d,), d >= 1.

    Attributes:
        energy_mj: energy per inference; NaN throughout where the profile knows no power.
        over_budget: whether the latency was above the budget.
        decision_t_s: when it decided, ascending.
        decision_operators: what it chose, one tuple a decision.
        describe: the decision of an index, worked out on demand.
        figures_at: cost of what ran at a sample, worked out on demand.
    """

    name: str
    accuracy_percent: Floats
    latency_ms: Floats
    energy_mj: Floats
    battery_percent: Floats
    over_budget: Flags
    decision_t_s: Floats
    decision_operators: Sequence[tuple[str, ...]]
    describe: Callable[[int], DecisionView]
    figures_at: Callable[[int], Figures]

    def decision_at(self, t_s: float) -> int:
        """Index of the decision in force at a time; -1 before the first."""
        return int(np.searchsorted(self.decision_t_s, t_s, side="right")) - 1


@dataclass(frozen=True, slots=True)
class MeasuredView:
    """A day against what was measured of its device.

    Attributes:
        calibrated: whether the network was measured on the device at all.
        shares: policy -> share of its inferences on configurations that were not.
        summary: the same in sentences.
        to_measure: configurations whose measurement brings the day back.
        unmeasured: whether operators, one a layer, hold pairs that were not measured.
    """

    calibrated: bool
    shares: Mapping[str, float]
    summary: tuple[str, ...]
    to_measure: tuple[str, ...]
    unmeasured: Callable[[tuple[str, ...]], bool]


@dataclass(frozen=True, slots=True)
class ReplayView:
    """One day, replayed with several policies.

    Attributes:
        t_s: shape (n,), ascending.
        origin_s: time of day at t = 0, in seconds.
        context: trace columns by name, each of shape (n,).
        layers: numbers of the layers that a configuration's operators stand for.
        budget_ms: latency budget, shape (n,); NaN where there is none.
        accuracy_error_points: expected error of predicted accuracies; None where measured.
        measured: how far the day stayed in what was measured of the device.
    """

    t_s: Floats
    origin_s: float
    context: Mapping[str, Floats]
    policies: tuple[PolicyView, ...]
    layers: tuple[int, ...]
    budget_ms: Floats
    subtitle: str
    configurations: int
    """Configurations of the whole space."""
    latency_source: Source
    energy_source: Source
    accuracy_error_points: float | None = None
    measured: MeasuredView | None = None

    def policy(self, name: str) -> PolicyView | None:
        """A policy by its name."""
        return next((policy for policy in self.policies if policy.name == name), None)

    def sample_at(self, t_s: float) -> int:
        """Index of the sample in force at a time, never below 0."""
        return max(0, int(np.searchsorted(self.t_s, t_s, side="right")) - 1)

    @property
    def end_s(self) -> float:
        """When the last sample ends: it stands for as long as the one before it."""
        last = float(self.t_s[-1])
        return last + (last - float(self.t_s[-2]) if self.t_s.size > 1 else 1.0)


@dataclass(frozen=True, slots=True)
class SpaceView:
    """All configurations (or a sample of a large space) at full clock with everything in cache.

    Arrays have the shape (k,).
    """

    accuracy_percent: Floats
    latency_ms: Floats
    energy_mj: Floats | None
    storage_kib: Floats
    operators_of: Callable[[int], tuple[str, ...]]
    point_of: Callable[[tuple[str, ...]], Figures]
    """Figures of any configuration under the same conditions."""
    operators: tuple[str, ...]
    """All operators of the space, in the order of the legend."""
    total: int
    """Configurations in the whole space."""

    def cost(self, axis: str) -> Floats | None:
        """The values of one axis: ``energy`` or ``latency``."""
        return self.energy_mj if axis == "energy" else self.latency_ms

    def front(self, axis: str) -> NDArray[np.intp]:
        """Indices of the Pareto front: no other is at least as accurate and cheaper."""
        return pareto_front(self.cost(axis), self.accuracy_percent)


def pareto_front(cost: Floats | None, gain: Floats) -> NDArray[np.intp]:
    """Indices of the points that no other beats in cost and gain, by rising cost."""
    if cost is None or not cost.size:
        return np.empty(0, dtype=np.intp)
    order = np.lexsort((-gain, cost))
    best = np.maximum.accumulate(gain[order])
    first = np.concatenate(([True], best[1:] > best[:-1]))
    return order[first]


@dataclass(frozen=True, slots=True)
class Region:
    """What is allowed in one context.

    Attributes:
        feasible: shape (k,) over the points of the `SpaceView`.
        accuracy_floor_percent: least accuracy allowed.
    """

    feasible: Flags
    accuracy_floor_percent: float


@dataclass(frozen=True, slots=True)
class Knob:
    """One slider of "What if"."""

    key: str
    label: str
    unit: str
    low: float
    high: float
    step: float
    default: float
    decimals: int
    hint: str = ""
    short: str = ""
    """Label where there is little room."""

    def text(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:.{self.decimals}f} {self.unit}".strip()


class ReplaySession(Protocol):
    """A network, a device profile and a trace, loaded and ready to be replayed."""

    @property
    def space(self) -> SpaceView: ...

    @property
    def knobs(self) -> tuple[Knob, ...]: ...

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of all policies that can run here."""
        ...

    @property
    def default_policies(self) -> tuple[str, ...]:
        """Those shown at the start, the primary one first."""
        ...

    def run(
        self, context: JobContext, policies: Sequence[str], values: Mapping[str, float]
    ) -> ReplayView:
        """Replay the whole trace. Called on a worker thread; can be cancelled."""
        ...

    def region(
        self, view: ReplayView, policy: PolicyView, t_s: float, values: Mapping[str, float]
    ) -> Region:
        """What is allowed at a time, with the battery of one policy.

        Called on the GUI thread; must take a few ms at most.
        """
        ...


class ReplayBackend(Protocol):
    """Makes sessions."""

    def open(self, network: str, device: str, trace: str) -> ReplaySession:
        """Load everything. Called on a worker thread.

        Raises:
            WorkbenchError: when something cannot be read.
        """
        ...
