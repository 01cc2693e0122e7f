"""Benchmarks of the parts that must be quick: search, evolution, replay.

Each returns figures with what was compared and, where there is one, the target and whether it
holds. They measure this computer as it is now; nothing is asserted.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import psutil

from workbench.context.records import Trace
from workbench.replay.records import ReplaySettings
from workbench.services.deployment import Deployment
from workbench.services.replaying import DEFAULT_POLICIES, Replayer, default_settings

Progress = Callable[[str], None]

REPLAY_POLICIES = ("runtime3c", "exact", "greedy", "static", "fixed:fire", "backbone")


@dataclass(frozen=True, slots=True)
class BenchFigure:
    """One measured figure.

    Attributes:
        name: what was measured.
        value, unit: the figure.
        target: what it should be, in words; empty where there is no target.
        holds: whether the target is met; None without one.
        compared: what it was measured on or against.
    """

    name: str
    value: float
    unit: str
    compared: str
    target: str = ""
    holds: bool | None = None


def at_least(name: str, value: float, unit: str, limit: float, compared: str) -> BenchFigure:
    """A figure whose target is a lower limit."""
    return BenchFigure(name, value, unit, compared, f">= {limit:g} {unit}", value >= limit)


def at_most(name: str, value: float, unit: str, limit: float, compared: str) -> BenchFigure:
    """A figure whose target is an upper limit."""
    return BenchFigure(name, value, unit, compared, f"<= {limit:g} {unit}", value <= limit)


def bench_replay(
    deployment: Deployment, sample_day: Trace, progress: Progress
) -> list[BenchFigure]:
    """Time a long day under six policies, and the sample day as a slider re-runs it."""
    replayer = Replayer(deployment)
    settings = default_settings(deployment)
    long_day = _whole_day(sample_day)
    replayer.run(sample_day, REPLAY_POLICIES, settings)  # prepares the searchers
    before_mb = psutil.Process().memory_info().rss / 1e6
    started = time.perf_counter()
    result = replayer.run(long_day, REPLAY_POLICIES, settings)
    took_s = time.perf_counter() - started
    growth_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6 - before_mb
    decisions = sum(summary.decisions for summary in result.summaries)
    where = f"{len(long_day):,} samples, {len(REPLAY_POLICIES)} policies, {decisions} decisions"
    progress(f"replay: {where}")
    return [
        at_most("replay of 24 h at 4 Hz", took_s, "s", 5.0, where),
        at_most("memory growth of that replay", growth_mb, "MB", 300.0, where),
        _slider(replayer, sample_day, settings),
    ]


def _slider(replayer: Replayer, sample_day: Trace, settings: ReplaySettings) -> BenchFigure:
    times_ms = []
    for floor in np.linspace(0, 1, 21):
        objective = replace(settings.objective, lambda2_floor=float(floor))
        started = time.perf_counter()
        replayer.run(sample_day, DEFAULT_POLICIES, replace(settings, objective=objective))
        times_ms.append((time.perf_counter() - started) * 1000)
    where = f"sample day, {len(sample_day):,} samples, {len(DEFAULT_POLICIES)} policies, p50 of 21"
    return at_most("re-run while a slider is dragged", float(np.median(times_ms)), "ms", 100, where)


def _whole_day(sample_day: Trace) -> Trace:
    """24 hours at 4 Hz: the sample day three times over, resampled."""
    length_s = sample_day.duration_s + 1.0
    copies = 3
    columns = {name: np.tile(values, copies) for name, values in sample_day.columns.items()}
    columns["t_s"] = columns["t_s"] + np.repeat(np.arange(copies) * length_s, len(sample_day))
    return Trace(sample_day.info, columns).resample(4.0)
