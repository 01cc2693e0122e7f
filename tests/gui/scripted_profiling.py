"""Services for the Profile page that measure nothing: records are made up, jobs are threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from tests.helpers.networks import five_layer_space
from tests.helpers.stored_runs import write_in_project
from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.devices.computer import ComputerDescription
from workbench.gui.presenters.profiling_backend import ProfilingBackend
from workbench.jobs import Job, JobContext, run_in_thread
from workbench.profiling.design import design_experiment
from workbench.profiling.energy.live import (
    EnergyBlock,
    EnergyMeasured,
    EnergyPlanned,
    PowerReadings,
)
from workbench.profiling.energy.result import EnergyPerInference, EnergyTrust
from workbench.profiling.live import RunMeasured, RunsPlanned
from workbench.profiling.local import LocalMeasurement
from workbench.profiling.run_rules import Plan, RunRules
from workbench.profiling.samples import LatencySamples, Trust
from workbench.services.profiling_setup import (
    LOCAL,
    ProfilingDevice,
    ProfilingRequest,
    preview_profiling,
)
from workbench.space.description import Network
from workbench.space.tables import latency_term_tables

COMPUTER = ComputerDescription("Plain CPU", 2, 2, 8192, "Linux 6", "x86_64", ())
HERE = ProfilingDevice(LOCAL, "this_computer", "This computer", "Plain CPU", power_reason="none")
AWAY = ProfilingDevice("serial", "", "A phone", "a core", reason="it is not authorised")
PHONE = ProfilingDevice(
    "A1", "one_abcdef", "Phone one", "a core", power_reason="latency only",
    memory_reason="estimated",
)  # fmt: skip
PLAN = Plan(RunRules("quick", min_s=0.0, rounds=3, mirrored=False, min_runs=3), 60, 16)
PRICES = np.array([6e-8, 2e-7, 2.5e-7, 2.4e-7, 1e-7, 1.2e-6, 0.002, 1e-6])


def measurement(reasons: tuple[str, ...] = (), seed: int = 0) -> LocalMeasurement:
    """What measuring the five-layer network might bring."""
    rng = np.random.default_rng(seed)
    space = five_layer_space()
    design = design_experiment(space, PLAN.fit, PLAN.held_out, rng)
    every = np.concatenate([design.fit, design.held_out])
    truth = latency_term_tables(space).totals(every) @ PRICES
    samples = tuple(
        LatencySamples(2 * ms, tuple(ms * rng.normal(1, 0.02, 9) for _ in range(3)), 1.0)
        for ms in truth
    )
    return LocalMeasurement(
        PLAN, design, samples, Trust(reasons, 0.01, 0.05, 0.99), 9e9, None, "no counter",
        COMPUTER, "ncnn 1.0", "2026-01-02T03:04+00:00", 0,
    )  # fmt: skip


def write_profile(network: Network, profile: str, reasons: tuple[str, ...] = ()) -> int:
    """A device profile with raw runs, as measuring puts it into the project; the run's number."""
    return write_in_project(network, measurement(reasons), profile).run


def run_of(position: int, rounds_done: int, reasons: tuple[str, ...] = ()) -> RunMeasured:
    """Figures of a run after some blocks."""
    return RunMeasured(
        position, rounds_done, 3, 10 * rounds_done, 2.0, 1.0, 1.2, (1, 2, 3) * 8, 0.99, reasons
    )


class Script:
    """Stands for the measuring service: plays records, then waits to be let go."""

    def __init__(self, records: Sequence[object] = (), error: Exception | None = None) -> None:
        self.records = list(records)
        self.error = error
        self.go_on = threading.Event()
        self.requests: list[ProfilingRequest] = []

    def start(self, request: ProfilingRequest) -> Job:
        """Start a thread in the place of the worker process."""
        if request.seed == 13:
            raise SettingsError("Seed 13 brings bad luck.", "Take another.")
        self.requests.append(request)
        return run_in_thread(self._play, name="profile here")

    def _play(self, context: JobContext) -> None:
        for number, record in enumerate(self.records):
            context.publish(record)
            context.progress(number / len(self.records), "round 1 of 3, 76 configurations")
        while not self.go_on.is_set():
            context.sleep(0.01)
        if self.error is not None:
            raise self.error

    def backend(self, *devices: ProfilingDevice) -> ProfilingBackend:
        """Services with this script in the place of measuring."""
        return ProfilingBackend(
            devices=lambda: tuple(d for d in devices if d.key == LOCAL) or (HERE,),
            phones=lambda context, addresses: tuple(d for d in devices if d.key != LOCAL),
            preview=preview_profiling,
            start=self.start,
        )


def planned() -> RunsPlanned:
    """The plan that `measurement` carries out."""
    design = measurement().design
    return RunsPlanned(np.concatenate([design.fit, design.held_out]), len(design.fit), 3)


def energy_records(rounds: int = 2) -> list[object]:
    """What measuring energy of the backbone and of a held-out configuration tells."""
    rng = np.random.default_rng(1)
    records: list[object] = [EnergyPlanned(np.array([0, 60]), 1, rounds, 20.0, 200.0)]
    now_s = 600.0
    kinds = [("idle", -1, 1)]
    for turn in range(1, rounds + 1):
        for number in (0, 1):
            kinds += [("load", number, turn), ("idle", -1, turn)]
    for kind, number, turn in kinds:
        records.append(EnergyBlock(kind, number, turn))
        t_s = now_s + np.arange(0.0, 20.0, 0.5)
        level = 450.0 + (500.0 if kind == "load" else 0.0)
        power = level + rng.normal(0, 15, len(t_s))
        records.append(PowerReadings(tuple(t_s.tolist()), tuple(power.tolist())))
        now_s += 20.0
    source = Source(Provenance.MEASURED, "of a test")
    good = EnergyPerInference(
        0, 12.0, 11.5, 12.5, (12.0,) * 5, 450.0, 500.0, 100, 0.5, 0.0, EnergyTrust((), 0.0), source
    )
    lost = EnergyPerInference(
        1, 0.1, -0.1, 0.3, (0.1,) * 5, 450.0, 10.0, 100, 0.2, 0.0,
        EnergyTrust(("the sensor is too coarse for this load",), 2.0), source,
    )  # fmt: skip
    return [*records, EnergyMeasured((good, lost), (12.3, 0.15))]
