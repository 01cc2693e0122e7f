"""Power of a busy core from measured energies, and what it predicts for other configurations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.errors import SettingsError
from workbench.profiling.energy.errors import EnergyError
from workbench.profiling.energy.result import EnergyPerInference
from workbench.space.tables import FloatArray


@dataclass(frozen=True, slots=True)
class FittedPower:
    """Power that one busy core adds at the clock at which it ran.

    Attributes:
        active_mw: milliwatts of one core.
        low_mw, high_mw: 95% confidence interval over the configurations.
        configurations: how many it rests on.
    """

    active_mw: float
    low_mw: float
    high_mw: float
    configurations: int


def energy_subset(
    medians_ms: FloatArray, fitted: int, fit: int, held_out: int
) -> npt.NDArray[np.intp]:
    """Positions of configurations to measure energy of: the backbone and others that are spread
    evenly over the latencies, `fit` of those of the table's fit and then `held_out` of the others.

    Args:
        medians_ms: (n,) latencies, those of the fit first.
        fitted: how many of them the table was fitted to.

    Raises:
        SettingsError: fewer than one for the fit.
    """
    if fit < 1 or held_out < 0 or not 0 < fitted <= len(medians_ms):
        raise SettingsError("Measuring energy takes a configuration or more.")
    chosen = [0, *_spread(medians_ms, np.arange(1, fitted), fit - 1)]
    return np.array([*chosen, *_spread(medians_ms, np.arange(fitted, len(medians_ms)), held_out)])


def _spread(values: FloatArray, among: npt.NDArray[np.intp], count: int) -> list[int]:
    """So many of these positions, evenly over the ranks of their values."""
    count = min(count, len(among))
    order = among[np.argsort(values[among], kind="stable")]
    ranks = (np.arange(count) + 0.5) * len(order) / max(1, count)
    return [int(order[int(rank)]) for rank in ranks]


def fit_power(results: Sequence[EnergyPerInference], threads: int) -> FittedPower:
    """Mean power of a busy core over configurations, each weighted by how well it is known.

    Args:
        results: of the configurations for the fit; those that are not resolved do not count.
        threads: cores that were busy.

    Raises:
        EnergyError: none is resolved.
    """
    from scipy.special import stdtrit

    good = [result for result in results if result.resolved]
    if not good:
        raise EnergyError(
            "The sensor cannot tell any configuration from idling: energy is not resolved.",
            "Measure on more threads, or with a network that takes longer.",
        )
    power = np.array([result.net_mw / threads for result in good])
    half = power * np.array([result.relative_half_width for result in good])
    weights = 1 / half**2
    weights /= weights.sum()
    mean = float(weights @ power)
    # From the configurations' own intervals, and from how they differ: the wider counts.
    own = math.sqrt(float(weights**2 @ half**2))
    count, spread = len(good), 0.0
    if count > 1:
        scatter = math.sqrt(float(weights @ (power - mean) ** 2) * count / (count - 1))
        spread = float(stdtrit(count - 1, 0.975)) * scatter / math.sqrt(count)
    widest = max(own, spread)
    return FittedPower(mean, mean - widest, mean + widest, count)


def predicted_mj(power: FittedPower, latency_ms: FloatArray, threads: int) -> FloatArray:
    """(n,) energies of inferences that keep so many cores busy: E = n P t."""
    return power.active_mw * threads * latency_ms / 1000
