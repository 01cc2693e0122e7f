"""Phones as they come and go, with what they say about themselves, as a job."""

from __future__ import annotations

import queue

from workbench.jobs import JobContext
from workbench.services.devices import DeviceListEvent, list_devices, watch_devices

_POLL_S = 0.2


def watch_phones(context: JobContext, addresses: tuple[str, ...] = ()) -> None:
    """Publish a `DeviceOverview` at once and after every change, until cancelled.

    An ADB server is used where one runs; none is started.

    Args:
        addresses: phones to reach directly, as HOST:PORT.

    Raises:
        SettingsError: an address, or the server's in the environment, is none.
    """
    events: queue.Queue[DeviceListEvent] = queue.Queue()
    tracker = watch_devices(events.put)
    try:
        while not context.cancelled:
            context.publish(list_devices(addresses))
            _wait_for_change(context, events)
    finally:
        tracker.close()


def _wait_for_change(context: JobContext, events: queue.Queue[DeviceListEvent]) -> None:
    while not context.wait(_POLL_S):
        if not events.empty():
            while not events.empty():
                events.get_nowait()
            return
