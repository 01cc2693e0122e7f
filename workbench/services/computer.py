"""This computer as a device: what it is, what it can tell, and its context as it changes."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.devices.capabilities import Capability
from workbench.devices.computer import ComputerDescription
from workbench.devices.local import LocalReading, LocalSampler
from workbench.devices.power.rails import local_rails, rails_capability
from workbench.jobs import JobContext
from workbench.profiling.host_probes import find_rapl

RATE_HZ = 2.0


@dataclass(frozen=True, slots=True)
class ComputerOverview:
    """What this computer is, and what it can tell with the reasons."""

    description: ComputerDescription
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class ComputerSample:
    """The context at one moment.

    Attributes:
        t_s: seconds since the watching began.
    """

    t_s: float
    reading: LocalReading


def watch_computer(context: JobContext, rate_hz: float = RATE_HZ) -> None:
    """Publish a `ComputerOverview`, then a `ComputerSample` at a steady rate until cancelled."""
    sampler = LocalSampler()
    context.publish(ComputerOverview(sampler.description, _capabilities(sampler)))
    while not context.wait(1.0 / rate_hz):
        context.publish(ComputerSample(context.elapsed_s, sampler.sample()))


def _capabilities(sampler: LocalSampler) -> tuple[Capability, ...]:
    """What can be measured here, then what can be read."""
    counter, reason = find_rapl()
    return (
        Capability("latency", True, "networks run in this computer's ncnn engine, one thread"),
        Capability(
            "energy",
            counter is not None,
            "RAPL energy counter of the processor package" if counter is not None else reason,
        ),
        rails_capability(local_rails()),
        *sampler.capabilities(),
    )
