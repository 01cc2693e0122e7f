"""A phone whose connection may break: work on it is repeated once the phone is back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from workbench.devices.device import Device
from workbench.devices.errors import (
    AdbServerError,
    DeviceError,
    DeviceGoneError,
    DeviceNotFoundError,
    DeviceProtocolError,
    DeviceTimeoutError,
    ServiceRefusedError,
)
from workbench.jobs import JobContext

PATIENCE_S = 120.0
"""How long a phone may stay away before a measurement gives up; a reboot takes about a minute."""
TRIES = 5
"""How often one piece of work is tried; beyond that it is the work that breaks the link."""
_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)

LOST = (DeviceGoneError, DeviceTimeoutError, DeviceProtocolError)
"""Errors that say nothing but that the link does not work now."""

_AWAY = (DeviceNotFoundError, AdbServerError, ServiceRefusedError)
"""What else connecting says while a phone is away or boots."""

T = TypeVar("T")


class PhoneLink:
    """Holds the connection to a phone and makes it anew.

    Args:
        connect: makes a connected device.
        identity_of: what tells that it is the same phone; asked after each connecting.
        patience_s: how long to wait for a phone that went away.

    Attributes:
        reconnections: how often the connection was made anew.

    Raises:
        DeviceError: the phone cannot be reached.
    """

    def __init__(
        self,
        context: JobContext,
        connect: Callable[[], Device],
        identity_of: Callable[[Device], str],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._context = context
        self._connect = connect
        self._identity_of = identity_of
        self._patience_s = patience_s
        self.reconnections = 0
        self._device = connect()
        self.identity = ""
        self.identity = self.work(identity_of)

    def work(self, task: Callable[[Device], T]) -> T:
        """What `task` returns; it is repeated from its start where the link breaks meanwhile.

        Raises:
            JobCancelled: the job was asked to stop while the phone was away.
            DeviceError: the phone stays away, or the task fails for another reason.
        """
        for _ in range(TRIES - 1):
            try:
                return task(self._device)
            except LOST as error:
                self._context.log(error.message, "warning")
                self._reconnect(error)
        return task(self._device)

    def last_work(self, task: Callable[[Device], object]) -> None:
        """Cleaning up: connects anew once at most, and no failure stops the caller."""
        try:
            try:
                task(self._device)
            except LOST:
                self._device.close()
                self._device = self._connect()
                task(self._device)
        except DeviceError as error:
            self._context.log(f"The phone was not cleaned up: {error.message}", "warning")

    def close(self) -> None:
        """End the connection."""
        self._device.close()

    def _reconnect(self, cause: DeviceError) -> None:
        self._device.close()
        give_up_s, turn, last = self._context.elapsed_s + self._patience_s, 0, cause
        while True:
            pause_s = _PAUSES_S[min(turn, len(_PAUSES_S) - 1)]
            turn += 1
            self._context.progress(None, "the connection was lost: waiting for the phone")
            self._context.sleep(pause_s)
            try:
                self._device = self._connect()
                found = self._identity_of(self._device)
                break
            except (*LOST, *_AWAY) as error:
                last = error
            if self._context.elapsed_s >= give_up_s:
                raise last
        if self.identity and found != self.identity:
            self._device.close()
            raise DeviceError(
                "Another phone answers at this address now.",
                "Connect the first one again and run the same command: it goes on where it"
                " stopped.",
            )
        self.reconnections += 1
