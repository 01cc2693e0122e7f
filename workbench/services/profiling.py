"""Measuring this computer and writing its device profile."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from workbench.core.errors import InputFileError, SettingsError
from workbench.core.provenance import Provenance
from workbench.devices.profile import (
    Cluster,
    DeviceProfile,
    Memory,
    PowerModel,
)
from workbench.devices.profile_file import load_profile
from workbench.jobs import Job, JobContext, run_in_process
from workbench.profiling.energy.summary import EnergySummary
from workbench.profiling.local import LocalMeasurement, measure_here
from workbench.profiling.samples import LatencyStatistics, statistics
from workbench.profiling.sustained import SustainedReport
from workbench.services.catalogue import find_network
from workbench.services.device_profiles import LOCAL_ID, SUFFIX
from workbench.services.measured_samples import finish_measurement
from workbench.services.profile_fitting import (
    calibration,
    fit_measurement,
    kept_samples,
    latency_model,
    other_calibrations,
    rounded,
)
from workbench.services.profile_merging import adding_plan, with_earlier
from workbench.services.projects import document_path, open_project, project_in_use
from workbench.space.description import Network, read_network
from workbench.storage import Project

FALLBACK_L2_KIB = 1024.0
FALLBACK_MHZ = 2000.0
CLUSTER = "cpu"
"""Name of this computer's one cluster."""


@dataclass(frozen=True, slots=True)
class ProfilingSummary:
    """What a session of measuring came to.

    Attributes:
        path: the profile: a file that was asked for, or where it is laid out from the project.
        project, run: where every raw sample is kept.
        relative_error: median relative error on held-out configurations.
        within_5_percent, within_10_percent: share of those predicted that closely.
        term_error: median error of the term model on the same configurations, for comparison.
        backbone: measured latency of the whole network.
        trust: ``trusted``, or what speaks against the measurement.
        power: how power was measured, or why it was not.
        device: what was measured.
        provenance: ``measured``, or ``simulated`` for a virtual phone.
        bandwidth_provenance: where the memory bandwidth comes from.
        energy: what a phone's sensor told of energy; None where it was not asked.
        sustained: what half an hour of work did; None with other plans.
    """

    path: Path
    project: Path
    run: int
    fitted_configurations: int
    held_out_configurations: int
    runs: int
    relative_error: float
    within_5_percent: float
    within_10_percent: float
    term_error: float
    backbone: LatencyStatistics
    bandwidth_gb_per_s: float
    trust: str
    power: str
    device: str = "This computer"
    provenance: str = Provenance.MEASURED.value
    bandwidth_provenance: str = Provenance.MEASURED.value
    energy: EnergySummary | None = None
    sustained: SustainedReport | None = None


def start_local_profiling(
    network: str | Path,
    plan: str = "quick",
    out: str | Path | None = None,
    seed: int = 0,
    configurations: int | None = None,
    chosen: Sequence[str] = (),
) -> Job:
    """Measure a network on this computer in a worker process and write the device profile.

    The job's result is a `ProfilingSummary`. Cancelled or failed, it leaves no profile but keeps
    what was measured in the project in use: the same call goes on from there. What it measures
    comes as `Partial` events with the records of `workbench.profiling.live`.

    Args:
        network: id of a network, or its folder.
        plan: ``quick``, ``standard``, ``mlperf`` or ``sustained``.
        out: the TOML file to write; left out, the profile goes into the project in use.
        configurations: how many to measure, for the fit and held out together; the plan's where
            left out.
        chosen: a hand-made list that is measured in any case; see `adding_plan`.

    Raises:
        SettingsError: when there is no such network or plan, the file's name does not suit, or so
            many configurations do not suit the network.
        InputFileError: when the network cannot be used, the folder cannot be written, or the file
            that is there is no device profile.
    """
    found = find_network(network)
    folder = found.folder
    path = output_path(out)
    adding_plan(found, plan, configurations, chosen, path)
    arguments = {
        "folder": str(folder), "plan": plan, "path": str(path), "seed": seed,
        "configurations": configurations, "chosen": list(chosen),
        "project": str(project_in_use()),
    }  # fmt: skip
    return run_in_process(
        "workbench.services.profiling:profile_here", arguments, name=f"profile {folder.name} here"
    )


def profile_here(
    context: JobContext,
    folder: str,
    plan: str,
    path: str,
    seed: int,
    configurations: int | None = None,
    chosen: Sequence[str] = (),
    project: str | None = None,
) -> ProfilingSummary:
    """Measure, fit and write; the worker's entry point.

    Raises:
        JobCancelled: when the job was asked to stop; what was measured is kept.
        InputFileError: when the network cannot be used or the profile cannot be written.
        WorkbenchError: when the engine refuses the network.
    """
    network = read_network(folder)
    wanted, earlier = adding_plan(network, plan, configurations, chosen, Path(path))
    with open_project(project) as opened:
        measurement = measure_here(context, network, wanted, seed, opened, Path(path).stem)
        if earlier is not None:
            measurement = with_earlier(measurement, earlier)
        context.progress(1.0, "fitting the latency table")
        return write_measurement(opened, network, measurement, Path(path), context.check_cancelled)


def write_measurement(
    project: Project,
    network: Network,
    measurement: LocalMeasurement,
    path: Path,
    before_writing: Callable[[], None] = lambda: None,
) -> ProfilingSummary:
    """Fit a measurement's table, write the profile and finish the run.

    Args:
        project: has every sample.
        before_writing: the last chance to break off.

    Raises:
        InputFileError: when the folder or the project cannot be written.
    """
    clock_mhz, soc = _clock_mhz(), measurement.computer.cpu_model[:200]
    fitted = fit_measurement(network, measurement.design, measurement.medians_ms(), clock_mhz)
    mine = calibration(fitted, Provenance.CALIBRATED, _story(measurement))
    profile = DeviceProfile(
        id=profile_id_of(path),
        title="This computer",
        soc=soc,
        clusters=(_cluster(measurement, clock_mhz),),
        memory=Memory(
            bandwidth_bytes_per_s=rounded(measurement.bandwidth_bytes_per_s),
            provenance=Provenance.MEASURED,
            story=f"one thread copying a large array, read plus written; {_when(measurement)}",
        ),
        latency=latency_model(
            fitted, CLUSTER, 1, Provenance.ESTIMATED,
            f"eight terms fitted to {len(measurement.design.fit)} configurations of {network.name}"
            f" measured here, for networks that were not; {_when(measurement)}",
        ),
        power=_power(measurement),
        calibrations=(
            *other_calibrations(path, soc, network, CLUSTER, 1),
            mine,
        ),
        notes=(
            f"Measurement {measurement.trust.mark}.",
            f"Power: {measurement.power_story}.",
            *_sustained(measurement),
        ),
    )  # fmt: skip
    before_writing()
    kept = kept_samples(network, measurement)
    finish_measurement(project, measurement.run, profile, path, mine, kept)
    return ProfilingSummary(
        path=path,
        project=project.path,
        run=measurement.run,
        fitted_configurations=len(measurement.design.fit),
        held_out_configurations=len(measurement.design.held_out),
        runs=sum(len(sample.all_ms) for sample in measurement.samples),
        relative_error=fitted.held_out.median,
        within_5_percent=fitted.held_out.within(0.05),
        within_10_percent=fitted.held_out.within(0.10),
        term_error=fitted.terms_held_out.median,
        backbone=statistics(measurement.samples[0]),
        bandwidth_gb_per_s=measurement.bandwidth_bytes_per_s / 1e9,
        trust=measurement.trust.mark,
        power=measurement.power_story,
        sustained=measurement.sustained,
    )


def _story(measurement: LocalMeasurement) -> str:
    return (
        f"measured on {measurement.computer.summary()} with {measurement.engine}:"
        f" {measurement.plan.rules.describe()}; {_when(measurement)}; {measurement.trust.mark}"
        f"{resumed_text(measurement.resumed_blocks)}"
    )


def resumed_text(blocks: int) -> str:
    """What a story adds where an earlier session had measured so many blocks."""
    return f"; {blocks} blocks from an earlier session" if blocks else ""


def _cluster(measurement: LocalMeasurement, clock_mhz: float) -> Cluster:
    computer = measurement.computer
    l2_kib = computer.l2_kib
    known = "as the system states them"
    missing = f"{known}, the L2 cache assumed at {FALLBACK_L2_KIB:.0f} KiB"
    return Cluster(
        name=CLUSTER,
        core_type=computer.cpu_model[:200],
        cores=computer.physical_cores or computer.logical_cpus,
        max_mhz=clock_mhz,
        l2_kib=float(l2_kib or FALLBACK_L2_KIB),
        provenance=Provenance.MEASURED if l2_kib else Provenance.ESTIMATED,
        story=f"cores, clock and cache {known if l2_kib else missing}",
    )


def _sustained(measurement: LocalMeasurement) -> tuple[str, ...]:
    report = measurement.sustained
    return () if report is None else (f"Sustained: {report.text()}.",)


def _power(measurement: LocalMeasurement) -> PowerModel | None:
    if measurement.power is None:
        return None
    return PowerModel(
        frequency_ratio=(1.0,),
        active_mw=(rounded(measurement.power.active_mw),),
        provenance=Provenance.MEASURED,
        story=f"{measurement.power_story}; 95% interval {measurement.power.low_mw:.0f} to"
        f" {measurement.power.high_mw:.0f} mW; {_when(measurement)}",
    )


def _clock_mhz() -> float:
    # Virtual machines often state no maximum, and some systems no clock at all.
    frequency = psutil.cpu_freq()
    return float(frequency.max or frequency.current) if frequency else FALLBACK_MHZ


def _when(measurement: LocalMeasurement) -> str:
    return f"plan {measurement.plan.rules.name}, {measurement.measured_at}"


def output_path(out: str | Path | None, profile_id: str = LOCAL_ID) -> Path:
    """The file to write, checked before anything is measured.

    Args:
        profile_id: in the project in use, where `out` is left out.

    Raises:
        SettingsError: the file's name does not suit.
        InputFileError: the folder cannot be written, or the file there is no device profile.
    """
    if out is None:
        path = document_path("profile", profile_id)
        profile_id_of(path)
        return path
    path = Path(out)
    profile_id_of(path)
    # Minutes of measuring are too dear to find out at their end.
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputFileError(
            path,
            "cannot be written: its folder does not exist or is closed to you",
            "Make the folder first, or choose another.",
        )
    if path.is_file():
        load_profile(path)
    return path


def profile_id_of(path: Path) -> str:
    """Id of the profile in a file of this name. Raises: SettingsError."""
    if path.suffix != SUFFIX or not re.fullmatch(r"[a-z0-9][a-z0-9_]{0,63}", path.stem):
        raise SettingsError(
            f"{path.name!r} does not suit a device profile.",
            "Use lower-case letters, digits and underscores, and end in .toml.",
        )
    return path.stem
