"""What a measurement came to: predicted against measured, the fitted table, and the raw runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError, SettingsError
from workbench.core.files import atomic_write
from workbench.devices.profile import Calibration, DeviceProfile, calibration_of, space_signature
from workbench.devices.profile_file import load_profile
from workbench.jobs import JobContext
from workbench.profiling.kept_samples import KeptSamples, samples_of_run
from workbench.profiling.live import RunMeasured
from workbench.profiling.run_rules import PLANS, RunRules
from workbench.profiling.samples import LatencyStatistics, Trust, judge, statistics
from workbench.services.catalogue import find_network
from workbench.services.device_profiles import profile_path
from workbench.services.measured_energies import MeasuredEnergies, measured_energies
from workbench.services.measured_samples import measured_samples
from workbench.services.projects import open_project
from workbench.space.description import Network
from workbench.space.tables import FloatArray

CSV_COLUMNS = ("configuration", "operators", "set", "round", "run", "latency_ms", "provenance")
_CSV_CHUNK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredRuns:
    """Every configuration that was measured, beside what the fitted table says of it.

    Attributes:
        configurations: (n, decisions), those of the fit first.
        fitted: how many of them the table was fitted to.
        measured_ms, predicted_ms: (n,) median latency, and the table's.
        runs: figures of each configuration.
        backbone: statistics of the whole network.
        trust: of the measurement as a whole.
        plan, measured_at: run rules, and UTC to the minute.
        run: of the project, with the raw samples.
    """

    configurations: npt.NDArray[np.uint8]
    fitted: int
    measured_ms: FloatArray
    predicted_ms: FloatArray
    runs: tuple[RunMeasured, ...]
    backbone: LatencyStatistics
    trust: Trust
    plan: str
    measured_at: str
    run: int

    @property
    def errors(self) -> FloatArray:
        """(n,) signed relative errors of the prediction."""
        return self.predicted_ms / self.measured_ms - 1

    @property
    def held_out_errors(self) -> FloatArray:
        """(m,) those of the configurations that the table was not fitted to."""
        return self.errors[self.fitted :]


@dataclass(frozen=True, slots=True, eq=False)
class ProfilingResult:
    """A calibrated device profile, as far as it concerns one network.

    Attributes:
        calibration: the fitted table with its held-out error.
        runs: None where the raw runs were not kept.
        runs_missing: why they were not; empty when they were.
        energy: what was measured of a few of them; None where nothing was.
    """

    network: Network
    profile: DeviceProfile
    path: Path
    calibration: Calibration
    runs: MeasuredRuns | None
    runs_missing: str
    energy: MeasuredEnergies | None = None


def open_result(
    context: JobContext, network: str | Path, profile: str | Path
) -> ProfilingResult | None:
    """What was measured of a network on a device; None where nothing was.

    Raises:
        SettingsError: when there is no such network.
        InputFileError: when the network or the profile cannot be read.
    """
    try:
        path = profile_path(profile)
    except SettingsError:
        return None
    if not path.is_file():
        return None
    found, loaded = find_network(network), load_profile(path)
    calibration = calibration_of(loaded, found.space)
    if calibration is None:
        return None
    context.check_cancelled()
    runs, missing = _kept_runs(found, calibration)
    return ProfilingResult(
        found, loaded, path, calibration, runs, missing, measured_energies(calibration)
    )


def export_samples_csv(context: JobContext, run: int, network: str | Path, out: Path) -> int:
    """Write every raw sample of a table as a row (`CSV_COLUMNS`); returns the number of rows.

    Args:
        run: of the project in use, finished.

    Raises:
        InputFileError: when the samples cannot be read, are of another network, or `out` cannot be
            written.
        SettingsError: there is no such run.
        JobCancelled: when the job was asked to stop; no file is written then.
    """
    with open_project() as project:
        kept = samples_of_run(project, project.runs.get(run))
        if kept.space_sha256 != space_signature(find_network(network).space):
            raise InputFileError(project.path, f"holds samples of another network in run {run}")
    space = find_network(network).space
    total = sum(len(sample.all_ms) for sample in kept.samples)
    done = 0
    with atomic_write(out) as stream:
        stream.write(",".join(CSV_COLUMNS) + "\n")
        for number, (configuration, sample) in enumerate(
            zip(kept.configurations, kept.samples, strict=True)
        ):
            group = "fit" if number < kept.fitted else "held out"
            for turn, block in enumerate(sample.blocks, start=1):
                head = f"{number},{space.text(configuration)},{group},{turn},"
                for start in range(0, len(block), _CSV_CHUNK):
                    context.check_cancelled()
                    part = block[start : start + _CSV_CHUNK]
                    stream.writelines(
                        f"{head}{run_number},{value:.7g},{kept.provenance}\n"
                        for run_number, value in enumerate(part.tolist(), start=start + 1)
                    )
                    done += len(part)
                    context.progress(done / total, f"{done:,} of {total:,} samples")
    return total


def _kept_runs(network: Network, calibration: Calibration) -> tuple[MeasuredRuns | None, str]:
    """The raw runs of a table, or why there are none."""
    try:
        found = measured_samples(calibration)
    except InputFileError as error:
        return None, f"{error.message}. {error.hint}".strip()
    if found is None:
        return None, "The raw runs are not in this project."
    run, kept = found
    decisions = network.space.decisions
    sizes = np.array(network.space.sizes)
    if kept.configurations.shape[1] != decisions or (kept.configurations >= sizes).any():
        return None, "The raw runs of this table do not fit its network."
    return _measured(run.id, kept, calibration), ""


def _measured(run: int, kept: KeptSamples, calibration: Calibration) -> MeasuredRuns:
    rounds = len(kept.samples[0].blocks)
    rules = RunRules(kept.plan, 0.0, rounds, mirrored=False, min_runs=kept.min_runs)
    overall = judge(kept.samples, rules)
    return MeasuredRuns(
        configurations=kept.configurations,
        fitted=kept.fitted,
        measured_ms=np.array([float(np.median(sample.all_ms)) for sample in kept.samples]),
        predicted_ms=calibration.tables().totals(kept.configurations)[:, 0],
        runs=tuple(
            RunMeasured.of(position, sample, rounds, judge([sample], rules).reasons)
            for position, sample in enumerate(kept.samples)
        ),
        backbone=statistics(kept.samples[0]),
        # What was said at the time counts: it knew of the frequency cap as well.
        trust=replace(overall, reasons=kept.trust_reasons, enforced=_enforced(kept.plan)),
        plan=kept.plan,
        measured_at=kept.measured_at,
        run=run,
    )


def _enforced(plan: str) -> bool:
    return plan in PLANS and PLANS[plan].rules.enforced
