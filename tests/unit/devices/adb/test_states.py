"""The server's list of devices, and what is shown of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.devices.adb.states import ADVICE, DeviceState, ListedDevice, parse_device_list
from workbench.devices.adb.tracker import ListDebouncer

LIST = """\
04157df4 device usb:1-2 product:mido model:Redmi_Note_4 device:mido transport_id:3
192.168.1.17:5555      device product:land model:Redmi_3S device:land transport_id:12
emulator-5554	offline transport_id:1
????????????           no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html] usb:1-3 transport_id:2
0123456789ABCDEF       unauthorized 1-1.4 transport_id:4
adb-R58N-xyz._adb-tls-connect._tcp. device product:x model:y device:z transport_id:9
weird                  frobnicating transport_id:7
"""  # noqa: E501


def test_the_list_of_a_server() -> None:
    devices = parse_device_list(LIST)
    assert [device.serial for device in devices] == [
        "04157df4", "192.168.1.17:5555", "emulator-5554", "????????????", "0123456789ABCDEF",
        "adb-R58N-xyz._adb-tls-connect._tcp.", "weird",
    ]  # fmt: skip
    assert [device.state for device in devices] == [
        DeviceState.DEVICE,
        DeviceState.DEVICE,
        DeviceState.OFFLINE,
        DeviceState.NO_PERMISSIONS,
        DeviceState.UNAUTHORIZED,
        DeviceState.DEVICE,
        DeviceState.UNKNOWN,
    ]
    assert devices[1].model == "Redmi 3S"
    assert devices[0].properties["usb"] == "1-2"
    assert "udev" in devices[3].advice.to_do
    assert "accept" in devices[4].advice.to_do
    assert devices[6].state_text == "frobnicating"


@given(st.text())
def test_no_list_makes_it_fail(text: str) -> None:
    parse_device_list(text)


@pytest.mark.parametrize("state", DeviceState)
def test_every_state_says_what_to_do(state: DeviceState) -> None:
    assert ADVICE[state].meaning
    assert bool(ADVICE[state].to_do) != state.usable


def listed(state: DeviceState, serial: str = "a") -> tuple[ListedDevice, ...]:
    return (ListedDevice(serial, state, str(state)),)


def test_a_phone_that_connects_is_not_shown_as_offline() -> None:
    debouncer = ListDebouncer(settle_s=1.0)
    assert debouncer.update(listed(DeviceState.OFFLINE), 0.0) == ()
    assert debouncer.next_due_s() == 1.0
    assert debouncer.update(listed(DeviceState.DEVICE), 0.4) == listed(DeviceState.DEVICE)
    assert debouncer.next_due_s() is None


def test_a_phone_that_stays_offline_is_shown() -> None:
    debouncer = ListDebouncer(settle_s=1.0)
    debouncer.update(listed(DeviceState.OFFLINE), 0.0)
    assert debouncer.at(0.9) == ()
    assert debouncer.at(1.0) == listed(DeviceState.OFFLINE)
    assert debouncer.next_due_s() is None


def test_a_phone_that_blinks_keeps_its_state() -> None:
    debouncer = ListDebouncer(settle_s=1.0)
    debouncer.update(listed(DeviceState.DEVICE), 0.0)
    assert debouncer.update(listed(DeviceState.OFFLINE), 5.0) == listed(DeviceState.DEVICE)
    assert debouncer.at(6.1) == listed(DeviceState.OFFLINE)
    assert debouncer.update(listed(DeviceState.AUTHORIZING), 6.2) == listed(DeviceState.AUTHORIZING)


def test_a_phone_that_leaves_or_needs_the_user_shows_at_once() -> None:
    debouncer = ListDebouncer(settle_s=1.0)
    debouncer.update(listed(DeviceState.DEVICE), 0.0)
    assert debouncer.update((), 0.1) == ()
    shown = debouncer.update(listed(DeviceState.UNAUTHORIZED), 0.2)
    assert shown == listed(DeviceState.UNAUTHORIZED)
