"""``study.json``: everything a study found, for programs to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from workbench.export.study_claims import claims
from workbench.export.study_report import (
    INTERVAL_METHOD,
    MEASURES,
    RATIO_METHOD,
    StudyReport,
    StudyRow,
)

FORMAT = "adaspring-study-results"
VERSION = 1


def study_document(report: StudyReport) -> dict[str, Any]:
    """The study as plain data; what was timed on this computer stands under ``times`` alone."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "command": report.command,
        "versions": dict(report.versions),
        "settings": dict(report.settings),
        "interval": INTERVAL_METHOD,
        "ratio": RATIO_METHOD,
        "measures": {name: asdict(measure) for name, measure in MEASURES.items()},
        "tasks": [asdict(task) for task in report.tasks],
        "platforms": [asdict(platform) for platform in report.platforms],
        "scenarios": [asdict(scenario) for scenario in report.scenarios],
        "sources": [
            {
                "task": pair.task,
                "platform": pair.platform,
                **{name: asdict(source) for name, source in pair.sources.items()},
            }
            for pair in report.sources
        ],
        "inputs": [
            {
                "role": record.role,
                "id": record.id,
                "title": record.title,
                "sha256": dict(record.sha256),
                "facts": dict(record.facts),
            }
            for record in report.inputs
        ],
        "rows": _rows(report.rows, computer=False),
        "ratios": [asdict(ratio) for ratio in report.ratios],
        "absent": [asdict(row) for row in report.absent],
        "proxies": [asdict(check) for check in report.proxies],
        "pending": report.pending,
        "problems": list(report.problems),
        "times": {
            "computers": list(report.computers),
            "rows": _rows(report.rows, computer=True),
            "published": [asdict(claim) for claim in claims(report)],
        },
    }


def _rows(rows: Sequence[StudyRow], computer: bool) -> list[dict[str, Any]]:
    return [
        {
            "task": row.task,
            "platform": row.platform,
            "scenario": row.scenario,
            "policy": row.policy,
            "runs": row.runs,
            "figures": {
                name: asdict(interval)
                for name, interval in row.figures.items()
                if (MEASURES[name].origin == "computer") is computer
            },
            "notes": list(row.notes),
        }
        for row in rows
    ]
