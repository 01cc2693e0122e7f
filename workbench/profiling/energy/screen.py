"""The screen stays as it is while energy is measured: one that goes dark changes the idle power,
and a phone that then falls asleep measures nothing at all."""

from __future__ import annotations

import re

from workbench.devices.device import Device
from workbench.devices.errors import DeviceError

TIMEOUT_MS = 24 * 3600 * 1000
_SETTING = "system screen_off_timeout"
_FILE = "screen_off_timeout"
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)


class ScreenKept:
    """Wakes the screen and keeps it on; used in a ``with`` block, which gives the setting back.

    What the setting was is written to the phone first, so that a session that was cut off does not
    leave the phone with a screen that never goes dark: the next one gives it back.

    Args:
        folder: on the phone; exists.

    Raises:
        DeviceError: the phone does not answer. One without the setting is left as it is.
    """

    def __init__(self, device: Device, folder: str) -> None:
        self._device = device
        self._path = f"{folder}/{_FILE}"
        self._before = ""

    def __enter__(self) -> ScreenKept:
        told = self._device.shell(
            f"cat {self._path} 2>/dev/null || settings get {_SETTING}"
        ).text.strip()
        if _NUMBER.fullmatch(told):
            self._before = told
            self._device.shell(
                f"echo {told} >{self._path} && settings put {_SETTING} {TIMEOUT_MS};"
                " input keyevent KEYCODE_WAKEUP"
            )
        return self

    def __exit__(self, *_: object) -> None:
        if not self._before:
            return
        try:
            self._device.shell(f"settings put {_SETTING} {self._before}; rm -f {self._path}")
        except DeviceError:
            return  # the next session gives it back
