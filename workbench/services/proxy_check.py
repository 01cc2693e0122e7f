"""How well proxies rank configurations against raw measurements kept in the project.

The paper's criterion is arithmetic intensity: C/Sp and C/Sa, weighted to E. Beside it stand the
multiply-accumulates C and the profile's own latency models. Only measurements of whole
configurations on that very device count; published latencies of other networks do not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from workbench.core.errors import InputFileError
from workbench.devices.profile import Calibration, DeviceProfile, calibration_of
from workbench.devices.profile_file import load_profile
from workbench.export.proxy_report import ProxyCheck, ProxyRank, Tau
from workbench.profiling.kept_samples import KeptSamples
from workbench.services.catalogue import find_network, list_networks
from workbench.services.device_profiles import list_profiles, profile_path
from workbench.services.measured_samples import measured_samples
from workbench.space.description import Network
from workbench.space.design_space import DesignSpace
from workbench.space.tables import (
    FloatArray,
    arithmetic_intensity,
    cost_tables,
    latency_term_tables,
)

_RESAMPLES = 2000
_FEWEST = 4
"""Configurations below which an interval would say nothing."""


def check_proxies(profile: str | Path, network: str | Path) -> ProxyCheck | None:
    """Rank correlations of a network's proxies on a device; None where nothing was measured.

    Raises:
        SettingsError: when there is no such network or profile.
        InputFileError: when network, profile or project cannot be read.
    """
    path = profile_path(profile)
    return _check(path.stem, load_profile(path), find_network(network))


def every_proxy_check(networks: Iterable[str | Path] | None = None) -> tuple[ProxyCheck, ...]:
    """The checks of all profiles that have measurements of one of these networks.

    Profiles and measurements that cannot be read have none; the Profile page tells why.

    Args:
        networks: ids or folders; all there are by default.

    Raises:
        SettingsError, InputFileError: when a named network cannot be used.
    """
    names = [entry.path for entry in list_networks()] if networks is None else networks
    found = [find_network(name) for name in names]
    checks = []
    for entry in list_profiles():
        for network in found:
            with contextlib.suppress(InputFileError):
                if entry.profile is not None and (
                    check := _check(entry.id, entry.profile, network)
                ):
                    checks.append(check)
    return tuple(checks)


def _check(name: str, profile: DeviceProfile, network: Network) -> ProxyCheck | None:
    """None where the profile holds no table of this network, or the project not its samples."""
    calibration = calibration_of(profile, network.space)
    stored = None if calibration is None else measured_samples(calibration)
    if calibration is None or stored is None or not _fits(stored[1], network.space):
        return None
    return _ranked(name, profile, network, calibration, stored[1])


def _fits(kept: KeptSamples, space: DesignSpace) -> bool:
    configurations = kept.configurations
    return bool(
        configurations.shape[1] == space.decisions
        and (configurations < np.array(space.sizes)).all()
    )


def _ranked(
    name: str,
    profile: DeviceProfile,
    network: Network,
    calibration: Calibration,
    kept: KeptSamples,
) -> ProxyCheck:
    space, configurations = network.space, kept.configurations
    measured_ms = np.array([float(np.median(sample.all_ms)) for sample in kept.samples])
    macs, param, activation = cost_tables(space).totals(configurations).T
    terms = latency_term_tables(space).totals(configurations) @ profile.latency.coefficients
    unseen = slice(kept.fitted, None)

    def rank(
        id: str, title: str, meaning: str, slowness: FloatArray, fitted: bool = False
    ) -> ProxyRank:
        return ProxyRank(
            id,
            title,
            meaning,
            kendall(slowness[unseen], measured_ms[unseen]),
            None if fitted else kendall(slowness, measured_ms),
        )

    table = calibration.tables().totals(configurations)[:, 0]
    ranks = (
        rank("macs", "C", "more is slower", macs),
        rank("macs_per_param_byte", "C/Sp", "more is faster", -macs / param),
        rank("macs_per_activation_byte", "C/Sa", "more is faster", -macs / activation),
        rank(
            "intensity", "E = 0.4 C/Sp + 0.6 C/Sa", "more is faster",
            -arithmetic_intensity(macs, param, activation),
        ),
        rank("latency_terms", "latency, model of eight terms", "more is slower", terms, True),
        rank("latency_table", "latency table", "more is slower", table, True),
    )  # fmt: skip
    return ProxyCheck(
        profile=name,
        profile_title=profile.title,
        network=network.name,
        provenance=kept.provenance,
        plan=kept.plan,
        measured_at=kept.measured_at,
        trust_reasons=kept.trust_reasons,
        ranks=ranks,
    )


def kendall(proxy: FloatArray, measured: FloatArray) -> Tau | None:
    """Kendall's tau-b of two (n,) arrays with a 95% percentile bootstrap interval.

    None with fewer than two values, or where one of the arrays is constant. The same arrays give
    the same interval.
    """
    count = len(proxy)
    if count < 2 or np.ptp(proxy) == 0 or np.ptp(measured) == 0:
        return None
    from scipy.stats import kendalltau  # slow to load

    value = float(kendalltau(proxy, measured).statistic)
    if count < _FEWEST:
        return Tau(value, None, None, count)
    # A resample holds each configuration some number of times, so its tau is a weighted sum over
    # pairs: all resamples are a few matrix products.
    rng = np.random.default_rng(count)
    weights = rng.multinomial(count, np.full(count, 1 / count), _RESAMPLES).astype(float)
    of_proxy = np.sign(proxy[:, None] - proxy)
    of_measured = np.sign(measured[:, None] - measured)

    def pairs(table: FloatArray) -> FloatArray:
        total: FloatArray = ((weights @ table) * weights).sum(axis=1)
        return total

    scale = np.sqrt(pairs(of_proxy**2) * pairs(of_measured**2))
    usable = scale > 0
    taus = pairs(of_proxy * of_measured)[usable] / scale[usable]
    low, high = np.quantile(taus, (0.025, 0.975))
    return Tau(value, float(low), float(high), count)
