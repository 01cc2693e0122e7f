"""Measuring energy per inference on a phone, over links that break."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from workbench.core.errors import WorkbenchError
from workbench.devices.adb.describe import WORK_FOLDER, PhoneDescription, describe_phone
from workbench.devices.agent.binaries import agent_for
from workbench.devices.agent.installed import InstalledAgent, remove_agent
from workbench.devices.device import Device
from workbench.devices.errors import DeviceError
from workbench.devices.power.gauges import BatteryGauge, find_gauge
from workbench.jobs import JobContext
from workbench.network.evolution import Evolver
from workbench.network.ncnn_files import NcnnFiles, ncnn_files
from workbench.profiling.energy.analysis import measure_energy
from workbench.profiling.energy.conditions import require_on_battery
from workbench.profiling.energy.errors import SensorError
from workbench.profiling.energy.live import EnergyPlanned
from workbench.profiling.energy.phone_rig import LoadOptions, PhoneRig
from workbench.profiling.energy.plan import MIN_REPEATS, EnergyPlan, plan_blocks
from workbench.profiling.energy.result import EnergyPerInference
from workbench.profiling.energy.screen import ScreenKept
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.profiling.energy.session import EnergyRun, EnergySession, put_together
from workbench.profiling.phone import PhoneSettings, identity_of, seen_phone
from workbench.profiling.phone_conditions import chosen_cluster
from workbench.profiling.phone_link import LOST, PATIENCE_S, PhoneLink
from workbench.profiling.plans import network_reference
from workbench.space.description import Network
from workbench.storage import Plan, Project

QUICK_PERIOD_S = 1.0
"""Gauges up to this are polled at 5 Hz, slower ones at 2 Hz."""


@dataclass(frozen=True, slots=True, eq=False)
class EnergyRequest:
    """What energy is measured of.

    Attributes:
        configurations: (n, decisions).
        positions: of these among the configurations of the latency measurement.
        fitted: how many of them, from the first, the power model is fitted to.
        repeats: load blocks a configuration.
    """

    configurations: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.intp]
    fitted: int
    repeats: int = MIN_REPEATS


@dataclass(frozen=True, slots=True, eq=False)
class EnergyMeasurement:
    """What was measured.

    Attributes:
        results: one a configuration, in the order of the request.
        whole: readings and blocks.
        run: the project's, whose blocks are all there.
    """

    request: EnergyRequest
    calibration: SensorCalibration
    results: tuple[EnergyPerInference, ...]
    whole: EnergyRun
    run: int


def require_gauge(device: Device) -> BatteryGauge:
    """The gauge of a phone.

    Raises:
        SensorError: there is none that can be read; with the reason for each that is there.
        DeviceError: the phone does not answer.
    """
    found = find_gauge(device)
    if found.gauge is None:
        raise SensorError(
            f"Energy cannot be measured: {found.reason}.",
            detail="\n".join(f"{each.name}: {each.how}" for each in found.probed),
        )
    return found.gauge


def measure_phone_energy(
    context: JobContext,
    connect: Callable[[], Device],
    network: Network,
    request: EnergyRequest,
    settings: PhoneSettings,
    calibration: SensorCalibration,
    project: Project,
    profile: str,
    patience_s: float = PATIENCE_S,
) -> EnergyMeasurement:
    """Measure energy of configurations on a phone that runs on battery.

    Every load block is in the project as soon as it and the idle block after it are done; what was
    broken off goes on from there. The phone's screen is kept on and given back its setting.

    Args:
        connect: makes a connected device; called again when the link breaks.
        profile: id of the device profile that it is for.

    Raises:
        ChargingError: a charger is plugged in, or the battery's state is faked.
        SensorError: the sensor cannot be read, is another than was calibrated, or fails.
        EnergyError: too few blocks count.
        JobCancelled: the job was asked to stop. What was measured is kept in all cases.
        DeviceError: the phone cannot be reached or does not run the agent.
    """
    context.progress(None, "connecting to the phone")
    evolver = Evolver.read(network)
    link = PhoneLink(context, connect, identity_of, patience_s)
    try:
        phone = link.work(describe_phone)
        require_on_battery(phone.battery)
        gauge = link.work(require_gauge)
        if gauge.current != calibration.sensor:
            raise SensorError(
                f"The sensor that was calibrated, {calibration.sensor}, is another than"
                f" {gauge.current}, which can be read now.",
                "Calibrate the sensor again.",
            )
        plan = plan_blocks(
            len(request.configurations), calibration, np.random.default_rng(settings.seed),
            request.repeats,
        )  # fmt: skip
        context.publish(
            EnergyPlanned(
                request.positions, request.fitted, plan.repeats, plan.block_s, plan.seconds
            )
        )
        project.see_device(seen_phone(link.identity, phone))
        stored = _stored_plan(link.identity, phone, network, request, plan, settings, calibration)
        with project.runs.record(stored, profile) as run:
            session = EnergySession(context, run, plan, calibration)
            work = _PhoneWork(phone, evolver, request, settings, calibration, gauge, stored.digest)
            try:
                _until_done(link, session, work)
            except DeviceError as error:
                raise _kept(error, session, plan) from error
            finally:
                link.last_work(work.remove)
            whole = put_together(run.blocks.values(), str(project.path))
            notes = (*plan.reasons, *whole.notes)
            results = measure_energy(whole.stream, calibration, whole.blocks, whole.bad, notes)
            return EnergyMeasurement(request, calibration, results, whole, run.id)
    finally:
        link.close()


class _PhoneWork:
    """One stretch of a session on a connected phone."""

    def __init__(
        self,
        phone: PhoneDescription,
        evolver: Evolver,
        request: EnergyRequest,
        settings: PhoneSettings,
        calibration: SensorCalibration,
        gauge: BatteryGauge,
        name: str,
    ) -> None:
        cluster = chosen_cluster(phone.clusters, settings.cores)
        cpus = () if cluster is None else phone.clusters[cluster].cpus
        self._abis = phone.properties.abis
        self._options = LoadOptions(settings.threads, cpus, evolver.space.backbone.input_shape)
        self._evolver, self._request, self._gauge = evolver, request, gauge
        self._poll_s = 0.2 if calibration.period_s <= QUICK_PERIOD_S else 0.5
        self._folder = f"{WORK_FOLDER}/adaspring-{name}"

    def go_on(self, device: Device, session: EnergySession) -> None:
        """Run what is missing of a session."""
        agent = InstalledAgent.install(device, self._abis, self._folder)
        rig = PhoneRig(
            device, agent, self._gauge, self._files, lambda _: self._options, self._poll_s
        )
        with ScreenKept(device, self._folder):
            session.go_on(rig)

    def remove(self, device: Device) -> None:
        """Delete what was put on the phone."""
        remove_agent(device, self._folder)

    def _files(self, key: int) -> NcnnFiles:
        return ncnn_files(self._evolver.evolve(self._request.configurations[key]))


def _until_done(link: PhoneLink, session: EnergySession, work: _PhoneWork) -> None:
    """Run the session; a link that breaks again and again may do so as long as turns get done."""
    while session.missing:
        before = len(session.missing)
        try:
            link.work(lambda device: work.go_on(device, session))
        except LOST:
            if len(session.missing) >= before:
                raise


def _stored_plan(
    identity: str,
    phone: PhoneDescription,
    network: Network,
    request: EnergyRequest,
    plan: EnergyPlan,
    settings: PhoneSettings,
    calibration: SensorCalibration,
) -> Plan:
    return Plan(
        kind="energy",
        device=identity,
        network=network_reference(network),
        name="energy",
        total_blocks=request.repeats * len(request.configurations) + 1,
        details={
            "configurations": request.configurations.tolist(),
            "fitted": request.fitted,
            "block_s": plan.block_s,
            "calibration": msgspec.to_builtins(calibration),
            "agent_sha256": agent_for(phone.properties.abis).record.sha256,
            "simulated": phone.simulated,
            **dataclasses.asdict(settings),
        },
    )


def _kept(error: DeviceError, session: EnergySession, plan: EnergyPlan) -> WorkbenchError:
    """The error, with what is kept."""
    total = sum(block.configuration is not None for block in plan.blocks)
    done = total - len(session.missing)
    if not done:
        return error
    kept = f"{done} of {total} load blocks are kept: the same command goes on from there."
    return WorkbenchError(error.message, f"{error.hint} {kept}".strip(), error.detail)
