"""Which current sensor is taken, by what kernels list, and why one is not."""

from __future__ import annotations

import pytest

from workbench.devices.parsers import parse_listing
from workbench.devices.power.gauges import choose_gauge

PIXEL = b"""\
/sys/class/power_supply/battery/type:Battery
/sys/class/power_supply/usb/type:USB
/sys/class/power_supply/usb/current_now:412000
/sys/class/power_supply/maxfg/type:Battery
/sys/class/power_supply/battery/current_now:-184062
/sys/class/power_supply/battery/current_avg:-190000
/sys/class/power_supply/maxfg/current_now:-184100
/sys/class/power_supply/battery/voltage_now:3987500
/sys/class/power_supply/battery/charge_counter:2913000
"""
MEDIATEK = b"""\
/sys/class/power_supply/ac/type:Mains
/sys/class/power_supply/battery/type:Battery
/sys/class/power_supply/battery/BatteryAverageCurrent:-231
/sys/class/power_supply/battery/batt_vol:3912
grep: /sys/class/power_supply/battery/current_now: Permission denied
"""
QUALCOMM = b"""\
/sys/class/power_supply/battery/type:Battery
/sys/class/power_supply/battery/current_now:0
/sys/class/power_supply/battery/voltage_now:4105000
/sys/class/power_supply/bms/type:BMS
/sys/class/power_supply/bms/current_now:151367
/sys/class/power_supply/bms/charge_counter:1890000
"""
ROOT = "/sys/class/power_supply"


def test_the_kernels_own_name_comes_first_and_a_charger_never() -> None:
    found = choose_gauge(parse_listing(PIXEL))
    assert found.gauge is not None
    assert found.gauge.current == f"{ROOT}/battery/current_now"
    assert found.gauge.voltage == f"{ROOT}/battery/voltage_now"
    assert found.gauge.charge == f"{ROOT}/battery/charge_counter"
    assert not any("usb" in each.name for each in found.probed)


def test_a_vendors_name_serves_where_the_kernels_is_closed() -> None:
    found = choose_gauge(parse_listing(MEDIATEK))
    assert found.gauge is not None
    assert found.gauge.current == f"{ROOT}/battery/BatteryAverageCurrent"
    assert found.gauge.voltage == f"{ROOT}/battery/batt_vol"
    assert found.gauge.charge is None
    refused = next(each for each in found.probed if each.name.endswith("current_now"))
    assert not refused.available
    assert refused.how == "Permission denied"


def test_a_driver_that_always_says_0_is_passed_over_and_its_voltage_is_not() -> None:
    found = choose_gauge(parse_listing(QUALCOMM))
    assert found.gauge is not None
    assert found.gauge.current == f"{ROOT}/bms/current_now"
    assert found.gauge.voltage == f"{ROOT}/battery/voltage_now"
    assert found.gauge.charge == f"{ROOT}/bms/charge_counter"


@pytest.mark.parametrize(
    ("listing", "reason"),
    [
        (b"", "no battery is listed"),
        (b"/sys/class/power_supply/battery/type:Battery\n", "driver tells no current"),
        (
            b"/sys/class/power_supply/battery/type:Battery\n"
            b"grep: /sys/class/power_supply/battery/current_now: Permission denied\n",
            "cannot be read (battery/current_now: Permission denied)",
        ),
        (
            b"/sys/class/power_supply/battery/type:Battery\n"
            b"/sys/class/power_supply/battery/current_now:nan\n",
            "reads 'nan'",
        ),
        (
            b"/sys/class/power_supply/x;reboot/type:Battery\n"
            b"/sys/class/power_supply/x;reboot/current_now:5\n",
            "no battery is listed",
        ),
    ],
)
def test_where_nothing_can_be_read_the_reason_is_told(listing: bytes, reason: str) -> None:
    found = choose_gauge(parse_listing(listing))
    assert found.gauge is None
    assert reason in found.reason
