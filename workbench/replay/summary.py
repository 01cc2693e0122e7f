"""What a policy's run comes to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.replay.records import PolicyRun, PolicySummary
from workbench.space.tables import FloatArray


def summarise(run: PolicyRun, inferences: npt.NDArray[np.int64]) -> PolicySummary:
    """Totals, shares and percentiles of a run, each inference counted once.

    Args:
        inferences: (samples,) inferences from each sample to the next. A trace without any is
            summarised as if one happened at every sample.
    """
    weights = inferences if inferences.sum() > 0 else np.ones_like(inferences)
    total = int(weights.sum())

    def share(broken: npt.NDArray[np.bool_]) -> float:
        return float(weights[broken].sum() / total)

    p50, p90, p99 = weighted_percentiles(run.latency_ms, weights, (50, 90, 99))
    energy_mj = float((run.energy_mj * inferences).sum())
    known = not np.isnan(energy_mj)
    gaps = [decision.gap for decision in run.decisions if decision.gap is not None]
    counts = [decision.feasible_count for decision in run.decisions]
    counted = [count for count in counts if count is not None]
    return PolicySummary(
        name=run.name,
        inferences=int(inferences.sum()),
        accuracy_percent=float((run.accuracy_at_samples * weights).sum() / total),
        latency_mean_ms=float((run.latency_ms * weights).sum() / total),
        latency_p50_ms=p50,
        latency_p90_ms=p90,
        latency_p99_ms=p99,
        energy_j=energy_mj / 1000 if known else None,
        energy_per_inference_mj=(float((run.energy_mj * weights).sum() / total) if known else None),
        battery_end_percent=float(run.battery_percent[-1]),
        violation_share=share(run.violated),
        over_latency_share=share(run.over_latency),
        over_storage_share=share(run.over_storage),
        over_accuracy_share=share(run.over_accuracy[run.configuration_id]),
        decisions=len(run.decisions),
        switches=sum(decision.switched for decision in run.decisions),
        gap_mean=float(np.mean(gaps)) if gaps else None,
        gap_max=max(gaps) if gaps else None,
        infeasible_decisions=sum(count == 0 for count in counted) if counted else None,
    )


def weighted_percentiles(
    values: FloatArray, weights: npt.NDArray[np.int64], percents: tuple[float, ...]
) -> tuple[float, ...]:
    """Percentiles of `values` of which each counts `weights` times (nearest rank)."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    ranks = np.ceil(np.array(percents) / 100 * cumulated[-1])
    rows = np.searchsorted(cumulated, np.maximum(ranks, 1))
    return tuple(float(value) for value in values[order[rows]])
