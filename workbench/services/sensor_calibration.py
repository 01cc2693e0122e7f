"""Calibrating a phone's current sensor, once for each phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.provenance import Provenance
from workbench.devices.adb.describe import WORK_FOLDER, PhoneDescription, describe_phone
from workbench.devices.agent.installed import InstalledAgent, remove_agent
from workbench.devices.device import Device
from workbench.devices.power.gauges import BatteryGauge
from workbench.jobs import Job, JobContext, run_in_process
from workbench.network.burner import INPUT_SHAPE, burner_files
from workbench.profiling.energy.conditions import require_on_battery
from workbench.profiling.energy.device_calibration import calibrate_device
from workbench.profiling.energy.phone_energy import require_gauge
from workbench.profiling.energy.phone_rig import LoadOptions, PhoneRig
from workbench.profiling.energy.screen import ScreenKept
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.profiling.phone import phone_identity, seen_phone
from workbench.services.devices import open_device
from workbench.services.projects import open_project, project_in_use
from workbench.services.sensor_store import (
    StoredCalibration,
    load_calibration,
    save_calibration,
)
from workbench.storage import Project

__all__ = [
    "SensorCalibrated",
    "calibrate_phone",
    "start_sensor_calibration",
    "stored_calibration",
]

FOLDER = f"{WORK_FOLDER}/adaspring-calibrate"


@dataclass(frozen=True, slots=True)
class SensorCalibrated:
    """What a calibration came to.

    Attributes:
        title: what to call the phone.
        path: the project that keeps it.
        simulated: whether it was a virtual phone.
    """

    title: str
    calibration: SensorCalibration
    path: Path
    simulated: bool


def start_sensor_calibration(device: str) -> Job:
    """Calibrate a phone's current sensor in a worker process; it takes 5 minutes, at most 25.

    The job reports progress with the time left and what the phone does now; its result is a
    `SensorCalibrated`, and the calibration is kept in the project for later measurements. It fails
    with a message and the way out while the phone charges, when its battery state is faked, and
    where no sensor can be used. Cancelled, it keeps nothing and leaves the phone as it was.

    Args:
        device: serial number or HOST:PORT.
    """
    return run_in_process(
        "workbench.services.sensor_calibration:calibrate_phone",
        {"device": device, "project": str(project_in_use())},
        name=f"calibrate the current sensor of {device}",
    )


def stored_calibration(phone: PhoneDescription) -> StoredCalibration | None:
    """What is known of a phone's current sensor; None where it was not calibrated.

    Raises:
        ProjectError: the project in use, or what it keeps of the sensor, cannot be used.
    """
    file = project_in_use()
    if not file.exists():
        return None
    with open_project(file) as project:
        return load_calibration(project, phone_identity(phone.properties, phone.info))


def calibrate_phone(
    context: JobContext, device: str, project: str | None = None
) -> SensorCalibrated:
    """Calibrate and keep; the worker's entry point.

    Raises: as `calibrate_and_keep`.
    """

    def connect() -> Device:
        return open_device(device, on_waiting=lambda what: context.progress(None, what))

    with open_project(project) as opened:
        return calibrate_and_keep(context, connect, opened)


def calibrate_and_keep(
    context: JobContext, connect: Callable[[], Device], project: Project
) -> SensorCalibrated:
    """Calibrate the current sensor of the phone that `connect` connects, and keep the result.

    Raises:
        ChargingError: a charger delivers power, or the battery's state is faked.
        SensorError: there is no sensor that can be used; with the reason.
        DeviceError: the phone cannot be reached, or does not run the agent.
        ProjectError: the result cannot be kept.
        JobCancelled: the job was asked to stop.
    """
    context.progress(None, "connecting to the phone")
    device = connect()
    try:
        phone = describe_phone(device)
        # Before anything is copied: most refusals come from a cable that is still plugged in.
        require_on_battery(phone.battery)
        gauge = require_gauge(device)
        try:
            calibration = _calibrate(context, device, phone, gauge)
        finally:
            remove_agent(device, FOLDER)
    finally:
        device.close()
    identity = phone_identity(phone.properties, phone.info)
    project.see_device(seen_phone(identity, phone))
    save_calibration(project, identity, calibration)
    return SensorCalibrated(phone.title, calibration, project.path, phone.simulated)


def _calibrate(
    context: JobContext, device: Device, phone: PhoneDescription, gauge: BatteryGauge
) -> SensorCalibration:
    context.progress(0.0, "copying the agent to the phone")
    agent = InstalledAgent.install(device, phone.properties.abis, FOLDER)
    burner = burner_files()
    fastest = phone.clusters[0].cpus if phone.clusters else ()
    # Two cores: one core of a slow phone is lost in what its screen takes.
    options = LoadOptions(min(2, max(1, len(fastest))), fastest, INPUT_SHAPE)
    rig = PhoneRig(device, agent, gauge, lambda _: burner, lambda _: options)
    provenance = Provenance.SIMULATED if phone.simulated else Provenance.MEASURED
    with ScreenKept(device, FOLDER):
        try:
            return calibrate_device(
                context, rig, gauge.current, provenance, np.random.default_rng()
            )
        finally:
            rig.close()
