"""Evolutionary search as once-for-all does it: what specialises a network before it is deployed.

Source: Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient Deployment"
(ICLR 2020): a population of configurations, judged by an accuracy predictor and a latency table;
each generation keeps its best quarter as parents, half of the children are mutated parents, half
are crossed ones, and children that break a limit are drawn again. Written from the publication.
This project's: limits of storage and accuracy beside that of latency, ranks by the objective of
this program, and a bound on how often a child is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.search.problem import Evaluation, Problem, Situation
from workbench.space.design_space import ConfigArray, Configuration
from workbench.space.tables import FloatArray

_DRAWS = 10
"""How often children that break a limit are drawn again."""


@dataclass(frozen=True, slots=True)
class EvolutionSettings:
    """How long and how widely it is searched; the defaults are once-for-all's.

    Attributes:
        population: configurations in a generation.
        generations: how many follow the first.
        mutation_probability: share of a mutated parent's layers that are drawn anew.
        mutated_share: share of the children that are mutated; the others are crossed.
        parent_share: share of a generation that has children.
    """

    population: int = 100
    generations: int = 500
    mutation_probability: float = 0.1
    mutated_share: float = 0.5
    parent_share: float = 0.25


class OfaPolicy:
    """Evolutionary search at every trigger."""

    name = "ofa"
    adapts = True

    def __init__(self, problem: Problem, settings: EvolutionSettings | None = None) -> None:
        self._space = problem.space
        self._settings = settings or EvolutionSettings()

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """The best of all generations, by feasibility first and objective next."""
        settings, space = self._settings, self._space
        mutated = round(settings.mutated_share * settings.population)
        crossed = settings.population - mutated
        parents = max(2, round(settings.parent_share * settings.population))

        def fresh(count: int) -> ConfigArray:
            return space.random_configurations(rng, count)

        def mutants(count: int) -> ConfigArray:
            rows = population[rng.integers(0, parents, count)]
            anew = rng.random(rows.shape) < settings.mutation_probability
            children: ConfigArray = np.where(anew, fresh(count), rows)
            return children

        def offspring(count: int) -> ConfigArray:
            one, other = population[rng.integers(0, parents, (2, count))]
            children: ConfigArray = np.where(rng.random(one.shape) < 0.5, one, other)
            return children

        population, ranks = _draw(situation, fresh, settings.population)
        for _ in range(settings.generations):
            best = np.argsort(ranks, kind="stable")[:parents]
            population, ranks = population[best], ranks[best]
            drawn = [_draw(situation, mutants, mutated), _draw(situation, offspring, crossed)]
            population = np.concatenate([population, *(rows for rows, _ in drawn)])
            ranks = np.concatenate([ranks, *(values for _, values in drawn)])
        return tuple(population[int(ranks.argmin())].tolist())


def _draw(
    situation: Situation, draw: Callable[[int], ConfigArray], count: int
) -> tuple[ConfigArray, FloatArray]:
    """`count` rows of `draw` with their ranks; those that break a limit are drawn again."""
    rows = draw(count)
    evaluation = _judge(situation, rows)
    ranks, broken = evaluation.ranks(), np.flatnonzero(evaluation.violation)
    for _ in range(_DRAWS):
        if not broken.size:
            break
        again = draw(broken.size)
        evaluation = _judge(situation, again)
        found = evaluation.ranks()
        better = found < ranks[broken]
        rows[broken[better]], ranks[broken[better]] = again[better], found[better]
        broken = broken[~(better & (evaluation.violation == 0))]
    return rows, ranks


def _judge(situation: Situation, rows: ConfigArray) -> Evaluation:
    return situation.evaluate(situation.problem.metrics_of_many(rows))
