"""A recording while it runs and at its end: samples to draw, gaps, and what it costs, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.context.columns import FloatArray
from workbench.gui.presenters.formats import duration
from workbench.jobs import Progress
from workbench.services.phone_recording_records import PhoneRecordingSummary
from workbench.services.recording import RecordingSummary

COMPUTER_LANES = ("battery_percent", "free_cache_kib", "cpu_share", "memory_available_mib")
PHONE_LANES = (
    "battery_percent", "free_cache_kib", "cpu_share", "cpu_frequency_ratio", "temperature_c",
)  # fmt: skip
MAX_LIVE = 20_000
"""Samples drawn live; beyond it every second one of the older half goes."""


class LiveRows:
    """Samples as they come.

    Attributes:
        gaps: spans in seconds in which nothing came.
    """

    def __init__(self, rate_hz: float, lanes: tuple[str, ...] = COMPUTER_LANES) -> None:
        self.lanes = lanes
        self.gaps: tuple[tuple[float, float], ...] = ()
        self._rows: list[list[float]] = []
        self._interrupted = False
        self._longest_s = 3.0 / rate_hz + 1.0

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, detail: Mapping[str, float]) -> None:
        """What a progress report tells; one without a sample means that the stream broke."""
        if "t_s" not in detail:
            self._interrupted = bool(self._rows)
            return
        row = [detail[name] for name in ("t_s", *self.lanes)]
        if self._rows:
            last_s = self._rows[-1][0]
            if self._interrupted or row[0] - last_s > self._longest_s:
                self.gaps = (*self.gaps, (last_s, row[0]))
        self._interrupted = False
        self._rows.append(row)
        if len(self._rows) > MAX_LIVE:
            half = len(self._rows) // 2
            self._rows[:half] = self._rows[:half:2]

    def columns(self) -> dict[str, FloatArray]:
        """The samples by column, `t_s` among them."""
        table = np.array(self._rows)
        return {name: table[:, index] for index, name in enumerate(("t_s", *self.lanes))}

    @property
    def latest_s(self) -> float:
        """Time of the newest sample."""
        return self._rows[-1][0]


def progress_text(event: Progress, gaps: int) -> str:
    """How far the recording is, and what it costs the device."""
    parts = [event.message, f"{duration(event.elapsed_s)} so far"]
    if event.eta_s is not None:
        parts.append(f"{duration(event.eta_s)} left")
    if "sampler_cost_percent" in event.detail:
        parts.append(f"sampler {event.detail['sampler_cost_percent']:.2f} % of a core")
    if "clock_uncertainty_ms" in event.detail:
        parts.append(f"clock ±{event.detail['clock_uncertainty_ms']:.1f} ms")
    if gaps:
        parts.append(f"{gaps} gap{'s' if gaps > 1 else ''}")
    return " · ".join(parts)


def result_text(summary: RecordingSummary | PhoneRecordingSummary) -> str:
    """What a recording came to."""
    ended = "Stopped and kept" if summary.stopped_early else "Recorded"
    text = f"{ended}: {summary.samples:,} samples over {duration(summary.duration_s)}"
    if summary.cost_percent_of_core is not None:
        text += f"; the sampler took {summary.cost_percent_of_core:.2f} % of a core (measured)"
    if isinstance(summary, RecordingSummary):
        return f"{text}."
    text += f"; the phone's clock is known within {summary.clock_uncertainty_ms:.1f} ms"
    drift_ms = summary.clock_drift_ms
    if drift_ms is not None and abs(drift_ms) > 2 * summary.clock_uncertainty_ms:
        text += f" and moved {drift_ms:+.1f} ms"
    if summary.gaps:
        lost_s = sum(end - begin for begin, end in summary.gaps)
        text += f"; {len(summary.gaps)} gap{'s' if len(summary.gaps) > 1 else ''}"
        text += f" of {duration(lost_s)} in all, marked"
    text += "."
    if summary.simulated:
        text += " All of it is simulated by a virtual phone."
    if summary.problem:
        text += f" Ended early: {summary.problem}"
    return text
