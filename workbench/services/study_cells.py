"""Computing one cell of a study: replays of one policy, and what they come to. Torch-free.

`compute_cell` is what an executor calls, in this process, in a worker process or on another
computer; it reads its inputs itself and checks that they are those of the plan.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.context.generated import generated_trace
from workbench.context.records import Trace
from workbench.context.sample_day import SAMPLE_DAY
from workbench.context.scenario import synthesise
from workbench.core.errors import WorkbenchError
from workbench.devices.computer import describe_computer
from workbench.replay.records import PolicyRun, PolicySummary, ReplayResult, ReplaySettings
from workbench.search.policies import Policy, make_policy
from workbench.search.problem import MACS, PARAM, STORAGE
from workbench.services.catalogue import find_network, find_trace
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.evolving import EvolutionMeter
from workbench.services.input_records import network_record, profile_record, trace_record
from workbench.services.replaying import default_settings
from workbench.services.study_executors import check_stopped
from workbench.services.study_records import (
    CASE_STUDY,
    CellResult,
    CellWork,
    EfficiencyChoice,
    RunFigures,
    fingerprint_of,
)
from workbench.space.tables import FloatArray, arithmetic_intensity

_BUDGET_RANGE = (0.6, 1.6)
"""Latency budgets of generated contexts, in default budgets: from tight to generous."""


class InputsChanged(WorkbenchError):
    """A worker would read other files than the study was planned with."""


@dataclass(frozen=True)
class CellInputs:
    """What the cells of a task and a platform share; kept by a worker between cells."""

    deployment: Deployment
    day: Trace | None
    files_sha256: Mapping[str, str]


def compute_cell(work: CellWork) -> CellResult:
    """Run all of a cell's replays.

    Raises:
        SettingsError, InputFileError: when an input cannot be used, or the policy cannot serve it.
        InputsChanged: when a file is not the one that the study was planned with.
    """
    started = time.perf_counter()
    inputs = cell_inputs(work.network, work.profile, work.trace)
    for role, digest in work.files_sha256.items():
        if inputs.files_sha256.get(role) != digest:
            raise InputsChanged(
                f"The {role} of {work.key.text} is not the one that the study was planned with.",
                "Run the study again with files that stay as they are; workers on other computers"
                " need the same files.",
            )
    policy = make_policy(work.key.policy, inputs.deployment.problem)
    meter = EvolutionMeter(inputs.deployment.network)
    runs = tuple(
        RunFigures(run, _figures(_replay(work, inputs, policy, run), inputs, policy, meter))
        for run in work.runs
    )
    return CellResult(
        key=work.key,
        fingerprint=work.fingerprint,
        runs=runs,
        note=work.note,
        computer=_computer(),
        took_s=round(time.perf_counter() - started, 3),
    )


@functools.lru_cache(maxsize=16)
def cell_inputs(network: str, profile: str, trace: str) -> CellInputs:
    """Read and prepare the inputs of cells; an empty `trace` leaves the day out.

    Raises:
        SettingsError, InputFileError: when one cannot be found or used.
    """
    deployment = deploy(find_network(network), find_profile(profile))
    day = find_trace(trace) if trace else None
    records = [
        network_record(network, deployment.network),
        profile_record(profile, deployment.profile),
    ]
    if day is not None:
        records.append(trace_record(trace, day))
    hashes = {record.role: fingerprint_of(files=dict(record.sha256)) for record in records}
    return CellInputs(deployment, day, hashes)


@functools.lru_cache(maxsize=1)
def _computer() -> str:
    computer = describe_computer()
    return f"{computer.cpu_model} ({computer.logical_cpus} processors)"


def study_settings(
    deployment: Deployment, efficiency: EfficiencyChoice, seed: int
) -> ReplaySettings:
    """Settings of the case study's replays: the deployment's defaults but for these."""
    settings = replace(default_settings(deployment), seed=seed)
    if efficiency != "auto":
        settings = replace(settings, objective=replace(settings.objective, efficiency=efficiency))
    return settings


def is_sample_day(trace: Trace) -> bool:
    """Whether a trace is the synthetic sample day, of which other days like it can be made."""
    made = trace.info
    return made.origin == "synthetic" and (made.title, made.start, made.device) == (
        SAMPLE_DAY.title,
        SAMPLE_DAY.start,
        SAMPLE_DAY.device,
    )


# -- one run ---------------------------------------------------------------------------------------


def _replay(work: CellWork, inputs: CellInputs, policy: Policy, run: int) -> ReplayResult:
    deployment = inputs.deployment
    settings = study_settings(deployment, work.efficiency, work.seed + run)
    if not deployment.problem.enumerable and run > 0:
        # On a large space the optimum of each decision takes far longer than the replay.
        settings = replace(settings, with_gap=False)
    if work.key.scenario == CASE_STUDY:
        assert inputs.day is not None
        trace = _day(inputs.day, work.seed, run)
    else:
        trace = _generated(work, deployment, run)
        share = np.random.default_rng([work.seed, run, 1]).uniform(*_BUDGET_RANGE)
        budget = float(f"{settings.default_budget_ms * share:.3g}")
        settings = replace(settings, latency_budget_ms=budget)
    return deployment.engine.run(trace, [policy], settings, check_stopped)


@functools.lru_cache(maxsize=64)
def _day(day: Trace, seed: int, run: int) -> Trace:
    """The day itself first; then the same scenario with other noise where it is the sample day."""
    if run == 0 or not is_sample_day(day):
        return day
    return synthesise(SAMPLE_DAY, np.random.default_rng([seed, run]), f"seed {seed}, {run}")


def _generated(work: CellWork, deployment: Deployment, run: int) -> Trace:
    cache_kib = float(round(deployment.profile.cache_bytes / 1024))
    return _cached_trace(work.seed, run, cache_kib, deployment.profile.title)


_cached_trace = functools.lru_cache(maxsize=256)(generated_trace)


def _figures(
    result: ReplayResult, inputs: CellInputs, policy: Policy, meter: EvolutionMeter
) -> dict[str, float]:
    """Every `Measure` of one run that is known."""
    summary, run = result.summaries[0], result.runs[0]
    known = {
        **_of_summary(summary, result),
        **_costs(result, inputs.deployment),
        "stored_bytes": _stored_bytes(run, inputs.deployment, policy),
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
