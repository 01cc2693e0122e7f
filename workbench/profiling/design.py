"""Design of experiments: which whole configurations to measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.errors import SettingsError
from workbench.profiling.pair_classes import PairClasses
from workbench.profiling.run_rules import Plan
from workbench.space.design_space import ConfigArray, Configuration, DesignSpace

CANDIDATES = 4000
NOISE = 0.02
"""Relative standard deviation of one measured configuration; weighs against the prior's."""


@dataclass(frozen=True, slots=True)
class Design:
    """Configurations to measure.

    Attributes:
        fit: (n, decisions) for the table; the first is the backbone, then come chosen ones.
        held_out: (m, decisions) uniformly random others, for its error only.
    """

    fit: ConfigArray
    held_out: ConfigArray


def planned_design(space: DesignSpace, plan: Plan, rng: np.random.Generator) -> Design:
    """The configurations of a plan.

    Raises: as `design_experiment`.
    """
    if plan.held_out:
        return design_experiment(space, plan.fit, plan.held_out, rng, plan.chosen)
    fit = _distinct(space, np.array(plan.chosen, dtype=np.uint8).reshape(-1, space.decisions))
    return Design(fit, fit[:0])


def design_experiment(
    space: DesignSpace,
    fit: int,
    held_out: int,
    rng: np.random.Generator,
    chosen: Sequence[Configuration] = (),
) -> Design:
    """Choose configurations to measure.

    The ones for the fit are chosen greedily, each where the table fitted to those before it would
    be least certain (greedy D-optimal design under the prior of `PairClasses.prior_covariance`).
    Each operator thus comes up on each layer early, then each class of adjacent pairs.

    Args:
        chosen: configurations that are to be among those for the fit, whatever they tell.

    Raises:
        SettingsError: when the space has too few configurations.
    """
    if fit < max(space.sizes) or held_out < 1 or fit + held_out > space.count:
        raise SettingsError(
            f"A design of {fit} + {held_out} configurations does not suit a space of"
            f" {space.count} with up to {max(space.sizes)} operators a layer."
        )
    given = _distinct(space, np.array(chosen, dtype=np.uint8).reshape(-1, space.decisions))
    if len(given) > fit:
        raise SettingsError(
            f"A list of {len(given) - 1} configurations does not fit into {fit} for the table.",
            "Measure more configurations in all, or a shorter list.",
        )
    pool = _distinct(space, np.concatenate([given, _candidates(space, fit + held_out, rng)]))
    taken = _greedy(PairClasses(space), pool, fit, len(given))
    rest = np.delete(pool, taken, axis=0)
    # The pool is in random order, so its first others are a fair sample of the space.
    return Design(pool[taken], rest[:held_out])


def _candidates(space: DesignSpace, least: int, rng: np.random.Generator) -> ConfigArray:
    """Random configurations."""
    if space.count <= CANDIDATES:
        return rng.permutation(space.all_configurations())
    return space.random_configurations(rng, max(CANDIDATES, 2 * least))


def _distinct(space: DesignSpace, configurations: ConfigArray) -> ConfigArray:
    """The backbone, then the others in their order, each once."""
    backbone = np.array([space.backbone_configuration], dtype=np.uint8)
    joined = np.concatenate([backbone, configurations])
    _, first = np.unique(joined, axis=0, return_index=True)
    return joined[np.sort(first)]


def _greedy(classes: PairClasses, pool: ConfigArray, count: int, given: int) -> list[int]:
    """Positions in the pool; the first `given` are taken in any case."""
    rows = classes.matrix(pool)
    covariance = classes.prior_covariance()
    variance = np.einsum("ij,ij->i", rows @ covariance, rows)
    chosen = [0]
    while len(chosen) < count:
        # What is believed once the sum that the last row picks was measured (a Kalman update). The
        # variances follow by the same rank-one step, without a product over the whole pool.
        row = rows[chosen[-1]]
        gain = covariance @ row
        total = row @ gain + (NOISE * row.sum()) ** 2
        covariance -= np.outer(gain, gain) / total
        variance -= (rows @ gain) ** 2 / total
        variance[chosen] = -1.0
        # Rounded, so that equals are told apart by their place and not by a machine's last digits.
        best = int(variance.round(9).argmax())
        chosen.append(len(chosen) if len(chosen) < given else best)
    return chosen
