"""How alike neighbouring repeats are, because what stirs a phone lasts for a while.

A burst of background work that spans the end of one repeat and the start of the next moves both.
Student's t takes repeats as independent and would give too narrow an interval. So the noise within
blocks is modelled as a white part and one that dies out exponentially, fitted to the variogram of
the readings (which needs no mean, so short blocks do not bias it); the model says how the repeats'
means vary together, and by how much the interval has to widen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.profiling.energy.streams import FloatArray

_LAGS = 12
_TIMES = 16


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """Noise of readings: an independent part and a lasting part.

    Attributes:
        step_s: time between two readings.
        white: variance of the part that is new in every reading.
        lasting: variance of the part with autocovariance ``lasting * exp(-lag / time_s)``.
        time_s: how long that lasts.
    """

    step_s: float
    white: float
    lasting: float
    time_s: float


def fit_noise(samples: Sequence[FloatArray], step_s: float) -> NoiseModel:
    """Fit white + lasting (1 - exp(-lag / time)) to the variogram, pooled over blocks.

    Args:
        samples: for each block its readings, `step_s` apart.
        step_s: time between readings.
    """
    longest = max((len(part) for part in samples), default=0)
    if longest < 4:
        return NoiseModel(step_s, 0.0, 0.0, step_s)
    lags = np.unique(np.geomspace(1, longest - 2, _LAGS).astype(int))
    sums, pairs = np.zeros(len(lags)), np.zeros(len(lags))
    for part in samples:
        for index, lag in enumerate(lags):
            if lag < len(part):
                moved = part[lag:] - part[:-lag]
                sums[index] += float(moved @ moved) / 2
                pairs[index] += len(moved)
    found = sums / pairs
    # Long lags have few independent pairs: as many as the lag fits into the data.
    weight = np.sqrt(pairs / lags)
    best: tuple[float, NoiseModel] | None = None
    for time_s in np.geomspace(step_s / 2, longest * step_s, _TIMES):
        rise = -np.expm1(-lags * step_s / time_s)
        white, lasting = _two_terms(rise, found, weight)
        rest = float((weight * (white + lasting * rise - found)) @ (white + lasting * rise - found))
        if best is None or rest < best[0]:
            best = (rest, NoiseModel(step_s, white, lasting, float(time_s)))
    assert best is not None
    return best[1]


def _two_terms(rise: FloatArray, found: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Weighted least squares of white + lasting * rise, neither negative."""
    root = np.sqrt(weight)
    matrix = np.stack([root, root * rise], axis=1)
    white, lasting = np.linalg.lstsq(matrix, root * found, rcond=None)[0]
    if lasting < 0:
        return float(np.average(found, weights=weight)), 0.0
    if white < 0:
        return 0.0, float((weight * rise) @ found / ((weight * rise) @ rise))
    return float(white), float(lasting)


def widening(
    model: NoiseModel, start_s: FloatArray, end_s: FloatArray, shares: FloatArray
) -> float:
    """Factor on the half width of Student's interval, 1 where the repeats are independent.

    It is the standard deviation of the repeats' mean over what their scatter makes of it.

    Args:
        start_s, end_s: (segments,) spans that were averaged; none overlaps another.
        shares: (repeats, segments) how each repeat sums the segments' means.
    """
    length = end_s - start_s
    time_s = model.time_s
    filled = -np.expm1(-length / time_s) * time_s / length
    gap = np.maximum(0.0, np.maximum(start_s[:, None] - end_s, start_s - end_s[:, None]))
    together = model.lasting * np.outer(filled, filled) * np.exp(-gap / time_s)
    alone = 2 * model.lasting * time_s / length * (1 - filled)
    np.fill_diagonal(together, alone + model.white * np.minimum(1.0, model.step_s / length))
    repeats = shares @ together @ shares.T
    count = len(repeats)
    of_mean = float(repeats.sum()) / count**2
    seen = (float(np.trace(repeats)) / count - of_mean) / (count - 1)
    return max(1.0, float(np.sqrt(of_mean / seen))) if seen > 0 else 1.0
