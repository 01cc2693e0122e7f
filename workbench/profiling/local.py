"""Measuring a network on this computer; runs in a worker process of its own."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

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
from workbench.profiling.live import RunsPlanned
from workbench.profiling.run_rules import Plan
from workbench.profiling.samples import LatencySamples, Trust, judge
from workbench.space.description import Network


@dataclass(frozen=True, slots=True)
class LocalMeasurement:
    """Everything measured in one session on this computer.

    Attributes:
        samples: of `design.fit` and then `design.held_out`, in their order.
        power: None where it cannot be measured, for the reason in `power_story`.
        measured_at: UTC, ISO 8601, to the minute.
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

    def medians_ms(self) -> npt.NDArray[np.float64]:
        """(fit + held out,) median latency of each configuration."""
        return np.array([float(np.median(sample.all_ms)) for sample in self.samples])


class _EngineRunner:
    """A configuration in the engine, with an image to run."""

    def __init__(self, network: NcnnNetwork, image: npt.NDArray[np.float32]) -> None:
        self._network, self._image = network, image

    def time_ns(self, runs: int) -> npt.NDArray[np.int64]:
        return self._network.time_ns(self._image, runs)


def measure_here(context: JobContext, network: Network, plan: Plan, seed: int) -> LocalMeasurement:
    """Measure latency of planned configurations, memory bandwidth and, where possible, power.

    Args:
        seed: of the choice of configurations, their order and the input image.

    Raises:
        JobCancelled: when the job was asked to stop.
        InputFileError: when the network's weights cannot be used.
        WorkbenchError: when the engine refuses a configuration.
    """
    rng = np.random.default_rng(seed)
    context.progress(0.0, "choosing configurations")
    design = planned_design(network.space, plan, rng)
    configurations = np.concatenate([design.fit, design.held_out])
    context.publish(RunsPlanned(configurations, plan.fit, plan.rules.rounds))
    context.progress(0.0, "measuring memory bandwidth")
    bandwidth = memory_bandwidth()
    evolver = Evolver.read(network)
    image = rng.standard_normal(network.space.backbone.input_shape).astype(np.float32)
    runners = []
    for number, configuration in enumerate(configurations):
        context.check_cancelled()
        context.progress(0.0, f"loading {number + 1} of {len(configurations)} configurations")
        runners.append(_EngineRunner(NcnnNetwork(evolver.evolve(configuration)), image))
    caps = frequency_caps()
    samples = measure_interleaved(
        runners, plan.rules, rng, context, time.process_time_ns, time.perf_counter_ns
    )
    trust = judge(samples, plan.rules, frequency_caps() != caps)
    context.progress(1.0, "measuring power")
    power, power_story = _power(context, runners[0])
    return LocalMeasurement(
        plan, design, tuple(samples), trust, bandwidth, power, power_story,
        describe_computer(), engine_version(),
        dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
    )  # fmt: skip


def _power(context: JobContext, runner: _EngineRunner) -> tuple[PowerReading | None, str]:
    """Power of one busy core, or None and why not."""
    counter, reason = find_rapl()
    if counter is None:
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
