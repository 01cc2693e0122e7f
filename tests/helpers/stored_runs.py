"""Made-up latencies as runs of a project, as if they had been measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from workbench.profiling.latency_blocks import LatencyBlock, RunBook
from workbench.profiling.local import LocalMeasurement, seen_computer
from workbench.profiling.plans import stored_plan
from workbench.services.profiling import ProfilingSummary, write_measurement
from workbench.services.projects import document_path, open_project
from workbench.space.description import Network
from workbench.storage import Project


def careless(project: Project) -> Project:
    """The project, not waiting for the disk."""
    project._connection._connection.execute("PRAGMA synchronous = OFF")
    return project


def stored(project: Project, network: Network, measurement: LocalMeasurement) -> LocalMeasurement:
    """A measurement with its samples, to the nanosecond, in a run of the project."""
    network.weights_path.touch()  # an invented network has none
    device = seen_computer(measurement.computer)
    project.see_device(device)
    plan = stored_plan(device.identity, network, measurement.plan, measurement.design)
    rounds = measurement.plan.rules.rounds
    with careless(project).runs.record(plan) as run:
        book = RunBook(run, project.path)
        for position, sample in enumerate(measurement.samples):
            for turn, block in enumerate(sample.blocks, start=1):
                ns = np.rint(block * 1e6).astype(np.int64)
                wall = int(ns.sum())
                cpu = int(wall * sample.cpu_share)
                book.add(LatencyBlock(position, turn, int(sample.first_ms * 1e6), ns, cpu, wall))
        samples = tuple(book.samples(p, rounds) for p in range(len(measurement.samples)))
        return dataclasses.replace(measurement, samples=samples, run=run.id)


def write_stored(network: Network, measurement: LocalMeasurement, path: Path) -> ProfilingSummary:
    """Store a made-up measurement in the project in use and write its profile."""
    with open_project() as project:
        return write_measurement(project, network, stored(project, network, measurement), path)


def write_in_project(
    network: Network, measurement: LocalMeasurement, profile: str = "this_computer"
) -> ProfilingSummary:
    """The same, the profile in the project as well."""
    return write_stored(network, measurement, document_path("profile", profile))
