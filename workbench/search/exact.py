"""The true optimum beside the searcher, and the gap to it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.search.problem import LATENCY, LOSS, STORAGE, Evaluation, Situation
from workbench.space.design_space import Configuration

_CHAINS = 256
_STEPS_PER_LAYER = 12
_UNITS = {"latency": (1.0, "ms"), "storage": (1 / 1024, "KiB"), "accuracy": (1.0, "points")}


@dataclass(frozen=True, slots=True)
class Reference:
    """What a decision is compared with.

    Attributes:
        configuration: the optimum, or the least violating configuration; on a large space whose
            optimum could not be proven, the best one known.
        objective: J*, or a proven lower bound of it where `is_bound`; None when nothing is
            feasible.
        median_objective: median J over the feasible configurations (sampled in large spaces).
        feasible_count: feasible configurations; None where they cannot be counted.
    """

    configuration: Configuration
    objective: float | None
    median_objective: float | None
    is_bound: bool
    feasible_count: int | None

    def gap(self, objective: float) -> float | None:
        """(J - J*) / (J_median - J*): 0 is optimal, 1 as good as a typical feasible choice.

        J itself may pass through zero, so it is no scale. None when nothing is feasible, or
        (apart from the optimum itself) when all feasible configurations are alike.
        """
        if self.objective is None or self.median_objective is None:
            return None
        excess = objective - self.objective
        if abs(excess) <= 1e-9:
            return 0.0
        spread = self.median_objective - self.objective
        return excess / spread if spread > 1e-9 else None


@dataclass(frozen=True)
class Enumeration:
    """Every configuration of an enumerable space, evaluated in one situation."""

    situation: Situation

    @functools.cached_property
    def evaluation(self) -> Evaluation:
        """(count,) objective and violation, in the order of the configurations' numbers."""
        return self.situation.evaluate(self.situation.problem.every_metric)

    @property
    def feasible(self) -> npt.NDArray[np.bool_]:
        """(count,) which configurations meet every constraint."""
        return np.equal(self.evaluation.violation, 0)

    def reference(self) -> Reference:
        """The optimum by enumeration."""
        evaluation = self.evaluation
        row = evaluation.best()
        objectives = evaluation.objective[evaluation.violation == 0]
        return Reference(
            configuration=self.situation.problem.space.configuration(row),
            objective=float(evaluation.objective[row]) if len(objectives) else None,
            median_objective=float(np.median(objectives)) if len(objectives) else None,
            is_bound=False,
            feasible_count=len(objectives),
        )

    def blocking(self) -> tuple[Blocker, ...]:
        """For each constraint the least value reachable, alone and with the others met."""
        situation = self.situation
        metrics = situation.problem.every_metric
        storage = metrics[STORAGE]
        share = situation.context.cpu_share
        columns = {
            "latency": (
                situation.cpu_ms(metrics[LATENCY], storage) / share,
                situation.context.latency_budget_ms,
            ),
            "storage": (storage, situation.context.free_cache_bytes),
            "accuracy": (metrics[LOSS], situation.objective.loss_limit_points),
        }
        blockers = []
        for name, (values, limit) in columns.items():
            others = np.ones(len(values), dtype=bool)
            for other, (column, bound) in columns.items():
                if other != name:
                    others &= column <= bound
            blockers.append(
                Blocker(
                    name,
                    float(limit),
                    float(values.min()),
                    float(values[others].min()) if others.any() else None,
                )
            )
        return tuple(blockers)


@dataclass(frozen=True, slots=True)
class Blocker:
    """How one constraint stands in the way; values in ms, bytes or points.

    Attributes:
        limit: what the constraint allows.
        least: the least value of any configuration.
        least_with_others: the least among those that meet the other constraints; None when
            the others alone cannot be met.
    """

    constraint: str
    limit: float
    least: float
    least_with_others: float | None

    def text(self) -> str:
        """One sentence; empty when this constraint does not block."""
        factor, unit = _UNITS[self.constraint]
        limit, least = self.limit * factor, self.least * factor
        if self.least > self.limit:
            return (
                f"{self.constraint}: no configuration gets below {least:.3g} {unit},"
                f" the limit is {limit:.3g} {unit}"
            )
        if self.least_with_others is None:
            return ""
        needed = self.least_with_others * factor
        return (
            f"{self.constraint}: with the other limits kept it takes {needed:.3g} {unit},"
            f" the limit is {limit:.3g} {unit}"
        )


def median_of_feasible(
    situation: Situation, start: Configuration, rng: np.random.Generator
) -> float:
    """Median objective over random feasible configurations of a large space.

    Feasible configurations may be too rare to be drawn blindly, so chains walk from `start`: each
    step changes one layer and is taken back when it breaks a limit, which makes the feasible
    configurations that can be reached equally likely (Metropolis et al., 1953).

    Args:
        start: a feasible configuration.
    """
    problem = situation.problem
    sizes = np.array(problem.space.sizes)
    chains = np.repeat(np.array([start], dtype=np.uint8), _CHAINS, axis=0)
    row = np.arange(_CHAINS)
    for _ in range(_STEPS_PER_LAYER * len(sizes)):
        layer = rng.integers(0, len(sizes), _CHAINS)
        tried = chains.copy()
        tried[row, layer] = rng.integers(0, sizes[layer])
        evaluation = situation.evaluate(problem.metrics_of_many(tried))
        accepted = evaluation.violation == 0
        chains[accepted] = tried[accepted]
    return float(np.median(situation.evaluate(problem.metrics_of_many(chains)).objective))
