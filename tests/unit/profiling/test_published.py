"""Estimated profiles from tables of published latencies; the tables here are invented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance
from workbench.profiling import published
from workbench.profiling.published_devices import DEVICES, PublishedDevice, Stand
from workbench.space.tables import LATENCY_TERMS

LAYER_HEADER = (
    "network,layer,kind,in_channels,out_channels,kernel_w,kernel_h,stride,groups,"
    "in_height,in_width,out_height,out_width,macs,weights"
)
LATENCY_HEADER = "device,threads,powersave,loops,network,min_ms,max_ms,avg_ms"
POWER_HEADER = (
    "device,cluster,frequency_khz,active_ma_per_core,cpu_idle_ma,cpu_awake_ma,battery_mah"
)

DEVICE = PublishedDevice(
    "toy", "Toy phone", "Toy SoC", (Stand("Toy board", 0.5),),
    (("big", "Toy core", 4, 1000.0, 512.0),), ("DDR", 10.0), 2000, ("Toy phone", "0"),
)  # fmt: skip

TRUTH = np.array([1e-7, 3e-7, 5e-7, 4e-7, 1e-6, 2e-6, 0.01, 3e-6])


def _tables(folder: Path) -> dict[str, Path]:
    rng = np.random.default_rng(1)
    lines = [LAYER_HEADER]
    for number in range(24):
        c, o = (int(4 * v) for v in rng.integers(2, 20, 2))
        size = int(rng.integers(8, 60))
        kinds = [
            f"conv,{c},{o},3,3,1,1,{size},{size},{size},{size}",
            f"conv,{o},{c},1,1,1,1,{size},{size},{size},{size}",
            f"conv,{c},{o},5,5,1,1,{size},{size},{size},{size}",
            f"depthwise,{c},{c},3,3,1,{c},{size},{size},{size},{size}",
            f"relu,{c},{c},0,0,0,0,{size},{size},{size},{size}",
            f"fc,{c * 50},{o * 10},1,1,1,1,1,1,1,1",
        ]
        times = rng.integers(0, 4, len(kinds))
        times[0] += 1
        for kind, repeat in zip(kinds, times, strict=True):
            lines += [f"net{number},l,{kind},0,0"] * int(repeat)
    paths = {name: folder / f"{name}.csv" for name in ("layers", "latency", "power")}
    paths["layers"].write_text("\n".join(lines) + "\n")
    terms = published.read_terms(paths["layers"])
    rows = [LATENCY_HEADER]
    for network, counts in terms.items():
        rows.append(f'"Toy board, rev 2",1,2,8,{network},0,0,{float(counts @ TRUTH)!r}')
        rows.append(f'"Toy board, rev 2",4,2,8,{network},0,0,1')
    paths["latency"].write_text("\n".join(rows) + "\n")
    paths["power"].write_text(
        f"{POWER_HEADER}\nToy phone,0,500000,100,1,1,2000\nToy phone,0,1000000,300,1,1,2000\n"
        "Toy phone,1,700000,50,1,1,2000\n"
    )
    return paths


def test_counts_layers_as_the_design_space_does(tmp_path: Path) -> None:
    path = tmp_path / "layers.csv"
    path.write_text(
        f"{LAYER_HEADER}\nn,a,conv,4,8,3,3,1,1,10,10,10,10,0,0\n"
        "n,b,depthwise,8,8,3,3,2,8,10,10,5,5,0,0\nn,c,relu,8,8,0,0,0,0,5,5,5,5,0,0\n"
        "n,d,fc,200,10,1,1,1,1,1,1,1,1,0,0\n"
    )
    counted = dict(zip(LATENCY_TERMS, published.read_terms(path)["n"], strict=True))
    assert counted["macs_3x3_s1"] == 4 * 8 * 9 * 100
    assert counted["macs_grouped"] == 8 * 9 * 25
    assert counted["linear_weights"] == 2000
    assert counted["conv_weights"] == 4 * 8 * 9 + 8 * 9
    assert counted["nodes"] == 4
    assert counted["moved_values"] == (400 + 800) + (800 + 200) + (200 + 200) + (200 + 10)


def test_profile_from_invented_tables(tmp_path: Path) -> None:
    paths = _tables(tmp_path)
    profile, error = published.estimated_profile(
        DEVICE,
        published.read_latencies(paths["latency"]),
        published.read_terms(paths["layers"]),
        published.read_power(paths["power"]),
    )
    # The stand-in runs at half the clock, so the device takes half of its published times.
    np.testing.assert_allclose(profile.latency.coefficients, TRUTH / 2, rtol=2e-3)
    assert error.median < 1e-3
    assert profile.latency.provenance is Provenance.ESTIMATED
    assert profile.latency.points == 24
    assert "ncnn" in profile.latency.story
    assert "24 latencies of 24 networks" in profile.latency.story
    assert profile.power is not None
    assert profile.power.frequency_ratio == (0.5, 1.0)
    assert profile.power.active_mw == (385.0, 1155.0)
    assert profile.clusters[0].frequencies_mhz == (500.0, 1000.0)
    assert profile.memory.bandwidth_bytes_per_s == 4e9
    assert published.RANGE_NOTE in profile.notes


def test_device_without_latencies_is_refused(tmp_path: Path) -> None:
    terms = published.read_terms(_tables(tmp_path)["layers"])
    with pytest.raises(ValueError, match="Toy phone"):
        published.estimated_profile(DEVICE, [], terms, [])


def test_bad_tables_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latency.csv"
    path.write_text(f"{LATENCY_HEADER}\nd,1,2,8,n,1,1,1\nd,1,2,8,n,1,1,nan\n")
    with pytest.raises(InputFileError, match="line 3"):
        published.read_latencies(path)
    path.write_text("device,threads\n")
    with pytest.raises(InputFileError, match="lacks the columns"):
        published.read_latencies(path)


def test_command_asks_for_its_tables() -> None:
    result = CliRunner().invoke(published.command, ["--out", "x"])
    assert result.exit_code == 2
    assert "--latency" in result.output


def test_devices_have_names_of_their_own() -> None:
    assert len({device.id for device in DEVICES}) == len(DEVICES)
    assert {"redmi_3s", "mi_5s", "jetson_nano", "raspberry_pi_4b"} <= {d.id for d in DEVICES}
