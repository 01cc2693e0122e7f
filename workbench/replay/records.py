"""What goes into a replay and what comes out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.context.triggers import TriggerEvent, TriggerSettings
from workbench.core.errors import SettingsError
from workbench.search.problem import Context, Objective, Outcome
from workbench.space.design_space import Configuration
from workbench.space.tables import FloatArray

Loop = Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """Every weight and threshold of a replay; recorded with its results.

    Attributes:
        latency_budget_ms: overrides the trace's budget; None keeps it.
        default_budget_ms: used where neither this nor the trace sets one.
        loop: "open": the battery follows the trace; "closed": the policy's own energy is taken
            from it too, so that policies diverge.
        headroom_percent: the searcher plans with so much less cache and latency budget than there
            is, because a context moves between two decisions. Violations count against the whole.
        seed: of the arrivals of inferences and of random policies.
        with_gap: compare every decision with the exact optimum.
    """

    objective: Objective = field(default_factory=Objective)
    triggers: TriggerSettings = field(default_factory=TriggerSettings)
    latency_budget_ms: float | None = None
    default_budget_ms: float = 10.0
    loop: Loop = "closed"
    headroom_percent: float = 5.0
    seed: int = 7
    with_gap: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.headroom_percent < 100:
            raise SettingsError(f"The headroom is {self.headroom_percent:g} %; it must be 0 to 99.")
        for budget in (self.latency_budget_ms, self.default_budget_ms):
            if budget is not None and not 0 < budget < math.inf:
                raise SettingsError(f"A latency budget of {budget:g} ms; it must be above 0.")


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of one policy.

    Attributes:
        event: why it was due.
        context: what the searcher saw, less the headroom.
        chosen: what it chose, with its cost in that context.
        before: what ran until then, in the same context; None for the first decision.
        reference: the exact optimum (or the least violating); None without `with_gap`.
        gap: (J - J*) / (J_median - J*); None where nothing is feasible or without `with_gap`.
        gap_is_bound: whether `gap` is against a proven bound instead of the optimum.
        feasible_count: configurations that were feasible; None where they were not counted.
        lambda1, lambda2: weights of accuracy and efficiency.
    """

    event: TriggerEvent
    context: Context
    chosen: Outcome
    before: Outcome | None
    reference: Configuration | None
    gap: float | None
    gap_is_bound: bool
    feasible_count: int | None
    lambda1: float
    lambda2: float

    @property
    def switched(self) -> bool:
        """Whether another configuration runs from here on."""
        return self.before is not None and self.before.configuration != self.chosen.configuration


@dataclass(frozen=True, slots=True, eq=False)
class PolicyRun:
    """What one policy did over the trace; arrays of shape (samples,).

    Attributes:
        decision_index: (decisions,) sample of each decision.
        configuration_id: row of `configurations` that runs at each sample.
        configurations: distinct configurations in the order of first use.
        accuracy_percent: (configurations,) of each of them.
        latency_ms: of one inference at each sample.
        energy_mj: of one inference; NaN where the profile knows no power.
        battery_percent: charge at each sample.
        over_latency, over_storage: whether that limit is broken at each sample.
        over_accuracy: (configurations,) whether its loss is above the limit.
        search_ms: (decisions,) processor time of each search on this computer; not part of what a
            seed fixes.
    """

    name: str
    decisions: tuple[Decision, ...]
    configurations: tuple[Configuration, ...]
    accuracy_percent: FloatArray
    over_accuracy: npt.NDArray[np.bool_]
    configuration_id: npt.NDArray[np.int32]
    latency_ms: FloatArray
    energy_mj: FloatArray
    battery_percent: FloatArray
    over_latency: npt.NDArray[np.bool_]
    over_storage: npt.NDArray[np.bool_]
    search_ms: FloatArray

    @property
    def accuracy_at_samples(self) -> FloatArray:
        """(samples,) accuracy of the configuration that runs."""
        accuracy: FloatArray = self.accuracy_percent[self.configuration_id]
        return accuracy

    @property
    def violated(self) -> npt.NDArray[np.bool_]:
        """(samples,) whether any limit is broken."""
        return self.over_latency | self.over_storage | self.over_accuracy[self.configuration_id]


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """Outcome of one policy; shares and means are over inferences.

    Attributes:
        energy_j: of all inferences; None where the profile knows no power.
        battery_end_percent: charge at the end.
        violation_share: inferences that broke any limit, 0..1; the next three by limit.
        gap_mean, gap_max: over decisions that have one.
        infeasible_decisions: decisions for which no configuration met every limit, or None
            without `with_gap`.
    """

    name: str
    inferences: int
    accuracy_percent: float
    latency_mean_ms: float
    latency_p50_ms: float
    latency_p90_ms: float
    latency_p99_ms: float
    energy_j: float | None
    energy_per_inference_mj: float | None
    battery_end_percent: float
    violation_share: float
    over_latency_share: float
    over_storage_share: float
    over_accuracy_share: float
    decisions: int
    switches: int
    gap_mean: float | None
    gap_max: float | None
    infeasible_decisions: int | None


@dataclass(frozen=True, eq=False)
class ReplayResult:
    """A replay: the inputs that shaped it and what each policy did.

    Attributes:
        t_s: (samples,) times.
        inferences: (samples,) how many happen from each sample to the next.
        latency_budget_ms: (samples,) the budget in force.
    """

    settings: ReplaySettings
    t_s: FloatArray
    inferences: npt.NDArray[np.int64]
    latency_budget_ms: FloatArray
    runs: tuple[PolicyRun, ...]
    summaries: tuple[PolicySummary, ...] = field(default=())

    def run(self, name: str) -> PolicyRun:
        """The run of that policy; KeyError when it took no part."""
        for run in self.runs:
            if run.name == name:
                return run
        raise KeyError(name)
