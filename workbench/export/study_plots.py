"""Plots of a study: what accuracy costs, and how many times better the searcher is."""

from __future__ import annotations

import functools
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.export import plot_style as style
from workbench.export.study_claims import (
    PUBLISHED_ENERGY_TIMES,
    PUBLISHED_LATENCY_TIMES,
    SEARCHER,
)
from workbench.export.study_report import (
    Interval,
    StudyRatio,
    StudyReport,
    StudyRow,
    StudyScenario,
    adapts,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Files = dict[str, bytes]

_FORMATS = ("png", "svg")
_HEADER = 1.12
_LEGEND = 0.62
_CELL = (3.5, 2.7)
_LEFT, _BOTTOM = 0.75, 0.55
_LINE = 0.24
_MARKERS = {
    "runtime3c": "o",
    "exact": "*",
    "static": "D",
    "backbone": "s",
    "ofa": "^",
    "nsga2": "v",
}


_ON_TOP = {SEARCHER: 4, "exact": 5}


def study_plots(report: StudyReport) -> dict[str, Files]:
    """Name -> format -> file; scenarios without rows have none."""
    plots: dict[str, Files] = {}
    for scenario in report.scenarios:
        rows = report.select(scenario=scenario.id)
        if rows:
            plots[f"trade-off-{scenario.id}"] = _trade_off(report, scenario, rows)
        ratios = [
            ratio
            for ratio in report.ratios
            if (ratio.policy, ratio.scenario) == (SEARCHER, scenario.id)
        ]
        if ratios:
            plots[f"times-better-{scenario.id}"] = _times_better(report, scenario, ratios)
    return plots


def plot_names(report: StudyReport) -> tuple[str, ...]:
    """Names of every plot that `study_plots` may make."""
    kinds = ("trade-off", "times-better")
    return tuple(f"{kind}-{scenario.id}" for scenario in report.scenarios for kind in kinds)


def _header(
    figure: Figure, size: tuple[float, float], title: str, text: str, below: float = 0.0
) -> None:
    width, height = size
    options: dict[str, Any] = {"parse_math": False}
    figure.text(0.3 / width, 1 - 0.42 / height, title, size=15, weight="semibold", **options)
    for row, line in enumerate(textwrap.wrap(text, int(13.0 * width))[:2]):
        figure.text(
            0.3 / width,
            1 - (0.68 + 0.21 * row + below) / height,
            line,
            size=9,
            color=style.SECONDARY,
            **options,
        )


# -- what accuracy costs ---------------------------------------------------------------------------


def _trade_off(report: StudyReport, scenario: StudyScenario, rows: Sequence[StudyRow]) -> Files:
    wide = max(2, len(report.platforms))
    size = (
        _LEFT + _CELL[0] * wide,
        _HEADER + _CELL[1] * len(report.tasks) + _LEGEND,
    )
    paint = functools.partial(_paint_trade_off, report, scenario, rows, size)
    return style.draw(size, paint, _FORMATS)


def _paint_trade_off(
    report: StudyReport,
    scenario: StudyScenario,
    rows: Sequence[StudyRow],
    size: tuple[float, float],
    figure: Figure,
) -> None:
    width, height = size
    _header(
        figure, size, f"{_capital(scenario.title)}: what accuracy costs",
        "Mean latency of an inference against mean accuracy, a point a policy; bars are 95%"
        " confidence intervals over runs. Filled: adapts to the context. Up and to the left is"
        " better.",
    )  # fmt: skip
    for line, task in enumerate(report.tasks):
        for column, platform in enumerate(report.platforms):
            axes = figure.add_axes(
                (
                    (_LEFT + _CELL[0] * column) / width,
                    1 - (_HEADER + _CELL[1] * (line + 1) - _BOTTOM) / height,
                    (_CELL[0] - 0.45) / width,
                    (_CELL[1] - _BOTTOM - 0.28) / height,
                )
            )
            style.quiet(axes, bottom=True)
            axes.grid(True, zorder=0)
            axes.set_title(
                f"{task.id} on {platform.id}", loc="left", size=9.5, parse_math=False, pad=5
            )
            source = report.source(task.id, platform.id, "latency").provenance
            axes.set_xlabel(f"latency, ms ({source})", size=8.5)
            if column == 0:
                axes.set_ylabel("accuracy, %", size=8.5)
            here = [row for row in rows if (row.task, row.platform) == (task.id, platform.id)]
            _points(axes, here)
    _legend(figure, list(dict.fromkeys(row.policy for row in rows)), size)


def _points(axes: Axes, rows: Sequence[StudyRow]) -> None:
    for row in rows:
        latency, accuracy = row.figures["latency_mean_ms"], row.figures["accuracy_percent"]
        axes.errorbar(
            latency.mean,
            accuracy.mean,
            xerr=_arms(latency),
            yerr=_arms(accuracy),
            capsize=0,
            elinewidth=1,
            zorder=_ON_TOP.get(row.policy, 3),
            **_look(row.policy),
        )
    axes.set_xlim(left=0)
    axes.margins(x=0.08, y=0.12)


def _look(policy: str) -> dict[str, Any]:
    colour = style.colour_of(policy)
    look: dict[str, Any] = {
        "marker": _MARKERS.get(policy, "P" if policy.startswith("fixed:") else "X"),
        "markersize": 9 if policy == SEARCHER else 6,
        "color": colour,
        "markerfacecolor": colour if adapts(policy) else style.PAPER,
        "markeredgecolor": colour,
        "markeredgewidth": 1.3,
        "linestyle": "none",
    }
    if policy == "exact":  # mostly on top of the searcher
        look |= {"markersize": 9, "markeredgecolor": style.PAPER, "markeredgewidth": 0.8}
    return look


def _legend(figure: Figure, policies: Sequence[str], size: tuple[float, float]) -> None:
    from matplotlib.lines import Line2D

    figure.legend(
        handles=[Line2D([], [], label=policy, **_look(policy)) for policy in policies],
        loc="lower left",
        bbox_to_anchor=(0.3 / size[0], 0.08 / size[1]),
        ncols=math.ceil(len(policies) / math.ceil(len(policies) / (size[0] / 1.25))),
        frameon=False,
        fontsize=8.5,
        handletextpad=0.2,
        columnspacing=1.4,
    )


def _arms(found: Interval) -> list[list[float]] | None:
    """Distances to the bounds, as matplotlib takes them."""
    if found.low is None or found.high is None:
        return None
    return [[found.mean - found.low], [found.high - found.mean]]


# -- how many times better -------------------------------------------------------------------------


def _times_better(
    report: StudyReport, scenario: StudyScenario, ratios: Sequence[StudyRatio]
) -> Files:
    groups: dict[tuple[str, str], list[StudyRatio]] = {}
    for ratio in ratios:
        groups.setdefault((ratio.task, ratio.platform), []).append(ratio)
    lines = len(ratios) + len(groups)
    size = (11.0, _HEADER + _LINE * lines + 0.75)
    paint = functools.partial(_paint_times, scenario, groups, size, lines)
    return style.draw(size, paint, _FORMATS)


def _paint_times(
    scenario: StudyScenario,
    groups: dict[tuple[str, str], list[StudyRatio]],
    size: tuple[float, float],
    lines: int,
    figure: Figure,
) -> None:
    width, height = size
    _header(
        figure, size, f"{_capital(scenario.title)}: {SEARCHER} against what does not adapt",
        f"How many times less latency and energy {SEARCHER} takes, run by run, with 95% confidence"
        " intervals; right of the line at 1 it is better. Dashed: the most that AdaSpring"
        " publishes against hand-crafted compression.",
    )  # fmt: skip
    panels = (
        ("latency", PUBLISHED_LATENCY_TIMES, 2.9),
        ("energy", PUBLISHED_ENERGY_TIMES, 7.1),
    )
    for title, published, left in panels:
        axes = figure.add_axes(
            (left / width, 0.62 / height, 3.6 / width, (height - _HEADER - 0.72) / height)
        )
        style.quiet(axes, bottom=True)
        axes.grid(True, axis="x", zorder=0)
        axes.set_xscale("log")
        axes.set_ylim(lines - 0.5, -0.5)
        axes.axvline(1, color=style.INK, linewidth=1, zorder=2)
        axes.axvline(published, color=style.WARNING, linewidth=1.1, linestyle=(0, (4, 2)), zorder=2)
        axes.set_xlabel(f"times less {title}", size=9)
        axes.set_yticks([])
        _times_lines(axes, title, groups, labelled=title == "latency")
        _times_ticks(axes, published)


def _times_lines(
    axes: Axes, title: str, groups: dict[tuple[str, str], list[StudyRatio]], labelled: bool
) -> None:
    y = 0
    for (task, platform), ratios in groups.items():
        if labelled:
            _name(axes, y, f"{task} on {platform}", weight="semibold")
        for ratio in ratios:
            y += 1
            found = ratio.latency_times if title == "latency" else ratio.energy_times
            if labelled:
                _name(axes, y, ratio.baseline, color=style.SECONDARY)
            if found is None:
                axes.text(1.03, y, "no energy known", size=7.5, va="center", color=style.SECONDARY)
                continue
            axes.errorbar(
                found.mean, y, xerr=_arms(found), capsize=0, elinewidth=2, zorder=3,
                marker="o", markersize=5, color=style.colour_of(ratio.baseline),
            )  # fmt: skip
        y += 1


def _name(axes: Axes, y: float, text: str, **options: Any) -> None:
    axes.annotate(
        text, (0, y), xycoords=("axes fraction", "data"), xytext=(-8, 0),
        textcoords="offset points", ha="right", va="center", size=8.5, parse_math=False, **options,
    )  # fmt: skip


def _times_ticks(axes: Axes, published: float) -> None:
    low, high = axes.get_xlim()
    low, high = min(low, 0.8), max(high, 1.15 * published)
    axes.set_xlim(low, high)
    steps = [s for s in (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100) if low <= s <= high]
    axes.set_xticks(steps, [f"{step:g} ×" for step in steps])
    axes.set_xticks([], minor=True)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
