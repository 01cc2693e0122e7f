"""From finished cells to rows and ratios with confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from workbench.export.study_report import (
    MEASURES,
    Interval,
    StudyRatio,
    StudyReport,
    StudyRow,
    adapts,
)
from workbench.services.study_records import CellResult, StudyManifest

_LEVEL = 0.95
_HIGHEST_OF_RUNS = ("gap_max_percent", "evolution_max_ms", "runtime_max_ms")
"""Largest values stay largest values over runs: a mean of maxima would be neither."""


def mean_interval(values: Sequence[float] | npt.NDArray[np.float64]) -> Interval:
    """Mean of independent runs with the 95% interval of Student's t; no interval for one run."""
    array = np.asarray(values, dtype=float)
    mean, count = float(array.mean()), len(array)
    if count < 2:
        return Interval(mean, None, None, count)
    half = _t_quantile(count - 1) * float(array.std(ddof=1)) / math.sqrt(count)
    return Interval(mean, mean - half, mean + half, count)


def ratio_interval(ratios: Sequence[float] | npt.NDArray[np.float64]) -> Interval:
    """Geometric mean of positive ratios; Student's t on their logarithms."""
    logs = mean_interval(np.log(np.asarray(ratios, dtype=float)))
    low, high = (None if bound is None else math.exp(bound) for bound in (logs.low, logs.high))
    return Interval(math.exp(logs.mean), low, high, logs.runs)


def _t_quantile(degrees: int) -> float:
    from scipy.special import stdtrit  # Student's t without the slow scipy.stats

    return float(stdtrit(degrees, (1 + _LEVEL) / 2))


def make_report(
    manifest: StudyManifest,
    finished: Sequence[CellResult],
    pending: int = 0,
    problems: Sequence[str] = (),
) -> StudyReport:
    """The report of what is finished."""
    return StudyReport(
        settings=asdict(manifest.plan),
        tasks=manifest.tasks,
        platforms=manifest.platforms,
        scenarios=manifest.scenarios,
        policies=manifest.plan.policies,
        sources=manifest.sources,
        rows=tuple(study_row(result) for result in finished),
        ratios=study_ratios(finished),
        absent=manifest.absent,
        proxies=manifest.proxies,
        pending=pending,
        problems=tuple(problems),
        inputs=manifest.inputs,
        computers=tuple(dict.fromkeys(result.computer for result in finished)),
        command=manifest.command,
        versions=manifest.versions,
    )


def study_row(result: CellResult) -> StudyRow:
    """What the runs of a cell come to."""
    figures = {}
    for name in MEASURES:
        values = [run.figures[name] for run in result.runs if name in run.figures]
        if not values:
            continue
        if name in _HIGHEST_OF_RUNS:
            figures[name] = Interval(max(values), None, None, len(values))
        else:
            figures[name] = mean_interval(values)
    key = result.key
    return StudyRow(
        task=key.task,
        platform=key.platform,
        scenario=key.scenario,
        policy=key.policy,
        figures=figures,
        runs=len(result.runs),
        notes=(result.note,) if result.note else (),
    )


def study_ratios(finished: Sequence[CellResult]) -> tuple[StudyRatio, ...]:
    """Every policy that adapts against every one that does not."""
    places: dict[tuple[str, str, str], list[CellResult]] = {}
    for result in finished:
        key = result.key
        places.setdefault((key.task, key.platform, key.scenario), []).append(result)
    return tuple(
        ratio
        for cells in places.values()
        for policy in cells
        if adapts(policy.key.policy)
        for baseline in cells
        if not adapts(baseline.key.policy)
        if (ratio := _ratio(policy, baseline)) is not None
    )


def _ratio(policy: CellResult, baseline: CellResult) -> StudyRatio | None:
    """None where the two share no run."""
    base_runs = {run.run: run.figures for run in baseline.runs}
    pairs = [(run.figures, base_runs[run.run]) for run in policy.runs if run.run in base_runs]
    if not pairs:
        return None

    def times(name: str) -> Interval | None:
        if not all(name in mine and name in theirs for mine, theirs in pairs):
            return None
        ratios = [theirs[name] / mine[name] for mine, theirs in pairs if mine[name] > 0]
        return ratio_interval(ratios) if ratios and min(ratios) > 0 else None

    def less(name: str) -> Interval:
        return mean_interval([mine[name] - theirs[name] for mine, theirs in pairs])

    latency = times("latency_mean_ms")
    if latency is None:
        return None
    key = policy.key
    return StudyRatio(
        task=key.task,
        platform=key.platform,
        scenario=key.scenario,
        policy=key.policy,
        baseline=baseline.key.policy,
        latency_times=latency,
        energy_times=times("energy_per_inference_mj"),
        accuracy_points=less("accuracy_percent"),
        violation_points=less("violation_percent"),
    )
