"""Parsers of what phones print, on text as phones print it and on garbage."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.devices.parsers import (
    CpuStat,
    CpuTimes,
    cpu_load,
    parse_battery,
    parse_cache_listing,
    parse_clusters,
    parse_cpu_stat,
    parse_listing,
    parse_meminfo,
    parse_power_supplies,
    parse_properties,
    parse_thermal_service,
)

# A Redmi 3S with cores 5-7 unplugged: the fast cluster has the low numbers, core 4 stands alone.
CPUFREQ_MSM8937 = b"""\
/sys/devices/system/cpu/cpu0/cpufreq/related_cpus:0 1 2 3
/sys/devices/system/cpu/cpu1/cpufreq/related_cpus:0 1 2 3
/sys/devices/system/cpu/cpu4/cpufreq/related_cpus:4 5 6 7
/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq:1401000
/sys/devices/system/cpu/cpu1/cpufreq/cpuinfo_max_freq:1401000
/sys/devices/system/cpu/cpu4/cpufreq/cpuinfo_max_freq:1094400
/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_min_freq:960000
/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq:1248000
/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq:960000
/sys/devices/system/cpu/cpu4/cpufreq/scaling_cur_freq:<unknown>
/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor:interactive
/sys/devices/system/cpu/cpu0/cpufreq/scaling_available_frequencies:960000 1094400 1248000 1401000
grep: /sys/devices/system/cpu/cpu4/cpufreq/scaling_available_frequencies: No such file or directory
"""

BATTERY = b"""\
Current Battery Service state:
  AC powered: false
  USB powered: true
  Wireless powered: false
  Max charging current: 500000
  Charge counter: 2561000
  status: 3
  health: 2
  present: true
  level: 63
  scale: 100
  voltage: 3912
  temperature: 287
  technology: Li-poly
"""

THERMAL = b"""\
IsStatusOverride: false
ThermalEventListeners:
\tcallbacks: 2
Thermal Status: 1
Cached temperatures:
\tTemperature{mValue=99.0, mType=3, mName=skin-old, mStatus=4}
HAL Ready: true
HAL connection:
\tThermalHAL 2.0 connected: yes
Current temperatures from HAL:
\tTemperature{mValue=31.7, mType=2, mName=battery, mStatus=0}
\tTemperature{mValue=38.25, mType=3, mName=skin, mStatus=1}
\tTemperature{mValue=NaN, mType=3, mName=skin2, mStatus=0}
\tTemperature{mValue=-274.0, mType=0, mName=CPU7, mStatus=0}
\tTemperature{mValue=41.0, mType=0, mName=CPU0, mStatus=0}
\tTemperature{mValue=7100.0, mType=7, mName=ibat, mStatus=0}
Current cooling devices from HAL:
\tCoolingDevice{mValue=0, mType=2, mName=thermal-cpufreq-0}
Temperature{mValue=77.0, mType=0, mName=late, mStatus=0}
"""


def test_getprop_keeps_values_with_line_ends_and_brackets() -> None:
    output = (
        b"[ro.product.model]: [Redmi 3S]\r\n[a.b]: [first\nsecond]\n[c]: [x]: [y]\n[empty]: []\n"
        b"[ro.product.cpu.abilist]: [arm64-v8a,armeabi-v7a,armeabi]\n"
        b"[ro.build.version.sdk]: [23]\n"
    )
    properties = parse_properties(output)
    assert properties.model == "Redmi 3S"
    assert properties.values["a.b"] == "first\nsecond"
    assert properties.values["c"] == "x]: [y"
    assert properties.values["empty"] == ""
    assert properties.abis == ("arm64-v8a", "armeabi-v7a", "armeabi")
    assert properties.sdk == 23
    assert not properties.simulated


def test_old_phones_name_their_instruction_sets_one_by_one() -> None:
    properties = parse_properties(
        b"[ro.product.cpu.abi]: [armeabi-v7a]\n[ro.product.cpu.abi2]: [armeabi]\n"
    )
    assert properties.abis == ("armeabi-v7a", "armeabi")


def test_clusters_are_ranked_by_clock_and_not_by_number() -> None:
    clusters = parse_clusters(parse_listing(CPUFREQ_MSM8937))
    assert [cluster.cpus for cluster in clusters] == [(0, 1, 2, 3), (4, 5, 6, 7)]
    fast, slow = clusters
    assert (fast.max_khz, fast.cap_khz, fast.current_khz) == (1_401_000, 1_248_000, 960_000)
    assert fast.frequencies_khz == (960_000, 1_094_400, 1_248_000, 1_401_000)
    assert fast.governor == "interactive"
    assert slow.current_khz is None
    swapped = CPUFREQ_MSM8937.replace(b"1401000", b"700000")
    assert parse_clusters(parse_listing(swapped))[0].cpus == (4, 5, 6, 7)


def test_related_cpus_may_be_ranges_and_may_be_missing() -> None:
    listing = parse_listing(
        b"/sys/devices/system/cpu/cpu0/cpufreq/related_cpus:0-3\n"
        b"/sys/devices/system/cpu/cpu9/cpufreq/cpuinfo_max_freq:3000000\n"
        b"/sys/devices/system/cpu/cpu4/cpufreq/related_cpus:4-99999999999999\n"
    )
    assert [cluster.cpus for cluster in parse_clusters(listing)] == [(9,), (0, 1, 2, 3), (4,)]


def test_load_of_unplugged_cores_is_not_invented() -> None:
    before = parse_cpu_stat(
        b"cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0\ncpu1 50 0 50 400 0 0 0\n"
        b"intr 1 2 3\nctxt 99\n"
    )
    after = parse_cpu_stat(
        b"cpu  130 0 100 870 0 0 0 0 0 0\ncpu0 80 0 50 470 0 0 0\ncpu2 10 0 0 10 0 0 0\n"
    )
    load = cpu_load(before, after)
    assert dict(load.by_cpu) == {0: pytest.approx(0.3)}
    assert load.over() == pytest.approx(0.3)
    assert load.over([1, 2]) is None
    assert cpu_load(before, before).over() is None


def test_a_core_whose_counters_went_back_is_left_out() -> None:
    before = CpuStat(None, {0: CpuTimes(100, 100), 1: CpuTimes(10, 10)})
    after = CpuStat(None, {0: CpuTimes(5, 300), 1: CpuTimes(20, 40)})
    assert set(cpu_load(before, after).by_cpu) == {1}


def test_guest_time_is_not_counted_twice_and_waiting_for_io_is_idle() -> None:
    stat = parse_cpu_stat(b"cpu0 10 1 2 100 50 3 4 5 999 999\n")
    assert stat.cpus[0] == CpuTimes(busy=25, idle=150)


@given(st.data())
def test_load_lies_between_0_and_1(data: st.DataObject) -> None:
    ticks = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
    cpus = st.dictionaries(st.integers(0, 7), ticks)
    stats = [
        CpuStat(None, {cpu: CpuTimes(*times) for cpu, times in data.draw(cpus).items()})
        for _ in range(2)
    ]
    load = cpu_load(*stats)
    assert all(0 <= share <= 1 for share in load.by_cpu.values())
    overall = load.over()
    assert overall is None or -1e-9 <= overall <= 1 + 1e-9


def test_meminfo_of_a_new_and_of_an_old_kernel() -> None:
    new = parse_meminfo(b"MemTotal: 2900000 kB\nMemFree:  100000 kB\nMemAvailable: 900000 kB\n")
    assert (new.total_kib, new.available_kib, new.available_estimated) == (2900000, 900000, False)
    old = parse_meminfo(b"MemFree: 1000 kB\nCached: 5000 kB\nShmem: 2000 kB\nActive(anon): 7 kB\n")
    assert (old.available_kib, old.available_estimated) == (4000, True)
    assert parse_meminfo(b"").available_kib is None


def test_battery() -> None:
    battery = parse_battery(BATTERY)
    assert battery.percent == 63.0
    assert battery.status == "discharging"
    assert battery.powered_by == ("usb",)
    assert battery.powered is True
    assert battery.voltage_mv == 3912.0
    assert battery.temperature_c == pytest.approx(28.7)
    assert battery.charge_counter_uah == 2_561_000
    assert not battery.faked


def test_a_faked_battery_is_noticed() -> None:
    faked = BATTERY.replace(
        b"Battery Service state:",
        b"Battery Service state:\n  (UPDATES STOPPED -- use 'reset' to restart)",
    )
    assert parse_battery(faked).faked


@pytest.mark.parametrize(
    ("text", "millivolts"), [(b"3912000", 3912.0), (b"4", 4000.0), (b"0", None), (b"x", None)]
)
def test_voltage_in_the_units_vendors_use(text: bytes, millivolts: float | None) -> None:
    battery = parse_battery(BATTERY.replace(b"3912", text))
    assert battery.voltage_mv == millivolts


def test_a_battery_that_says_nothing_is_unknown_and_not_zero() -> None:
    battery = parse_battery(b"Can't find service: battery\n")
    assert battery.percent is None
    assert battery.powered is None
    assert battery.temperature_c is None


def test_power_supplies_keep_raw_values_and_reasons() -> None:
    supplies = parse_power_supplies(
        parse_listing(
            b"/sys/class/power_supply/battery/type:Battery\n"
            b"/sys/class/power_supply/battery/current_now:-312500\n"
            b"/sys/class/power_supply/battery/voltage_now:3912000\n"
            b"grep: /sys/class/power_supply/battery/charge_counter: Permission denied\n"
            b"/sys/class/power_supply/usb/online:0\n"
            b"grep: /sys/class/power_supply/*/power_now: No such file or directory\n"
            b"cat: '/sys/class/power_supply/bms/current_now': Invalid argument\n"
        )
    )
    assert [supply.name for supply in supplies] == ["battery", "bms", "usb"]
    battery, gauge, usb = supplies
    assert (battery.current_now_raw, battery.voltage_now_raw) == (-312_500, 3_912_000)
    assert battery.unreadable == {"charge_counter": "Permission denied"}
    assert battery.capacity_percent is None
    assert gauge.unreadable == {"current_now": "Invalid argument"}
    assert usb.online is False


def test_only_current_temperatures_in_degrees_are_taken() -> None:
    thermal = parse_thermal_service(THERMAL)
    assert thermal.status == 1
    assert not thermal.faked
    assert [reading.name for reading in thermal.temperatures] == ["battery", "skin", "CPU0"]
    assert thermal.hottest_c("skin") == 38.25
    assert thermal.hottest_c("gpu") is None
    assert parse_thermal_service(THERMAL.replace(b"Override: false", b"Override: true")).faked


def test_phones_without_the_thermal_service() -> None:
    thermal = parse_thermal_service(b"Can't find service: thermalservice\n")
    assert thermal.status is None
    assert thermal.temperatures == ()


def test_caches_shared_by_cores_are_listed_once() -> None:
    text = "".join(
        f"/sys/devices/system/cpu/cpu{cpu}/cache/index2/{name}:{value}\n"
        for cpu in (0, 1)
        for name, value in (
            ("level", "2"),
            ("type", "Unified"),
            ("size", "1024K"),
            ("shared_cpu_list", "0-1"),
        )
    )
    incomplete = "/sys/devices/system/cpu/cpu4/cache/index2/level:2\n"
    caches = parse_cache_listing(parse_listing((text + incomplete).encode()))
    assert [(cache.level, cache.size_kib, cache.cpus) for cache in caches] == [(2, 1024, (0, 1))]
    endless = text.replace("0-1", "0-99999999999")
    assert parse_cache_listing(parse_listing(endless.encode())) == ()


PARSERS: list[tuple[Callable[[bytes], object], bytes]] = [
    (parse_properties, b"[a]: [b]\n[c]: [d]\n"),
    (lambda data: parse_clusters(parse_listing(data)), CPUFREQ_MSM8937),
    (parse_cpu_stat, b"cpu0 50 0 50 400 0 0 0\n"),
    (parse_meminfo, b"MemTotal: 2900000 kB\n"),
    (parse_battery, BATTERY),
    (lambda data: parse_power_supplies(parse_listing(data)), b"/sys/class/power_supply/b/temp:1\n"),
    (parse_thermal_service, THERMAL),
    (
        lambda data: parse_cache_listing(parse_listing(data)),
        b"/sys/devices/system/cpu/cpu0/cache\n",
    ),
]


@pytest.mark.parametrize(("parse", "sample"), PARSERS)
@given(data=st.data())
def test_no_parser_fails_on_garbage(
    parse: Callable[[bytes], object], sample: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(sample)))
    noise = data.draw(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
    digits = data.draw(st.integers().map(lambda number: str(number).encode()))
    parse(sample[:cut] + noise + sample[cut:])
    parse(sample.replace(b"1", digits))
    parse(noise)
