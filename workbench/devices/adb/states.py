"""States a phone can be in, as the ADB server names them, and what to do about each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class DeviceState(StrEnum):
    """State of a listed phone."""

    DEVICE = "device"
    UNAUTHORIZED = "unauthorized"
    AUTHORIZING = "authorizing"
    OFFLINE = "offline"
    CONNECTING = "connecting"
    NO_PERMISSIONS = "no permissions"
    RECOVERY = "recovery"
    RESCUE = "rescue"
    SIDELOAD = "sideload"
    BOOTLOADER = "bootloader"
    DETACHED = "detached"
    HOST = "host"
    UNKNOWN = "unknown"

    @property
    def usable(self) -> bool:
        """Whether the workbench can work with a phone in this state."""
        return self is DeviceState.DEVICE


@dataclass(frozen=True, slots=True)
class Advice:
    """A state in words: what it means and what to do, which is empty when all is well."""

    meaning: str
    to_do: str


ADVICE: Mapping[DeviceState, Advice] = MappingProxyType(
    {
        DeviceState.DEVICE: Advice("ready", ""),
        DeviceState.UNAUTHORIZED: Advice(
            "the phone does not trust this computer yet",
            "Unlock the phone and accept this computer's key. If it asks nothing, switch USB "
            "debugging off and on, or revoke USB debugging authorisations there, and plug it in "
            "again.",
        ),
        DeviceState.AUTHORIZING: Advice(
            "the phone is checking this computer's key",
            "Wait a moment; unlock the phone in case it asks.",
        ),
        DeviceState.OFFLINE: Advice(
            "the phone is listed but does not answer",
            "Wait a few seconds. If it stays, plug it in again, or switch Wi-Fi debugging off and "
            "on; restart the phone if nothing helps.",
        ),
        DeviceState.CONNECTING: Advice("the connection is being set up", "Wait a moment."),
        DeviceState.NO_PERMISSIONS: Advice(
            "this computer's user may not open the USB device",
            "Linux: install the udev rules for Android (Debian: apt-get install "
            "android-sdk-platform-tools-common), add yourself to the group plugdev, log in again "
            "and plug the phone in again.",
        ),
        DeviceState.RECOVERY: Advice(
            "the phone runs its recovery system", "Restart the phone into Android."
        ),
        DeviceState.RESCUE: Advice(
            "the phone is in rescue mode", "Restart the phone into Android."
        ),
        DeviceState.SIDELOAD: Advice(
            "the phone waits for an update", "Leave sideload mode: restart the phone into Android."
        ),
        DeviceState.BOOTLOADER: Advice(
            "the phone stands in its bootloader", "Restart the phone into Android."
        ),
        DeviceState.DETACHED: Advice(
            "the ADB server let go of the USB device",
            "Run `adb attach` for it, or plug it in again.",
        ),
        DeviceState.HOST: Advice("this is no phone but another ADB host", "Choose another device."),
        DeviceState.UNKNOWN: Advice(
            "the ADB server reports a state that the workbench does not know",
            "Plug the phone in again; update adb if it stays.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """One line of the server's list.

    Attributes:
        serial: what the phone is addressed by.
        state_text: the state in the server's words.
        properties: product, model, device, usb, transport_id, where the server tells them.
    """

    serial: str
    state: DeviceState
    state_text: str
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def model(self) -> str:
        """Model with spaces restored; empty where the server does not know it."""
        return self.properties.get("model", "").replace("_", " ")

    @property
    def advice(self) -> Advice:
        """What its state means and what to do."""
        return ADVICE[self.state]


# The state may hold spaces ("no permissions (user in plugdev group; ...); see [http://...]"), so
# the known `key:value` words are taken from the end.
_LINE = re.compile(r"(?P<serial>\S.*?)(?:\t|\s{2,}| (?=\S))\s*(?P<state>\S.*?)\s*")
_KEYS = frozenset({"product", "model", "device", "usb", "transport_id", "features"})


def parse_device_list(text: str) -> tuple[ListedDevice, ...]:
    """Parse the payload of ``host:devices-l`` or ``host:track-devices-l``."""
    return tuple(device for line in text.split("\n") if (device := _parse_line(line)) is not None)


def _parse_line(line: str) -> ListedDevice | None:
    match = _LINE.fullmatch(line.strip())
    if match is None:
        return None
    words = match["state"].split()
    properties: dict[str, str] = {}
    while len(words) > 1:
        key, colon, value = words[-1].partition(":")
        if colon and key in _KEYS:
            properties[key] = value
        elif not re.fullmatch(r"\d+-[\d.]+", words[-1]):  # a USB path; older servers write it bare
            break
        words.pop()
    state_text = " ".join(words)
    return ListedDevice(
        match["serial"], state_of(state_text), state_text, MappingProxyType(properties)
    )


def state_of(text: str) -> DeviceState:
    """The state that the server's words mean."""
    if text.startswith("no permissions"):
        return DeviceState.NO_PERMISSIONS
    try:
        return DeviceState(text)
    except ValueError:
        return DeviceState.UNKNOWN
