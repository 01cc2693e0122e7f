"""Fitting a network's latency table to measured whole configurations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.profiling.latency_fit import fit_terms
from workbench.profiling.pair_classes import PairClasses
from workbench.space.design_space import ConfigArray, DesignSpace
from workbench.space.tables import FloatArray, latency_term_tables

NOISE = 0.01
"""Relative standard deviation of a measured latency against which the prior is weighed."""
PRIOR_SCALES = (0.1, 0.3, 1.0, 3.0)
"""How far the table may leave the term model; cross-validation chooses."""
FOLDS = 8
SHIFT = 1e-9
"""Keeps the prior's covariance positive definite."""


@dataclass(frozen=True, slots=True)
class FittedTable:
    """A latency table and the term model behind it.

    Attributes:
        prices: (terms,) the term model, ms per unit of `LATENCY_TERMS`.
        latency_ms: for each decision a (predecessors, operators) table.
        measured: same shapes, how many fitted configurations held the pair's class.
        prior_scale: the entry of `PRIOR_SCALES` that cross-validation chose.
    """

    prices: FloatArray
    latency_ms: tuple[FloatArray, ...]
    measured: tuple[npt.NDArray[np.int64], ...]
    prior_scale: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How well a table predicts whole configurations that it was not fitted to.

    Attributes:
        errors: (n,) signed relative errors.
    """

    errors: FloatArray

    @property
    def median(self) -> float:
        """Median absolute relative error."""
        return float(np.median(np.abs(self.errors)))

    def within(self, bound: float) -> float:
        """Share of the configurations predicted within +-`bound`."""
        return float((np.abs(self.errors) <= bound).mean())


def fit_table(
    space: DesignSpace,
    configurations: ConfigArray,
    latency_ms: FloatArray,
    floor: FloatArray | None = None,
) -> FittedTable:
    """Fit a non-negative table to (n,) latencies of (n, decisions) configurations.

    The term model is fitted first; the table is the most probable one under measurements with
    relative noise and a prior that it equals the term model up to correlated relative errors
    (`PairClasses.prior_covariance`), so pairs that no configuration held stay sensible.

    Args:
        floor: (terms,) least prices of the term model.
    """
    classes = PairClasses(space)
    term_tables = latency_term_tables(space)
    prices = fit_terms(term_tables.totals(configurations), latency_ms, floor)
    prior = classes.of_tables(term_tables.with_metrics(prices[:, None], ("ms",)), "ms")
    rows = classes.matrix(configurations)
    whiten = np.linalg.inv(
        np.linalg.cholesky(classes.prior_covariance() + SHIFT * np.eye(classes.count))
    )
    scale = _best_scale(rows * prior / latency_ms[:, None], whiten)
    ratios = _solve(rows * prior / latency_ms[:, None], whiten / scale)
    return FittedTable(
        prices,
        tuple(np.asarray(table, float) for table in classes.to_tables(ratios * prior)),
        tuple(np.asarray(t, np.int64) for t in classes.to_tables(rows.sum(axis=0))),
        scale,
    )


def _solve(relative: FloatArray, whiten: FloatArray) -> FloatArray:
    """(classes,) non-negative ratios of table to term model.

    Minimises |(relative r - 1) / NOISE|^2 + |whiten (r - 1)|^2 over r >= 0.
    """
    from scipy.optimize import nnls

    ones = np.ones(whiten.shape[0])
    stacked = np.concatenate([relative / NOISE, whiten])
    target = np.concatenate([np.full(len(relative), 1 / NOISE), whiten @ ones])
    ratios, _ = nnls(stacked, target)
    return np.asarray(ratios)


def _best_scale(relative: FloatArray, whiten: FloatArray) -> float:
    """The prior scale with the least cross-validated squared relative error."""
    folds = np.arange(len(relative)) % FOLDS

    def error(scale: float) -> float:
        total = 0.0
        for fold in np.unique(folds):
            out = folds == fold
            ratios = _solve(relative[~out], whiten / scale)
            total += float(((relative[out] @ ratios - 1) ** 2).sum())
        return total

    return min(PRIOR_SCALES, key=error)
