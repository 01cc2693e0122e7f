"""Which configurations energy is measured of, and the power that is fitted to it."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.profiling.energy.errors import EnergyError
from workbench.profiling.energy.power_fit import energy_subset, fit_power, predicted_mj
from workbench.profiling.energy.result import EnergyPerInference, EnergyTrust


def _result(number: int, power_mw: float, half: float, latency_ms: float) -> EnergyPerInference:
    energy_mj = power_mw * latency_ms / 1000
    low_mj, high_mj = energy_mj * (1 - half), energy_mj * (1 + half)
    return EnergyPerInference(
        number, energy_mj, low_mj, high_mj, (energy_mj,) * 5, 400.0, power_mw, 100, 0.0, 0.0,
        EnergyTrust((), 0.0), Source(Provenance.SIMULATED, "of a test"),
    )  # fmt: skip


def test_the_subset_holds_the_backbone_and_spans_the_latencies() -> None:
    medians_ms = np.array([50.0, *np.linspace(1, 40, 19), *np.linspace(2, 30, 8)])
    chosen = energy_subset(medians_ms, 20, 4, 2)
    assert chosen[0] == 0
    assert len(set(chosen)) == 6
    assert (chosen[:4] < 20).all()
    assert (chosen[4:] >= 20).all()
    assert medians_ms[chosen[1:4]].min() < 10 < 30 < medians_ms[chosen[1:4]].max()
    assert list(energy_subset(medians_ms[:3], 2, 5, 3)) == [0, 1, 2]
    with pytest.raises(SettingsError):
        energy_subset(medians_ms, 20, 0, 2)


def test_what_is_known_better_counts_more() -> None:
    results = [_result(0, 500.0, 0.01, 20.0), _result(1, 600.0, 0.2, 2.0)]
    power = fit_power(results, threads=1)
    assert 500 < power.active_mw < 505
    assert power.low_mw < 500 < power.active_mw < power.high_mw
    assert fit_power(results, threads=2).active_mw == pytest.approx(power.active_mw / 2)
    assert predicted_mj(power, np.array([10.0]), 1)[0] == pytest.approx(power.active_mw / 100)


def test_what_is_not_resolved_does_not_count() -> None:
    lost = _result(1, 900.0, 1.5, 2.0)
    assert not lost.resolved
    power = fit_power([_result(0, 500.0, 0.01, 20.0), lost], threads=1)
    assert power.active_mw == pytest.approx(500.0)
    assert power.configurations == 1
    with pytest.raises(EnergyError, match="not resolved"):
        fit_power([lost], threads=1)
