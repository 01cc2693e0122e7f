"""Charging and faked battery states, as ``dumpsys battery`` tells them."""

from __future__ import annotations

import pytest

from workbench.devices.parsers.battery import BatteryState, parse_battery
from workbench.profiling.energy.conditions import bad_spans, require_on_battery
from workbench.profiling.energy.errors import ChargingError


def _state(usb: bool = False, head: str = "Current Battery Service state:") -> BatteryState:
    lines = (
        head, "  AC powered: false", f"  USB powered: {str(usb).lower()}",
        "  status: 3", "  level: 80", "  scale: 100", "  voltage: 3900",
    )  # fmt: skip
    return parse_battery("\n".join(lines).encode())


def test_on_battery_is_fine() -> None:
    require_on_battery(_state())


def test_powered_is_refused_although_the_status_says_discharging() -> None:
    with pytest.raises(ChargingError, match="powered by usb") as refused:
        require_on_battery(_state(usb=True))
    assert "adb tcpip" in refused.value.hint


def test_a_faked_state_is_refused() -> None:
    faked = "Current Battery Service state:\n  (UPDATES STOPPED -- use 'reset' to restart)"
    with pytest.raises(ChargingError, match="faked") as refused:
        require_on_battery(_state(head=faked))
    assert "dumpsys battery reset" in refused.value.hint


def test_a_charger_spoils_the_time_between_the_states_around_it() -> None:
    states = [_state(), _state(), _state(usb=True), _state(usb=True), _state(), _state()]
    (span,) = bad_spans([0, 10, 20, 30, 40, 50], states)
    assert (span.start_s, span.end_s) == (10, 40)
    assert "powered by usb" in span.reason
    assert bad_spans([0.0], [_state()]) == ()
    (whole,) = bad_spans([5.0], [_state(usb=True)])
    assert (whole.start_s, whole.end_s) == (5.0, 5.0)
