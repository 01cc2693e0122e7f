"""NSGA-II over loss and cost, by pymoo: a multi-objective search as others would set it up.

Source: Deb, Pratap, Agarwal, Meyarivan: "A fast and elitist multiobjective genetic algorithm:
NSGA-II" (2002); the implementation and its handling of constraints are pymoo's (Blank and Deb,
2020). pymoo takes a third of a second to import: import this module where it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.mutation import Mutation
from pymoo.core.problem import Problem as PymooProblem
from pymoo.operators.crossover.ux import UX
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.optimize import minimize

from workbench.search.problem import LOSS, Problem, Situation
from workbench.space.design_space import ConfigArray, Configuration
from workbench.space.tables import FloatArray


class Nsga2Policy:
    """NSGA-II at every trigger; of its last front the best by the objective is taken.

    Args:
        population: configurations in a generation.
        generations: how many are made.
    """

    name = "nsga2"
    adapts = True

    def __init__(self, problem: Problem, population: int = 100, generations: int = 100) -> None:
        self._population = population
        self._generations = generations

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """The seed of pymoo's own generator is drawn from `rng`."""
        algorithm = NSGA2(
            pop_size=self._population,
            sampling=IntegerRandomSampling(),
            crossover=UX(),
            mutation=_DrawAnew(),
            eliminate_duplicates=True,
        )
        result = minimize(
            _Front(situation),
            algorithm,
            ("n_gen", self._generations),
            seed=int(rng.integers(2**31)),
        )
        # Without a feasible configuration there is no front: the last population stands for it.
        last = result.pop.get("X") if result.X is None else np.atleast_2d(result.X)
        rows = last.astype(np.uint8)
        metrics = situation.problem.metrics_of_many(rows)
        return tuple(rows[situation.evaluate(metrics).best()].tolist())


class _Front(PymooProblem):  # type: ignore[misc]
    """Loss against the logarithm of cost, under the situation's limits."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        sizes = np.array(situation.problem.space.sizes)
        super().__init__(n_var=len(sizes), n_obj=2, n_ieq_constr=1, xl=0, xu=sizes - 1, vtype=int)

    def _evaluate(self, rows: ConfigArray, out: dict[str, FloatArray], *_: Any, **__: Any) -> None:
        situation = self._situation
        metrics = situation.problem.metrics_of_many(rows.astype(np.uint8))
        evaluation = situation.evaluate(metrics)
        out["F"] = np.stack((metrics[LOSS], situation.log_cost(metrics)), axis=1)
        out["G"] = evaluation.violation[:, None]


class _DrawAnew(Mutation):  # type: ignore[misc]
    """One layer on average gets another operator: operators are names, not numbers."""

    def _do(
        self, problem: Any, rows: ConfigArray, *, random_state: np.random.Generator, **_: Any
    ) -> ConfigArray:
        anew = random_state.random(rows.shape) < 1 / rows.shape[1]
        drawn = random_state.integers(problem.xl, problem.xu + 1, rows.shape)
        return np.where(anew, drawn, rows)
