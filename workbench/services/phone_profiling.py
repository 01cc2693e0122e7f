"""Measuring a phone and writing its device profile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance
from workbench.devices.adb.describe import PhoneDescription, describe_phone
from workbench.devices.device import Device
from workbench.devices.errors import DeviceError
from workbench.devices.power.vendor_profile import (
    FoundVendorPower,
    VendorPower,
    find_vendor_power,
)
from workbench.devices.profile import Calibration, DeviceProfile, PowerModel, calibration_of
from workbench.devices.profile_file import load_profile
from workbench.jobs import Job, JobContext, run_in_process
from workbench.profiling.energy.errors import EnergyError
from workbench.profiling.kept_samples import KeptSamples
from workbench.profiling.phone import PhoneMeasurement, PhoneSettings, measure_phone
from workbench.profiling.phone_conditions import CORES, MeasuredRange
from workbench.profiling.phone_link import PATIENCE_S
from workbench.profiling.run_rules import Plan
from workbench.profiling.samples import statistics
from workbench.services.catalogue import find_network
from workbench.services.devices import open_device
from workbench.services.measured_samples import finish_measurement
from workbench.services.phone_energy import (
    MeasuredEnergy,
    energy_result,
    measure_energy_of,
    parts_of,
    power_model,
    ready_for_energy,
    reason_of,
)
from workbench.services.phone_parts import PhoneParts, phone_parts
from workbench.services.profile_fitting import (
    FittedMeasurement,
    calibration,
    fit_measurement,
    kept_samples,
    latency_model,
    other_calibrations,
)
from workbench.services.profile_merging import adding_plan, plan_of, with_earlier
from workbench.services.profiling import (
    ProfilingSummary,
    output_path,
    profile_id_of,
    resumed_text,
)
from workbench.services.projects import open_project, project_in_use
from workbench.space.description import Network, read_network
from workbench.storage import Project

MAX_THREADS = 64
SIMULATED = "Simulated"
LATENCY_ONLY = "latency only"

__all__ = [
    "CORES",
    "PhoneSettings",
    "measure_and_write",
    "phone_profile_id",
    "start_phone_profiling",
]


def start_phone_profiling(
    device: str,
    network: str | Path,
    plan: str = "quick",
    out: str | Path | None = None,
    configurations: int | None = None,
    settings: PhoneSettings | None = None,
    chosen: Sequence[str] = (),
    *,
    energy: bool = False,
) -> Job:
    """Measure a network on a phone in a worker process and write the device profile.

    The job's result is a `ProfilingSummary`, and what it measures comes as `Partial` events, as
    with `start_local_profiling`. Cancelled or failed, it leaves no profile but keeps what was
    measured: the same call goes on from there.

    Args:
        device: serial number or HOST:PORT.
        out: the TOML file to write; left out, the profile goes into the project in use, named
            after the phone.
        chosen: a hand-made list that is measured in any case; see `adding_plan`.

    Raises: as `start_local_profiling`.
    """
    settings = PhoneSettings() if settings is None else settings
    if settings.cores not in CORES:
        raise SettingsError(
            f"There are no cores {settings.cores!r}.", f"Known: {', '.join(CORES)}."
        )
    if not 1 <= settings.threads <= MAX_THREADS:
        raise SettingsError(f"{settings.threads} threads do not suit.", f"Take 1 to {MAX_THREADS}.")
    found = find_network(network)
    plan_of(found, plan, configurations, chosen)
    path = None if out is None else str(output_path(out))
    arguments = {
        "device": device, "folder": str(found.folder), "plan": plan, "out": path,
        "configurations": configurations, "seed": settings.seed, "threads": settings.threads,
        "cores": settings.cores, "chosen": list(chosen), "project": str(project_in_use()),
        "energy": energy,
    }  # fmt: skip
    return run_in_process(
        "workbench.services.phone_profiling:profile_phone",
        arguments,
        name=f"profile {found.folder.name} on {device}",
    )


def profile_phone(
    context: JobContext,
    device: str,
    folder: str,
    plan: str,
    out: str | None,
    configurations: int | None,
    seed: int,
    threads: int,
    cores: str,
    chosen: Sequence[str] = (),
    project: str | None = None,
    energy: bool = False,
) -> ProfilingSummary:
    """Measure, fit and write; the worker's entry point.

    Raises: as `measure_and_write`.
    """
    network = read_network(folder)

    def connect() -> Device:
        return open_device(device, on_waiting=lambda what: context.progress(None, what))

    settings, path, earlier = PhoneSettings(seed, threads, cores), None, None
    wanted = plan_of(network, plan, configurations, chosen)
    if out is not None:
        path = Path(out)
    if chosen:
        # What it is added to has to be known before it is planned, and that depends on the phone.
        path = path or _profile_path(connect, settings)
        wanted, earlier = adding_plan(network, plan, configurations, chosen, path)
    with open_project(project) as opened:
        return measure_and_write(
            context, connect, network, wanted, settings, path, opened, earlier=earlier,
            energy=energy,
        )  # fmt: skip


def _profile_path(connect: Callable[[], Device], settings: PhoneSettings) -> Path:
    """Where a phone's profile goes in the project in use."""
    device = connect()
    try:
        return output_path(None, phone_profile_id(describe_phone(device), settings))
    finally:
        device.close()


def measure_and_write(
    context: JobContext,
    connect: Callable[[], Device],
    network: Network,
    plan: Plan,
    settings: PhoneSettings,
    out: Path | None,
    project: Project,
    patience_s: float = PATIENCE_S,
    earlier: KeptSamples | None = None,
    *,
    energy: bool = False,
) -> ProfilingSummary:
    """Measure on the phone that `connect` connects, fit, and write the profile.

    Args:
        earlier: what the new figures are added to.
        energy: measure that of a few configurations as well, with the phone's own sensor.

    Raises:
        JobCancelled: the job was asked to stop; runs that were measured are kept.
        DeviceError: the phone cannot be reached or does not run the agent.
        EnergyError: energy was asked for and cannot be measured now; before anything is measured.
        WorkbenchError: the network or the files cannot be used.
    """
    sensor = ready_for_energy(context, connect, project) if energy else None
    first, second = parts_of(context, energy=energy)
    paths: list[Path] = []

    def profile_of(phone: PhoneDescription) -> str:
        paths.append(output_path(out, phone_profile_id(phone, settings)))
        return paths[0].stem

    measurement = measure_phone(
        first, connect, network, plan, settings, project, profile_of, patience_s
    )
    if earlier is not None:
        measurement = with_earlier(measurement, earlier)
    context.progress(None, "fitting the latency table")
    vendor = _vendor_power(context, connect)
    parts = phone_parts(measurement.phone, measurement.agent, measurement.cluster, vendor)
    fitted = fit_measurement(
        network, measurement.design, measurement.medians_ms(), parts.clusters[0].max_mhz
    )
    found: MeasuredEnergy | None = None
    why = LATENCY_ONLY
    if sensor is not None:
        table = calibration(fitted, Provenance.CALIBRATED, "of these runs")
        try:
            found = measure_energy_of(
                second, connect, network, measurement, table, sensor, project, paths[0].stem,
                patience_s,
            )  # fmt: skip
        except EnergyError as error:
            why = reason_of(error)
            context.log(f"{error.message} {error.hint}".strip(), "warning")
    context.check_cancelled()
    return write_phone_measurement(project, fitted, measurement, parts, paths[0], found, why)


def _vendor_power(context: JobContext, connect: Callable[[], Device]) -> VendorPower | None:
    """The phone's own power profile; None where it has none or went away meanwhile."""
    try:
        device = connect()
        try:
            found = find_vendor_power(device)
        finally:
            device.close()
    except DeviceError as error:
        found = FoundVendorPower(None, error.message)
    if found.power is None:
        context.log(f"No power profile of the phone's own: {found.reason}.")
    return found.power


def write_phone_measurement(
    project: Project,
    fitted: FittedMeasurement,
    measurement: PhoneMeasurement,
    parts: PhoneParts,
    path: Path,
    energy: MeasuredEnergy | None,
    why_none: str,
) -> ProfilingSummary:
    """Write the profile and finish the runs.

    Args:
        why_none: why there is no energy, where there is none.

    Raises:
        InputFileError: when the folder or the project cannot be written.
    """
    network = fitted.network
    simulated = measurement.phone.simulated
    measured = Provenance.SIMULATED if simulated else Provenance.MEASURED
    power, power_text = _power(measurement, parts, energy, why_none)
    profile, mine = _profile(fitted, measurement, parts, path, power, power_text)
    kept = kept_samples(network, measurement, measured)
    finish_measurement(project, measurement.run, profile, path, mine, kept)
    if energy is not None:
        project.runs.finish(energy.measurement.run, energy_result(energy, mine))
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
        bandwidth_gb_per_s=parts.memory.bandwidth_bytes_per_s / 1e9,
        trust=measurement.trust.mark,
        power=power_text,
        energy=None if energy is None else energy.summary,
        sustained=measurement.sustained,
        device=_title(measurement.phone),
        provenance=measured.value,
        bandwidth_provenance=parts.memory.provenance.value,
    )


def _power(
    measurement: PhoneMeasurement, parts: PhoneParts, energy: MeasuredEnergy | None, why_none: str
) -> tuple[PowerModel | None, str]:
    """The profile's power, and a line on where it comes from."""
    if energy is not None:
        return power_model(energy, parts.power, measurement.measured_at), energy.summary.text()
    if parts.power is None:
        return None, f"not measured: {why_none}"
    return parts.power, f"estimated from {parts.power.story}; not measured: {why_none}"


def _profile(
    fitted: FittedMeasurement,
    measurement: PhoneMeasurement,
    parts: PhoneParts,
    path: Path,
    power: PowerModel | None,
    power_text: str,
) -> tuple[DeviceProfile, Calibration]:
    """The profile, and which of its tables is this measurement's."""
    phone, network, settings = measurement.phone, fitted.network, measurement.settings
    cluster = parts.clusters[0].name
    simulated = phone.simulated
    threads = f"{settings.threads} thread{'s' if settings.threads > 1 else ''}"
    where = f"{threads} on " + (
        "any cores" if measurement.cluster is None else f"the {cluster} cores"
    )
    model = latency_model(
        fitted, cluster, settings.threads,
        Provenance.SIMULATED if simulated else Provenance.ESTIMATED,
        f"eight terms fitted to {len(measurement.design.fit)} configurations of {network.name}"
        f" {'run' if simulated else 'measured'} on this phone, {where}, for networks that were not;"
        f" plan {measurement.plan.rules.name}, {measurement.measured_at}",
    )  # fmt: skip
    before = _range_before(path, network) if measurement.plan.chosen else None
    mine = calibration(
        fitted,
        Provenance.SIMULATED if simulated else Provenance.CALIBRATED,
        _story(measurement, where),
        measurement.range if before is None else measurement.range.widened(before),
    )
    others = other_calibrations(path, parts.soc, network, cluster, settings.threads)
    notes = [
        f"Measurement {measurement.trust.mark}.",
        *(f"Conditions {text}." for text in measurement.conditions),
        f"Power: {power_text}."[:4000],
    ]
    if measurement.sustained is not None:
        notes.insert(1, f"Sustained: {measurement.sustained.text()}.")
    if simulated:
        notes.insert(0, "SIMULATED: a virtual phone. Nothing here was measured on a phone.")
    if measurement.cluster is not None and measurement.cluster > 0:
        notes.append(f"The {cluster} cores stand first because the networks ran on them.")
    profile = DeviceProfile(
        id=profile_id_of(path),
        title=_title(phone),
        soc=parts.soc,
        clusters=parts.clusters,
        memory=parts.memory,
        latency=model,
        battery=parts.battery,
        power=power,
        calibrations=(*others, mine),
        notes=tuple(notes),
    )
    return profile, mine


def _range_before(path: Path, network: Network) -> MeasuredRange | None:
    """The range of the measurement that this one is added to."""
    known = calibration_of(load_profile(path), network.space) if path.is_file() else None
    return None if known is None else MeasuredRange(known.clock_ratio, known.temperature_c)


def _story(measurement: PhoneMeasurement, where: str) -> str:
    phone, agent, rules = measurement.phone, measurement.agent, measurement.plan.rules
    verb = "simulated by" if phone.simulated else "measured on"
    release = phone.properties.android_release
    android = f", Android {release}" if release else ""
    again = resumed_text(measurement.resumed_blocks)
    if measurement.reconnections:
        again += f"; connected anew {measurement.reconnections} times"
    return (
        f"{verb} {phone.title}{android} with the agent (ncnn {agent.ncnn}, {agent.abi}), {where}:"
        f" {rules.describe(measurement.settings.threads)}; plan {rules.name},"
        f" {measurement.measured_at}; {measurement.trust.mark}{again}"
    )


def _title(phone: PhoneDescription) -> str:
    return f"{SIMULATED}: {phone.title}" if phone.simulated else phone.title


def phone_profile_id(phone: PhoneDescription, settings: PhoneSettings) -> str:
    """One id for each phone and way of measuring, so that none replaces another's profile."""
    name = re.sub(r"[^a-z0-9]+", "_", phone.title.lower()).strip("_")[:36] or "phone"
    serial = phone.properties.serial or phone.info.serial
    parts = [name, hashlib.sha256(serial.encode()).hexdigest()[:6]]
    if phone.simulated:
        parts.insert(0, "simulated")
    return with_settings("_".join(parts), settings)


def with_settings(profile_id: str, settings: PhoneSettings) -> str:
    """The id of a profile that was measured in the usual way, for another way."""
    parts = [profile_id]
    if settings.cores != "big":
        parts.append(settings.cores)
    if settings.threads != 1:
        parts.append(f"{settings.threads}threads")
    return "_".join(parts)
