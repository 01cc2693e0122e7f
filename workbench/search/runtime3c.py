"""Runtime3C: the fast searcher that runs while the application runs.

Continuations that suit the context are followed. At every layer each of them hands its prefix
down, every operator of the layer extends it, and each of them completes it, so that every
candidate is a complete configuration and is judged as one: by feasibility first and objective
next. The winner is mutated, two neighbouring layers at a time, until nothing improves it.

Source: AdaSpring (Liu et al., IMWUT 2021) for the layer-wise search with inheritance and mutation.
The precomputed continuations are this project's. They need no survivors of one layer before the
next can be looked at, so one vectorised step judges the candidates of all layers. A space no
larger than such a step is judged whole: that is quicker, and measured losses need not add up.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from workbench.search.candidates import Candidates, least
from workbench.search.continuations import (
    Continuations,
    additive_preferences,
    intensity_preferences,
)
from workbench.search.mutation import Mutation
from workbench.search.problem import Problem, Situation
from workbench.space.design_space import Configuration
from workbench.space.tables import FloatArray

_AT_ONCE = 30_000
"""Candidates that are judged in one step: with more, tables leave the processor's cache."""

_TIGHT = 0.1
"""A context is tight when fewer of the continuations than this share are feasible."""


class Runtime3C:
    """The searcher, prepared once for a problem.

    Args:
        followed: continuations that a search follows; twice as many where little is feasible.
    """

    def __init__(self, problem: Problem, followed: int = 12) -> None:
        self._problem = problem
        self._followed = followed
        self._small = problem.space.count <= _AT_ONCE
        if self._small:
            return
        self._candidates = Candidates(problem)
        self._continuations = Continuations(
            problem, self._candidates, additive_preferences(problem)
        )
        self._mutation = Mutation(problem, self._candidates)

    def search(self, situation: Situation) -> Configuration:
        """A configuration for this context: feasible, or the least violating one seen."""
        if self._small:
            every = self._problem.every_metric[: situation.metrics_needed]
            return self._problem.space.configuration(situation.evaluate(every).best())
        intensity = situation.objective.efficiency == "intensity"
        known = self._for_intensity if intensity else self._continuations
        rows = self._candidates.rows_needed(situation)
        followed = self._follow(situation, known.whole[:rows])
        extended = known.extended[:rows].take(followed, axis=1)
        rest = known.rest[:rows].take(followed, axis=1)
        least_rank, winner = np.inf, (0, 0, 0)
        share = max(1, _AT_ONCE // rest[0].size)
        for first in range(0, len(followed), share):
            whole = extended[:, first : first + share, None] + rest[:, None]
            ranks = self._candidates.judge(situation, whole).ranks()
            best = int(ranks.argmin())
            if ranks.flat[best] < least_rank:
                least_rank = float(ranks.flat[best])
                before, behind, place = np.unravel_index(best, ranks.shape)
                winner = int(followed[first + before]), int(place), int(followed[behind])
        return self._mutation.improve(situation, known.join(*winner))

    @functools.cached_property
    def _for_intensity(self) -> Continuations:
        # Few ask for it: prepared with the first search that does.
        weights = intensity_preferences(self._problem)
        return Continuations(self._problem, self._candidates, weights)

    def _follow(self, situation: Situation, whole: FloatArray) -> npt.NDArray[np.intp]:
        """The continuations worth following here.

        Half are the best by feasibility and objective. The others may violate a little: a mix of
        one that violates and one that is too cautious is often better than either.
        """
        evaluation = self._candidates.judge(situation, whole)
        ranks = evaluation.ranks()
        infeasible = np.count_nonzero(evaluation.violation)
        tight = infeasible > (1 - _TIGHT) * ranks.size
        half = self._followed if tight else self._followed // 2
        best = least(ranks, half)
        near = evaluation.objective + evaluation.violation
        near[best] = np.inf
        return np.concatenate((best, least(near, half)))
