"""What a study comes to: a row for every task, platform, scenario and policy, with intervals.

Plain records, so that tables, plots, the command line and the Compare page all read the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.core.provenance import Provenance, Source
from workbench.export.proxy_report import ProxyCheck
from workbench.export.replay_report import InputRecord

Better = Literal["higher", "lower", ""]
Origin = Literal["accuracy", "latency", "energy", "cost", "context", "computer"]

INTERVAL_METHOD = "95% confidence interval of the mean over runs (Student's t)"
RATIO_METHOD = (
    "geometric mean of the runs' ratios, policy and baseline in the same run, with its 95%"
    " confidence interval (Student's t of the logarithms)"
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a row.

    Attributes:
        id: name in CSV and JSON; ends in the unit that values are kept in.
        title, unit: for headings; the unit is empty where there is none.
        better: which direction is better; empty where neither is.
        digits: decimals worth showing, in the unit that is shown.
        origin: which `Source` of the row's task and platform it comes from; "computer" for times
            measured on the computer that ran the study, which differ from run to run.
        scale: what a value is multiplied with to be shown in `unit`.
    """

    id: str
    title: str
    unit: str
    better: Better
    digits: int
    origin: Origin
    scale: float = 1.0

    @property
    def heading(self) -> str:
        """Title with its unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    def text(self, value: float) -> str:
        """A value in `unit`, without it."""
        return f"{value * self.scale:,.{self.digits}f}"


_KIB, _MILLION = 1 / 1024, 1e-6


MEASURES: dict[str, Measure] = {
    measure.id: measure
    for measure in (
        Measure("accuracy_percent", "accuracy", "%", "higher", 2, "accuracy"),
        Measure("latency_mean_ms", "latency mean", "ms", "lower", 3, "latency"),
        Measure("latency_p50_ms", "latency p50", "ms", "lower", 3, "latency"),
        Measure("latency_p90_ms", "latency p90", "ms", "lower", 3, "latency"),
        Measure("latency_p99_ms", "latency p99", "ms", "lower", 3, "latency"),
        Measure("energy_per_inference_mj", "energy per inference", "mJ", "lower", 3, "energy"),
        Measure("energy_run_j", "energy of the whole run", "J", "lower", 1, "energy"),
        Measure("macs", "C", "million MACs", "lower", 3, "cost", _MILLION),
        Measure("param_bytes", "Sp", "KiB", "lower", 1, "cost", _KIB),
        Measure("activation_bytes", "Sa", "KiB", "lower", 1, "cost", _KIB),
        Measure("macs_per_param_byte", "C/Sp", "MACs/byte", "higher", 2, "cost"),
        Measure("macs_per_activation_byte", "C/Sa", "MACs/byte", "higher", 2, "cost"),
        Measure("intensity", "E", "MACs/byte", "higher", 2, "cost"),
        Measure("stored_bytes", "on disk", "KiB", "lower", 0, "cost", _KIB),
        Measure("violation_percent", "any limit broken", "% of inferences", "lower", 1, "latency"),
        Measure("over_latency_percent", "late", "% of inferences", "lower", 1, "latency"),
        Measure("over_storage_percent", "over the cache", "% of inferences", "lower", 1, "cost"),
        Measure(
            "over_accuracy_percent", "loss above the limit", "% of inferences", "lower", 1,
            "accuracy",
        ),
        Measure("battery_end_percent", "battery at the end", "%", "higher", 2, "energy"),
        Measure("decisions", "decisions", "", "", 1, "context"),
        Measure("switches", "switches", "", "lower", 1, "context"),
        Measure("gap_mean_percent", "gap to the optimum, mean", "%", "lower", 2, "latency"),
        Measure("gap_max_percent", "gap to the optimum, largest", "%", "lower", 2, "latency"),
        Measure("search_p50_ms", "search p50", "ms", "lower", 3, "computer"),
        Measure("search_p99_ms", "search p99", "ms", "lower", 3, "computer"),
        Measure("evolution_p50_ms", "weight evolution p50", "ms", "lower", 3, "computer"),
        Measure("evolution_max_ms", "weight evolution, longest", "ms", "lower", 3, "computer"),
        Measure("runtime_p50_ms", "search + evolution p50", "ms", "lower", 3, "computer"),
        Measure("runtime_max_ms", "search + evolution, longest", "ms", "lower", 3, "computer"),
    )
}  # fmt: skip
"""Every figure that a row may have, in the order of the tables. Missing ones are not known."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over runs with its 95% confidence interval.

    Attributes:
        low, high: bounds; None for a single run, which has none.
        runs: how many runs there were.
    """

    mean: float
    low: float | None
    high: float | None
    runs: int


@dataclass(frozen=True, slots=True)
class StudyTask:
    """A task's network in a study.

    Attributes:
        id: what the command line takes.
        paper: the task of the paper that it is or stands in for, such as ``D1``; may be empty.
        stands_in: what the paper used where this is a stand-in for it; empty where it is the same.
        accuracy_percent: of the whole network.
        data: name of the data set.
    """

    id: str
    title: str
    paper: str
    stands_in: str
    accuracy_percent: float
    data: str


@dataclass(frozen=True, slots=True)
class StudyPlatform:
    """A device profile in a study."""

    id: str
    title: str
    soc: str


@dataclass(frozen=True, slots=True)
class StudyScenario:
    """The context that runs go through.

    Attributes:
        id: ``case_study`` or ``generated``.
        title: for headings.
        description: what a run is and what differs between runs.
        hours: length of one run.
    """

    id: str
    title: str
    description: str
    hours: float


@dataclass(frozen=True, slots=True)
class PairSources:
    """Where the figures of a task on a platform come from: by origin of a `Measure`."""

    task: str
    platform: str
    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One policy on a task, a platform and a scenario.

    Attributes:
        figures: `Measure` id to interval; what is not known is not in it.
        runs: runs of this row.
        notes: what a reader must know, such as fewer runs than other rows.
    """

    task: str
    platform: str
    scenario: str
    policy: str
    figures: Mapping[str, Interval]
    runs: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyRatio:
    """A policy that adapts against one that does not, run by run.

    Attributes:
        latency_times, energy_times: the baseline's mean over the policy's; above 1 the policy is
            that many times better. No energy where the platform has none.
        accuracy_points: the policy's accuracy less the baseline's.
        violation_points: inferences that broke a limit, the policy's less the baseline's, in
            percentage points.
    """

    task: str
    platform: str
    scenario: str
    policy: str
    baseline: str
    latency_times: Interval
    energy_times: Interval | None
    accuracy_points: Interval
    violation_points: Interval


ON_DEMAND = "static"
"""Compressed once for the device as it is at first, as AdaDeep and ProxylessNAS do."""


def is_hand_crafted(policy: str) -> bool:
    """Whether a policy is one operator on all layers, chosen by a person."""
    return policy.startswith("fixed:")


def adapts(policy: str) -> bool:
    """Whether a policy chooses anew while the context changes."""
    return not (is_hand_crafted(policy) or policy in (ON_DEMAND, "backbone"))


@dataclass(frozen=True, slots=True)
class AbsentRow:
    """Figures that the study cannot have.

    Attributes:
        platform, policy: empty where it is about all of them.
        reason: why.
        command: the command line that makes it possible; empty where there is none.
    """

    task: str
    platform: str
    policy: str
    reason: str
    command: str = ""


@dataclass(frozen=True, eq=False)
class StudyReport:
    """A study, finished or not.

    Attributes:
        settings: the plan as plain data.
        rows, ratios: of the cells that are finished.
        absent: figures that the study does not have, with the reason.
        proxies: how well proxies rank the tasks' configurations on every measured device, whether
            it is one of the platforms or not.
        pending: cells that are not finished.
        problems: cells that failed or whose files cannot be used, a sentence each.
        inputs: files that the figures rest on, with their hashes.
        computers: processors that searches and weight evolutions were timed on.
        command: the command line that makes the study again.
        versions: of the program and the libraries that compute.
    """

    settings: Mapping[str, Any]
    tasks: Sequence[StudyTask]
    platforms: Sequence[StudyPlatform]
    scenarios: Sequence[StudyScenario]
    policies: Sequence[str]
    sources: Sequence[PairSources]
    rows: Sequence[StudyRow]
    ratios: Sequence[StudyRatio]
    absent: Sequence[AbsentRow]
    proxies: Sequence[ProxyCheck]
    pending: int
    problems: Sequence[str]
    inputs: Sequence[InputRecord]
    computers: Sequence[str]
    command: str
    versions: Mapping[str, str]

    def source(self, task: str, platform: str, origin: Origin) -> Source:
        """Where a row's figures of that origin come from."""
        if origin == "computer":
            where = ", ".join(self.computers) or "the computer that ran the study"
            return Source(Provenance.MEASURED, f"on {where}; not on the platform")
        for pair in self.sources:
            if (pair.task, pair.platform) == (task, platform) and origin in pair.sources:
                return pair.sources[origin]
        return Source(Provenance.ABSENT, "the study does not say")

    def select(
        self, task: str = "", platform: str = "", scenario: str = "", policy: str = ""
    ) -> tuple[StudyRow, ...]:
        """Rows with these names; an empty name takes all."""
        wanted = (task, platform, scenario, policy)
        return tuple(
            row
            for row in self.rows
            if all(
                not name or name == found
                for name, found in zip(wanted, (row.task, row.platform, row.scenario, row.policy))
            )
        )
