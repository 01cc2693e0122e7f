"""The figures that policies are compared by, as columns of a table."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.export.study_report import MEASURES, Interval, Measure, adapts, is_hand_crafted


@dataclass(frozen=True, slots=True)
class Column:
    """One figure.

    Attributes:
        group: heading over neighbouring columns; `name` tells them apart.
        story: what it says, in a sentence.
        marked: whether the heading carries the mark of where it comes from; what is counted or
            follows from the tables has none.
    """

    measure: Measure
    group: str
    name: str
    story: str
    marked: bool = True

    @property
    def key(self) -> str:
        """Its name in services and in CSV; ends in its unit."""
        return self.measure.id

    @property
    def title(self) -> str:
        """In full, for menus, tool tips and screen readers."""
        return self.measure.title

    @property
    def heading(self) -> str:
        """Title with unit."""
        return self.measure.heading

    @property
    def origin(self) -> str:
        """Which source vouches for it; empty where the heading has no mark."""
        return self.measure.origin if self.marked else ""

    @property
    def better(self) -> int:
        """1 more, -1 less, 0 neither; switches are what adapting takes, so none is no merit."""
        if self.key == "switches":
            return 0
        return {"higher": 1, "lower": -1}.get(self.measure.better, 0)

    def text(self, value: float) -> str:
        """A value with as many digits as are worth showing."""
        return self.measure.text(value)

    def half_text(self, interval: Interval) -> str:
        """Half of the interval such as ``±0.02``, to the digits of the value; may be empty."""
        half = half_width(interval)
        if half is None:
            return ""
        text = self.text(half)
        return f"±{text}" if float(text.replace(",", "")) else ""


def half_width(interval: Interval) -> float | None:
    """Half of the interval; None for a single run."""
    if interval.low is None or interval.high is None:
        return None
    return (interval.high - interval.low) / 2


BROKEN = "Limits broken, %"
_COLUMNS: tuple[tuple[str, str, str, str, bool], ...] = (
    ("accuracy_percent", "Accuracy, %", "", "Mean over all inferences.", True),
    ("latency_mean_ms", "Latency, ms", "mean", "Mean, contention included.", True),
    ("latency_p50_ms", "Latency, ms", "p50", "Half of all inferences are faster.", True),
    ("latency_p90_ms", "Latency, ms", "p90", "Nine of ten inferences are faster.", True),
    ("latency_p99_ms", "Latency, ms", "p99", "99 of 100 inferences are faster.", True),
    ("energy_per_inference_mj", "Energy", "mJ each", "Mean over all inferences.", True),
    ("energy_run_j", "Energy", "J in all", "All inferences of the trace together.", True),
    ("violation_percent", BROKEN, "any", "Inferences that broke at least one limit.", True),
    ("over_latency_percent", BROKEN, "late", "Inferences over the latency budget.", True),
    (
        "over_storage_percent", BROKEN, "cache",
        "Inferences whose parameters and activations did not fit into the free cache.", True,
    ),
    (
        "over_accuracy_percent", BROKEN, "loss",
        "Inferences by a configuration that loses more accuracy than allowed.", True,
    ),
    ("switches", "Switches", "", "How often another configuration was put in place.", False),
    ("battery_end_percent", "Battery, %", "at end", "Charge when the trace ends.", True),
    (
        "gap_mean_percent", "Gap, %", "mean",
        "(J − J*) / (J_median − J*), mean over decisions: 0 is the optimum.", False,
    ),
    (
        "search_p50_ms", "Search, ms", "p50",
        "Processor time of one search, half are faster.", True,
    ),
    (
        "runtime_max_ms", "Search, ms", "+ evolve",
        "Search and weight evolution of the slowest switch; the published limit is 6.2 ms.", True,
    ),
)  # fmt: skip

COLUMNS = tuple(
    Column(MEASURES[key], group, name, story, marked)
    for key, group, name, story, marked in _COLUMNS
)
"""All figures in the order of the table."""

COLUMN_OF = {column.key: column for column in COLUMNS}
PLOTTED = tuple(column for column in COLUMNS if column.better)
"""Figures that a plot of one figure can show."""


def baseline_name(policy: str) -> str:
    """What a policy that does not adapt stands for, in words; empty for one that does."""
    if is_hand_crafted(policy):
        return "hand-crafted"
    return "" if adapts(policy) else {"backbone": "whole network"}.get(policy, "on-demand")
