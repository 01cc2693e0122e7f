"""What the phone reports, read by the workbench's own parsers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.helpers.adb_host import AdbHost
from workbench.devices.parsers.battery import parse_battery
from workbench.devices.parsers.cpu import cpu_load, parse_clusters, parse_cpu_stat
from workbench.devices.parsers.listing import parse_listing
from workbench.devices.parsers.memory import parse_meminfo
from workbench.devices.parsers.power_supply import parse_power_supplies
from workbench.devices.parsers.properties import parse_properties
from workbench.devices.parsers.thermal import parse_thermal_service
from workbench.devices.virtual import GaugeSettings, PhoneSettings
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions

Out = Callable[[str], bytes]


@pytest.fixture
def out(host: AdbHost) -> Out:
    return lambda script: host.run(script)[0]


def test_properties_say_that_it_is_simulated(out: Out) -> None:
    properties = parse_properties(out("getprop"))
    assert properties.get("ro.adaspring.simulated") == "1"
    assert properties.model == "Virtual Xiaomi Redmi 3S"


def test_clusters_are_those_of_the_profile(out: Out) -> None:
    listing = parse_listing(out('grep "" /sys/devices/system/cpu/cpu[0-9]*/cpufreq/* 2>&1'))
    fast, slow = parse_clusters(listing)
    assert fast.cpus == (0, 1, 2, 3)
    assert slow.cpus == (4, 5, 6, 7)
    assert (fast.max_khz, slow.max_khz) == (1_401_000, 1_094_400)
    assert fast.frequencies_khz[0] == 960_000
    assert fast.current_khz in fast.frequencies_khz


def test_throttling_lowers_the_cap_and_shows_in_the_thermal_service(
    out: Out, phone: VirtualPhone
) -> None:
    phone.control("throttle 3")
    time.sleep(0.02)
    listing = parse_listing(out('grep "" /sys/devices/system/cpu/cpu[0-9]*/cpufreq/* 2>&1'))
    fast = parse_clusters(listing)[0]
    assert fast.cap_khz == 1_209_600  # three steps below its highest
    state = parse_thermal_service(out("dumpsys thermalservice"))
    assert state.status == 3
    assert not state.faked
    assert state.hottest_c("cpu") == pytest.approx(25, abs=15)
    phone.control("throttle off")
    time.sleep(0.2)
    assert parse_thermal_service(out("dumpsys thermalservice")).status == 0


def test_load_is_what_the_app_takes(out: Out, phone: VirtualPhone) -> None:
    phone.control("app com.example.camera")
    first, second = out("cat /proc/stat; sleep 20; echo ===; cat /proc/stat").split(b"===\n")
    load = cpu_load(parse_cpu_stat(first), parse_cpu_stat(second))
    busy = load.over()
    assert busy is not None
    assert busy * 8 == pytest.approx(1.6, rel=0.4)  # cores, of eight


def test_memory_adds_up(out: Out) -> None:
    memory = parse_meminfo(out("cat /proc/meminfo"))
    assert memory.total_kib == 2048 * 1024
    assert memory.available_kib is not None
    assert 0 < memory.available_kib < memory.total_kib


def test_battery_and_gauge(out: Out, phone: VirtualPhone) -> None:
    state = parse_battery(out("dumpsys battery"))
    assert (state.percent, state.status, state.powered) == (80, "discharging", False)
    assert state.charge_counter_uah == pytest.approx(0.8 * 4_100_000, rel=0.01)
    supplies = parse_power_supplies(parse_listing(out('grep "" /sys/class/power_supply/*/* 2>&1')))
    battery = next(supply for supply in supplies if supply.kind == "Battery")
    assert battery.current_now_raw is not None
    assert battery.current_now_raw < -50_000
    phone.control("plug usb")
    time.sleep(0.05)
    state = parse_battery(out("dumpsys battery"))
    assert state.powered_by == ("usb",)


def test_a_faked_battery_says_so(out: Out, phone: VirtualPhone) -> None:
    phone.control("plug ac")
    assert out("dumpsys battery unplug; dumpsys battery set level 7") == b""
    state = parse_battery(out("dumpsys battery"))
    assert state.faked
    assert (state.percent, state.powered) == (7, False)
    out("dumpsys battery reset")
    state = parse_battery(out("dumpsys battery"))
    assert not state.faked
    assert state.powered


def test_gauge_in_milliamperes_with_the_other_sign_and_a_hidden_file() -> None:
    hidden = "/sys/class/power_supply/battery/voltage_now"
    settings = PhoneSettings(
        gauge=GaugeSettings(unit="mA", sign=1),  # type: ignore[arg-type]
        unreadable=(hidden,),
    )
    with (
        VirtualPhone(VirtualPhoneOptions("mi_5s", settings=settings)) as phone,
        AdbHost(phone.port) as host,
    ):
        host.connect()
        text = host.run('grep "" /sys/class/power_supply/battery/* 2>&1')[0]
    battery = parse_power_supplies(parse_listing(text))[0]
    assert battery.current_now_raw is not None
    assert 20 < battery.current_now_raw < 3000
    assert battery.voltage_now_raw is None
    assert "Permission denied" in battery.unreadable["voltage_now"]


def test_a_board_without_a_battery() -> None:
    with (
        VirtualPhone(VirtualPhoneOptions("jetson_nano")) as phone,
        AdbHost(phone.port) as host,
    ):
        host.connect()
        assert host.run("ls /sys/class/power_supply")[2] == 1
        assert parse_battery(host.run("dumpsys battery")[0]).percent is None


def test_brightness_and_screen_change_the_power(out: Out, phone: VirtualPhone) -> None:
    phone.control("app com.android.launcher3")
    out("settings put system screen_brightness 255; sleep 5")
    bright = phone.truth().power_mw
    phone.control("screen off")
    out("sleep 5")
    assert b"mWakefulness=Asleep" in out("dumpsys power")
    assert bright - phone.truth().power_mw > 550


def test_the_app_in_front_shows(out: Out, phone: VirtualPhone) -> None:
    phone.control("app com.example.maps")
    assert b"mCurrentFocus=Window{a1b2c3d u0 com.example.maps/" in out("dumpsys window")
    assert b"com.example.maps" in out("dumpsys activity activities")
    assert out("pidof com.example.maps").strip().isdigit()


def test_the_clock_can_jump_and_uptime_does_not(out: Out, phone: VirtualPhone) -> None:
    first_wall, first_up = out("date +%s; cut -d. -f1 /proc/uptime").split()
    phone.control("clock-jump 86400")
    second_wall, second_up = out("date +%s; cut -d. -f1 /proc/uptime").split()
    assert 86400 <= int(second_wall) - int(first_wall) < 87000
    assert 0 <= int(second_up) - int(first_up) < 600


def test_the_truth_is_marked_simulated(phone: VirtualPhone, out: Out) -> None:
    truth = json.loads(phone.control("truth"))
    assert truth["provenance"] == "simulated"
    assert truth["delivered_mj"] > 0
    assert json.loads(out("virtual-phone truth"))["t_s"] >= truth["t_s"]
