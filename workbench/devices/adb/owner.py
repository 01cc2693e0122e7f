"""One thread that owns a device: whoever wants something of the device asks this thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from workbench.devices.device import Device
from workbench.devices.errors import DeviceGoneError

T = TypeVar("T")


class DeviceOwner:
    """Runs work on a device one piece after the other, on a thread of its own.

    Two pieces of work can therefore never measure at the same time. The connection is made by the
    first piece of work, and anew by the piece that follows the loss of one: work that was under way
    then fails with `DeviceGoneError`, because only its author knows what is worth repeating.

    Args:
        connect: makes a connected device; runs on the owner's thread.
        name: of the device, for the thread's name.
    """

    def __init__(self, connect: Callable[[], Device], name: str) -> None:
        self._connect = connect
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"device {name}")
        self._lock = threading.Lock()
        self._device: Device | None = None
        self._closed = False

    def submit(self, work: Callable[[Device], T]) -> Future[T]:
        """Queue `work`; the future gives its result or error.

        Raises:
            RuntimeError: the owner was closed.
        """
        return self._pool.submit(self._run, work)

    def call(self, work: Callable[[Device], T]) -> T:
        """Queue `work` and wait for it. Every call on a device has a deadline, so this ends."""
        return self.submit(work).result()

    def close(self) -> None:
        """Break off what runs, drop what waits, close the connection and end the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True
            device = self._device
        if device is not None:
            device.close()
        self._pool.shutdown(wait=True)

    def _run(self, work: Callable[[Device], T]) -> T:
        device = self._connected()
        try:
            return work(device)
        except DeviceGoneError:
            with self._lock:
                self._device = None
            device.close()
            raise

    def _connected(self) -> Device:
        if self._device is None:
            fresh = self._connect()
            with self._lock:
                closed = self._closed
                self._device = fresh
            if closed:
                fresh.close()
        assert self._device is not None
        return self._device
