"""Estimates from a power profile: their value, and that they are marked."""

from __future__ import annotations

import msgspec
import pytest

from tests.helpers.profiles import plain_profile
from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.devices.profile import PowerModel, power_mw
from workbench.profiling.energy.estimate import estimate_energy

MEASURED = Source(Provenance.MEASURED, "median of 100 runs")


def _profile():
    power = PowerModel(
        frequency_ratio=(0.5, 1.0), active_mw=(200.0, 600.0),
        provenance=Provenance.ESTIMATED, story="the vendor's figures",
    )  # fmt: skip
    return msgspec.structs.replace(plain_profile(), power=power)


def test_power_times_latency() -> None:
    found = estimate_energy(_profile(), 20.0, MEASURED)
    assert found.energy_mj == pytest.approx(12.0)
    slow = estimate_energy(_profile(), 20.0, MEASURED, frequency_ratio=0.75, threads=2)
    assert slow.energy_mj == pytest.approx(2 * 400 * 0.02)


def test_it_is_marked_and_says_from_what() -> None:
    found = estimate_energy(_profile(), 20.0, MEASURED)
    assert found.source.provenance is Provenance.ESTIMATED
    assert "the vendor's figures" in found.source.story
    assert "median of 100 runs" in found.source.story
    assert found.text().startswith("about 12 mJ")


def test_without_power_there_is_no_number() -> None:
    profile = msgspec.structs.replace(_profile(), power=None)
    assert power_mw(profile, 1.0) is None
    found = estimate_energy(profile, 20.0, MEASURED)
    assert found.energy_mj is None
    assert found.source.provenance is Provenance.ABSENT
    assert found.text() == "no estimate"


@pytest.mark.parametrize(
    "arguments", [{"latency_ms": 0.0}, {"frequency_ratio": 1.5}, {"threads": 9}]
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        estimate_energy(
            _profile(),
            **{"latency_ms": 5.0, "latency_source": MEASURED, **arguments},  # type: ignore[arg-type]
        )
