"""What is wrong in a data folder, as the Train view asks about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.jobs import Failed

if TYPE_CHECKING:
    from workbench.tasks.findings import DataReport

MAX_LINES = 5000
"""Findings shown; more are counted."""


@dataclass(frozen=True, slots=True)
class DataView:
    """A report as it is shown.

    Attributes:
        title: what the reading came to.
        text: more in a sentence or two.
        lines: a finding a line.
        can_train: training on what can be read is possible.
        whole: nothing is wrong.
    """

    title: str
    text: str
    lines: tuple[str, ...] = ()
    can_train: bool = False
    whole: bool = False


def view_of_failure(event: Failed) -> DataView | None:
    """The question to ask when a run ended before its first step; None for other failures."""
    if event.error_type != "BadDataError":
        return None
    title = event.message.splitlines()[0].rstrip(":")
    text = "Nothing was trained yet. Put the data right, or train on the rest."
    return DataView(title, text, tuple(event.detail.splitlines()), can_train=True)


def view_of_report(report: DataReport) -> DataView:
    """The outcome of a check."""
    shape = " x ".join(map(str, report.shape))
    holds = (
        f"Samples: {report.train:,} for training, {report.test:,} for testing."
        f" Classes: {len(report.classes):,}. Inputs: {shape}."
    )
    if report.pixel_bytes:
        holds += f" Decoded pictures: {report.pixel_bytes / 1e6:,.0f} MB."
    lines = [*report.blocked, *map(str, report.findings[:MAX_LINES])]
    if len(report.findings) > MAX_LINES:
        lines.append(f"… and {len(report.findings) - MAX_LINES:,} more")
    if report.blocked:
        return DataView("These data cannot be trained on", holds, tuple(lines))
    if report.findings:
        summary = report.summary()
        return DataView(summary, holds, tuple(lines), can_train=True)
    return DataView("All of it can be trained on", holds, whole=True, can_train=True)
