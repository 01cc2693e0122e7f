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
from workbench.core.errors import WorkbenchError
from workbench.devices.computer import describe_computer
from workbench.replay.records import ReplayResult, ReplaySettings
from workbench.search.policies import Policy, make_policy
from workbench.services.catalogue import find_network, find_trace
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.evolving import EvolutionMeter
from workbench.services.input_records import network_record, profile_record, trace_record
from workbench.services.repeats import day_of_run, run_figures
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
        RunFigures(
            run, run_figures(_replay(work, inputs, policy, run), inputs.deployment, policy, meter)
        )
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


# -- one run ---------------------------------------------------------------------------------------


def _replay(work: CellWork, inputs: CellInputs, policy: Policy, run: int) -> ReplayResult:
    deployment = inputs.deployment
    settings = study_settings(deployment, work.efficiency, work.seed + run)
    if not deployment.problem.enumerable and run > 0:
        # On a large space the optimum of each decision takes far longer than the replay.
        settings = replace(settings, with_gap=False)
    if work.key.scenario == CASE_STUDY:
        assert inputs.day is not None
        trace = day_of_run(inputs.day, work.seed, run)
    else:
        trace = _generated(work, deployment, run)
        share = np.random.default_rng([work.seed, run, 1]).uniform(*_BUDGET_RANGE)
        budget = float(f"{settings.default_budget_ms * share:.3g}")
        settings = replace(settings, latency_budget_ms=budget)
    return deployment.engine.run(trace, [policy], settings, check_stopped)


def _generated(work: CellWork, deployment: Deployment, run: int) -> Trace:
    cache_kib = float(round(deployment.profile.cache_bytes / 1024))
    return _cached_trace(work.seed, run, cache_kib, deployment.profile.title)


_cached_trace = functools.lru_cache(maxsize=256)(generated_trace)
