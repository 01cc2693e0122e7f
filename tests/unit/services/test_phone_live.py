"""A virtual phone, watched: figures as they are, and a link that breaks and comes back."""

from __future__ import annotations

from tests.helpers.contexts import RecordingContext
from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.keys import load_keys
from workbench.devices.device import Device
from workbench.devices.errors import DeviceGoneError
from workbench.services.phone_live import PhoneAway, PhoneLive, watch_phone
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions


class Watcher(RecordingContext):
    """Stops after a number of looks; does not wait between them."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks
        self.found: list[object] = []

    def publish(self, record: object) -> None:
        self.found.append(record)

    @property
    def cancelled(self) -> bool:
        return sum(isinstance(each, PhoneLive) for each in self.found) >= self._looks

    def wait(self, seconds: float) -> bool:
        return self.cancelled


def test_a_phone_is_watched_across_a_broken_link() -> None:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", commands=("plug ac",))) as phone:
        host, _, port = phone.address.rpartition(":")
        attempts = 0

        def connect() -> Device:
            nonlocal attempts
            attempts += 1
            if attempts == 2:
                raise DeviceGoneError("connecting", "nobody there")
            device = connect_tcp(host, int(port), load_keys(), timeout_s=5.0)
            if attempts == 1:
                device.close()
            return device

        watcher = Watcher(2)
        watch_phone(watcher, phone.address, connect=connect)
    away, gone, first, second = watcher.found
    assert isinstance(away, PhoneAway) and isinstance(gone, PhoneAway)
    assert isinstance(first, PhoneLive) and isinstance(second, PhoneLive)
    assert attempts == 3
    assert [len(cluster.cpus) for cluster in first.clusters] == [4, 4]
    assert first.clusters[0].max_khz == 1_401_000
    assert first.loads == (None, None) and first.load is None
    assert all(load is None or 0 <= load <= 1 for load in second.loads)
    assert first.current_raw is not None and first.memory_available_mib
    # The battery is asked with the first look only; the second one keeps it.
    assert first.battery.powered and second.battery == first.battery
