"""Accuracy of a configuration: measured where it was measured, predicted elsewhere."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.errors import SettingsError
from workbench.space.design_space import ConfigArray, DesignSpace
from workbench.space.tables import FloatArray, PairTables

LOSS_METRIC = "accuracy_loss_points"
ENUMERABLE = 200_000
"""Spaces up to this size are tabulated whole."""

_WHOLE_WEIGHT = 10
"""The whole network loses nothing, by definition: it counts as that many measurements."""
_RIDGE_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class PredictorError:
    """How far predictions were from measurements that took no part in the fit, in points.

    Attributes:
        mean_abs_points, p90_abs_points: mean and 90th percentile of |predicted - measured|.
        spearman, kendall: rank correlations of predicted and measured accuracy.
        configurations: how many configurations were held out (each once, over the folds).
    """

    mean_abs_points: float
    p90_abs_points: float
    spearman: float
    kendall: float
    configurations: int


@dataclass(frozen=True, slots=True)
class MeasuredAccuracy:
    """Accuracies measured on a held-out set.

    Attributes:
        configurations: (n, decisions) operator indices.
        accuracy_percent: (n,) share of images classified right, in percent.
        images: size of the held-out set.
    """

    configurations: ConfigArray
    accuracy_percent: FloatArray
    images: int


@dataclass(frozen=True)
class AccuracyModel:
    """Accuracy loss of configurations against the whole network, in percentage points.

    Attributes:
        backbone_percent: accuracy of the whole network, measured.
        predicted: additive pair tables with the one metric `LOSS_METRIC`.
        error: held-out error of `predicted`.
        measured: what was measured.
    """

    space: DesignSpace
    backbone_percent: float
    predicted: PairTables
    error: PredictorError
    measured: MeasuredAccuracy

    @functools.cached_property
    def _known(self) -> dict[tuple[int, ...], float]:
        return {
            tuple(row): float(value)
            for row, value in zip(
                self.measured.configurations.tolist(), self.measured.accuracy_percent
            )
        }

    def loss_points(self, configurations: ConfigArray) -> FloatArray:
        """(n,) losses in points: measured where measured, else predicted."""
        loss: FloatArray = self.predicted.totals(configurations)[:, 0]
        for row, choices in enumerate(configurations.tolist()):
            if (value := self._known.get(tuple(choices))) is not None:
                loss[row] = self.backbone_percent - value
        return loss

    def is_measured(self, configuration: tuple[int, ...]) -> bool:
        """Whether this very configuration was measured."""
        return tuple(int(choice) for choice in configuration) in self._known

    @functools.cached_property
    def every_loss_points(self) -> FloatArray:
        """(count,) losses of the whole space, for enumerable spaces."""
        if self.space.count > ENUMERABLE:
            raise SettingsError("The space is too large to tabulate.")
        loss = self.predicted.every_total()[:, 0].copy()
        rows = self.space.indices(self.measured.configurations)
        loss[rows] = self.backbone_percent - self.measured.accuracy_percent
        return loss

    @functools.cached_property
    def every_measured(self) -> npt.NDArray[np.bool_]:
        """(count,) which configurations of an enumerable space were measured."""
        mask = np.zeros(self.space.count, dtype=bool)
        mask[self.space.indices(self.measured.configurations)] = True
        return mask


def _design_matrix(space: DesignSpace, configurations: ConfigArray) -> tuple[FloatArray, int]:
    """(n, singles + pairs) one-hot rows, and how many of the columns are singles."""
    rows = np.arange(len(configurations))
    choices = configurations.astype(np.intp)
    blocks = []
    for decision, size in enumerate(space.sizes):
        block = np.zeros((len(rows), size))
        block[rows, choices[:, decision]] = 1
        blocks.append(block)
    singles = sum(space.sizes)
    for decision in range(1, space.decisions):
        before, size = space.sizes[decision - 1], space.sizes[decision]
        block = np.zeros((len(rows), before * size))
        block[rows, choices[:, decision - 1] * size + choices[:, decision]] = 1
        blocks.append(block)
    return np.concatenate(blocks, axis=1), singles


def _ridge(
    matrix: FloatArray, singles: int, target: FloatArray, strength: float, whole: FloatArray
) -> tuple[FloatArray, float]:
    matrix = np.concatenate([matrix, np.repeat(whole, _WHOLE_WEIGHT, axis=0)])
    target = np.concatenate([target, np.zeros(_WHOLE_WEIGHT)])
    mean = float(target.mean())
    # Pairs are corrections to the singles, so they are held back ten times more.
    penalty = np.full(matrix.shape[1], strength)
    penalty[:singles] *= 0.1
    gram = matrix.T @ matrix + np.diag(penalty)
    weights = np.asarray(np.linalg.solve(gram, matrix.T @ (target - mean)), dtype=np.float64)
    return weights, mean


def fit_predictor(
    space: DesignSpace,
    configurations: ConfigArray,
    loss_points: FloatArray,
    rng: np.random.Generator,
) -> tuple[PairTables, PredictorError]:
    """Ridge regression of the loss on one-hot operators and adjacent operator pairs.

    The whole network, whose loss is 0, is added to what was measured, so that limits on the loss
    start from where they should also in spaces of which only a sample was measured.

    The strength of the ridge is the one with the least error over five folds; the error returned
    is that of predictions on the fold left out.

    Args:
        configurations: (n, decisions); n of a few hundred is enough for five layers.
        loss_points: (n,) losses against the whole network, in percentage points.

    Raises:
        SettingsError: with fewer than 20 configurations.
    """
    from scipy import stats  # imported here: it is slow to load and only training needs it

    if len(configurations) < 20:
        raise SettingsError("A predictor needs at least 20 measured configurations.")
    matrix, singles = _design_matrix(space, configurations)
    whole = _design_matrix(space, np.zeros((1, space.decisions), dtype=np.uint8))[0]
    # What every fit is told is no test of it.
    tested = (configurations != 0).any(axis=1)
    folds = rng.permutation(len(configurations)) % _FOLDS
    best: tuple[float, float, FloatArray] | None = None
    for strength in _RIDGE_STRENGTHS:
        held_out = np.zeros(len(configurations))
        for fold in range(_FOLDS):
            test = folds == fold
            weights, mean = _ridge(matrix[~test], singles, loss_points[~test], strength, whole)
            held_out[test] = matrix[test] @ weights + mean
        error = float(np.abs(held_out - loss_points)[tested].mean())
        if best is None or error < best[0]:
            best = (error, strength, held_out)
    assert best is not None
    weights, mean = _ridge(matrix, singles, loss_points, best[1], whole)
    predicted, measured = best[2][tested], loss_points[tested]
    absolute = np.abs(predicted - measured)
    return _tables(space, weights, mean), PredictorError(
        mean_abs_points=float(absolute.mean()),
        p90_abs_points=float(np.percentile(absolute, 90)),
        spearman=float(stats.spearmanr(predicted, measured).statistic),
        kendall=float(stats.kendalltau(predicted, measured).statistic),
        configurations=len(measured),
    )


def _tables(space: DesignSpace, weights: FloatArray, mean: float) -> PairTables:
    values, single, pair = [], 0, sum(space.sizes)
    for decision, size in enumerate(space.sizes):
        before = space.predecessors(decision)
        table = np.broadcast_to(weights[single : single + size], (before, size)).copy()
        single += size
        if decision:
            table += weights[pair : pair + before * size].reshape(before, size)
            pair += before * size
        else:
            table += mean
        values.append(table[..., None])
    return PairTables((LOSS_METRIC,), tuple(values))
