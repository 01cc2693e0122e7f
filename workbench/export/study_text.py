"""A study's tables as text: one set of tables for the terminal, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.provenance import Provenance
from workbench.export.proxy_report import TAU_METHOD
from workbench.export.study_claims import SEARCHER
from workbench.export.study_report import (
    INTERVAL_METHOD,
    MEASURES,
    RATIO_METHOD,
    Interval,
    Measure,
    Origin,
    StudyReport,
    StudyRow,
    StudyScenario,
    adapts,
)

NOTHING = "–"
HEADLINE = (
    "accuracy_percent", "latency_mean_ms", "latency_p99_ms", "energy_per_inference_mj",
    "macs_per_param_byte", "macs_per_activation_byte", "intensity", "violation_percent",
    "gap_mean_percent",
)  # fmt: skip
OUTCOME = (
    "accuracy_percent", "latency_mean_ms", "latency_p50_ms", "latency_p90_ms", "latency_p99_ms",
    "energy_per_inference_mj", "energy_run_j", "battery_end_percent",
)  # fmt: skip
BEHAVIOUR = (
    "violation_percent", "over_latency_percent", "over_storage_percent", "over_accuracy_percent",
    "decisions", "switches", "gap_mean_percent", "gap_max_percent",
)  # fmt: skip
COST = (
    "macs", "param_bytes", "activation_bytes", "stored_bytes", "macs_per_param_byte",
    "macs_per_activation_byte", "intensity",
)  # fmt: skip
TIMES = (
    "search_p50_ms", "search_p99_ms", "evolution_p50_ms", "evolution_max_ms", "runtime_p50_ms",
    "runtime_max_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heading:
    """Of a column: what, in which unit, and where its figures come from; the last two if told."""

    title: str
    unit: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """In one line."""
        unit = f", {self.unit}" if self.unit else ""
        return f"{self.title}{unit}{f' ({self.source})' if self.source else ''}"


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of texts.

    Attributes:
        name: for labels and file names.
        labels: how many of the first columns name the row.
        note: how to read it.
    """

    name: str
    title: str
    heading: tuple[Heading, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int
    note: str = ""


def interval_text(measure: Measure, found: Interval | None) -> str:
    """``1.59 ± 0.02``; a dash for what is not known."""
    if found is None:
        return NOTHING
    text = measure.text(found.mean)
    if found.low is None or found.high is None:
        return text
    return f"{text} ± {measure.text((found.high - found.low) / 2)}"


def times_text(found: Interval | None) -> str:
    """``3.12 × (2.98–3.27)``; a dash for what is not known."""
    if found is None:
        return NOTHING
    bounds = "" if found.low is None else f" ({found.low:.2f}–{found.high:.2f})"
    return f"{found.mean:.2f} ×{bounds}"


def provenance_text(report: StudyReport, rows: Sequence[StudyRow], origin: Origin) -> str:
    """``estimated``, or ``estimated or measured`` where rows differ."""
    found = {report.source(row.task, row.platform, origin).provenance for row in rows}
    return " or ".join(sorted(found - {Provenance.ABSENT} or found))


def headline(report: StudyReport, scenario: StudyScenario) -> TextTable:
    """The searcher on every task and platform."""
    rows = report.select(scenario=scenario.id, policy=SEARCHER)
    return _measures(
        report, rows, HEADLINE, ("task", "platform"),
        f"headline-{scenario.id}", f"{SEARCHER}, {scenario.title}",
    )  # fmt: skip


def times_better(report: StudyReport, scenario: StudyScenario) -> TextTable:
    """How many times better the searcher is than each policy that does not adapt."""
    found = [
        ratio
        for ratio in report.ratios
        if ratio.policy == SEARCHER and ratio.scenario == scenario.id
    ]
    rows = tuple(
        (
            _task(report, ratio.task), ratio.platform, ratio.baseline,
            times_text(ratio.latency_times), times_text(ratio.energy_times),
            f"{ratio.accuracy_points.mean:+.2f}", f"{ratio.violation_points.mean:+.1f}",
        )
        for ratio in found
    )  # fmt: skip
    latency, energy = (
        provenance_text(report, report.select(scenario=scenario.id), origin)
        for origin in ("latency", "energy")
    )
    return TextTable(
        f"times-better-{scenario.id}",
        f"{SEARCHER} against hand-crafted and on-demand compression, {scenario.title}",
        (
            Heading("task"), Heading("platform"), Heading("against"),
            Heading("less latency", source=latency), Heading("less energy", source=energy),
            Heading("accuracy", "points"), Heading("limits broken", "points"),
        ),
        rows,
        3,
        f"Above 1 × {SEARCHER} is better. {RATIO_METHOD[0].upper()}{RATIO_METHOD[1:]}. The last"
        " two columns are differences: more accuracy and fewer broken limits are better.",
    )  # fmt: skip


def policy_tables(report: StudyReport, task: str, platform: str, scenario: str) -> list[TextTable]:
    """Every policy on one task, platform and scenario: outcome, behaviour, cost."""
    rows = report.select(task, platform, scenario)
    where = f"{task}-{platform}-{scenario}"
    place = f"{_task(report, task)} on {platform}, {_scenario(report, scenario)}"
    return [
        _measures(report, rows, names, ("policy",), f"{kind}-{where}", f"{place}: {title}")
        for kind, title, names in (
            ("outcome", "accuracy, latency, energy", OUTCOME),
            ("behaviour", "limits, switches, gap to the optimum", BEHAVIOUR),
            ("cost", "cost and storage, means over inferences", COST),
        )
    ]


def times_table(report: StudyReport) -> TextTable:
    """Search and weight evolution as they were timed."""
    rows = [row for row in report.rows if adapts(row.policy) and "search_p50_ms" in row.figures]
    return _measures(
        report, rows, TIMES, ("task", "platform", "scenario", "policy"),
        "times", "search and weight evolution, measured on the computer that ran the study",
    )  # fmt: skip


def proxy_table(report: StudyReport) -> TextTable:
    """How well proxies rank configurations, device by device."""
    rows = tuple(
        (
            check.network, check.profile_title, rank.title, rank.meaning,
            NOTHING if rank.unseen is None else rank.unseen.text,
            NOTHING if rank.every is None else rank.every.text,
            str(check.provenance),
        )
        for check in report.proxies
        for rank in check.ranks
    )  # fmt: skip
    counts = {
        f"{rank.unseen.configurations if rank.unseen else 0} unseen and"
        f" {rank.every.configurations} measured in all on {check.profile_title}"
        + "".join(f"; {reason}" for reason in check.trust_reasons)
        for check in report.proxies
        for rank in check.ranks
        if rank.every is not None
    }
    return TextTable(
        "proxies",
        "how well proxies rank configurations by measured latency",
        (
            Heading("network"), Heading("device"), Heading("proxy"), Heading("read as"),
            Heading("tau, unseen configurations"), Heading("tau, all configurations"),
            Heading("latency"),
        ),
        rows,
        4,
        f"{TAU_METHOD}. Unseen are random configurations that no model was fitted to:"
        f" {'. '.join(sorted(counts))}.",
    )  # fmt: skip


def absent_table(report: StudyReport) -> TextTable:
    """What the study cannot tell, and what would change that."""
    return TextTable(
        "absent",
        "figures that are not there",
        tuple(map(Heading, ("task", "platform", "policy", "why not", "what makes it possible"))),
        tuple(
            (
                _task(report, row.task), row.platform or "all", row.policy or "all", row.reason,
                row.command or NOTHING,
            )
            for row in report.absent
        ),
        5,
    )  # fmt: skip


def every_table(report: StudyReport) -> list[TextTable]:
    """All tables that have rows, the most important first."""
    tables = [headline(report, scenario) for scenario in report.scenarios]
    tables += [times_better(report, scenario) for scenario in report.scenarios]
    tables += [times_table(report), proxy_table(report), absent_table(report)]
    for task in report.tasks:
        for platform in report.platforms:
            for scenario in report.scenarios:
                tables += policy_tables(report, task.id, platform.id, scenario.id)
    return [table for table in tables if table.rows]


def _measures(
    report: StudyReport,
    rows: Sequence[StudyRow],
    names: Sequence[str],
    labels: tuple[str, ...],
    name: str,
    title: str,
) -> TextTable:
    """Rows by measures; columns that no row knows are left out."""
    shown = [MEASURES[n] for n in names if any(n in row.figures for row in rows)]
    headings = []
    for measure in shown:
        source = provenance_text(report, rows, measure.origin)
        told = measure.origin in ("accuracy", "latency", "energy")
        headings.append(Heading(measure.title, measure.unit, source if told else ""))
    return TextTable(
        name,
        title,
        (*map(Heading, labels), *headings),
        tuple(
            (
                *(_label(report, row, label) for label in labels),
                *(interval_text(measure, row.figures.get(measure.id)) for measure in shown),
            )
            for row in rows
        ),
        len(labels),
        f"± is half of the {INTERVAL_METHOD}." + "".join(f" {note}." for note in _notes(rows)),
    )


def _notes(rows: Sequence[StudyRow]) -> list[str]:
    return list(dict.fromkeys(f"{row.policy}: {note}" for row in rows for note in row.notes))


def _label(report: StudyReport, row: StudyRow, label: str) -> str:
    text = str(getattr(row, label))
    return _task(report, text) if label == "task" else text


def _scenario(report: StudyReport, scenario: str) -> str:
    return next((found.title for found in report.scenarios if found.id == scenario), scenario)


def _task(report: StudyReport, task: str) -> str:
    """``hapt (D4)``."""
    paper = next((found.paper for found in report.tasks if found.id == task), "")
    return f"{task} ({paper})" if paper else task
