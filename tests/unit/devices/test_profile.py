"""Device profiles: what they predict, and that files which do not fit are refused clearly."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.profiles import calibration_for, plain_profile
from tests.helpers.spaces import small_space
from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance
from workbench.core.resources import device_profiles_root
from workbench.devices import profile as profiles
from workbench.devices.profile_file import (
    format_profile,
    load_profile,
    parse_profile,
    save_profile,
)
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace
from workbench.space.tables import latency_terms

SPACE = small_space()
PROFILE = plain_profile()
CALIBRATED = msgspec.structs.replace(PROFILE, calibrations=(calibration_for(SPACE),))
TEXT = format_profile(CALIBRATED)


def test_term_model_prices_the_whole_network() -> None:
    rng = np.random.default_rng(3)
    configurations = SPACE.random_configurations(rng, 20)
    predicted = profiles.latency_tables(PROFILE, SPACE).totals(configurations)[:, 0]
    for configuration, latency_ms in zip(configurations, predicted, strict=True):
        counted = latency_terms(SPACE.network_graph(configuration).nodes)
        assert latency_ms == pytest.approx(np.dot(counted, PROFILE.latency.coefficients))


def test_calibration_wins_on_its_own_network_only() -> None:
    table = profiles.latency_tables(CALIBRATED, SPACE).values[1][..., 0]
    assert table.tolist() == [list(row) for row in CALIBRATED.calibrations[0].latency_ms[1]]
    assert profiles.latency_source(CALIBRATED, SPACE).provenance is Provenance.CALIBRATED

    layers = SPACE.backbone.layers
    wider = (ConvLayer("conv1", 12), *layers[1:])
    other = DesignSpace(Backbone("other", (1, 13, 11), wider, 5))
    assert profiles.calibration_of(CALIBRATED, other) is None
    assert profiles.latency_source(CALIBRATED, other).provenance is Provenance.ESTIMATED


def test_signature_ignores_names_and_sees_structure() -> None:
    backbone = SPACE.backbone
    renamed = tuple(
        ConvLayer(f"x{i}", la.out_channels, la.kernel, la.stride, la.shortcut, la.operators)
        for i, la in enumerate(backbone.layers)
    )
    same = DesignSpace(Backbone("renamed", backbone.input_shape, renamed, backbone.classes))
    more_classes = DesignSpace(Backbone("small", backbone.input_shape, backbone.layers, 6))
    assert profiles.space_signature(same) == profiles.space_signature(SPACE)
    assert profiles.space_signature(more_classes) != profiles.space_signature(SPACE)


def test_power_between_outside_and_absent() -> None:
    power = profiles.power_mw(PROFILE, np.array([0.1, 0.5, 0.75, 1.0]))
    assert power is not None
    assert power.tolist() == [200, 200, 400, 600]
    without = msgspec.structs.replace(PROFILE, power=None)
    assert profiles.power_mw(without, 1.0) is None
    assert profiles.power_source(without).provenance is Provenance.ABSENT


def test_battery_energy() -> None:
    assert PROFILE.battery is not None
    # 1000 mAh at 4 V are 4 Wh, which are 14,400 J.
    assert PROFILE.battery.capacity_mj == pytest.approx(14_400_000)


def test_file_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    save_profile(CALIBRATED, path)
    assert load_profile(path) == CALIBRATED
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.toml"]


def test_shipped_profiles_are_valid_and_say_that_they_are_estimates() -> None:
    paths = sorted(device_profiles_root().glob("*.toml"))
    found = {path.stem: load_profile(path) for path in paths}
    assert {"redmi_3s", "mi_5s", "jetson_nano", "raspberry_pi_4b"} <= set(found)
    for name, profile in found.items():
        assert profile.id == name
        assert profile.latency.provenance is Provenance.ESTIMATED
        assert profile.latency.relative_error > 0
        assert "ncnn" in profile.latency.story
        assert profile.latency.ms_per["nodes"] > 0
        assert not profile.calibrations
    assert found["redmi_3s"].power is not None
    assert found["jetson_nano"].power is None
    assert found["jetson_nano"].battery is None


@pytest.mark.parametrize(
    ("old", "new", "line_of", "reason"),
    [
        ("schema_version = 1", "schema_version = 2", "schema_version = 2", "Update|version 2"),
        ("schema_version = 1", "schema_version = true", "schema_version", "schema_version"),
        ("cores = 4", "cores = -4", "cores = -4", "cores"),
        ("cores = 4", "cores = 4\ncolour = 3", "[[clusters]]", "colour"),
        ("max_mhz = 2000.0", "max_mhz = nan", "max_mhz = nan", "finite"),
        ("nodes = 0.001", "nodes = -0.001", "[latency]", "ms_per.nodes"),
        ("nodes = 0.001", "", "[latency]", "missing: nodes"),
        ("nodes = 0.001", "nodes = inf", "nodes = inf", "finite"),
        ('id = "plain"', 'id = "../plain"', 'id = "../plain"', "regex"),
        ('cluster = "big"', 'cluster = "huge"', None, "huge"),
        ("capacity_mah = 1000.0", 'capacity_mah = "many"', 'capacity_mah = "many"', "float"),
        ("id = ", "id := ", "id := ", "TOML"),
        ("within_5_percent = 0.5", "within_5_percent = 1.5", "within_5_percent = 1.5", "<= 1"),
    ],
)
def test_bad_files_are_named_with_line_and_reason(
    old: str, new: str, line_of: str | None, reason: str, tmp_path: Path
) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputFileError, match=reason) as caught:
        load_profile(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    if line_of is not None:
        lines = text.splitlines()
        assert caught.value.line is not None
        assert lines[caught.value.line - 1].strip().startswith(line_of)


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be read"):
        load_profile(tmp_path / "nowhere.toml")
    (tmp_path / "image.toml").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(InputFileError, match="UTF-8"):
        load_profile(tmp_path / "image.toml")


def test_tables_of_the_wrong_shape_are_refused() -> None:
    calibration = CALIBRATED.calibrations[0]
    with pytest.raises(ValueError, match="one table a decision"):
        _rebuild(calibration, latency_ms=calibration.latency_ms[:-1])
    shorter = (calibration.latency_ms[0][:1], *calibration.latency_ms[1:])
    short_row = ((shorter[0][0][:-1],), *shorter[1:])
    with pytest.raises(ValueError, match="one table a decision"):
        _rebuild(calibration, latency_ms=short_row)


def _rebuild(calibration: profiles.Calibration, **changes: object) -> None:
    data = msgspec.to_builtins(calibration) | changes
    msgspec.convert(data, profiles.Calibration)


LINES = TEXT.splitlines()


@given(st.data())
def test_damaged_files_only_ever_raise_input_errors(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        action = data.draw(st.sampled_from(["drop", "double", "cut", "value", "noise"]))
        if action == "drop":
            del lines[at]
        elif action == "double":
            lines.insert(at, lines[at])
        elif action == "cut":
            lines = lines[: at + 1]
        elif action == "value":
            key = lines[at].partition("=")[0]
            value = data.draw(
                st.sampled_from(
                    ["nan", "-inf", "-1", "0", "1e400", "9" * 5000, "[]", "{}", '""', "true",
                     '"\\u0000"', "1979-05-27", "[[1]]", "[" * 2000 + "]" * 2000]
                )
            )  # fmt: skip
            lines[at] = f"{key}= {value}"
        else:
            lines[at] = data.draw(st.text(max_size=40))
    try:
        profile = parse_profile("\n".join(lines), "damaged.toml")
    except InputFileError as error:
        assert "damaged.toml" in error.message
    else:
        assert parse_profile(format_profile(profile), "again.toml") == profile


@given(st.text(max_size=200))
def test_any_text_only_ever_raises_input_errors(text: str) -> None:
    with pytest.raises(InputFileError):
        parse_profile(text, "any.toml")


def test_text_is_toml() -> None:
    assert tomllib.loads(TEXT)["id"] == "plain"
