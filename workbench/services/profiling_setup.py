"""What can be measured on which device, what it would take, and starting it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.core.errors import WorkbenchError
from workbench.core.provenance import Source
from workbench.devices.adb.describe import PhoneDescription
from workbench.devices.computer import describe_computer
from workbench.devices.profile import latency_source, latency_tables
from workbench.jobs import Job, JobContext
from workbench.profiling.design import planned_design
from workbench.profiling.energy.plan import MIN_REPEATS, block_seconds
from workbench.profiling.host_probes import find_rapl
from workbench.profiling.live import RunsPlanned
from workbench.profiling.run_rules import (
    MAX_CONFIGURATIONS,
    Plan,
    fewest_configurations,
)
from workbench.services.catalogue import find_network
from workbench.services.device_profiles import LOCAL_ID, find_profile
from workbench.services.devices import FoundDevice, list_devices
from workbench.services.phone_energy import energy_counts
from workbench.services.phone_profiling import (
    LATENCY_ONLY,
    PhoneSettings,
    phone_profile_id,
    start_phone_profiling,
    with_settings,
)
from workbench.services.profile_merging import adding_plan
from workbench.services.profiling import start_local_profiling
from workbench.services.projects import document_path
from workbench.services.sensor_calibration import stored_calibration
from workbench.space.description import Network
from workbench.space.tables import FloatArray

LOCAL = "local"
"""Key of this computer among the devices."""

OVERHEAD_S = 15.0
"""Start of the worker, memory bandwidth and the fit, as found on a desktop computer."""
OVERHEAD_PER_CONFIGURATION_S = 0.6
"""Loading, warming up, and the runs at the start of each block that do not count."""
POWER_S = 26.0
"""Idle and load blocks of `measure_power`."""
USUAL_BLOCK_S = 22.0
"""Length of an energy block with a sensor that updates once a second, as most do."""


@dataclass(frozen=True, slots=True)
class ProfilingDevice:
    """A device that may be measured.

    Attributes:
        key: what a request names.
        profile_id: id of the device profile that measuring it writes.
        title, detail: what to call it, and its processor.
        reason: why it cannot be measured now; empty when it can.
        power: how power is measured there; None where it is not.
        power_reason: why power is not measured; empty when it is.
        memory_reason: why memory bandwidth is not measured; empty when it is.
        simulated: whether nothing of it is measured on real hardware.
        energy_reason: why a phone's energy cannot be measured now; empty when it can.
        energy_note: what measuring it takes.
        block_s: length of an energy block by what is known of the phone's sensor.
    """

    key: str
    profile_id: str
    title: str
    detail: str
    reason: str = ""
    power: str | None = None
    power_reason: str = ""
    memory_reason: str = ""
    simulated: bool = False
    energy_reason: str = ""
    energy_note: str = ""
    block_s: float = USUAL_BLOCK_S

    @property
    def is_phone(self) -> bool:
        """Whether it is a phone, and not this computer."""
        return self.key != LOCAL


@dataclass(frozen=True, slots=True)
class ProfilingRequest:
    """What to measure.

    Attributes:
        device: key of a `ProfilingDevice`.
        network: id of a network, or its folder.
        plan: ``quick`` or ``standard``.
        configurations: for the fit and held out together; None takes the plan's number.
        seed: of the choice of configurations and of their order.
        chosen: a hand-made list that is measured in any case; see `adding_plan`.
        threads, cores: of the engine on a phone; see `PhoneSettings`.
        energy: measure energy of a few configurations too, on a phone.
    """

    device: str
    network: str
    plan: str = "quick"
    configurations: int | None = None
    seed: int = 0
    chosen: tuple[str, ...] = ()
    threads: int = 1
    cores: str = "big"
    energy: bool = False

    @property
    def settings(self) -> PhoneSettings:
        """How a phone is measured."""
        return PhoneSettings(self.seed, self.threads, self.cores)


@dataclass(frozen=True, slots=True, eq=False)
class ProfilingPreview:
    """What a request would measure.

    Attributes:
        planned: the very configurations, as the measurement itself will announce them.
        expected_ms: (n,) latencies that the device profile in use predicts; None without one.
        expected_source: where these come from.
        expected_s: how long it takes, about.
        least, most: how many configurations may be asked for.
        added_to: when that was measured which a hand-made list is added to; empty where it is not.
    """

    request: ProfilingRequest
    network: Network
    plan: Plan
    planned: RunsPlanned
    expected_ms: FloatArray | None
    expected_source: Source | None
    expected_s: float
    least: int
    most: int
    added_to: str = ""


def profile_id_for(device: ProfilingDevice, request: ProfilingRequest) -> str:
    """Id of the profile that a request writes: one for each way of measuring a phone."""
    if not device.is_phone or not device.profile_id:
        return device.profile_id
    return with_settings(device.profile_id, request.settings)


def profiling_devices() -> tuple[ProfilingDevice, ...]:
    """The devices that can be measured, and those that cannot with the reason."""
    computer = describe_computer()
    cores = f"{computer.logical_cpus} CPU{'s' if computer.logical_cpus != 1 else ''}"
    counter, reason = find_rapl()
    return (
        ProfilingDevice(
            key=LOCAL,
            profile_id=LOCAL_ID,
            title="This computer",
            detail=f"{computer.cpu_model}, {cores}",
            power=None if counter is None else "RAPL energy counter, load against idle",
            power_reason=reason,
        ),
    )


def find_phones(
    context: JobContext, addresses: tuple[str, ...] = ()
) -> tuple[ProfilingDevice, ...]:
    """The phones that can be found now; those that cannot be measured say why.

    Args:
        addresses: phones to reach directly, as HOST:PORT.

    Raises:
        SettingsError: an address, or the ADB server's in the environment, is none.
    """
    context.check_cancelled()
    return tuple(_phone(found) for found in list_devices(addresses).devices)


def _phone(found: FoundDevice) -> ProfilingDevice:
    known = found.description
    reason, detail, profile_id = "", found.serial, ""
    if known is None:
        reason = found.to_do or found.meaning or found.state_text
    else:
        profile_id = phone_profile_id(known, PhoneSettings())
        release = known.properties.android_release
        parts = (known.properties.soc, f"Android {release}" if release else "", found.serial)
        detail = " · ".join(part for part in parts if part)
        agent = next((c for c in known.capabilities if c.name == "agent"), None)
        if agent is not None and not agent.available:
            reason = agent.how
    energy_reason, energy_note, block_s = _energy(known)
    return ProfilingDevice(
        key=found.serial,
        profile_id=profile_id,
        title=found.model or found.serial,
        detail=detail,
        reason=reason,
        power_reason=LATENCY_ONLY,
        memory_reason="estimated from the type of its processor",
        simulated=found.simulated,
        energy_reason=energy_reason,
        energy_note=energy_note,
        block_s=block_s,
    )


def _energy(known: PhoneDescription | None) -> tuple[str, str, float]:
    """Why a phone's energy cannot be measured, what it takes, and the length of a block."""
    if known is None:
        return "the phone cannot be asked", "", USUAL_BLOCK_S
    told = next((c for c in known.capabilities if c.name == "energy_now"), None)
    if told is not None and not told.available:
        return told.how, "", USUAL_BLOCK_S
    try:
        stored = stored_calibration(known)
        if stored is not None:
            period = f"{stored.calibration.period_s:.2g} s"
            note = f"The sensor is calibrated: a new reading every {period}."
            return "", note, block_seconds(stored.calibration)
    except WorkbenchError as error:
        return error.message, "", USUAL_BLOCK_S
    return "", "The phone's sensor is calibrated first: 5 minutes.", USUAL_BLOCK_S


def energy_s(plan: str, block_s: float) -> float:
    """About how many seconds measuring energy takes, its sensor known."""
    return (2 * sum(energy_counts(plan)) * MIN_REPEATS + 1) * block_s


def expected_s(plan: Plan, *, power: bool) -> float:
    """About how many seconds a plan takes; longer where one run takes longer than 30 ms."""
    count = plan.fit + plan.held_out
    per_configuration = plan.rules.min_s + OVERHEAD_PER_CONFIGURATION_S
    return count * per_configuration + OVERHEAD_S + (POWER_S if power else 0.0)


def preview_profiling(
    context: JobContext,
    request: ProfilingRequest,
    device: ProfilingDevice,
    profile: str | None = None,
) -> ProfilingPreview:
    """Choose the configurations that a request would measure, without measuring.

    Args:
        profile: id of the device profile in use, for the latencies to expect.

    Raises:
        SettingsError: when network, plan or number of configurations do not suit.
        InputFileError: when the network or the profile cannot be read.
    """
    network = find_network(request.network)
    path = document_path("profile", profile_id_for(device, request))
    plan, earlier = adding_plan(network, request.plan, request.configurations, request.chosen, path)
    context.check_cancelled()
    rng = np.random.default_rng(request.seed)
    design = planned_design(network.space, plan, rng)
    configurations = np.concatenate([design.fit, design.held_out])
    expected, source = None, None
    if profile is not None:
        found = find_profile(profile)
        expected = latency_tables(found, network.space).totals(configurations)[:, 0]
        source = latency_source(found, network.space)
    return ProfilingPreview(
        request=request,
        network=network,
        plan=plan,
        planned=RunsPlanned(configurations, plan.fit, plan.rules.rounds),
        expected_ms=expected,
        expected_source=source,
        expected_s=expected_s(plan, power=device.power is not None)
        + (energy_s(request.plan, device.block_s) if request.energy else 0.0),
        least=fewest_configurations(network.space),
        most=min(MAX_CONFIGURATIONS, network.space.count),
        added_to="" if earlier is None else earlier.measured_at,
    )


def start_profiling(request: ProfilingRequest) -> Job:
    """Measure, fit and write the device profile.

    See `start_local_profiling` and `start_phone_profiling`.

    Raises:
        SettingsError: when device, network, plan or number of configurations do not suit.
        InputFileError: when the network cannot be used or the profile cannot be written.
    """
    if request.device != LOCAL:
        return start_phone_profiling(
            request.device,
            request.network,
            request.plan,
            configurations=request.configurations,
            settings=request.settings,
            chosen=request.chosen,
            energy=request.energy,
        )
    return start_local_profiling(
        request.network,
        request.plan,
        seed=request.seed,
        configurations=request.configurations,
        chosen=request.chosen,
    )
