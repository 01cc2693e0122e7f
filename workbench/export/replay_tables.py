"""Tables of a replay as CSV: ``summary``, ``decisions``, ``steps`` and, on request, ``timings``.

Numbers are written with ten significant digits (steps: seven), times with the decimals the trace
has. An empty field means that there is no such number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import IO, Any

import numpy as np

from workbench.export.replay_report import DecisionLike, ReplayReport, RunLike
from workbench.search.problem import Outcome

_ROWS_PER_BLOCK = 20_000

SUMMARY_FIELDS = (
    "inferences", "accuracy_percent", "latency_mean_ms", "latency_p50_ms", "latency_p90_ms",
    "latency_p99_ms", "energy_j", "energy_per_inference_mj", "battery_end_percent",
    "violation_share", "over_latency_share", "over_storage_share", "over_accuracy_share",
    "decisions", "switches", "gap_mean", "gap_max", "infeasible_decisions",
)  # fmt: skip
"""Fields of a policy's summary in the order of columns; all but its name."""

STEP_COLUMNS = (
    "policy", "t_s", "inferences", "battery_percent", "configuration", "accuracy_percent",
    "latency_ms", "latency_budget_ms", "energy_mj", "violated",
)  # fmt: skip

LIMITS = ("latency", "storage", "accuracy")


def number(value: float | int | None, digits: int = 10) -> str:
    """A number for a CSV field; empty for None and NaN."""
    if value is None or value != value:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.{digits}g}"


def write_summary(report: ReplayReport, stream: IO[str]) -> None:
    """``summary.csv``: a row a policy."""
    writer = csv.writer(stream, lineterminator="\n")
    sources = {
        f"{name}_provenance": str(report.sources[name].provenance)
        for name in ("accuracy", "latency", "energy", "battery")
    }
    writer.writerow(("policy", *SUMMARY_FIELDS, *sources))
    for summary in report.outcome.summaries:
        values = attrgetter(*SUMMARY_FIELDS)(summary)
        writer.writerow((summary.name, *map(number, values), *sources.values()))


# -- decisions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """What the columns of one decision are made from."""

    report: ReplayReport
    run: RunLike
    index: int
    decision: DecisionLike

    def cells(self) -> Iterator[tuple[str, str]]:
        """(column, text) of every column, in order."""
        report, decision = self.report, self.decision
        event, context = decision.event, decision.context
        yield "policy", self.run.name
        yield "decision", str(self.index + 1)
        yield "t_s", f"{event.t_s:.10g}"
        yield "time_of_day", report.moment(event.t_s).strftime("%H:%M:%S")
        yield "cause", event.cause
        yield "cause_text", event.text
        yield "cause_before", number(event.before)
        yield "cause_after", number(event.after)
        yield "battery_percent", number(100 * context.battery)
        yield "free_cache_kib", number(context.free_cache_bytes / 1024)
        yield "cpu_share", number(context.cpu_share)
        yield "cpu_frequency_ratio", number(context.frequency_ratio)
        yield "latency_budget_ms", number(context.latency_budget_ms)
        yield "lambda1", number(decision.lambda1)
        yield "lambda2", number(decision.lambda2)
        yield "configuration", report.space.text(decision.chosen.configuration)
        yield "code", report.space.encode(decision.chosen.configuration)
        yield "switched", str(int(decision.switched))
        yield from self._outcome("", decision.chosen)
        yield "macs", str(decision.chosen.macs)
        yield "param_bytes", str(decision.chosen.param_bytes)
        yield "activation_bytes", str(decision.chosen.activation_bytes)
        yield "arithmetic_intensity", number(decision.chosen.intensity)
        yield "feasible_configurations", number(decision.feasible_count)
        yield "optimum", "" if decision.reference is None else report.space.text(decision.reference)
        yield "gap", number(decision.gap)
        yield "gap_is_bound", str(int(decision.gap_is_bound))
        before = decision.before
        yield "before_configuration", report.space.text(before.configuration) if before else ""
        yield from self._outcome("before_", before)

    def _outcome(self, prefix: str, outcome: Outcome | None) -> Iterator[tuple[str, str]]:
        backbone = self.report.backbone_percent
        known = outcome is not None
        yield f"{prefix}objective", number(outcome.objective if outcome else None)
        yield (
            f"{prefix}accuracy_percent",
            number(backbone - outcome.loss_points if outcome else None),
        )
        yield f"{prefix}latency_ms", number(outcome.latency_ms if outcome else None)
        yield f"{prefix}energy_mj", number(outcome.energy_mj if outcome else None)
        yield f"{prefix}storage_bytes", number(outcome.storage_bytes if outcome else None)
        yield f"{prefix}feasible", str(int(outcome.feasible)) if outcome and known else ""
        yield f"{prefix}violated", "+".join(outcome.violated) if outcome else ""


def write_decisions(report: ReplayReport, stream: IO[str]) -> None:
    """``decisions.csv``: a row a decision a policy, with what ran before in the same context."""
    writer = csv.writer(stream, lineterminator="\n")
    header_written = False
    for run in report.outcome.runs:
        for index, decision in enumerate(run.decisions):
            cells = list(_Row(report, run, index, decision).cells())
            if not header_written:
                writer.writerow([name for name, _ in cells])
                header_written = True
            writer.writerow([text for _, text in cells])


# -- steps ---------------------------------------------------------------------------------------


def write_steps(report: ReplayReport, stream: IO[str]) -> None:
    """``steps.csv``: a row a sample a policy, policy after policy.

    The context of a sample is in the trace, in the row with the same t_s; the battery is here too,
    because in closed loop it depends on the policy.
    """
    stream.write(",".join(STEP_COLUMNS) + "\n")
    outcome = report.outcome
    times = [f"{value:.10g}" for value in outcome.t_s.tolist()]
    inferences = outcome.inferences.tolist()
    budgets = _texts(outcome.latency_budget_ms)
    for run in outcome.runs:
        # What a configuration fixes is one piece of text a configuration.
        held = [
            f"{report.space.text(configuration)},{accuracy:.6g}"
            for configuration, accuracy in zip(run.configurations, run.accuracy_percent.tolist())
        ]
        violated = _violations(run)
        row = f"{run.name},%s,%d,%.7g,%s,%.7g,%s,%s,%s\n"
        for begin in range(0, len(times), _ROWS_PER_BLOCK):
            block = slice(begin, begin + _ROWS_PER_BLOCK)
            energy = run.energy_mj[block]
            energies: Iterable[str] = [f"{value:.7g}" for value in energy.tolist()]
            if np.isnan(energy).any():
                energies = ["" if text == "nan" else text for text in energies]
            rows = zip(
                times[block],
                inferences[block],
                run.battery_percent[block].tolist(),
                [held[index] for index in run.configuration_id[block].tolist()],
                run.latency_ms[block].tolist(),
                budgets[block],
                energies,
                [_VIOLATED[code] for code in violated[block].tolist()],
            )
            stream.write("".join([row % values for values in rows]))


_VIOLATED = tuple(
    "+".join(name for bit, name in enumerate(LIMITS) if code >> bit & 1) for code in range(8)
)


def _violations(run: RunLike) -> Any:
    """(samples,) which limits are broken, a bit for each of `LIMITS`."""
    over_accuracy = run.over_accuracy[run.configuration_id]
    return run.over_latency + 2 * run.over_storage.astype(np.uint8) + 4 * over_accuracy


def _texts(values: Any) -> Sequence[str]:
    """Texts of values of which few differ."""
    distinct, positions = np.unique(values, return_inverse=True)
    texts = [f"{value:.7g}" for value in distinct.tolist()]
    return [texts[position] for position in positions.tolist()]


# -- timings -------------------------------------------------------------------------------------


def write_timings(report: ReplayReport, stream: IO[str]) -> None:
    """``timings.csv``: processor time of each search on this computer; differs from run to run."""
    stream.write("policy,decision,t_s,search_ms\n")
    for run in report.outcome.runs:
        for index, (decision, search_ms) in enumerate(zip(run.decisions, run.search_ms.tolist())):
            stream.write(f"{run.name},{index + 1},{decision.event.t_s:.10g},{search_ms:.4f}\n")
