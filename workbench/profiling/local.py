"""Measuring a network on this computer; runs in a worker process of its own."""

from __future__ import annotations

import datetime as dt
import platform
import time
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from workbench.devices.computer import ComputerDescription, describe_computer
from workbench.jobs import JobContext
from workbench.network.evolution import Evolver
from workbench.network.ncnn_engine import NcnnNetwork, engine_version
from workbench.profiling.design import Design, planned_design
from workbench.profiling.host_probes import (
    PowerReading,
    find_rapl,
    frequency_caps,
    measure_power,
    memory_bandwidth,
)
from workbench.profiling.interleaved import measure_interleaved
from workbench.profiling.latency_blocks import RunBook
from workbench.profiling.live import RunsPlanned
from workbench.profiling.plans import stored_plan
from workbench.profiling.run_rules import Plan
from workbench.profiling.samples import LatencySamples, Trust, judge
from workbench.profiling.sustained import SustainedReport, sustained_report
from workbench.space.description import Network
from workbench.storage import Device, Project, RunRecorder

COMPUTER = "computer "
"""How identities of computers begin."""
CAPS = "frequency caps"
"""Kind of the notes that hold the caps on the processors' clocks."""


@dataclass(frozen=True, slots=True)
class LocalMeasurement:
    """Everything measured on this computer, over one session or several.

    Attributes:
        sustained: what half an hour of work did; None with other plans.
        samples: of `design.fit` and then `design.held_out`, in their order.
        power: None where it cannot be measured, for the reason in `power_story`.
        measured_at: UTC, ISO 8601, to the minute.
        run: the project's, whose blocks are all there.
        resumed_blocks: blocks that an earlier session had measured.
    """

    plan: Plan
    design: Design
    samples: tuple[LatencySamples, ...]
    trust: Trust
    bandwidth_bytes_per_s: float
    power: PowerReading | None
    power_story: str
    computer: ComputerDescription
    engine: str
    measured_at: str
    run: int
    resumed_blocks: int = 0
    sustained: SustainedReport | None = None

    def medians_ms(self) -> npt.NDArray[np.float64]:
        """(fit + held out,) median latency of each configuration."""
        return np.array([float(np.median(sample.all_ms)) for sample in self.samples])


class _EngineRunner:
    """A configuration in the engine, with an image to run."""

    def __init__(self, network: NcnnNetwork, image: npt.NDArray[np.float32]) -> None:
        self._network, self._image = network, image

    def time_ns(self, runs: int) -> npt.NDArray[np.int64]:
        return self._network.time_ns(self._image, runs)


def measure_here(
    context: JobContext,
    network: Network,
    plan: Plan,
    seed: int,
    project: Project,
    profile: str,
) -> LocalMeasurement:
    """Measure latency of planned configurations, memory bandwidth and, where possible, power.

    Every block is in the project as soon as it is done. A measurement that was broken off leaves a
    run there, and the next one of the same goes on after its last block; a complete one leaves it
    unfinished too, for its caller to finish once a profile is made of it.

    Args:
        seed: of the choice of configurations, their order and the input image.
        profile: id of the device profile that the figures are for.

    Raises:
        JobCancelled: when the job was asked to stop; what was measured is kept.
        ProjectError: the project cannot be written, or the same is being measured already.
        InputFileError: when the network's weights cannot be used.
        WorkbenchError: when the engine refuses a configuration.
    """
    rng = np.random.default_rng(seed)
    context.progress(0.0, "choosing configurations")
    design = planned_design(network.space, plan, rng)
    configurations = np.concatenate([design.fit, design.held_out])
    context.publish(RunsPlanned(configurations, plan.fit, plan.rules.rounds))
    computer, engine = describe_computer(), engine_version()
    device = seen_computer(computer)
    project.see_device(device)
    wanted = stored_plan(device.identity, network, plan, design, engine=engine, seed=seed)
    with project.runs.record(wanted, profile) as run:
        context.progress(0.0, "measuring memory bandwidth")
        bandwidth = memory_bandwidth()
        book = RunBook(run, project.path)
        image = rng.standard_normal(network.space.backbone.input_shape).astype(np.float32)
        runners = _load(context, network, configurations, image, book, plan)
        _note_caps(run)
        measure_interleaved(
            runners, plan.rules, rng, context, time.process_time_ns, time.perf_counter_ns, book
        )
        _note_caps(run)
        samples = [book.samples(p, plan.rules.rounds) for p in range(len(configurations))]
        caps = {str(note.content) for note in run.notes if note.kind == CAPS}
        trust = judge(samples, plan.rules, len(caps) > 1)
        context.progress(1.0, "measuring power")
        power, power_story = _power(context, runners[0])
        return LocalMeasurement(
            plan, design, tuple(samples), trust, bandwidth, power, power_story, computer, engine,
            dt.datetime.now(dt.UTC).isoformat(timespec="minutes"), run.id, run.resumed,
            sustained_report(book.blocks, len(configurations)) if plan.rules.sustained else None,
        )  # fmt: skip


def seen_computer(computer: ComputerDescription) -> Device:
    """This computer as the project notes it."""
    identity = f"{COMPUTER}{platform.node()} {computer.cpu_model}"
    return Device(identity, "This computer", False, asdict(computer))


def _note_caps(run: RunRecorder) -> None:
    run.note(CAPS, {"caps": list(frequency_caps())})


def _load(
    context: JobContext,
    network: Network,
    configurations: npt.NDArray[np.uint8],
    image: npt.NDArray[np.float32],
    book: RunBook,
    plan: Plan,
) -> list[_EngineRunner | None]:
    """The backbone, whose power is measured, and the configurations that blocks are missing of."""
    evolver = Evolver.read(network)
    runners: list[_EngineRunner | None] = []
    for position, configuration in enumerate(configurations):
        context.check_cancelled()
        wanted = position == 0 or book.missing(position, plan.rules.rounds)
        if wanted:
            text = f"loading {position + 1} of {len(configurations)} configurations"
            context.progress(0.0, text)
        loaded = NcnnNetwork(evolver.evolve(configuration)) if wanted else None
        runners.append(None if loaded is None else _EngineRunner(loaded, image))
    return runners


def _power(context: JobContext, runner: _EngineRunner | None) -> tuple[PowerReading | None, str]:
    """Power of one busy core, or None and why not."""
    counter, reason = find_rapl()
    if counter is None or runner is None:
        return None, reason

    def load(seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            context.check_cancelled()
            runner.time_ns(10)

    try:
        reading = measure_power(counter, load, context.sleep)
    except OSError as error:
        return None, f"the RAPL energy counter stopped answering ({error.strerror})"
    if not reading.resolved:
        return None, (
            "not resolved: the power that a busy core adds is lost in the scatter of the rest"
            f" ({reading.low_mw:.0f} to {reading.high_mw:.0f} mW)"
        )
    return reading, "RAPL energy counter of the processor package, load against idle"
