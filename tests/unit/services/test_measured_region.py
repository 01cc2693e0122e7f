"""Where a replay leaves what was measured, counted by hand on a short trace."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.helpers.networks import five_layer_space
from tests.helpers.profiles import calibration_for, plain_profile
from tests.helpers.random_network import write_random_network
from workbench.context import Trace, TraceInfo
from workbench.devices.profile import Calibration, DeviceProfile
from workbench.export.region_text import percent, region_summary, unmeasured_list
from workbench.profiling.phone_conditions import MeasuredRange
from workbench.services.deployment import deploy
from workbench.services.measured_region import MeasuredRegion, ReplayRegion, pairs_missing
from workbench.services.replaying import Replayer, default_settings
from workbench.space.description import Network, read_network

SAMPLES = 40


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("networks") / "five"
    return read_network(write_random_network(folder, five_layer_space()))


def _trace(**columns: float | np.ndarray) -> Trace:
    every = np.ones(SAMPLES)
    table = {
        "t_s": np.arange(SAMPLES, dtype=float), "battery_percent": 80 * every,
        "charging": 0 * every, "free_cache_kib": 1e6 * every, "cpu_share": every,
        "cpu_frequency_ratio": every, "memory_available_mib": 500 * every,
        "temperature_c": 25 * every, "thermal_status": 0 * every, "event_rate_hz": 5 * every,
    }  # fmt: skip
    for name, values in columns.items():
        table[name] = values * every
    info = TraceInfo(
        title="Short", device="made up", origin="synthetic", start="2026-01-01T00:00:00+00:00",
        created="2026-01-01T00:00:00+00:00", generator="a test",
    )  # fmt: skip
    return Trace(info, table)


def _calibrated(network: Network, **changes: object) -> DeviceProfile:
    """A profile whose table holds everything but `fire` at the second layer, after anything."""
    table = calibration_for(network.space)
    column = network.space.operators[0].index("fire")
    measured = [[list(row) for row in part] for part in table.measured]
    for row in measured[0]:
        row[column] = 0
    plain = msgspec.to_builtins(table) | {"measured": measured} | changes
    calibration = msgspec.convert(plain, Calibration)
    return msgspec.structs.replace(plain_profile(), calibrations=(calibration,))


def _region(network: Network, profile: DeviceProfile, trace: Trace, *names: str) -> ReplayRegion:
    deployment = deploy(network, profile)
    settings = dataclasses.replace(default_settings(deployment), seed=3)
    result = Replayer(deployment).run(trace, names, settings)
    return MeasuredRegion(deployment, trace).of(result)


def test_what_was_measured_is_not_extrapolated(network: Network) -> None:
    region = _region(network, _calibrated(network), _trace(), "backbone")
    (run,) = region.runs
    assert region.calibrated and region.complete and region.command == ""
    assert (run.configuration_share, run.context_share) == (0.0, 0.0)
    assert run.context_shares == {"clock": 0.0, "share": 0.0, "cache": 0.0}
    assert region_summary(region.document()) == []


def test_a_pair_that_nobody_measured_is_named(network: Network) -> None:
    region = _region(network, _calibrated(network), _trace(), "fixed:fire", "backbone")
    fire, backbone = region.runs
    assert fire.configuration_share == 1.0 and backbone.configuration_share == 0.0
    (wanted,) = fire.configurations
    layer = network.space.backbone.layers[1].name
    assert wanted.pairs == (f"fire at {layer}",)
    assert wanted.inferences == fire.inferences > 100
    assert (fire.decisions, fire.extrapolated_decisions) == (1, 1)
    assert region.to_measure == (wanted.text,)
    words = shlex.split(region.command)
    assert words[1:4] == ["profile", "--device", "SERIAL"]
    assert words[words.index("--configuration") + 1] == wanted.text
    (line,) = region_summary(region.document())
    assert "fixed:fire: extrapolated 100 % of the inferences on 1 configuration" in line
    assert unmeasured_list(region.document())[0].startswith(f"`{wanted.text}`")


def test_contexts_are_told_apart(network: Network) -> None:
    half = np.where(np.arange(SAMPLES) < SAMPLES // 2, 1.0, 0.5)
    every = np.ones(SAMPLES)
    trace = _trace(
        cpu_frequency_ratio=half, cpu_share=0.6, free_cache_kib=np.where(half < 1, 1.0, 1e6),
        temperature_c=np.where(half < 1, 45.0, 25.0), event_rate_hz=every,
    )  # fmt: skip
    profile = _calibrated(network, temperature_c=[20.0, 30.0])
    (run,) = _region(network, profile, trace, "backbone").runs
    assert run.context_share == 1.0 and run.context_shares["share"] == 1.0
    for name in ("clock", "cache", "temperature"):
        assert 0.2 < run.context_shares[name] < 0.8
    # A device that was measured while it throttled knows the lower clock, too.
    profile = _calibrated(network, clock_ratio=[0.5, 1.0])
    (run,) = _region(network, profile, trace, "backbone").runs
    assert run.context_shares["clock"] == 0.0 and "temperature" not in run.context_shares


def test_without_a_table_everything_is_estimated(network: Network) -> None:
    region = _region(network, plain_profile(), _trace(cpu_share=0.5), "backbone", "fixed:fire")
    assert not region.calibrated
    assert all(run.context_shares == {} for run in region.runs)
    assert len(region.to_measure) == 2
    (line,) = region_summary(region.document())
    assert "not measured on this device" in line


def test_pairs_follow_the_operator_before(network: Network) -> None:
    table = calibration_for(network.space)
    measured = [[list(row) for row in part] for part in table.measured]
    measured[1][1][0] = 0
    plain = msgspec.to_builtins(table) | {"measured": measured}
    missing = pairs_missing(msgspec.convert(plain, Calibration), network.space)
    first = network.space.operators[0][1]
    assert missing((0, *(0,) * (network.space.decisions - 1))) is None
    (pair,) = missing((1, *(0,) * (network.space.decisions - 1))) or ()
    assert f" after {first} at " in pair


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.0001, "less than 0.1 %"), (0.123, "12.3 %"), (0.9999, "more than 99.9 %"),
     (1.0, "100 %")],
)  # fmt: skip
def test_shares_are_told_from_none_and_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_ranges_of_two_measurements_are_joined(tmp_path: Path) -> None:
    one = MeasuredRange((0.8, 1.0), (20.0, 25.0))
    two = MeasuredRange((0.9, 0.95), (30.0, 31.0))
    assert one.widened(two) == MeasuredRange((0.8, 1.0), (20.0, 31.0))
    assert MeasuredRange().widened(two) == two
