"""One run of a replay that is repeated: its day, and what it comes to."""

from __future__ import annotations

import functools

import numpy as np

from workbench.context.records import Trace
from workbench.context.sample_day import SAMPLE_DAY
from workbench.context.scenario import synthesise
from workbench.replay.records import PolicyRun, PolicySummary, ReplayResult
from workbench.search.policies import Policy
from workbench.search.problem import MACS, PARAM, STORAGE
from workbench.services.deployment import Deployment
from workbench.services.evolving import EvolutionMeter
from workbench.space.tables import FloatArray, arithmetic_intensity


def is_sample_day(trace: Trace) -> bool:
    """Whether a trace is the synthetic sample day, of which other days like it can be made."""
    made = trace.info
    return made.origin == "synthetic" and (made.title, made.start, made.device) == (
        SAMPLE_DAY.title,
        SAMPLE_DAY.start,
        SAMPLE_DAY.device,
    )


@functools.lru_cache(maxsize=64)
def day_of_run(day: Trace, seed: int, run: int) -> Trace:
    """The day itself first; then the same scenario with other noise where it is the sample day."""
    if run == 0 or not is_sample_day(day):
        return day
    return synthesise(SAMPLE_DAY, np.random.default_rng([seed, run]), f"seed {seed}, {run}")


def run_figures(
    result: ReplayResult, deployment: Deployment, policy: Policy, meter: EvolutionMeter
) -> dict[str, float]:
    """Every `Measure` of the one run in `result` that is known."""
    summary, run = result.summaries[0], result.runs[0]
    known = {
        **_of_summary(summary, result),
        **_costs(result, deployment),
        "stored_bytes": _stored_bytes(run, deployment, policy),
        **_times(run, policy, meter),
    }
    return {name: float(value) for name, value in known.items() if value is not None}


def _of_summary(summary: PolicySummary, result: ReplayResult) -> dict[str, float | None]:
    def percent(share: float | None) -> float | None:
        return None if share is None else 100 * share

    return {
        "accuracy_percent": summary.accuracy_percent,
        "latency_mean_ms": summary.latency_mean_ms,
        "latency_p50_ms": summary.latency_p50_ms,
        "latency_p90_ms": summary.latency_p90_ms,
        "latency_p99_ms": summary.latency_p99_ms,
        "energy_per_inference_mj": summary.energy_per_inference_mj,
        "energy_run_j": summary.energy_j,
        "violation_percent": percent(summary.violation_share),
        "over_latency_percent": percent(summary.over_latency_share),
        "over_storage_percent": percent(summary.over_storage_share),
        "over_accuracy_percent": percent(summary.over_accuracy_share),
        # In open loop the battery follows the trace whatever the policy does.
        "battery_end_percent": (
            summary.battery_end_percent if result.settings.loop == "closed" else None
        ),
        "decisions": summary.decisions,
        "switches": summary.switches,
        "gap_mean_percent": percent(summary.gap_mean),
        "gap_max_percent": percent(summary.gap_max),
    }


def _costs(result: ReplayResult, deployment: Deployment) -> dict[str, float]:
    """C, Sp, Sa and their ratios, means over inferences."""
    run, problem = result.runs[0], deployment.problem
    weights = result.inferences if result.inferences.sum() > 0 else np.ones(len(result.t_s))
    shares = np.bincount(run.configuration_id, weights, len(run.configurations))
    shares = shares / shares.sum()
    metrics = np.array([problem.metrics_of(chosen) for chosen in run.configurations]).T
    macs, param, activation = metrics[MACS], metrics[PARAM], metrics[STORAGE] - metrics[PARAM]

    def mean(values: FloatArray) -> float:
        return float(shares @ values)

    return {
        "macs": mean(macs),
        "param_bytes": mean(param),
        "activation_bytes": mean(activation),
        "macs_per_param_byte": mean(macs / param),
        "macs_per_activation_byte": mean(macs / activation),
        "intensity": mean(
            arithmetic_intensity(macs, param, activation, result.settings.objective.mu)
        ),
    }


def _stored_bytes(run: PolicyRun, deployment: Deployment, policy: Policy) -> float | None:
    """The whole ensemble for a policy that switches, one configuration's weights for another."""
    if not policy.adapts:
        return float(deployment.problem.metrics_of(run.configurations[0])[PARAM])
    path = deployment.network.weights_path
    return float(path.stat().st_size) if path.is_file() else None


def _times(run: PolicyRun, policy: Policy, meter: EvolutionMeter) -> dict[str, float | None]:
    """Search and weight evolution, timed on the computer that computes the cell."""
    if not policy.adapts:
        return {}
    times: dict[str, float | None] = {
        "search_p50_ms": float(np.percentile(run.search_ms, 50)),
        "search_p99_ms": float(np.percentile(run.search_ms, 99)),
    }
    changed = [i for i, d in enumerate(run.decisions) if d.switched or d.before is None]
    evolved = [meter.evolve_ms(run.decisions[i].chosen.configuration) for i in changed]
    taken = np.array([time_ms for time_ms in evolved if time_ms is not None])
    if len(taken) == len(evolved):
        whole = run.search_ms[changed] + taken
        times |= {
            "evolution_p50_ms": float(np.percentile(taken, 50)),
            "evolution_max_ms": float(taken.max()),
            "runtime_p50_ms": float(np.percentile(whole, 50)),
            "runtime_max_ms": float(whole.max()),
        }
    return times
