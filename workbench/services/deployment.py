"""A network on a device: everything that searching and replaying there needs."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy.typing as npt

from workbench.core.provenance import Provenance, Source
from workbench.devices.profile import (
    DeviceProfile,
    latency_source,
    latency_tables,
    power_mw,
    power_source,
)
from workbench.replay.engine import Engine
from workbench.search.problem import (
    LATENCY,
    LOSS,
    MACS,
    PARAM,
    STORAGE,
    Objective,
    Problem,
    build_problem,
)
from workbench.space.description import Network
from workbench.space.tables import FloatArray, arithmetic_intensity, cost_tables

BUDGET_FACTOR = 1.2
"""Default latency budget against the backbone's latency on an idle device: a little room, which
contention uses up."""


@dataclass(frozen=True)
class Deployment:
    """A network on a device profile, with the sources of its figures.

    Attributes:
        problem: tables for the searchers.
        latency_source, energy_source, accuracy_source: where the figures come from.
    """

    network: Network
    profile: DeviceProfile
    problem: Problem
    latency_source: Source
    energy_source: Source
    accuracy_source: Source

    @property
    def has_energy(self) -> bool:
        """Whether the profile knows power, so that energy can be shown and optimised."""
        return self.problem.power_mw is not None

    @property
    def engine(self) -> Engine:
        """A replay engine for this deployment."""
        battery = self.profile.battery
        return Engine(
            self.problem,
            self.network.description.accuracy_percent,
            battery.capacity_mj if battery is not None and self.has_energy else None,
        )

    def default_objective(self) -> Objective:
        """Energy as efficiency where the profile has it, else the paper's arithmetic intensity."""
        return Objective(efficiency="energy" if self.has_energy else "intensity")

    @property
    def default_budget_ms(self) -> float:
        """Latency budget where neither user nor trace sets one; two significant digits."""
        budget = BUDGET_FACTOR * float(self.problem.backbone_metrics[LATENCY])
        return float(f"{budget:.2g}")

    @functools.cached_property
    def every(self) -> EveryConfiguration:
        """The whole space on an idle device (full clock, whole share, all in cache)."""
        metrics = self.problem.every_metric
        energy = None
        if self.problem.power_mw is not None:
            energy = metrics[LATENCY] * float(self.problem.power_mw(1.0)) / 1000
        return EveryConfiguration(
            accuracy_percent=self.network.description.accuracy_percent - metrics[LOSS],
            latency_ms=metrics[LATENCY],
            energy_mj=energy,
            macs=metrics[MACS],
            param_bytes=metrics[PARAM],
            activation_bytes=metrics[STORAGE] - metrics[PARAM],
            intensity=arithmetic_intensity(
                metrics[MACS], metrics[PARAM], metrics[STORAGE] - metrics[PARAM]
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class EveryConfiguration:
    """(configurations,) figures of an enumerable space, in the order of their numbers."""

    accuracy_percent: FloatArray
    latency_ms: FloatArray
    energy_mj: FloatArray | None
    macs: FloatArray
    param_bytes: FloatArray
    activation_bytes: FloatArray
    intensity: FloatArray

    def storage_bytes(self) -> FloatArray:
        """Sp + Sa."""
        return self.param_bytes + self.activation_bytes


def deploy(network: Network, profile: DeviceProfile) -> Deployment:
    """Build the tables of `network` on `profile`."""
    power = None
    if profile.power is not None:
        power = functools.partial(_power, profile)
    problem = build_problem(
        network.accuracy,
        cost_tables(network.space),
        latency_tables(profile, network.space),
        profile.memory.bandwidth_bytes_per_s / 1000,
        power,
    )
    return Deployment(
        network,
        profile,
        problem,
        latency_source(profile, network.space),
        _energy_source(profile, network),
        accuracy_source(network),
    )


def _power(profile: DeviceProfile, ratio: npt.ArrayLike) -> FloatArray:
    power = power_mw(profile, ratio)
    assert power is not None
    return power


def _energy_source(profile: DeviceProfile, network: Network) -> Source:
    power = power_source(profile)
    if power.provenance is Provenance.ABSENT:
        return power
    # Power times time is no better than the worse of the two.
    latency = latency_source(profile, network.space)
    order = list(Provenance)
    worse = max(power, latency, key=lambda source: order.index(source.provenance))
    return Source(
        worse.provenance, f"power ({power.summary()}) times latency ({latency.summary()})"
    )


def accuracy_source(network: Network) -> Source:
    """Where the accuracies come from."""
    description, measured = network.description, len(network.accuracy.measured.configurations)
    where = f"{description.test_images:,} test samples of {description.data.name}"
    if measured >= network.space.count:
        return Source(Provenance.MEASURED, f"all {measured:,} configurations on {where}")
    error = description.predictor_error
    return Source(
        Provenance.CALIBRATED,
        f"{measured:,} configurations measured on {where}; the others predicted,"
        f" mean error {error.mean_abs_points:.2f} points on held-out ones",
    )
