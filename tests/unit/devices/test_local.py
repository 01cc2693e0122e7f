"""This computer: parsers on captured text, derivation on made-up counters, a real sample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import SettingsError
from workbench.devices.computer import (
    Cache,
    ComputerDescription,
    describe_computer,
    parse_caches,
    parse_cpu_list,
    parse_cpu_model,
    parse_size_kib,
    read_caches,
)
from workbench.devices.local import (
    FALLBACK_L2_KIB,
    Counters,
    LocalSampler,
    LocalSettings,
    capabilities,
    derive,
)

DESKTOP = """\
processor	: 0
vendor_id	: AuthenticAMD
model name	: AMD Ryzen 7  5800X 8-Core Processor
cpu MHz		: 3800.000

processor	: 1
model name	: AMD Ryzen 7  5800X 8-Core Processor
"""
RASPBERRY = """\
processor	: 0
BogoMIPS	: 108.00
CPU part	: 0xd08

Hardware	: BCM2835
Model		: Raspberry Pi 4 Model B Rev 1.4
"""
NOW = Counters(
    busy_s=100.0, total_s=1000.0, own_s=1.0, waiting_threads=0.0, memory_available_mib=2048.0
)


def after(
    busy_s: float = 0.0, own_s: float = 0.0, passed_s: float = 8.0, **more: float
) -> Counters:
    return replace(
        NOW,
        busy_s=NOW.busy_s + busy_s,
        own_s=NOW.own_s + own_s,
        total_s=NOW.total_s + passed_s,
        **more,
    )


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (DESKTOP, "AMD Ryzen 7 5800X 8-Core Processor"),
        (RASPBERRY, "Raspberry Pi 4 Model B Rev 1.4"),
        ("Hardware\t: Qualcomm Technologies, Inc MSM8937\n", "Qualcomm Technologies, Inc MSM8937"),
        ("processor\t: 0\nmodel name\t:\n", None),
        ("", None),
    ],
)
def test_the_processors_name_is_found(text: str, model: str | None) -> None:
    assert parse_cpu_model(text) == model


def test_sysfs_texts_are_parsed() -> None:
    assert [parse_size_kib(text) for text in ("48K\n", "2048K", "32M", "1G", "65536")] == [
        48,
        2048,
        32768,
        2**20,
        64,
    ]
    assert parse_cpu_list("0-3,8,10-11\n") == (0, 1, 2, 3, 8, 10, 11)
    assert parse_cpu_list("") == ()
    for nonsense in ("", "-1K", "1.5M", "lots"):
        with pytest.raises(ValueError, match="not a size"):
            parse_size_kib(nonsense)


def test_a_shared_cache_counts_once_and_broken_entries_are_left_out() -> None:
    caches = parse_caches(
        [
            ("2", "Unified", "512K", "0-1"),
            ("2", "Unified", "512K", "0-1"),
            ("2", "Unified", "1024K", "2-3"),
            ("1", "Data", "32K", "0"),
            ("", "Unified", "", ""),
            ("3", "Unified", "0K", "0-3"),
        ]
    )
    assert caches == (
        Cache(1, "Data", 32, (0,)),
        Cache(2, "Unified", 512, (0, 1)),
        Cache(2, "Unified", 1024, (2, 3)),
    )


def test_caches_are_read_from_a_sysfs_tree(tmp_path: Path) -> None:
    whole = tmp_path / "cpu0/cache/index2"
    whole.mkdir(parents=True)
    for name, text in {
        "level": "2\n",
        "type": "Unified\n",
        "size": "1024K\n",
        "shared_cpu_list": "0-1\n",
    }.items():
        (whole / name).write_text(text)
    (tmp_path / "cpu1/cache/index2").mkdir(parents=True)  # a phone's, without its files
    assert read_caches(tmp_path) == (Cache(2, "Unified", 1024, (0, 1)),)
    assert read_caches(tmp_path / "nothing") == ()


def test_load_of_others_takes_cache_and_share_but_the_recorders_own_does_not() -> None:
    settings = LocalSettings(cache_load_factor=0.5)
    idle = derive(NOW, after(), 4, 1000.0, settings)
    assert (idle.free_cache_kib, idle.cpu_share, idle.other_load) == (1000.0, 1.0, 0.0)
    own = derive(NOW, after(busy_s=4.0, own_s=4.0), 4, 1000.0, settings)
    assert own == idle
    half = derive(NOW, after(busy_s=4.0), 4, 1000.0, settings)
    assert half.free_cache_kib == 750.0
    assert half.cpu_share == pytest.approx(0.75)


def test_a_saturated_computer_still_gives_a_fair_part() -> None:
    full = after(busy_s=8.0, waiting_threads=12.0)
    assert derive(NOW, full, 4, 1000.0, LocalSettings()).cpu_share == pytest.approx(0.25)
    # The system's average of waiting threads lags behind a burst and behind its end.
    burst = after(busy_s=8.0, waiting_threads=0.0)
    assert derive(NOW, burst, 4, 1000.0, LocalSettings()).cpu_share == pytest.approx(0.5)
    over = after(busy_s=0.0, waiting_threads=12.0)
    assert derive(NOW, over, 4, 1000.0, LocalSettings()).cpu_share == 1.0


def test_counters_that_stand_still_or_go_back_give_valid_values() -> None:
    for strange in (after(passed_s=0.0), after(busy_s=-5.0), after(busy_s=50.0)):
        reading = derive(NOW, strange, 4, 1000.0, LocalSettings())
        assert 0 <= reading.free_cache_kib <= 1000
        assert 0.01 <= reading.cpu_share <= 1


def test_what_cannot_be_read_has_a_reason() -> None:
    bare = ComputerDescription("x", 1, None, 1024, "Linux 6.1", "x86_64", ())
    found = {item.name: item for item in capabilities(NOW, bare, LocalSettings())}
    assert not found["battery_percent"].available
    assert "no battery" in found["battery_percent"].how
    assert f"{FALLBACK_L2_KIB} KiB assumed" in found["free_cache_kib"].how
    equipped = replace(NOW, battery_percent=55.0, temperature_c=48.0, frequency_ratio=0.5)
    found = {item.name: item for item in capabilities(equipped, bare, LocalSettings())}
    assert found["battery_percent"].available and found["temperature_c"].available


def test_the_largest_l2_is_named_in_the_summary() -> None:
    caches = (Cache(2, "Unified", 512, (2, 3)), Cache(2, "Unified", 1024, (0, 1)))
    computer = ComputerDescription("Some CPU", 4, 4, 4096, "Linux 6.1", "aarch64", caches)
    assert computer.l2_kib == 1024
    assert computer.summary() == "Some CPU, 4 CPUs, L2 1024 KiB, 4 GiB, Linux 6.1 (aarch64)"


def test_this_computer_is_sampled() -> None:
    sampler = LocalSampler()
    reading = sampler.sample()
    assert 0 < reading.free_cache_kib <= sampler.l2_kib
    assert 0.01 <= reading.cpu_share <= 1
    assert reading.memory_available_mib > 0
    names = [item.name for item in sampler.capabilities()]
    assert len(names) == len(set(names))
    assert describe_computer().logical_cpus >= 1


def test_a_senseless_load_factor_is_refused() -> None:
    with pytest.raises(SettingsError):
        LocalSettings(cache_load_factor=1.5)
