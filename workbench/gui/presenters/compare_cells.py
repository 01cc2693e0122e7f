"""Cells of the comparison as text."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.export.study_report import Interval, StudyRow
from workbench.gui.presenters.compare_board import Board
from workbench.gui.presenters.compare_columns import BROKEN, Column, baseline_name
from workbench.gui.presenters.formats import significant

_STORIES = {
    "runtime3c": "The searcher, at every trigger.",
    "exact": "The true optimum, at every trigger.",
    "greedy": "From the backbone, one layer at a time until nothing helps.",
    "random": "A random feasible configuration at every trigger.",
    "ofa": "An evolutionary search with a predictor and a latency table, as once-for-all's.",
    "nsga2": "A multi-objective genetic search.",
    "static": "The best for the first context, never changed: on-demand compression.",
    "backbone": "The whole network, never compressed.",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows.

    Attributes:
        half: half of the interval, such as ``±0.02``; may be empty.
        tone: ``warning`` or ``bad`` where a limit is broken.
        best: whether no other policy betters it.
    """

    text: str
    half: str = ""
    tone: str = ""
    best: bool = False


def policy_story(policy: str) -> str:
    """A policy in a sentence."""
    if policy.startswith("fixed:"):
        name = policy.removeprefix("fixed:")
        return f"{name} on every layer that has it: hand-crafted compression."
    return _STORIES.get(policy, "")


def policy_cell(row: StudyRow) -> Cell:
    """The name of a policy."""
    return Cell(row.policy, baseline_name(row.policy))


def policy_words(row: StudyRow) -> str:
    """A policy for the tool tip and for screen readers."""
    runs = f"{row.runs} repeat{'' if row.runs == 1 else 's'}"
    return "\n".join(filter(None, (row.policy, policy_story(row.policy), runs, *row.notes)))


def cell_of(board: Board, row: StudyRow, column: Column) -> Cell:
    """One figure of a policy."""
    figure = row.figures.get(column.key)
    if figure is None:
        return Cell("–")
    return Cell(
        column.text(figure.mean),
        column.half_text(figure),
        _tone(column, figure),
        row.policy in board.best(column),
    )


def cell_story(board: Board, row: StudyRow, column: Column) -> str:
    """One figure for the tool tip."""
    figure = row.figures.get(column.key)
    if figure is None:
        return f"{row.policy}: {column.title} is not known"
    parts = [f"{row.policy}, {column.title}: {interval_text(figure, column)}"]
    if row.policy in board.best(column):
        parts.append("The best of the column.")
    source = board.sources.get(column.origin)
    if source is not None:
        parts.append(source.summary())
    return "\n".join(parts)


def cell_spoken(board: Board, row: StudyRow, column: Column) -> str:
    """One figure for screen readers."""
    figure = row.figures.get(column.key)
    if figure is None:
        return f"{row.policy}, {column.title}: not known"
    best = ", best" if row.policy in board.best(column) else ""
    source = board.sources.get(column.origin)
    mark = "" if source is None else f", {source.provenance}"
    return f"{row.policy}, {column.title}: {interval_text(figure, column)}{best}{mark}"


def interval_text(figure: Interval, column: Column) -> str:
    """Such as ``1.59 ms, 95 % 1.58 to 1.60 over 10 repeats``."""
    unit = f" {column.measure.unit}" if column.measure.unit else ""
    value = f"{significant(figure.mean, 5)}{unit}"
    if figure.low is None or figure.high is None:
        return f"{value}, {'one repeat' if figure.runs == 1 else f'most of {figure.runs} repeats'}"
    if figure.high - figure.low < 1e-9 * max(1.0, abs(figure.mean)):
        return f"{value}, the same in all {figure.runs} repeats"
    low, high = (significant(bound, 5) for bound in (figure.low, figure.high))
    return f"{value}, 95 % {low} to {high} over {figure.runs} repeats"


def _tone(column: Column, figure: Interval) -> str:
    """Limits that are broken stand out; a few inferences less than many."""
    if column.group != BROKEN or column.text(figure.mean) == column.text(0):
        return ""
    return "warning" if figure.mean < 1 else "bad"
