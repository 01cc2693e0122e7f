"""Phones: listing, connecting, pairing, watching."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import SettingsError, WorkbenchError
from workbench.devices.adb.connect import (
    APPROVAL_S,
    OnWaiting,
    connect_tcp,
    connect_through_server,
    connect_usb,
)
from workbench.devices.adb.describe import PhoneDescription, describe_phone
from workbench.devices.adb.keys import load_keys
from workbench.devices.adb.owner import DeviceOwner
from workbench.devices.adb.server import AdbServer
from workbench.devices.adb.states import ADVICE, DeviceState, ListedDevice
from workbench.devices.adb.tracker import DeviceListEvent, DeviceTracker
from workbench.devices.adb.transports import find_usb_transports, usb_capability
from workbench.devices.capabilities import Capability
from workbench.devices.device import Device, TransportKind
from workbench.devices.errors import (
    AdbServerError,
    DeviceError,
    DeviceNotFoundError,
    DeviceUnauthorizedError,
    clean,
)

__all__ = [
    "DeviceListEvent",
    "DeviceOverview",
    "DeviceTracker",
    "FoundDevice",
    "ServerStatus",
    "clean",
    "connect_address",
    "device_owner",
    "disconnect_address",
    "list_devices",
    "open_device",
    "pair",
    "parse_address",
    "watch_devices",
]

DEFAULT_PHONE_PORT = 5555

Via = Literal["auto", "server", "direct"]

_ADDRESS = re.compile(
    r"(?:\[(?P<v6>[0-9a-fA-F:.%]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Whether an ADB server answers; `problem` and `hint` are empty when it does."""

    address: str
    running: bool
    version: int | None
    problem: str
    hint: str


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device for a list.

    Attributes:
        meaning: its state in words.
        to_do: what the user can do; empty when all is well.
        description: what it says about itself; None where it cannot be asked or was not.
    """

    serial: str
    transport: TransportKind
    state: DeviceState
    state_text: str
    meaning: str
    to_do: str
    model: str
    description: PhoneDescription | None = None

    @property
    def simulated(self) -> bool:
        """Whether it is a virtual phone; False also where it could not be asked."""
        return self.description is not None and self.description.simulated


@dataclass(frozen=True, slots=True)
class DeviceOverview:
    """All devices that can be found now.

    Attributes:
        usb_direct: whether phones on USB can be found without a server, and why not.
    """

    server: ServerStatus
    usb_direct: Capability
    devices: tuple[FoundDevice, ...]


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``host``, ``host:port`` or ``[v6]:port``; the port is 5555 where none is.

    Raises:
        SettingsError: it is no address.
    """
    match = _ADDRESS.fullmatch(text.strip())
    port = int(match["port"] or DEFAULT_PHONE_PORT) if match is not None else 0
    if match is None or not 0 < port < 65536:
        raise SettingsError(
            f"{clean(text, 80)!r} is no address.",
            "Write HOST:PORT, such as 192.168.1.17:5555; an IPv6 address in brackets.",
        )
    return match["v6"] or match["host"], port


def server_status(server: AdbServer) -> ServerStatus:
    """Whether the server answers."""
    try:
        version = server.version()
    except DeviceError as error:
        return ServerStatus(str(server.address), False, None, error.message, error.hint)
    return ServerStatus(str(server.address), True, version, "", "")


def list_devices(
    addresses: Sequence[str] = (),
    *,
    details: bool = True,
    server: AdbServer | None = None,
    timeout_s: float = 10.0,
    approval_s: float = APPROVAL_S,
    on_waiting: OnWaiting | None = None,
) -> DeviceOverview:
    """All devices: those of the ADB server, or on USB where none runs, and those at `addresses`.

    Args:
        addresses: phones to connect to directly, as HOST:PORT.
        details: ask each usable device what it is and can do.
        timeout_s: for each device.
        approval_s: how long the user of a phone may take to accept this computer's key.
        on_waiting: called with what the user has to do on a phone, when it comes to that.

    Raises:
        SettingsError: an address, or the server's in the environment, is none.
    """
    server = AdbServer() if server is None else server
    places = [parse_address(address) for address in addresses]
    status = server_status(server)
    usb = usb_capability()
    found: list[FoundDevice] = []
    if status.running:
        for listed in server.devices():
            found.append(_listed(server, listed, details, timeout_s))
    elif usb.available:
        # A server owns the USB devices while it runs, so they are looked for only without one.
        for serial, _ in find_usb_transports():
            found.append(
                _direct(
                    serial,
                    TransportKind.USB,
                    lambda serial=serial: connect_usb(  # type: ignore[misc]
                        serial, load_keys(), timeout_s=timeout_s, approval_s=approval_s,
                        on_waiting=on_waiting,
                    ),
                    timeout_s,
                )
            )  # fmt: skip
    for host, port in places:
        found.append(
            _direct(
                f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
                TransportKind.TCP,
                lambda host=host, port=port: connect_tcp(  # type: ignore[misc]
                    host, port, load_keys(), timeout_s=timeout_s, approval_s=approval_s,
                    on_waiting=on_waiting,
                ),
                timeout_s,
            )
        )  # fmt: skip
    return DeviceOverview(status, usb, tuple(found))


def open_device(
    name: str,
    *,
    via: Via = "auto",
    server: AdbServer | None = None,
    timeout_s: float = 10.0,
    on_waiting: OnWaiting | None = None,
) -> Device:
    """Connect to a device by serial number or address.

    With "auto": through the ADB server where one runs and lists it; else directly over TCP where
    `name` is HOST:PORT; else over USB where no server holds it.

    Raises:
        DeviceError: it is not there, or its state allows nothing; says what to do.
    """
    server = AdbServer() if server is None else server
    running = via != "direct" and server.running()
    if via == "server" and not running:
        server.version()  # says why not
    if running:
        listed = [device.serial for device in server.devices()]
        if via == "server" or name in listed:
            return connect_through_server(server, name, timeout_s=timeout_s)
    if ":" in name:
        host, port = parse_address(name)
        return connect_tcp(host, port, load_keys(), timeout_s=timeout_s, on_waiting=on_waiting)
    if running:
        raise DeviceNotFoundError(
            f"The ADB server at {server.address} has no device {clean(name, 60)}.",
            "See `adaspring-workbench devices` for those that are there.",
        )
    return connect_usb(name, load_keys(), timeout_s=timeout_s, on_waiting=on_waiting)


def device_owner(
    name: str, *, via: Via = "auto", on_waiting: OnWaiting | None = None
) -> DeviceOwner:
    """The thread through which all work with a device goes; connects with its first work."""
    return DeviceOwner(lambda: open_device(name, via=via, on_waiting=on_waiting), clean(name, 60))


def connect_address(address: str, server: AdbServer | None = None) -> str:
    """Let the ADB server connect to HOST:PORT and keep it; returns what the server says.

    Raises:
        SettingsError: it is no address.
        AdbServerError: no server runs (the phone can still be reached directly), or it failed.
    """
    host, port = parse_address(address)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return (AdbServer() if server is None else server).connect_device(place)


def disconnect_address(address: str, server: AdbServer | None = None) -> str:
    """Let the ADB server drop a device reached over TCP; returns what the server says."""
    host, port = parse_address(address)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return (AdbServer() if server is None else server).disconnect_device(place)


def pair(address: str, code: str, server: AdbServer | None = None) -> str:
    """Pair with a phone that shows an address and a code; returns what the server says.

    Raises:
        SettingsError: address or code are none.
        AdbServerError: no server runs, it is too old, or pairing failed.
    """
    host, port = parse_address(address)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        return (AdbServer() if server is None else server).pair(place, code)
    except AdbServerError as error:
        if not error.message.startswith("No ADB server"):
            raise
        raise AdbServerError(
            "Only an ADB server can pair, and none runs.", error.hint, error.detail
        ) from error


def watch_devices(
    on_event: Callable[[DeviceListEvent], None], server: AdbServer | None = None
) -> DeviceTracker:
    """Watch devices come and go; close the tracker at the end.

    Args:
        on_event: called on the tracker's thread with every change.
    """
    tracker = DeviceTracker(AdbServer() if server is None else server, on_event)
    tracker.start()
    return tracker


def _listed(
    server: AdbServer, listed: ListedDevice, details: bool, timeout_s: float
) -> FoundDevice:
    advice = listed.advice
    entry = FoundDevice(
        serial=listed.serial,
        transport=TransportKind.SERVER,
        state=listed.state,
        state_text=clean(listed.state_text),
        meaning=advice.meaning,
        to_do=advice.to_do,
        model=clean(listed.model, 60),
    )
    if not (details and listed.state.usable):
        return entry
    return _ask(
        entry,
        lambda: connect_through_server(server, listed.serial, timeout_s=timeout_s),
        timeout_s,
    )


def _direct(
    serial: str, transport: TransportKind, connect: Callable[[], Device], timeout_s: float
) -> FoundDevice:
    """A device that has to be connected to be known at all."""
    state = DeviceState.OFFLINE
    entry = FoundDevice(serial, transport, state, str(state), "", "", "")
    return _ask(entry, connect, timeout_s)


def _ask(entry: FoundDevice, connect: Callable[[], Device], timeout_s: float) -> FoundDevice:
    """The entry with what the device says about itself, or with what went wrong."""
    state = entry.state
    model = entry.model
    try:
        device = connect()
        try:
            model = device.info.model or model
            state = DeviceState(device.info.state)
            description = describe_phone(device, timeout_s=timeout_s) if state.usable else None
        finally:
            device.close()
    except (WorkbenchError, ValueError) as error:
        if isinstance(error, DeviceUnauthorizedError):
            state = DeviceState.UNAUTHORIZED
        hint = error.hint if isinstance(error, WorkbenchError) else ""
        what = error.message if isinstance(error, WorkbenchError) else str(error)
        return FoundDevice(
            entry.serial, entry.transport, state, str(state), clean(what), hint, model
        )
    advice = ADVICE[state]
    return FoundDevice(
        serial=entry.serial,
        transport=entry.transport,
        state=state,
        state_text=str(state),
        meaning=advice.meaning,
        to_do=advice.to_do,
        model=description.title if description is not None else model,
        description=description,
    )
