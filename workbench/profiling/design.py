"""Design of experiments: which whole configurations to measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.core.errors import SettingsError
from workbench.profiling.pair_classes import PairClasses
from workbench.space.design_space import ConfigArray, DesignSpace

CANDIDATES = 4000
NOISE = 0.02
"""Relative standard deviation of one measured configuration; weighs against the prior's."""


@dataclass(frozen=True, slots=True)
class Design:
    """Configurations to measure.

    Attributes:
        fit: (n, decisions) for the table; the first is the backbone.
        held_out: (m, decisions) uniformly random others, for its error only.
    """

    fit: ConfigArray
    held_out: ConfigArray


def design_experiment(
    space: DesignSpace, fit: int, held_out: int, rng: np.random.Generator
) -> Design:
    """Choose configurations to measure.

    The ones for the fit are chosen greedily, each where the table fitted to those before it would
    be least certain (greedy D-optimal design under the prior of `PairClasses.prior_covariance`).
    Each operator thus comes up on each layer early, then each class of adjacent pairs.

    Raises:
        SettingsError: when the space has too few configurations.
    """
    if fit < max(space.sizes) or held_out < 1 or fit + held_out > space.count:
        raise SettingsError(
            f"A design of {fit} + {held_out} configurations does not suit a space of"
            f" {space.count} with up to {max(space.sizes)} operators a layer."
        )
    pool = _candidates(space, fit + held_out, rng)
    chosen = _greedy(PairClasses(space), pool, fit)
    rest = np.delete(pool, chosen, axis=0)
    # The pool is in random order, so its first others are a fair sample of the space.
    return Design(pool[chosen], rest[:held_out])


def _candidates(space: DesignSpace, least: int, rng: np.random.Generator) -> ConfigArray:
    """Distinct random configurations; the backbone first."""
    if space.count <= CANDIDATES:
        drawn = rng.permutation(space.all_configurations())
    else:
        drawn = space.random_configurations(rng, max(CANDIDATES, 2 * least))
    backbone = np.array([space.backbone_configuration], dtype=np.uint8)
    joined = np.concatenate([backbone, drawn])
    _, first = np.unique(joined, axis=0, return_index=True)
    return joined[np.sort(first)]


def _greedy(classes: PairClasses, pool: ConfigArray, count: int) -> list[int]:
    """Positions in the pool; the backbone's is first."""
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
        chosen.append(int(variance.round(9).argmax()))
    return chosen
