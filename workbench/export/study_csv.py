"""A study's tables as CSV. Ten significant digits; an empty field means: not known.

Everything but `write_times` is the same for the same inputs and seed; times were measured on the
computer that ran the study.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import IO

from workbench.export.replay_tables import number
from workbench.export.study_report import (
    MEASURES,
    Interval,
    Measure,
    Origin,
    StudyReport,
    StudyRow,
)

KEYS = ("task", "platform", "scenario", "policy")
_SOURCES: tuple[Origin, ...] = ("accuracy", "latency", "energy")


def write_rows(report: StudyReport, stream: IO[str]) -> None:
    """``rows.csv``: a row a task, platform, scenario and policy; mean, low and high a measure."""
    measures = [measure for measure in MEASURES.values() if measure.origin != "computer"]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        (*KEYS, "runs", *_columns(measures), *(f"{name}_provenance" for name in _SOURCES), "notes")
    )
    for row in report.rows:
        sources = (report.source(row.task, row.platform, name).provenance for name in _SOURCES)
        writer.writerow(
            (*_key(row), row.runs, *_values(row, measures), *sources, "; ".join(row.notes))
        )


def write_times(report: StudyReport, stream: IO[str]) -> None:
    """``times.csv``: search and weight evolution; every run of the study gives other figures."""
    measures = [measure for measure in MEASURES.values() if measure.origin == "computer"]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((*KEYS, "runs", *_columns(measures), "provenance", "computer"))
    for row in report.rows:
        if any(measure.id in row.figures for measure in measures):
            source = report.source(row.task, row.platform, "computer")
            writer.writerow(
                (
                    *_key(row),
                    row.runs,
                    *_values(row, measures),
                    source.provenance,
                    "; ".join(report.computers),
                )
            )


def write_ratios(report: StudyReport, stream: IO[str]) -> None:
    """``ratios.csv``: policies that adapt against those that do not."""
    names = ("latency_times", "energy_times", "accuracy_points", "violation_points")
    columns = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((*KEYS, "baseline", "runs", *columns))
    for ratio in report.ratios:
        writer.writerow(
            (
                *(getattr(ratio, key) for key in KEYS),
                ratio.baseline,
                ratio.latency_times.runs,
                *(text for name in names for text in _interval(getattr(ratio, name))),
            )
        )


def write_absent(report: StudyReport, stream: IO[str]) -> None:
    """``absent.csv``: figures that the study does not have, and why."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("task", "platform", "policy", "reason", "command"))
    for row in report.absent:
        writer.writerow((row.task, row.platform, row.policy, row.reason, row.command))


def write_proxies(report: StudyReport, stream: IO[str]) -> None:
    """``proxies.csv``: Kendall's tau of every proxy on every measured device."""
    writer = csv.writer(stream, lineterminator="\n")
    names = ("unseen", "every")
    columns = [
        f"{name}_{part}" for name in names for part in ("tau", "low", "high", "configurations")
    ]
    writer.writerow(("network", "profile", "proxy", *columns, "provenance", "measured_at"))
    for check in report.proxies:
        for rank in check.ranks:
            texts: list[str] = []
            for tau in (rank.unseen, rank.every):
                if tau is None:
                    texts += [""] * 4
                else:
                    texts += map(number, (tau.value, tau.low, tau.high, tau.configurations))
            writer.writerow(
                (
                    check.network,
                    check.profile,
                    rank.id,
                    *texts,
                    check.provenance,
                    check.measured_at,
                )
            )


def _key(row: StudyRow) -> tuple[str, ...]:
    return tuple(getattr(row, key) for key in KEYS)


def _columns(measures: Sequence[Measure]) -> list[str]:
    return [f"{measure.id}{end}" for measure in measures for end in ("", "_low", "_high")]


def _values(row: StudyRow, measures: Sequence[Measure]) -> list[str]:
    return [text for measure in measures for text in _interval(row.figures.get(measure.id))]


def _interval(found: Interval | None) -> tuple[str, str, str]:
    if found is None:
        return ("", "", "")
    return (number(found.mean), number(found.low), number(found.high))
