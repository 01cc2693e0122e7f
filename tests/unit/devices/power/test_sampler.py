"""The loop that reads a device's power, on the virtual phone's shell."""

from __future__ import annotations

import math
import time

import pytest

from workbench.devices.errors import DeviceError
from workbench.devices.power.gauges import find_gauge
from workbench.devices.power.sampler import PowerRow, PowerSampler, parse_row
from workbench.services.devices import open_device
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions

BATTERY = "/sys/class/power_supply/battery/capacity"


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (b"P 612.34 -115993 4012000 -", PowerRow(612.34, (-115993.0, 4012000.0, math.nan))),
        (b"P 612.34 nan inf x", PowerRow(612.34, (math.nan, math.nan, math.nan))),
        (b"P 612.34 1 2", None),
        (b"P 612 1 2 3", None),
        (b"Q 612.34 1 2 3", None),
        (b"\xff\xfe", None),
    ],
)
def test_a_line(line: bytes, row: PowerRow | None) -> None:
    assert repr(parse_row(line, 3)) == repr(row)


def test_a_stream_reads_ends_and_says_so() -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=50.0)) as phone:
        device = open_device(phone.address, via="direct")
        gauge = find_gauge(device).gauge
        assert gauge is not None
        rows: list[PowerRow] = []
        paths = (gauge.current, None, gauge.charge)
        ends = pytest.raises(DeviceError, match="ended on the device")
        with PowerSampler(device, paths, 0.5, 5.0) as sampler, ends:
            while True:
                rows += sampler.rows(5.0)
        assert len(rows) == 10
        assert all(row.values[0] < 0 and row.values[2] > 3e6 for row in rows)
        assert all(math.isnan(row.values[1]) for row in rows)
        times = [row.t_s for row in rows]
        assert times == sorted(times)
        assert 4.0 < times[-1] - times[0] < 15.0
        device.close()


def test_a_link_that_breaks_is_told_after_what_came_before() -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=50.0)) as phone:
        device = open_device(phone.address, via="direct")
        with PowerSampler(device, (BATTERY,), 0.5, 600.0) as sampler:
            assert sampler.rows(5.0)
            phone.close()
            until_s = time.monotonic() + 10.0
            with pytest.raises(DeviceError):
                while time.monotonic() < until_s:
                    sampler.rows(0.5)
        device.close()
