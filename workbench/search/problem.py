"""The search problem: what is minimised, under which constraints, from which tables.

    minimise    lambda1 * loss / loss_limit - lambda2 * ln(efficiency / efficiency of the backbone)
    subject to  latency <= budget,  Sp + Sa <= free cache,  loss <= loss_limit

with lambda2 = max(floor, 1 - battery) and lambda1 = 1 - lambda2. The shape is AdaSpring's (Liu et
al., IMWUT 2021); the normalisations and the default of lambda2 are this project's: a logarithm of
the loss would fail at the backbone, whose loss is 0.

How a context changes cost (this project's model): computing slows down with the clock, a working
set larger than the free cache pays its excess once as memory traffic, and a share of the
processor stretches wall time but not processor time:

    cpu_ms     = latency_ms / frequency_ratio + max(0, Sp + Sa - free cache) / memory bandwidth
    latency    = cpu_ms / cpu_share
    energy     = power(frequency) * cpu_ms
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.core.errors import SettingsError
from workbench.space.accuracy import ENUMERABLE, AccuracyModel
from workbench.space.design_space import ConfigArray, Configuration, DesignSpace
from workbench.space.tables import FloatArray, PairTables, arithmetic_intensity

PowerModel = Callable[[npt.ArrayLike], FloatArray]
"""Power of one busy core, in mW, at frequency ratios of any shape."""

Efficiency = Literal["energy", "latency", "intensity"]

_ROUNDING = 1e-12
"""Relative slack of a constraint: a value equal to its limit must not fail by a rounding error."""

_INFEASIBLE = 1e9
"""Weight of a violation in a rank: every feasible candidate ranks before every other."""

METRICS = ("loss_points", "latency_ms", "storage_bytes", "macs", "param_bytes")
LOSS, LATENCY, STORAGE, MACS, PARAM = range(len(METRICS))
_ALWAYS_NEEDED = 3
"""The leading metrics that every objective looks at; only arithmetic intensity needs the others."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the device is like at one moment, as far as a search looks at it.

    Attributes:
        battery: charge, 0..1.
        free_cache_bytes: last-level cache that the application can count on.
        cpu_share: share of the core's time that the application gets, in (0, 1].
        frequency_ratio: clock against the device's highest, in (0, 1].
        latency_budget_ms: what one inference may take.
    """

    battery: float
    free_cache_bytes: float
    cpu_share: float
    frequency_ratio: float
    latency_budget_ms: float

    def __post_init__(self) -> None:
        if not 0 <= self.battery <= 1:
            raise SettingsError(f"battery must be between 0 and 1, not {self.battery:g}.")
        for name in ("cpu_share", "frequency_ratio"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingsError(f"{name} must be in (0, 1], not {getattr(self, name):g}.")
        if not (0 <= self.free_cache_bytes < math.inf and 0 < self.latency_budget_ms < math.inf):
            raise SettingsError("free cache and latency budget must be positive numbers.")


@dataclass(frozen=True, slots=True)
class Objective:
    """Weights and thresholds; a replay records them.

    Attributes:
        lambda2_floor: least weight of efficiency, however full the battery.
        loss_limit_points: A_threshold, the accuracy loss allowed, in percentage points.
        efficiency: energy per inference, latency, or arithmetic intensity E.
        mu: weights of C/Sp and C/Sa in E.
    """

    lambda2_floor: float = 0.3
    loss_limit_points: float = 3.0
    efficiency: Efficiency = "energy"
    mu: tuple[float, float] = (0.4, 0.6)

    def __post_init__(self) -> None:
        if not 0 <= self.lambda2_floor <= 1:
            raise SettingsError("The weight floor of lambda2 must be between 0 and 1.")
        if not 0 < self.loss_limit_points < math.inf:
            raise SettingsError("The accuracy loss allowed must be positive.")

    def lambdas(self, battery: float) -> tuple[float, float]:
        """(lambda1, lambda2) at this charge."""
        lambda2 = max(self.lambda2_floor, 1 - battery)
        return 1 - lambda2, lambda2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one configuration costs in one context.

    Attributes:
        energy_mj: per inference; None where the profile knows no power.
        violation: 0 when feasible, else the sum of the relative excesses over the limits.
        violated: names of the constraints that are not met.
    """

    configuration: Configuration
    objective: float
    loss_points: float
    latency_ms: float
    energy_mj: float | None
    storage_bytes: int
    macs: int
    param_bytes: int
    activation_bytes: int
    intensity: float
    violation: float
    violated: tuple[str, ...]

    @property
    def feasible(self) -> bool:
        """Whether every constraint is met."""
        return self.violation == 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Many configurations in one context; arrays of one shape.

    `objective` counts for every row; `violation` is 0 where feasible.
    """

    objective: FloatArray
    violation: FloatArray

    def ranks(self) -> FloatArray:
        """Least is best: feasible rows by objective, then the others by violation."""
        # Adding is several times faster than choosing with np.where, whose branches go wrong.
        ranks = self.violation + (self.violation > 0)
        ranks *= _INFEASIBLE
        ranks += self.objective
        return ranks

    def best(self) -> int:
        """Row that is feasible with the least objective, else the least violating."""
        return int(self.ranks().argmin())


@dataclass(frozen=True)
class Problem:
    """A design space with everything a search needs, prepared once for a network and a profile.

    Attributes:
        tables: additive pair tables of `METRICS`; latency at full clock with all in cache.
        correction_points: (count,) what to add to the predicted loss where the space was measured;
            None where it cannot be tabulated.
        memory_bytes_per_ms: bandwidth that a working set larger than the cache is paid at.
        power_mw: power of one busy core at a frequency ratio; None where the profile knows none.
    """

    space: DesignSpace
    tables: PairTables
    correction_points: FloatArray | None
    memory_bytes_per_ms: float
    power_mw: PowerModel | None

    @functools.cached_property
    def every_metric(self) -> FloatArray:
        """(METRICS, count) of the whole space, losses corrected; for enumerable spaces."""
        if self.space.count > ENUMERABLE:
            raise SettingsError("The space is too large to tabulate.")
        total = np.ascontiguousarray(self.tables.every_total().T)
        if self.correction_points is not None:
            total[LOSS] += self.correction_points
        return total

    @functools.cached_property
    def enumerable(self) -> bool:
        """Whether the whole space can be held in tables."""
        return self.space.count <= ENUMERABLE

    @functools.cached_property
    def backbone_metrics(self) -> FloatArray:
        """(METRICS,) of the backbone."""
        return self.metrics_of(self.space.backbone_configuration)

    def metrics_of(self, configuration: Configuration) -> FloatArray:
        """(METRICS,) of one configuration, its loss corrected."""
        row: FloatArray = self.tables.totals(np.array([configuration], dtype=np.uint8))[0]
        if self.correction_points is not None:
            row[LOSS] += self.correction_points[self.space.index(configuration)]
        return row

    def metrics_of_many(self, configurations: ConfigArray) -> FloatArray:
        """(METRICS, n) of many configurations, losses corrected."""
        rows = np.ascontiguousarray(self.tables.totals(configurations).T)
        if self.correction_points is not None:
            rows[LOSS] += self.correction_points[self.space.indices(configurations)]
        return rows

    def check(self, objective: Objective) -> None:
        """Raise SettingsError when this profile cannot serve the objective."""
        if objective.efficiency == "energy" and self.power_mw is None:
            raise SettingsError(
                "The device profile knows no power, so energy cannot be optimised.",
                "Choose latency or arithmetic intensity as efficiency, or a profile with energy.",
            )


_COSTS_TO_METRICS = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""(macs, param_bytes, activation_bytes) to (storage_bytes, macs, param_bytes)."""


def build_problem(
    accuracy: AccuracyModel,
    costs: PairTables,
    latency: PairTables,
    memory_bytes_per_ms: float,
    power_mw: PowerModel | None,
) -> Problem:
    """Join accuracy, cost and latency tables of one space into a problem.

    Args:
        costs: metrics macs, param_bytes, activation_bytes.
        latency: metric latency_ms.
    """
    tables = accuracy.predicted.join(latency).join(
        costs.with_metrics(_COSTS_TO_METRICS, METRICS[STORAGE:])
    )
    correction = None
    if accuracy.space.count <= ENUMERABLE:
        correction = accuracy.every_loss_points - accuracy.predicted.every_total()[:, 0]
    return Problem(
        accuracy.space,
        PairTables(METRICS, tables.values),
        correction,
        memory_bytes_per_ms,
        power_mw,
    )


@dataclass(frozen=True)
class Situation:
    """A problem in one context under one objective: the numbers that every candidate shares."""

    problem: Problem
    context: Context
    objective: Objective

    @functools.cached_property
    def lambdas(self) -> tuple[float, float]:
        """(lambda1, lambda2)."""
        return self.objective.lambdas(self.context.battery)

    def cpu_ms(self, latency_ms: FloatArray, storage_bytes: FloatArray) -> FloatArray:
        """Processor time from the tables' latency and the working set."""
        excess = np.maximum(storage_bytes - self.context.free_cache_bytes, 0.0)
        excess *= 1 / self.problem.memory_bytes_per_ms
        excess += latency_ms * (1 / self.context.frequency_ratio)
        return excess

    @functools.cached_property
    def backbone_log(self) -> float:
        """ln of the backbone's cost (energy, latency) or -ln E; the scale's zero."""
        return float(self.log_cost(self.problem.backbone_metrics[:, None])[0])

    def log_cost(self, metrics: FloatArray) -> FloatArray:
        """ln of the cost (energy, latency) of (METRICS, ...) candidates, but for a constant; -ln E.

        What `evaluate` weighs by lambda2.
        """
        return self._log_cost(metrics, self.cpu_ms(metrics[LATENCY], metrics[STORAGE]))

    def _log_cost(self, metrics: FloatArray, cpu_ms: FloatArray) -> FloatArray:
        if self.objective.efficiency == "intensity":
            intensity = arithmetic_intensity(
                metrics[MACS],
                metrics[PARAM],
                metrics[STORAGE] - metrics[PARAM],
                self.objective.mu,
            )
            return -np.log(intensity)
        # Within one context energy and latency are both proportional to processor time.
        return np.log(cpu_ms)

    @property
    def metrics_needed(self) -> int:
        """How many of the leading `METRICS` `evaluate` looks at under this objective."""
        return len(METRICS) if self.objective.efficiency == "intensity" else _ALWAYS_NEEDED

    def evaluate(self, metrics: FloatArray) -> Evaluation:
        """Objective and violation of (METRICS, ...) candidates.

        `metrics` may be cut after the first `metrics_needed`.
        """
        context, limit = self.context, self.objective.loss_limit_points
        cpu_ms = self.cpu_ms(metrics[LATENCY], metrics[STORAGE])
        lambda1, lambda2 = self.lambdas
        objective = self._log_cost(metrics, cpu_ms)
        objective -= self.backbone_log
        objective *= lambda2
        loss = metrics[LOSS] * (1 / limit)
        objective += loss * lambda1
        # Relative excess over each limit; a cache of nothing makes every working set too large.
        cpu_ms *= 1 / (context.cpu_share * context.latency_budget_ms)
        storage = metrics[STORAGE] * (1 / max(context.free_cache_bytes, 1.0))
        for ratio in (cpu_ms, storage, loss):
            ratio -= 1 + _ROUNDING
            np.maximum(ratio, 0.0, out=ratio)
        cpu_ms += storage
        cpu_ms += loss
        return Evaluation(objective, cpu_ms)

    def outcome(self, configuration: Configuration) -> Outcome:
        """Everything about one configuration here."""
        metrics = self.problem.metrics_of(configuration)
        row = metrics[:, None]
        evaluation = self.evaluate(row)
        cpu_ms = float(self.cpu_ms(row[LATENCY], row[STORAGE])[0])
        latency_ms = cpu_ms / self.context.cpu_share
        power = self.problem.power_mw
        limits = {
            "latency": (latency_ms, self.context.latency_budget_ms),
            "storage": (metrics[STORAGE], self.context.free_cache_bytes),
            "accuracy": (metrics[LOSS], self.objective.loss_limit_points),
        }
        return Outcome(
            configuration=configuration,
            objective=float(evaluation.objective[0]),
            loss_points=float(metrics[LOSS]),
            latency_ms=latency_ms,
            energy_mj=float(power(self.context.frequency_ratio)) * cpu_ms / 1000 if power else None,
            storage_bytes=int(metrics[STORAGE]),
            macs=int(metrics[MACS]),
            param_bytes=int(metrics[PARAM]),
            activation_bytes=int(metrics[STORAGE] - metrics[PARAM]),
            intensity=float(
                arithmetic_intensity(
                    row[MACS], row[PARAM], row[STORAGE] - row[PARAM], self.objective.mu
                )[0]
            ),
            violation=float(evaluation.violation[0]),
            violated=tuple(
                name for name, (value, limit) in limits.items() if value > limit * (1 + _ROUNDING)
            ),
        )
