"""The table of policies against outcomes, and how many times better one is than another."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.core.provenance import Source
from workbench.export.study_report import StudyRatio, StudyReport, StudyRow
from workbench.gui.presenters.compare_columns import COLUMNS, Column
from workbench.services.comparing import RepeatOutcome
from workbench.services.study_records import CASE_STUDY, CellKey, CellResult
from workbench.services.study_statistics import study_ratios, study_row


@dataclass(frozen=True)
class Board:
    """What the table and the plots show.

    Attributes:
        rows: one a policy.
        times: every policy that adapts against every one that does not.
        sources: by the `origin` of a column.
        about: network, device and trace for people; heads what is copied.
        repeats_story: what differs between the runs, in a sentence.
    """

    rows: tuple[StudyRow, ...] = ()
    times: tuple[StudyRatio, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    about: str = ""
    repeats_story: str = ""

    def row(self, policy: str) -> StudyRow | None:
        """The row of a policy."""
        return next((row for row in self.rows if row.policy == policy), None)

    def times_of(self, policy: str) -> tuple[StudyRatio, ...]:
        """How one policy does against each that does not adapt."""
        return tuple(times for times in self.times if times.policy == policy)

    @property
    def repeats(self) -> int:
        """Runs of the row that has most."""
        return max((row.runs for row in self.rows), default=0)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that any row has a figure for."""
        known = {key for row in self.rows for key in row.figures}
        return tuple(column for column in COLUMNS if column.key in known)

    def best(self, column: Column) -> frozenset[str]:
        """Policies whose figure, as shown, no other betters; none where neither is better."""
        return self._best.get(column.key, frozenset())

    @functools.cached_property
    def _best(self) -> dict[str, frozenset[str]]:
        return {column.key: self._best_of(column) for column in self.columns}

    def _best_of(self, column: Column) -> frozenset[str]:
        if not column.better:
            return frozenset()
        means = {
            row.policy: row.figures[column.key].mean
            for row in self.rows
            if column.key in row.figures
        }
        texts = {policy: column.text(mean) for policy, mean in means.items()}
        if len(set(texts.values())) < 2:
            return frozenset()
        winner = max(means, key=lambda policy: column.better * means[policy])
        return frozenset(policy for policy, text in texts.items() if text == texts[winner])

    def sorted_rows(self, key: str, descending: bool) -> tuple[StudyRow, ...]:
        """The rows in another order; those without the figure come last."""
        if key == "policy":
            return tuple(sorted(self.rows, key=lambda row: row.policy, reverse=descending))
        sign = -1 if descending else 1
        return tuple(
            sorted(
                self.rows,
                key=lambda row: (
                    key not in row.figures,
                    sign * row.figures[key].mean if key in row.figures else 0.0,
                ),
            )
        )


def build_board(
    outcomes: Iterable[RepeatOutcome],
    policies: Sequence[str],
    repeats: int,
    sources: Mapping[str, Source],
    about: str = "",
    repeats_story: str = "",
) -> Board:
    """Rows and ratios of the repeats that are known, out of the first `repeats`."""
    known: dict[str, list[RepeatOutcome]] = {policy: [] for policy in policies}
    for outcome in outcomes:
        if outcome.policy in known and outcome.run.run < repeats:
            known[outcome.policy].append(outcome)
    cells = [
        CellResult(
            key=CellKey("", "", policy, CASE_STUDY),
            fingerprint="",
            runs=tuple(outcome.run for outcome in sorted(found, key=lambda o: o.run.run)),
            note="",
            computer="",
            took_s=0.0,
        )
        for policy, found in known.items()
        if found
    ]
    rows = tuple(study_row(cell) for cell in cells)
    return Board(rows, study_ratios(cells), sources, about, repeats_story)


def board_of_study(report: StudyReport, task: str, platform: str, scenario: str) -> Board:
    """One task, platform and scenario of a study."""
    rows = report.select(task, platform, scenario)
    ratios = tuple(
        ratio
        for ratio in report.ratios
        if (ratio.task, ratio.platform, ratio.scenario) == (task, platform, scenario)
    )
    sources = {
        column.origin: report.source(task, platform, column.measure.origin)
        for column in COLUMNS
        if column.origin
    }
    names = {
        "task": next((found.title for found in report.tasks if found.id == task), task),
        "platform": next((f.title for f in report.platforms if f.id == platform), platform),
    }
    found = next((found for found in report.scenarios if found.id == scenario), None)
    about = f"{names['task']} on {names['platform']}"
    if found is not None:
        about += f" · {found.title}"
    return Board(rows, ratios, sources, about, "" if found is None else found.description)
