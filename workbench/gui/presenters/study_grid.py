"""A study as a grid: the paper's tasks down, platforms across, how many times better in each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.provenance import Source
from workbench.export.study_claims import SEARCHER
from workbench.export.study_report import Interval, StudyRatio, StudyReport, is_hand_crafted
from workbench.gui.presenters.formats import significant
from workbench.tasks.paper import PAPER_TASKS

MEASURES = {
    "latency": "times lower latency",
    "energy": "times less energy",
    "accuracy": "accuracy, points",
}


@dataclass(frozen=True, slots=True)
class GridFigure:
    """One figure of a cell; `goodness` is above 0 where the searcher is better, below where not."""

    text: str
    bounds: str
    goodness: float


@dataclass(frozen=True, slots=True)
class GridCell:
    """One task on one platform.

    Attributes:
        state: ``done``, ``partial``, ``pending``, ``absent`` (the study lacks it) or ``untrained``.
        figures: by key of `MEASURES`; those that are not known are not in it.
        note: what stands in the cell where there are no figures.
        command: what makes it possible; empty where there is nothing to do.
        provenance: of latency and energy; empty without figures.
        story: for the tool tip and screen readers.
    """

    task: str
    platform: str
    state: str
    figures: Mapping[str, GridFigure] = field(default_factory=dict)
    note: str = ""
    command: str = ""
    provenance: str = ""
    story: str = ""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One task: ``D1``, its title, and what stands in for the paper's data."""

    paper: str
    title: str
    note: str
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """What the grid shows."""

    columns: tuple[tuple[str, str], ...] = ()
    """Title and system on chip of each platform."""
    rows: tuple[GridRow, ...] = ()
    baseline: str = ""


def baselines(report: StudyReport) -> tuple[str, ...]:
    """What the searcher can be set against, hand-crafted ones first."""
    found = dict.fromkeys(ratio.baseline for ratio in report.ratios if ratio.policy == SEARCHER)
    return tuple(
        sorted(found, key=lambda name: (not is_hand_crafted(name), list(found).index(name)))
    )


def build_grid(report: StudyReport, scenario: str, baseline: str) -> Grid:
    """The grid of one scenario; cells say how the searcher does against `baseline`."""
    ratios = {
        (ratio.task, ratio.platform): ratio
        for ratio in report.ratios
        if (ratio.scenario, ratio.policy, ratio.baseline) == (scenario, SEARCHER, baseline)
    }
    rows = []
    placed: set[str] = set()
    for published in PAPER_TASKS:
        paper, data, name = published.id, published.data, published.task
        tasks = [t for t in report.tasks if t.paper == paper or t.id == name]
        placed |= {task.id for task in tasks}
        for task in tasks:
            cells = tuple(
                _cell(report, ratios, task.id, platform.id, scenario, baseline)
                for platform in report.platforms
            )
            note = f"in place of {task.stands_in}" if task.stands_in else task.data
            rows.append(GridRow(paper, task.title, note, cells))
        if not tasks:
            rows.append(_untrained(report, paper, data, name))
    for task in report.tasks:
        if task.id not in placed:
            cells = tuple(
                _cell(report, ratios, task.id, platform.id, scenario, baseline)
                for platform in report.platforms
            )
            rows.append(GridRow("", task.title, task.data, cells))
    columns = tuple((platform.title, platform.soc) for platform in report.platforms)
    return Grid(columns, tuple(rows), baseline)


def _untrained(report: StudyReport, paper: str, data: str, name: str) -> GridRow:
    command = f"adaspring-workbench train --task {name} --data DIR --out DIR"
    cells = tuple(
        GridCell(
            name,
            platform.id,
            "untrained",
            note="no trained network",
            command=command,
            story=f"{data}: no network in this study is trained on it. Train one on your data:"
            f" {command}; then run a study with it.",
        )
        for platform in report.platforms
    )
    return GridRow(paper, data, "not in this study", cells)


def _cell(
    report: StudyReport,
    ratios: Mapping[tuple[str, str], StudyRatio],
    task: str,
    platform: str,
    scenario: str,
    baseline: str,
) -> GridCell:
    ratio = ratios.get((task, platform))
    if ratio is not None:
        return _done(report, ratio)
    for row in report.absent:
        about_all = row.platform in ("", platform) and row.policy in ("", baseline)
        if row.task == task and about_all:
            return GridCell(
                task, platform, "absent", note=f"no {baseline}", command=row.command,
                story=f"{row.reason}. {row.command}".strip(". ") + ".",
            )  # fmt: skip
    some = bool(report.select(task, platform, scenario))
    note = "partly computed" if some else "not computed"
    return GridCell(
        task,
        platform,
        "partial" if some else "pending",
        note=note,
        story=f"{note.capitalize()}: let the study go on.",
    )


def _done(report: StudyReport, ratio: StudyRatio) -> GridCell:
    figures = {"latency": _times(ratio.latency_times)}
    if ratio.energy_times is not None:
        figures["energy"] = _times(ratio.energy_times)
    points = ratio.accuracy_points
    figures["accuracy"] = GridFigure(
        f"{points.mean:+.2f} pp".replace("-", "−"), _bounds(points, "+.2f"), points.mean / 3
    )
    source: Source = report.source(ratio.task, ratio.platform, "latency")
    lines = [
        f"{ratio.policy} against {ratio.baseline}, {ratio.latency_times.runs} runs",
        *(
            f"{MEASURES[key]}: {figure.text} {figure.bounds}".rstrip()
            for key, figure in figures.items()
        ),
        f"inferences that break a limit: {ratio.violation_points.mean:+.1f} points",
        f"latency: {source.summary()}",
        f"energy: {report.source(ratio.task, ratio.platform, 'energy').summary()}",
        f"accuracy: {report.source(ratio.task, ratio.platform, 'accuracy').summary()}",
    ]
    return GridCell(
        ratio.task, ratio.platform, "done", figures, provenance=str(source.provenance),
        story="\n".join(lines),
    )  # fmt: skip


def _times(interval: Interval) -> GridFigure:
    # A tenfold gain looks as good as it gets.
    return GridFigure(
        f"{significant(interval.mean, 3)}×", _bounds(interval, ".2f"), math.log10(interval.mean)
    )


def _bounds(interval: Interval, spec: str) -> str:
    if interval.low is None or interval.high is None:
        return ""
    low, high = (format(bound, spec).replace("-", "−") for bound in (interval.low, interval.high))
    return f"{low} to {high}"
