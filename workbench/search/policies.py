"""Policies that a replay compares: how a configuration is chosen when something changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from workbench.core.errors import SettingsError
from workbench.search.evolutionary import OfaPolicy
from workbench.search.exact import Enumeration
from workbench.search.labels import LabelSetting
from workbench.search.policy_names import FIXED
from workbench.search.problem import Problem, Situation
from workbench.search.runtime3c import Runtime3C
from workbench.space.design_space import Configuration, DesignSpace

_RANDOM_TRIES = 256


class Policy(Protocol):
    """Chooses configurations.

    Attributes:
        name: as given on the command line.
        adapts: whether it decides again at every trigger, or only once.
    """

    name: str
    adapts: bool

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """The configuration for this situation."""
        ...


class Runtime3CPolicy:
    """The searcher at every trigger."""

    name = "runtime3c"
    adapts = True

    def __init__(self, problem: Problem) -> None:
        self._searcher = Runtime3C(problem)

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """One Runtime3C search."""
        return self._searcher.search(situation)


class ExactPolicy:
    """The true optimum at every trigger."""

    name = "exact"
    adapts = True

    def __init__(self, problem: Problem) -> None:
        self._labels = None if problem.enumerable else LabelSetting(problem)

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """Enumeration, or label setting on large spaces."""
        if self._labels is not None:
            return self._labels.reference(situation, rng).configuration
        row = Enumeration(situation).evaluation.best()
        return situation.problem.space.configuration(row)


class StaticPolicy:
    """The best for the first context, never changed: what on-demand compression gives.

    AdaDeep (Liu et al., MobiSys 2018) and ProxylessNAS (Cai et al., ICLR 2019) choose a network
    once, for a device as it is at that time.
    """

    name = "static"
    adapts = False

    def __init__(self, problem: Problem) -> None:
        self._exact = ExactPolicy(problem)

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """The optimum of the first situation."""
        return self._exact.decide(situation, rng)


class GreedyPolicy:
    """From the backbone, the best change of one layer at a time until none helps."""

    name = "greedy"
    adapts = True

    def __init__(self, problem: Problem) -> None:
        space = problem.space
        self._moves = [(d, c) for d, size in enumerate(space.sizes) for c in range(size)]

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """Steepest descent on violation first, objective next."""
        space = situation.problem.space
        current = np.array(space.backbone_configuration, dtype=np.uint8)
        rank = (np.inf, np.inf)
        while True:
            neighbours = np.repeat(current[None], len(self._moves), axis=0)
            for row, (decision, choice) in enumerate(self._moves):
                neighbours[row, decision] = choice
            evaluation = situation.evaluate(situation.problem.metrics_of_many(neighbours))
            row = evaluation.best()
            found = (float(evaluation.violation[row]), float(evaluation.objective[row]))
            if not found < rank:
                return tuple(current.tolist())
            rank, current = found, neighbours[row]


class RandomPolicy:
    """A random feasible configuration: the first of 256 draws, else the least violating draw."""

    name = "random"
    adapts = True

    def __init__(self, problem: Problem) -> None:
        pass

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """Draws come from `rng` alone."""
        space = situation.problem.space
        draws = space.random_configurations(rng, _RANDOM_TRIES)
        violation = situation.evaluate(situation.problem.metrics_of_many(draws)).violation
        return tuple(draws[int(violation.argmin())].tolist())


class FixedPolicy:
    """One operator on every layer that has it: hand-crafted compression; or the backbone."""

    adapts = False

    def __init__(self, name: str, configuration: Configuration) -> None:
        self.name = name
        self._configuration = configuration

    def decide(self, situation: Situation, rng: np.random.Generator) -> Configuration:
        """Always the same."""
        return self._configuration


def _nsga2(problem: Problem) -> Policy:
    from workbench.search.nsga2 import Nsga2Policy  # imported here: pymoo takes a while

    return Nsga2Policy(problem)


_CHOOSERS: dict[str, Callable[[Problem], Policy]] = {
    "runtime3c": Runtime3CPolicy,
    "exact": ExactPolicy,
    "static": StaticPolicy,
    "greedy": GreedyPolicy,
    "random": RandomPolicy,
    "ofa": OfaPolicy,
    "nsga2": _nsga2,
}


def policy_names(space: DesignSpace) -> tuple[str, ...]:
    """Every policy this space offers."""
    operators = dict.fromkeys(name for names in space.operators for name in names[1:])
    return (*_CHOOSERS, "backbone", *(FIXED + name for name in operators))


def make_policy(name: str, problem: Problem) -> Policy:
    """The policy called `name`.

    Raises:
        SettingsError: when there is none of that name for this problem's space.
    """
    space = problem.space
    if name in _CHOOSERS:
        return _CHOOSERS[name](problem)
    if name == "backbone":
        return FixedPolicy(name, space.backbone_configuration)
    if name.startswith(FIXED):
        return FixedPolicy(name, space.uniform(name.removeprefix(FIXED)))
    raise SettingsError(
        f"There is no policy {name!r}.", f"Known: {', '.join(policy_names(space))}."
    )
