"""One decision with its reasons: what was chosen, what it beat, what stands in the way."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from workbench.search.exact import Blocker, Enumeration, Reference
from workbench.search.labels import LabelSetting
from workbench.search.policies import make_policy
from workbench.search.problem import Context, Objective, Outcome, Situation
from workbench.services.deployment import Deployment

_TIMING_S = 5.0
"""A policy that takes long is not timed again after this."""


@dataclass(frozen=True, slots=True)
class SearchReport:
    """One decision, compared and explained.

    Attributes:
        code: shortest binary code of the chosen configuration.
        exact: the optimum, or the best known on a large space.
        gap: see `Reference.gap`.
        backbone: the uncompressed network in the same context.
        blockers: what stands in the way when nothing is feasible; empty otherwise.
        search_ms: wall time of each repeated search on this computer.
    """

    policy: str
    context: Context
    objective: Objective
    lambda1: float
    lambda2: float
    chosen: Outcome
    code: str
    exact: Outcome
    reference: Reference
    gap: float | None
    backbone: Outcome
    blockers: tuple[Blocker, ...]
    search_ms: tuple[float, ...]


def search_once(
    deployment: Deployment,
    context: Context,
    objective: Objective,
    policy: str = "runtime3c",
    seed: int = 7,
    repeats: int = 50,
) -> SearchReport:
    """Search for one context.

    Args:
        repeats: how often the same search is timed, unless that takes more than `_TIMING_S`; the
            choice is the same each time.

    Raises:
        SettingsError: for an unknown policy or an objective that the profile cannot serve.
    """
    problem = deployment.problem
    problem.check(objective)
    searcher = make_policy(policy, problem)
    times_ms: list[float] = []
    while not times_ms or (len(times_ms) < repeats and sum(times_ms) < 1000 * _TIMING_S):
        # A new situation each time: what it caches belongs to the search.
        situation = Situation(problem, context, objective)
        rng = np.random.default_rng(seed)
        started = time.perf_counter_ns()
        configuration = searcher.decide(situation, rng)
        times_ms.append((time.perf_counter_ns() - started) / 1e6)
    chosen = situation.outcome(configuration)
    blockers: tuple[Blocker, ...] = ()
    if problem.enumerable:
        enumeration = Enumeration(situation)
        reference = enumeration.reference()
        if reference.objective is None:
            blockers = enumeration.blocking()
    else:
        reference = LabelSetting(problem).reference(situation, np.random.default_rng(seed))
    lambda1, lambda2 = situation.lambdas
    return SearchReport(
        policy=policy,
        context=context,
        objective=objective,
        lambda1=lambda1,
        lambda2=lambda2,
        chosen=chosen,
        code=problem.space.encode(configuration),
        exact=situation.outcome(reference.configuration),
        reference=reference,
        gap=reference.gap(chosen.objective) if chosen.feasible else None,
        backbone=situation.outcome(problem.space.backbone_configuration),
        blockers=blockers,
        search_ms=tuple(times_ms),
    )
