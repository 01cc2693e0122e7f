"""Jobs around phones: watching them come and go, and running a virtual one."""

from __future__ import annotations

import queue
from dataclasses import dataclass

from workbench.jobs import JobContext
from workbench.services.devices import DeviceListEvent, list_devices, watch_devices

_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class PhoneWaiting:
    """A phone waits for its user: `text` says for what."""

    text: str


@dataclass(frozen=True, slots=True)
class VirtualPhoneStarted:
    """A virtual phone listens at `address`, HOST:PORT."""

    address: str
    profile: str


def watch_phones(context: JobContext, addresses: tuple[str, ...] = ()) -> None:
    """Publish a `DeviceOverview` at once and after every change, until cancelled.

    A `PhoneWaiting` comes before it where a phone has to be unlocked or asked first. An ADB server
    is used where one runs; none is started.

    Args:
        addresses: phones to reach directly, as HOST:PORT.

    Raises:
        SettingsError: an address, or the server's in the environment, is none.
    """
    events: queue.Queue[DeviceListEvent] = queue.Queue()
    tracker = watch_devices(events.put)

    def on_waiting(text: str) -> None:
        context.publish(PhoneWaiting(text))

    try:
        while not context.cancelled:
            context.publish(list_devices(addresses, on_waiting=on_waiting))
            _wait_for_change(context, events)
    finally:
        tracker.close()


def _wait_for_change(context: JobContext, events: queue.Queue[DeviceListEvent]) -> None:
    while not context.wait(_POLL_S):
        if not events.empty():
            while not events.empty():
                events.get_nowait()
            return


def run_virtual_phone(context: JobContext, profile: str) -> None:
    """Run a virtual phone on a free port; publishes `VirtualPhoneStarted`. Ends when cancelled.

    Args:
        profile: id of the device profile that it imitates.

    Raises:
        WorkbenchError: there is no such profile, or it cannot be imitated.
    """
    # A phone's whole shell, which only those need who start one.
    from workbench.devices.virtual import PhoneSettings
    from workbench.services.virtual_phone import (
        VirtualPhone,
        VirtualPhoneOptions,
        known_programs,
    )

    options = VirtualPhoneOptions(
        profile,
        settings=PhoneSettings(serial=f"VIRTUAL-{profile}"[:40]),
        programs=known_programs(),
    )
    with VirtualPhone(options) as phone:
        context.progress(None, f"listening at {phone.address}")
        context.publish(VirtualPhoneStarted(phone.address, profile))
        while not context.wait(3600.0):
            pass
