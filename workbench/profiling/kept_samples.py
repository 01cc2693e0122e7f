"""The raw samples that a fitted table came from, as they are found again in the project."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from workbench.core.provenance import Provenance
from workbench.devices.profile import Calibration
from workbench.profiling.latency_blocks import LatencyBlock, read_block, samples_of
from workbench.profiling.samples import LatencySamples
from workbench.space.design_space import ConfigArray
from workbench.storage import Project, ProjectError, Run


@dataclass(frozen=True, slots=True, eq=False)
class KeptSamples:
    """Every timed inference of one measurement.

    Attributes:
        space_sha256: signature of the design space that was measured.
        plan: name of the run rules.
        min_runs: runs that the rules ask of each configuration.
        measured_at: UTC, ISO 8601, to the minute.
        trust_reasons: what speaks against the measurement as a whole.
        configurations: (n, decisions), those of the fit first.
        fitted: how many of them the table was fitted to.
        samples: of each configuration.
        provenance: measured, or simulated by a virtual phone.
    """

    space_sha256: str
    plan: str
    min_runs: int
    measured_at: str
    trust_reasons: tuple[str, ...]
    configurations: ConfigArray
    fitted: int
    samples: tuple[LatencySamples, ...]
    provenance: Provenance = Provenance.MEASURED


class _Result(msgspec.Struct, frozen=True):
    """What a finished run says of the table that was fitted.

    Attributes:
        table_sha256: names the table.
        samples: (run, position) of each configuration's samples: a table may be fitted to several
            runs.
    """

    table_sha256: str
    plan: str
    min_runs: int
    measured_at: str
    trust_reasons: tuple[str, ...]
    configurations: tuple[tuple[int, ...], ...]
    fitted: int
    samples: tuple[tuple[int, int], ...]
    provenance: Provenance


def table_sha256(calibration: Calibration) -> str:
    """What tells a fitted table from every other, wherever its profile's file lies."""
    parts = (calibration.space_sha256, calibration.latency_ms, calibration.measured)
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def result_of(kept: KeptSamples, calibration: Calibration) -> Mapping[str, Any]:
    """What a run is finished with, so that `find_samples` finds it again.

    Raises:
        ValueError: samples that stand in no run are among them.
    """
    origins = [sample.origin for sample in kept.samples]
    if None in origins:
        raise ValueError("samples that are not in the project")
    found: Mapping[str, Any] = msgspec.to_builtins(
        _Result(
            table_sha256=table_sha256(calibration),
            plan=kept.plan,
            min_runs=kept.min_runs,
            measured_at=kept.measured_at,
            trust_reasons=kept.trust_reasons,
            configurations=tuple(tuple(map(int, row)) for row in kept.configurations),
            fitted=kept.fitted,
            samples=tuple(origin for origin in origins if origin is not None),
            provenance=kept.provenance,
        )
    )
    return found


def find_samples(project: Project, calibration: Calibration) -> tuple[Run, KeptSamples] | None:
    """The run that a table was fitted to and all its samples; None where the project lacks it.

    Raises:
        ProjectError: they are there but cannot be read.
    """
    wanted = table_sha256(calibration)
    for run in project.runs.list(kind="latency"):
        if run.result.get("table_sha256") == wanted:
            return run, samples_of_run(project, run)
    return None


def samples_of_run(project: Project, run: Run) -> KeptSamples:
    """All samples that the table of a finished run was fitted to.

    Raises:
        ProjectError: they cannot be read.
    """
    try:
        result = msgspec.convert(run.result, _Result)
    except msgspec.ValidationError as error:
        raise _unfit(project, run, str(error)) from error
    network = run.plan.network
    by_origin: dict[tuple[int, int], list[LatencyBlock]] = {origin: [] for origin in result.samples}
    for run_id in {run_id for run_id, _ in result.samples}:
        for stored in project.runs.blocks(run_id):
            if (run_id, stored.position) in by_origin:
                by_origin[run_id, stored.position].append(read_block(stored, project.path))
    configurations = np.array(result.configurations, dtype=np.uint8)
    counts = {len(blocks) for blocks in by_origin.values()}
    if (
        network is None
        or configurations.ndim != 2
        or len(configurations) != len(result.samples)
        or not 0 < result.fitted < len(configurations)
        or len(counts) != 1
        or counts == {0}
    ):
        raise _unfit(project, run, f"blocks a configuration: {sorted(counts)}")
    samples = []
    for origin in result.samples:
        plain = samples_of(sorted(by_origin[origin], key=lambda block: block.round))
        samples.append(LatencySamples(plain.first_ms, plain.blocks, plain.cpu_share, origin))
    return KeptSamples(
        space_sha256=network.space_sha256,
        plan=result.plan,
        min_runs=result.min_runs,
        measured_at=result.measured_at,
        trust_reasons=result.trust_reasons,
        configurations=configurations,
        fitted=result.fitted,
        samples=tuple(samples),
        provenance=result.provenance,
    )


def _unfit(project: Project, run: Run, detail: str) -> ProjectError:
    return ProjectError(
        project.path,
        f"holds run {run.id}, of which not all samples can be read",
        "Restore a copy of the project, or measure again.",
        detail=detail,
    )
