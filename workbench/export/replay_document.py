"""``replay.json``: everything about a replay but its samples, for programs to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from workbench.core.provenance import Source
from workbench.export.replay_report import ReplayReport, RunLike, SummaryLike, comparisons
from workbench.export.replay_tables import SUMMARY_FIELDS

FORMAT = "adaspring-replay"
VERSION = 1


def replay_document(report: ReplayReport, files: Mapping[str, str]) -> dict[str, Any]:
    """The document as plain data, without NaN.

    Args:
        files: the other files of the replay, name -> SHA-256.
    """
    outcome = report.outcome
    return {
        "format": FORMAT,
        "version": VERSION,
        "command": report.command,
        "versions": dict(report.versions),
        "inputs": {
            record.role.replace(" ", "_"): {
                "id": record.id,
                "title": record.title,
                **record.facts,
                "sha256": dict(record.sha256),
            }
            for record in report.inputs
        },
        "settings": dict(report.settings),
        "sources": {name: _source(source) for name, source in report.sources.items()},
        "samples": len(outcome.t_s),
        "inferences": int(outcome.inferences.sum()),
        "policies": [
            _policy(report, run, summary) for run, summary in zip(outcome.runs, outcome.summaries)
        ],
        "comparisons": [asdict(comparison) for comparison in comparisons(outcome.summaries)],
        **({} if report.region is None else {"measured_region": dict(report.region)}),
        "files": dict(files),
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "provenance": str(source.provenance),
        "story": source.story,
        "median_relative_error": source.relative_error,
    }


def _policy(report: ReplayReport, run: RunLike, summary: SummaryLike) -> dict[str, Any]:
    space = report.space
    return {
        "policy": run.name,
        "summary": dict(zip(SUMMARY_FIELDS, attrgetter(*SUMMARY_FIELDS)(summary))),
        "configurations": [
            {
                "configuration": space.text(configuration),
                "code": space.encode(configuration),
                "accuracy_percent": accuracy,
                "accuracy_measured": configuration in report.measured,
            }
            for configuration, accuracy in zip(run.configurations, run.accuracy_percent.tolist())
        ],
    }
