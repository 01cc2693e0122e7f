"""What is written down of a replay: its outcome, its inputs and where their figures come from.

The outcome is typed by what the writers read of it, because `export` and `replay` are siblings that
do not import each other: `workbench.replay.records.ReplayResult` is such an outcome.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.context.records import Trace
from workbench.context.triggers import TriggerEvent
from workbench.core.provenance import Source
from workbench.search.problem import Context, Outcome
from workbench.space.design_space import Configuration, DesignSpace
from workbench.space.tables import FloatArray

BoolArray = npt.NDArray[np.bool_]


class DecisionLike(Protocol):
    """One decision of one policy; see `workbench.replay.records.Decision`."""

    @property
    def event(self) -> TriggerEvent: ...
    @property
    def context(self) -> Context: ...
    @property
    def chosen(self) -> Outcome: ...
    @property
    def before(self) -> Outcome | None: ...
    @property
    def reference(self) -> Configuration | None: ...
    @property
    def gap(self) -> float | None: ...
    @property
    def gap_is_bound(self) -> bool: ...
    @property
    def feasible_count(self) -> int | None: ...
    @property
    def lambda1(self) -> float: ...
    @property
    def lambda2(self) -> float: ...
    @property
    def switched(self) -> bool: ...


class RunLike(Protocol):
    """What one policy did; see `workbench.replay.records.PolicyRun` for shapes."""

    @property
    def name(self) -> str: ...
    @property
    def decisions(self) -> Sequence[DecisionLike]: ...
    @property
    def configurations(self) -> Sequence[Configuration]: ...
    @property
    def accuracy_percent(self) -> FloatArray: ...
    @property
    def over_accuracy(self) -> BoolArray: ...
    @property
    def configuration_id(self) -> npt.NDArray[np.int32]: ...
    @property
    def latency_ms(self) -> FloatArray: ...
    @property
    def energy_mj(self) -> FloatArray: ...
    @property
    def battery_percent(self) -> FloatArray: ...
    @property
    def over_latency(self) -> BoolArray: ...
    @property
    def over_storage(self) -> BoolArray: ...
    @property
    def search_ms(self) -> FloatArray: ...
    @property
    def accuracy_at_samples(self) -> FloatArray: ...
    @property
    def violated(self) -> BoolArray: ...


class SummaryLike(Protocol):
    """Outcome of one policy; see `workbench.replay.records.PolicySummary`."""

    @property
    def name(self) -> str: ...
    @property
    def inferences(self) -> int: ...
    @property
    def accuracy_percent(self) -> float: ...
    @property
    def latency_mean_ms(self) -> float: ...
    @property
    def latency_p50_ms(self) -> float: ...
    @property
    def latency_p90_ms(self) -> float: ...
    @property
    def latency_p99_ms(self) -> float: ...
    @property
    def energy_j(self) -> float | None: ...
    @property
    def energy_per_inference_mj(self) -> float | None: ...
    @property
    def battery_end_percent(self) -> float: ...
    @property
    def violation_share(self) -> float: ...
    @property
    def over_latency_share(self) -> float: ...
    @property
    def over_storage_share(self) -> float: ...
    @property
    def over_accuracy_share(self) -> float: ...
    @property
    def decisions(self) -> int: ...
    @property
    def switches(self) -> int: ...
    @property
    def gap_mean(self) -> float | None: ...
    @property
    def gap_max(self) -> float | None: ...
    @property
    def infeasible_decisions(self) -> int | None: ...


class OutcomeLike(Protocol):
    """A replay; see `workbench.replay.records.ReplayResult`."""

    @property
    def t_s(self) -> FloatArray: ...
    @property
    def inferences(self) -> npt.NDArray[np.int64]: ...
    @property
    def latency_budget_ms(self) -> FloatArray: ...
    @property
    def runs(self) -> Sequence[RunLike]: ...
    @property
    def summaries(self) -> Sequence[SummaryLike]: ...


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input of a replay.

    Attributes:
        role: "network", "device profile" or "trace".
        id: what the command line takes for it.
        title: its name for people.
        sha256: file name -> SHA-256 of that file's bytes.
        facts: further facts, such as the trace's origin.
    """

    role: str
    id: str
    title: str
    sha256: Mapping[str, str]
    facts: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """What each configuration would come to if it were held for the whole trace; (n,) arrays.

    Attributes:
        whole: whether these are all configurations of the space; else a random sample.
        latency_ms, energy_mj: mean over the trace's inferences; no energy without power.
    """

    accuracy_percent: FloatArray
    latency_ms: FloatArray
    energy_mj: FloatArray | None
    whole: bool


@dataclass(frozen=True, eq=False)
class ReplayReport:
    """All that the files of a replay are written from.

    Nothing in here depends on the moment or the folder of writing, so that the same inputs and
    seed give the same bytes; only the runs' `search_ms` do, which go into ``timings.csv`` alone.

    Attributes:
        backbone_percent: accuracy of the whole network.
        measured: configurations of the runs whose accuracy was measured, not predicted.
        settings: every weight, threshold, trigger and the seed, as plain data.
        sources: "accuracy", "latency", "energy", "context" and "battery": where figures come from.
        command: the command line that makes the replay again.
        versions: of the program and of the libraries that compute.
        cloud: for the trade-off plot; None leaves it out.
        region: how far the replay left what was measured of the device, as plain data.
    """

    outcome: OutcomeLike
    trace: Trace
    space: DesignSpace
    backbone_percent: float
    measured: frozenset[Configuration]
    settings: Mapping[str, Any]
    inputs: Sequence[InputRecord]
    sources: Mapping[str, Source]
    command: str
    versions: Mapping[str, str]
    cloud: Cloud | None = None
    region: Mapping[str, Any] | None = None

    @property
    def has_energy(self) -> bool:
        """Whether the profile knows power."""
        return any(summary.energy_j is not None for summary in self.outcome.summaries)

    def input(self, role: str) -> InputRecord:
        """The input of that role; KeyError where there is none."""
        for record in self.inputs:
            if record.role == role:
                return record
        raise KeyError(role)

    def moment(self, t_s: float) -> dt.datetime:
        """The moment of `t_s`, in the trace's own zone."""
        return self.trace.info.start_moment + dt.timedelta(seconds=float(t_s))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One policy against a baseline; above 1 the policy is that many times better.

    Attributes:
        latency_times, energy_times: the baseline's mean over the policy's.
        accuracy_points: the policy's accuracy less the baseline's.
        violation_points: share of inferences that broke a limit, the policy's less the baseline's,
            in percentage points.
    """

    policy: str
    baseline: str
    latency_times: float
    energy_times: float | None
    accuracy_points: float
    violation_points: float


def is_baseline(policy: str) -> bool:
    """Whether others are compared with this policy: the backbone and hand-crafted compression."""
    return policy == "backbone" or policy.startswith("fixed:")


def comparisons(summaries: Sequence[SummaryLike]) -> tuple[Comparison, ...]:
    """Every policy that chooses against every baseline."""
    baselines = [summary for summary in summaries if is_baseline(summary.name)]
    found = []
    for policy in summaries:
        if is_baseline(policy.name):
            continue
        for base in baselines:
            energy_times = None
            if policy.energy_per_inference_mj and base.energy_per_inference_mj is not None:
                energy_times = base.energy_per_inference_mj / policy.energy_per_inference_mj
            found.append(
                Comparison(
                    policy=policy.name,
                    baseline=base.name,
                    latency_times=base.latency_mean_ms / policy.latency_mean_ms,
                    energy_times=energy_times,
                    accuracy_points=policy.accuracy_percent - base.accuracy_percent,
                    violation_points=100 * (policy.violation_share - base.violation_share),
                )
            )
    return tuple(found)
