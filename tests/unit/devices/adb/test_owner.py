"""One thread owns a device."""

from __future__ import annotations

import threading

import pytest

from tests.helpers.fake_adbd import FakeAdbd
from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.owner import DeviceOwner
from workbench.devices.errors import DeviceError, DeviceGoneError, DeviceNotFoundError


@pytest.fixture
def owner(phone: FakeAdbd) -> DeviceOwner:
    return DeviceOwner(lambda: connect_tcp("127.0.0.1", phone.port, ()), "fake")


def test_all_work_runs_on_one_thread_in_order(phone: FakeAdbd, owner: DeviceOwner) -> None:
    seen: list[tuple[int, str]] = []

    def work(number: int) -> int:
        return owner.call(
            lambda device: (
                seen.append((number, threading.current_thread().name))
                or device.shell(f"exit {number}").exit_code
            )
        )

    assert [work(number) for number in range(5)] == list(range(5))
    assert [number for number, _ in seen] == list(range(5))
    assert len({thread for _, thread in seen}) == 1
    assert phone.connections == 1
    owner.close()


def test_a_lost_connection_fails_the_work_and_the_next_connects_anew(
    phone: FakeAdbd, owner: DeviceOwner
) -> None:
    owner.call(lambda device: device.shell("true"))
    phone.drop()
    with pytest.raises(DeviceGoneError):
        owner.call(lambda device: device.shell("true"))
    assert owner.call(lambda device: device.shell("echo back").stdout) == b"back\n"
    assert phone.connections == 2
    owner.close()


def test_an_error_of_the_work_keeps_the_connection(phone: FakeAdbd, owner: DeviceOwner) -> None:
    with pytest.raises(ZeroDivisionError):
        owner.call(lambda device: 1 // 0)
    owner.call(lambda device: device.shell("true"))
    assert phone.connections == 1
    owner.close()


def test_closing_breaks_off_what_runs_and_drops_what_waits(owner: DeviceOwner) -> None:
    started = threading.Event()
    running = owner.submit(lambda device: started.set() or device.shell("sleep 60"))
    waiting = owner.submit(lambda device: device.shell("true"))
    assert started.wait(10)
    owner.close()
    assert isinstance(running.exception(10), DeviceError)
    assert waiting.cancelled()
    with pytest.raises(RuntimeError):
        owner.submit(lambda device: None)


def test_a_phone_that_is_not_there_fails_each_work(phone: FakeAdbd) -> None:
    port = phone.port
    phone.close()
    owner = DeviceOwner(lambda: connect_tcp("127.0.0.1", port, ()), "gone")
    for _ in range(2):
        with pytest.raises(DeviceNotFoundError):
            owner.call(lambda device: device.shell("true"))
    owner.close()
