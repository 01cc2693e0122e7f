"""Calibrating a phone's current sensor, once for each phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.provenance import Provenance
from workbench.devices.adb.describe import WORK_FOLDER, PhoneDescription, describe_phone
from workbench.devices.agent.installed import InstalledAgent, remove_agent
from workbench.devices.device import Device
from workbench.devices.power.gauges import BatteryGauge, find_gauge
from workbench.jobs import Job, JobContext, run_in_process
from workbench.network.burner import INPUT_SHAPE, burner_files
from workbench.profiling.energy.conditions import require_on_battery
from workbench.profiling.energy.device_calibration import calibrate_device
from workbench.profiling.energy.errors import SensorError
from workbench.profiling.energy.phone_rig import LoadOptions, PhoneRig
from workbench.profiling.energy.screen import ScreenKept
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.profiling.phone import phone_identity
from workbench.services.devices import open_device
from workbench.services.sensor_store import (
    StoredCalibration,
    load_calibration,
    save_calibration,
)

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
        path: the file that keeps it.
        simulated: whether it was a virtual phone.
    """

    title: str
    calibration: SensorCalibration
    path: Path
    simulated: bool


def start_sensor_calibration(device: str) -> Job:
    """Calibrate a phone's current sensor in a worker process; it takes 5 minutes, at most 25.

    The job reports progress with the time left and what the phone does now; its result is a
    `SensorCalibrated`, and the calibration is kept for later measurements. It fails with a message
    and the way out while the phone charges, when its battery state is faked, and where no sensor
    can be used. Cancelled, it keeps nothing and leaves the phone as it was.

    Args:
        device: serial number or HOST:PORT.
    """
    return run_in_process(
        "workbench.services.sensor_calibration:calibrate_phone",
        {"device": device},
        name=f"calibrate the current sensor of {device}",
    )


def stored_calibration(phone: PhoneDescription) -> StoredCalibration | None:
    """What is known of a phone's current sensor; None where it was not calibrated.

    Raises:
        InputFileError: what is kept of it cannot be used.
    """
    return load_calibration(phone_identity(phone.properties, phone.info))


def calibrate_phone(context: JobContext, device: str) -> SensorCalibrated:
    """Calibrate and keep; the worker's entry point.

    Raises: as `calibrate_and_keep`.
    """
    return calibrate_and_keep(
        context, lambda: open_device(device, on_waiting=lambda what: context.progress(None, what))
    )


def calibrate_and_keep(context: JobContext, connect: Callable[[], Device]) -> SensorCalibrated:
    """Calibrate the current sensor of the phone that `connect` connects, and keep the result.

    Raises:
        ChargingError: a charger delivers power, or the battery's state is faked.
        SensorError: there is no sensor that can be used; with the reason.
        DeviceError: the phone cannot be reached, or does not run the agent.
        InputFileError: the result cannot be kept.
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
    stored = StoredCalibration(
        phone=phone_identity(phone.properties, phone.info),
        title=phone.title,
        calibrated_at=dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        calibration=calibration,
    )
    return SensorCalibrated(phone.title, calibration, save_calibration(stored), phone.simulated)


def require_gauge(device: Device) -> BatteryGauge:
    """The gauge of a phone.

    Raises:
        SensorError: there is none that can be read; with the reason for each that is there.
    """
    found = find_gauge(device)
    if found.gauge is None:
        raise SensorError(
            f"Energy cannot be measured: {found.reason}.",
            detail="\n".join(f"{each.name}: {each.how}" for each in found.probed),
        )
    return found.gauge


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
