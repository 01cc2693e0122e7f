"""Energy of a phone's configurations beside their latencies: measured, fitted, put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from workbench.core.provenance import Provenance
from workbench.devices.adb.describe import describe_phone
from workbench.devices.device import Device
from workbench.devices.profile import Calibration, PowerModel
from workbench.jobs import JobContext
from workbench.jobs.part import PartOfJob
from workbench.profiling.energy.conditions import require_on_battery
from workbench.profiling.energy.errors import EnergyError
from workbench.profiling.energy.live import EnergyMeasured
from workbench.profiling.energy.phone_energy import (
    EnergyMeasurement,
    EnergyRequest,
    measure_phone_energy,
    require_gauge,
)
from workbench.profiling.energy.power_fit import (
    FittedPower,
    energy_subset,
    fit_power,
    predicted_mj,
)
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.profiling.energy.summary import EnergySummary, figures_of
from workbench.profiling.kept_samples import table_sha256
from workbench.profiling.phone import PhoneMeasurement, phone_identity
from workbench.profiling.phone_link import PATIENCE_S
from workbench.services.profile_fitting import rounded
from workbench.services.sensor_calibration import calibrate_and_keep
from workbench.services.sensor_store import load_calibration
from workbench.space.description import Network
from workbench.storage import Project

COUNTS = {"quick": (3, 2)}
"""Configurations for the fit and held out, by plan."""
USUAL_COUNTS = (5, 3)
ONE_CLOCK = "constant below the clock at which it ran, for want of a figure"


def energy_counts(plan: str) -> tuple[int, int]:
    """How many configurations energy is measured of, for the fit and held out."""
    return COUNTS.get(plan, USUAL_COUNTS)


@dataclass(frozen=True, slots=True)
class MeasuredEnergy:
    """A measurement with what was fitted to it."""

    measurement: EnergyMeasurement
    power: FittedPower
    summary: EnergySummary


def ready_for_energy(
    context: JobContext, connect: Callable[[], Device], project: Project
) -> SensorCalibration:
    """The calibration of a phone's sensor, which is calibrated where it was not yet.

    Raises:
        ChargingError: a charger is plugged in, or the battery's state is faked.
        SensorError: there is no sensor that can be used.
        DeviceError: the phone cannot be reached.
        JobCancelled: the job was asked to stop.
    """
    context.progress(None, "looking at the phone's power sensor")
    device = connect()
    try:
        phone = describe_phone(device)
        require_on_battery(phone.battery)
        gauge = require_gauge(device)
    finally:
        device.close()
    stored = load_calibration(project, phone_identity(phone.properties, phone.info))
    if stored is not None and stored.calibration.sensor == gauge.current:
        return stored.calibration
    context.log("The phone's current sensor is calibrated first: 5 minutes.")
    return calibrate_and_keep(context, connect, project).calibration


def measure_energy_of(
    context: JobContext,
    connect: Callable[[], Device],
    network: Network,
    latencies: PhoneMeasurement,
    table: Calibration,
    calibration: SensorCalibration,
    project: Project,
    profile: str,
    patience_s: float = PATIENCE_S,
) -> MeasuredEnergy:
    """Measure energy of a few of the configurations whose latency was measured.

    Args:
        table: fitted to the latencies.
        calibration: of the phone's sensor.

    Raises:
        EnergyError: it cannot be measured; with the reason.
        DeviceError: the phone cannot be reached.
        JobCancelled: the job was asked to stop; what was measured is kept.
    """
    counts = energy_counts(latencies.plan.rules.name)
    fitted = len(latencies.design.fit)
    positions = energy_subset(latencies.medians_ms(), fitted, *counts)
    configurations = np.concatenate([latencies.design.fit, latencies.design.held_out])[positions]
    request = EnergyRequest(configurations, positions, int((positions < fitted).sum()))
    measurement = measure_phone_energy(
        context, connect, network, request, latencies.settings, calibration, project, profile,
        patience_s,
    )  # fmt: skip
    threads = latencies.settings.threads
    power = fit_power(measurement.results[: request.fitted], threads)
    latency_ms = table.tables().totals(configurations)[:, 0]
    predicted = predicted_mj(power, latency_ms, threads)
    measured = EnergyMeasured(measurement.results, tuple(map(float, predicted)))
    context.publish(measured)
    return MeasuredEnergy(measurement, power, _summary(measurement, power, measured))


def _summary(
    measurement: EnergyMeasurement, power: FittedPower, measured: EnergyMeasured
) -> EnergySummary:
    request = measurement.request
    figures = figures_of(list(map(int, request.positions)), request.fitted, measured)
    held_out = [abs(f.error) for f in figures if f.held_out and f.error is not None]
    return EnergySummary(
        power.active_mw, power.low_mw, power.high_mw, figures,
        float(np.mean([e <= 0.05 for e in held_out])) if held_out else None,
        float(np.mean([e <= 0.10 for e in held_out])) if held_out else None,
        measurement.calibration.sensor, measurement.run,
        measurement.calibration.provenance.value,
    )  # fmt: skip


def power_model(energy: MeasuredEnergy, shape: PowerModel | None, when: str) -> PowerModel:
    """The profile's power: the measured level, over clocks as another model has them.

    Args:
        shape: of the same chip, from its vendor's figures; None where none is known.
    """
    power, measurement = energy.power, energy.measurement
    ratios: tuple[float, ...] = (1.0,)
    levels: tuple[float, ...] = (power.active_mw,)
    how = ONE_CLOCK
    if shape is not None and shape.active_mw[-1] > 0:
        factor = power.active_mw / shape.active_mw[-1]
        ratios = shape.frequency_ratio
        levels = tuple(mw * factor for mw in shape.active_mw)
        how = f"its change with the clock as in {shape.source.summary()}"
    simulated = measurement.calibration.provenance is Provenance.SIMULATED
    verb = "simulated" if simulated else "measured"
    return PowerModel(
        frequency_ratio=ratios,
        active_mw=tuple(map(rounded, levels)),
        provenance=Provenance.SIMULATED if simulated else Provenance.CALIBRATED,
        story=(
            f"{verb} by {measurement.calibration.sensor} over {power.configurations}"
            f" configurations, load against idle, {measurement.request.repeats} repeats: one busy"
            f" core adds {power.active_mw:.0f} mW (95% interval {power.low_mw:.0f} to"
            f" {power.high_mw:.0f}); {how}; {when}"
        )[:4000],
    )


def energy_result(energy: MeasuredEnergy, table: Calibration) -> Mapping[str, Any]:
    """What the project's run is finished with, so that it is found with its table again."""
    summary = msgspec.to_builtins(energy.summary)
    return {"table_sha256": table_sha256(table), "energy": summary}


def parts_of(context: JobContext, *, energy: bool) -> tuple[JobContext, JobContext]:
    """The job's parts for latencies and for energy; these take most of the time."""
    return (PartOfJob(context, 0.0, 0.4), PartOfJob(context, 0.4, 1.0)) if energy else (
        context, context,
    )  # fmt: skip


def reason_of(error: EnergyError) -> str:
    """Why there is no energy, for a profile's notes."""
    return error.message.rstrip(".")
