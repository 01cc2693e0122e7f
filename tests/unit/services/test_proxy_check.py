"""Rank correlations of proxies with what was measured, against scipy and by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from tests.helpers.random_network import write_random_network
from tests.helpers.spaces import small_space
from tests.helpers.stored_runs import write_stored
from tests.unit.services.test_profiling import _measurement
from workbench.devices.profile import Calibration
from workbench.profiling.kept_samples import KeptSamples
from workbench.profiling.samples import LatencySamples
from workbench.services.measured_samples import measured_samples
from workbench.services.projects import document_path
from workbench.services.proxy_check import check_proxies, every_proxy_check, kendall
from workbench.space.description import Network, read_network
from workbench.space.tables import FloatArray, arithmetic_intensity, cost_tables
from workbench.storage import Run


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("networks") / "small"
    return read_network(write_random_network(folder, small_space()))


def test_tau_and_its_interval_agree_with_scipy_over_resamples() -> None:
    rng = np.random.default_rng(3)
    measured = rng.normal(size=25).round(1)
    proxy = measured + rng.normal(0, 0.8, 25).round(1)
    found = kendall(proxy, measured)
    assert found is not None and found.low is not None and found.high is not None
    assert found.value == kendalltau(proxy, measured).statistic
    taus = []
    for _ in range(2000):
        rows = rng.integers(0, 25, 25)
        taus.append(kendalltau(proxy[rows], measured[rows]).statistic)
    low, high = np.quantile(taus, (0.025, 0.975))
    assert (found.low, found.high) == (pytest.approx(low, abs=0.03), pytest.approx(high, abs=0.03))
    assert kendall(proxy, measured) == found


def test_orders_that_are_known() -> None:
    rising = np.arange(10.0)
    perfect, reverse = kendall(rising, rising**2), kendall(-rising, rising)
    assert perfect is not None and reverse is not None
    assert (perfect.value, perfect.low, perfect.high) == pytest.approx((1, 1, 1))
    assert (reverse.value, reverse.low, reverse.high) == pytest.approx((-1, -1, -1))
    assert kendall(np.ones(10), rising) is None and kendall(rising[:1], rising[:1]) is None
    few = kendall(rising[:3], rising[:3])
    assert few is not None and few.low is None


@pytest.fixture
def profile(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile measured into a project of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = document_path("profile", "proxied")
    write_stored(network, _measurement(network.space), path)
    return path


def test_a_measured_profile_is_checked_and_others_are_not(network: Network, profile: Path) -> None:
    (check,) = every_proxy_check([network.folder])
    assert check == check_proxies("proxied", network.folder)
    assert check_proxies("proxied", "fashion_mnist") is None
    assert check_proxies("redmi_3s", network.folder) is None
    ranks = {rank.id: rank for rank in check.ranks}
    assert list(ranks) == [
        "macs", "macs_per_param_byte", "macs_per_activation_byte", "intensity",
        "latency_terms", "latency_table",
    ]  # fmt: skip
    table, macs = ranks["latency_table"], ranks["macs"]
    # The table is judged by configurations it was not fitted to, and does well there.
    assert table.every is None and table.unseen is not None and table.unseen.value > 0.8
    assert macs.every is not None and macs.every.configurations == 76
    assert macs.unseen is not None and macs.unseen.configurations == 16
    assert ranks["intensity"].every is not None


@pytest.mark.parametrize(
    ("proxy", "slowness_of"),
    [
        ("macs", lambda macs, param, activation: macs),
        ("macs_per_param_byte", lambda macs, param, activation: param / macs),
        ("macs_per_activation_byte", lambda macs, param, activation: activation / macs),
        ("intensity", lambda *costs: 1 / arithmetic_intensity(*costs)),
    ],
)
def test_each_proxy_ranks_perfectly_where_latency_follows_it(
    network: Network,
    profile: Path,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
    slowness_of: Callable[..., FloatArray],
) -> None:
    """More multiply-accumulates are slower, more of them a byte are faster."""

    def ideal(calibration: Calibration) -> tuple[Run, KeptSamples]:
        found = measured_samples(calibration)
        assert found is not None
        slowness = slowness_of(*cost_tables(network.space).totals(found[1].configurations).T)
        samples = tuple(LatencySamples(ms, (np.full(3, ms),), 1.0) for ms in slowness)
        return found[0], replace(found[1], samples=samples)

    monkeypatch.setattr("workbench.services.proxy_check.measured_samples", ideal)
    check = check_proxies(profile, network.folder)
    assert check is not None
    rank = {rank.id: rank for rank in check.ranks}[proxy]
    assert rank.every is not None and rank.every.value == pytest.approx(1.0)
