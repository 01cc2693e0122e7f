"""From readings to context: load, caches, clocks, and which source tells what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance
from workbench.devices.agent.protocol import AgentCluster, Sample
from workbench.devices.computer import Cache
from workbench.devices.local import LocalSettings
from workbench.devices.parsers import (
    CpuCluster,
    CpuStat,
    CpuTimes,
    parse_battery,
    parse_thermal_service,
)
from workbench.devices.sampling.agent_source import reading_of
from workbench.devices.sampling.device_clock import DeviceTime
from workbench.devices.sampling.l2_sizes import FALLBACK_KIB, l2_size
from workbench.devices.sampling.readings import (
    CacheSize,
    Derivation,
    PhoneContext,
    PhoneReading,
    SideReading,
)
from workbench.devices.sampling.shell_source import parse_block
from workbench.services.device_profiles import find_profile

FAST = CpuCluster((4, 5), 2_000_000, 500_000, 2_000_000, 1_000_000, "schedutil", ())
SLOW = CpuCluster((0, 1), 1_000_000, 500_000, 1_000_000, 1_000_000, "schedutil", ())
BATTERY = (
    b"Current Battery Service state:\n  AC powered: false\n  USB powered: true\n"
    b"  status: 2\n  level: 40\n  scale: 100\n  temperature: 311\n"
)
THERMAL = b"IsStatusOverride: false\nThermal Status: 2\n"


def stat(**busy_idle: tuple[int, int]) -> CpuStat:
    return CpuStat(
        None, {int(name[3:]): CpuTimes(busy, idle) for name, (busy, idle) in busy_idle.items()}
    )


def reading(device_s: float, cpu: CpuStat, **more: object) -> PhoneReading:
    return replace(PhoneReading(DeviceTime(device_s, None), cpu, {}), **more)  # type: ignore[arg-type]


def context() -> PhoneContext:
    return PhoneContext(Derivation((FAST, SLOW), CacheSize(1000, "made up"), LocalSettings(0.5)))


def test_load_is_that_of_the_fastest_cores() -> None:
    phone = context()
    phone.begin(stat(cpu0=(0, 0), cpu4=(0, 0), cpu5=(0, 0)))
    values = phone.values(reading(1.0, stat(cpu0=(100, 0), cpu4=(60, 40), cpu5=(20, 80))), None)
    assert values["cpu_share"] == pytest.approx(1 - 0.4 / 2)
    assert values["free_cache_kib"] == pytest.approx(1000 * (1 - 0.5 * 0.4))
    assert phone.stories["free_cache_kib"].provenance is Provenance.ESTIMATED
    assert "made up" in phone.stories["free_cache_kib"].story


def test_unplugged_cores_are_left_out_and_may_all_be_fast_ones() -> None:
    phone = context()
    phone.begin(stat(cpu0=(0, 0), cpu4=(0, 0), cpu5=(0, 0)))
    one_left = phone.values(reading(1.0, stat(cpu0=(0, 100), cpu4=(50, 50))), None)
    assert one_left["cpu_share"] == pytest.approx(0.75)
    none_left = phone.values(reading(2.5, stat(cpu0=(100, 100))), None)
    assert none_left["cpu_share"] == pytest.approx(0.5)
    # A core that came back counts anew, its counters may have started over.
    back = phone.values(reading(4.0, stat(cpu0=(100, 250), cpu4=(1, 1))), None)
    assert back["cpu_share"] == pytest.approx(1.0)


def test_at_a_high_rate_load_is_taken_over_a_second() -> None:
    phone = context()
    phone.begin(stat(cpu4=(0, 0)))
    for tenth in range(1, 11):
        phone.values(reading(tenth / 10, stat(cpu4=(0, 10 * tenth))), None)
    busy = phone.values(reading(1.1, stat(cpu4=(10, 100))), None)
    assert busy["cpu_share"] == pytest.approx(1 - 0.1 / 2)


def test_clock_of_the_fastest_cluster() -> None:
    clocks = {"policy0": 900_000, "policy4": 500_000}
    values = context().values(reading(0.0, stat(), clocks_khz=clocks), None)
    assert values["cpu_frequency_ratio"] == pytest.approx(0.25)
    lone = context().values(reading(0.0, stat(), clocks_khz={"policy0": 900_000}), None)
    assert "cpu_frequency_ratio" not in lone
    assert "cpu_share" not in lone


def test_a_faked_battery_is_not_believed() -> None:
    side = SideReading(parse_battery(BATTERY), parse_thermal_service(THERMAL))
    sample = reading(0.0, stat(), battery_percent=77.0, charging=False, battery_c=20.0)
    told = context().values(sample, side)
    assert (told["battery_percent"], told["charging"], told["temperature_c"]) == (40, 1, 31.1)
    assert told["thermal_status"] == 2
    faked = SideReading(
        parse_battery(BATTERY + b"  (UPDATES STOPPED -- use 'reset' to restart)\n"),
        parse_thermal_service(THERMAL.replace(b"false", b"true")),
    )
    told = context().values(sample, faked)
    assert (told["battery_percent"], told["charging"], told["temperature_c"]) == (77, 0, 20.0)
    assert "thermal_status" not in told


def test_a_line_of_the_agent() -> None:
    sample = Sample(
        n=0,
        monotonic_ns=1_500_000_000,
        realtime_ns=2_500_000_000,
        late_ns=0,
        own_cpu_ns=4_000_000,
        cpu_ticks={"cpu": (1, 2, 3, 4), "cpu0": (10, 0, 5, 70, 5, 1, 1, 0, 9, 9), "cpu1": (1, 2)},
        clocks_khz={"policy0": 768_000, "policy4": None, "policy6": "<unknown>"},
        supplies={
            "usb": {"type": "USB", "online": 1},
            "battery": {
                "type": "Battery", "capacity": 55, "status": "Charging", "temp": 298,
                "current_now": "nan",
            },
        },
        temperatures=(48_000, 90_000, None),
        memory_kib={"MemAvailable": 2048},
    )  # fmt: skip
    found = reading_of(sample, [True, False, True])
    assert found.time == DeviceTime(1.5, 2.5)
    assert found.cpu.cpus == {0: CpuTimes(17, 75)}
    assert found.clocks_khz == {"policy0": 768_000}
    assert (found.battery_percent, found.charging, found.battery_c) == (55.0, True, 29.8)
    assert (found.zone_c, found.memory_available_mib, found.own_cpu_s) == (48.0, 2.0, 0.004)


def test_a_turn_of_the_shell_loop() -> None:
    block = (
        b"1234.56 999.00\ncpu  1 2 3 4\ncpu0 10 0 5 70 5 1 1 0 0 0\nMemAvailable:  2048 kB\n"
        b"/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq:768000\n"
        b"77 (sh) S 1 77 0 0 -1 4194304 0 0 0 0 3 2 10 5 20 0 1 0 5 4096 12 0\n"
    )
    found = parse_block(block)
    assert found is not None
    assert found.time.device_s == 1234.56
    assert found.cpu.cpus == {0: CpuTimes(17, 75)}
    assert found.clocks_khz == {"policy0": 768_000}
    assert found.memory_available_mib == 2.0
    assert found.own_cpu_s == pytest.approx(0.20)
    assert parse_block(b"sh: cat: not found\n") is None


def test_size_of_the_cache_comes_from_the_best_source() -> None:
    profiles = [find_profile("snapdragon_888"), find_profile("redmi_3s")]
    midr = "0x00000000410fd080"
    core = AgentCluster((4, 5), 2_000_000, None, None, None, midr, ())
    caches = [Cache(2, "Unified", 256, (0, 1)), Cache(2, "Unified", 768, (4, 5))]
    by_sysfs = l2_size((FAST, SLOW), caches, "MSM8937", profiles, (core,))
    assert (by_sysfs.kib, by_sysfs.story) == (768, "sysfs")
    by_profile = l2_size((FAST, SLOW), (), "msm8937", profiles, (core,))
    assert by_profile.kib == 1024
    assert "redmi_3s" in by_profile.story and "estimated" in by_profile.story
    by_core = l2_size((FAST, SLOW), (), "tegra210", profiles, (core,))
    assert by_core.kib == 1024
    assert "Cortex-A72" in by_core.story
    other_maker = replace_midr(core, "0x00000000510f8000")
    assert l2_size((FAST,), (), None, profiles, (other_maker,)).kib == FALLBACK_KIB


def replace_midr(cluster: AgentCluster, midr: str) -> AgentCluster:
    return AgentCluster(cluster.cpus, cluster.max_khz, None, None, None, midr, ())


@pytest.mark.parametrize("kib", [0, -1, float("nan"), 1e9])
def test_a_senseless_cache_is_refused(kib: float) -> None:
    with pytest.raises(SettingsError):
        CacheSize(kib, "somebody")
