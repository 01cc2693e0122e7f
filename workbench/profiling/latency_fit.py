"""Fitting the latency model: prices of `LATENCY_TERMS` from latencies of whole networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.space.tables import LATENCY_TERMS

FloatArray = npt.NDArray[np.float64]

MIN_CYCLES_PER_NODE = 2500.0
"""Least time of a node, in clock cycles.

Published networks are large, so their latencies leave the overhead of a node undetermined and a
plain fit sets it to 0: tiny layers would be free. ncnn takes 0.75 us for a 1x1 convolution of 4
channels on 4x4 pixels on a desktop core of about 3.3 GHz; simpler cores hardly need fewer cycles.
"""

MAX_MACS_PER_CYCLE = 64.0
"""Twice what a core with two 512-bit units multiplies and accumulates in a cycle, which leaves room
for clocks above the stated one. Keeps multiply-accumulates from being free where the fitted
networks do not tell their price. Winograd saves multiplications, so 3x3 ones are left out."""


def least_prices(clock_mhz: float) -> FloatArray:
    """(terms,) lower bounds of the prices in ms, for a core of that clock."""
    cycles_per_ms = clock_mhz * 1e3
    least = dict.fromkeys(LATENCY_TERMS, 0.0)
    least["nodes"] = MIN_CYCLES_PER_NODE / cycles_per_ms
    for name in ("macs_1x1", "macs_other", "macs_grouped"):
        least[name] = 1 / (MAX_MACS_PER_CYCLE * cycles_per_ms)
    return np.array(list(least.values()))


def fit_terms(
    terms: FloatArray, latency_ms: FloatArray, floor: FloatArray | None = None
) -> FloatArray:
    """Prices that minimise the summed squared relative error of predicted latencies.

    Non-negative least squares (Lawson and Hanson) on rows divided by their latency.

    Args:
        terms: (n, terms) counts of each network.
        latency_ms: (n,) positive.
        floor: (terms,) least prices; 0 where left out.

    Returns:
        (terms,) ms per unit, each at least its floor.
    """
    from scipy.optimize import nnls  # 0.5 s to import, and only fits need it

    least = np.zeros(terms.shape[1]) if floor is None else floor
    rows = terms / latency_ms[:, None]
    # Columns differ by ten orders of magnitude; unit length keeps the solver's tolerance sound.
    length = np.linalg.norm(rows, axis=0)
    length[length == 0] = 1.0
    extra, _ = nnls(rows / length, 1.0 - rows @ least)
    return least + extra / length


@dataclass(frozen=True, slots=True)
class HeldOutError:
    """Relative errors on networks left out of the fit, one at a time.

    Attributes:
        median, p90: of the absolute relative errors.
        errors: (n,) signed relative errors, in the order of the points.
    """

    median: float
    p90: float
    errors: FloatArray


def leave_one_group_out(
    terms: FloatArray,
    latency_ms: FloatArray,
    groups: Sequence[str],
    floor: FloatArray | None = None,
) -> HeldOutError:
    """Predict each group of points (a network's) from a fit to all others."""
    labels = np.asarray(groups)
    errors = np.zeros(len(latency_ms))
    for label in np.unique(labels):
        out = labels == label
        prices = fit_terms(terms[~out], latency_ms[~out], floor)
        errors[out] = terms[out] @ prices / latency_ms[out] - 1
    size = np.abs(errors)
    return HeldOutError(float(np.median(size)), float(np.quantile(size, 0.9)), errors)
