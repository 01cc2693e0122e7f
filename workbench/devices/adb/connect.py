"""Ways to a connected phone: through an ADB server, directly over TCP, directly over USB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType

from workbench.devices.adb.connection import APPROVAL_S, AdbConnection, PacketStream
from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.keys import Signer
from workbench.devices.adb.phone import AdbDevice
from workbench.devices.adb.server import AdbServer, ServerOpener
from workbench.devices.adb.shell import start_shell
from workbench.devices.adb.streams import ServiceOpener
from workbench.devices.adb.transports import PromptTcpTransport, Transport, find_usb_transports
from workbench.devices.device import DeviceInfo, TransportKind, command_line
from workbench.devices.errors import (
    DeviceGoneError,
    DeviceNotFoundError,
    DeviceProtocolError,
    ServiceRefusedError,
    clean,
)
from workbench.devices.parsers.properties import SIMULATED_PROPERTY

__all__ = ["APPROVAL_S", "OnWaiting", "connect_tcp", "connect_through_server", "connect_usb"]

OnWaiting = Callable[[str], None]
"""Called with what the user has to do on the phone before the connection can be made."""


class _DirectOpener:
    """Services over a connection of our own; streams that run for long get one each over TCP."""

    def __init__(
        self, connection: AdbConnection, another: Callable[[Deadline], AdbConnection] | None
    ) -> None:
        self._connection = connection
        self._another = another
        self._others: list[AdbConnection] = []

    def open(self, service: str, deadline: Deadline) -> PacketStream:
        return self._connection.open(service, deadline)

    def open_apart(self, service: str, deadline: Deadline) -> PacketStream:
        if self._another is None:
            return self._connection.open(service, deadline)
        if self._connection.closed:
            raise DeviceGoneError(deadline.what, "the device object was closed")
        connection = self._another(deadline)
        self._others = [other for other in self._others if not other.closed] + [connection]
        try:
            return _OwnedStream(connection, connection.open(service, deadline))
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        for connection in (self._connection, *self._others):
            connection.close()


class _OwnedStream(PacketStream):
    """A stream that takes its connection with it."""

    def __init__(self, connection: AdbConnection, stream: PacketStream) -> None:
        super().__init__(connection, stream._stream)

    def close(self) -> None:
        super().close()
        self._connection.close()


def connect_through_server(server: AdbServer, serial: str, *, timeout_s: float = 10.0) -> AdbDevice:
    """A phone that an ADB server has.

    Raises:
        DeviceNotFoundError: the server does not list it.
        DeviceError: its state allows nothing; says which and what to do.
    """
    deadline = Deadline(timeout_s, f"connecting to {clean(serial, 60)}")
    listed = {device.serial: device for device in server.devices(deadline.remaining_s())}
    device = listed.get(serial)
    if device is None:
        raise DeviceNotFoundError(
            f"The ADB server at {server.address} has no device {clean(serial, 60)}.",
            "See `adaspring-workbench devices` for those that are there.",
        )
    if not device.state.usable:
        advice = device.advice
        raise DeviceNotFoundError(
            f"{clean(serial, 60)}: {advice.meaning}.", advice.to_do, device.state_text
        )
    features = server.features(serial, deadline.remaining_s())
    opener = ServerOpener(server, serial)
    info = DeviceInfo(
        serial=serial,
        transport=TransportKind.SERVER,
        state=str(device.state),
        model=clean(device.model, 60),
        features=features,
        simulated=_says_simulated(opener, features, deadline),
        properties=device.properties,
    )
    return AdbDevice(
        info, opener, lambda limit_s: connect_through_server(server, serial, timeout_s=limit_s)
    )


def _says_simulated(opener: ServiceOpener, features: frozenset[str], deadline: Deadline) -> bool:
    """Ask the phone whether it is a virtual one: no banner or server tells.

    Its figures must never pass for measured ones, so no device is handed out before it was asked.
    """
    line = command_line(("getprop", SIMULATED_PROPERTY))
    try:
        with start_shell(opener, line, features, deadline, apart=False) as stream:
            return stream.finish(deadline, 2**16).stdout.strip() == b"1"
    except ServiceRefusedError:
        return False  # a recovery system without a shell


def connect_tcp(
    host: str,
    port: int,
    signers: Sequence[Signer],
    *,
    timeout_s: float = 10.0,
    approval_s: float = APPROVAL_S,
    on_waiting: OnWaiting | None = None,
) -> AdbDevice:
    """A phone (after `adb tcpip`) or a virtual phone that listens at an address.

    Raises: as `AdbConnection.connect`.
    """
    serial = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    what = f"connecting to {serial}"

    def another(deadline: Deadline) -> AdbConnection:
        connection = AdbConnection(PromptTcpTransport(host, port), deadline.what)
        # No waiting for the user here: this key has been accepted a moment ago.
        connection.connect(signers, deadline.remaining_s(), approval_s=deadline.remaining_s())
        return connection

    connection = AdbConnection(PromptTcpTransport(host, port), what)
    connection.connect(signers, timeout_s, approval_s, on_waiting)
    opener = _DirectOpener(connection, another)
    return AdbDevice(
        _info(serial, TransportKind.TCP, connection, opener, timeout_s),
        opener,
        lambda limit_s: connect_tcp(
            host, port, signers, timeout_s=limit_s, approval_s=approval_s, on_waiting=on_waiting
        ),
    )


def connect_usb(
    serial: str,
    signers: Sequence[Signer],
    *,
    timeout_s: float = 10.0,
    approval_s: float = APPROVAL_S,
    on_waiting: OnWaiting | None = None,
    find: Callable[[], Iterable[tuple[str, Transport]]] = find_usb_transports,
) -> AdbDevice:
    """A phone on USB, where no ADB server holds it.

    Raises:
        DeviceNotFoundError: no such phone is plugged in, or libusb is missing.
        Others as `AdbConnection.connect`.
    """
    try:
        transports = dict(find())
    except (ImportError, OSError) as error:
        raise DeviceNotFoundError(
            "Phones on USB cannot be reached directly: libusb was not found.",
            "Debian: apt-get install libusb-1.0-0. Or start an ADB server: `adb start-server`.",
            str(error),
        ) from error
    transport = transports.get(serial)
    if transport is None:
        raise DeviceNotFoundError(
            f"No phone {clean(serial, 60)} is plugged in.",
            "Check the cable (some only charge) and that USB debugging is on.",
        )
    connection = AdbConnection(transport, f"connecting to {clean(serial, 60)}")
    connection.connect(signers, timeout_s, approval_s, on_waiting)
    opener = _DirectOpener(connection, None)
    return AdbDevice(
        _info(serial, TransportKind.USB, connection, opener, timeout_s),
        opener,
        lambda limit_s: connect_usb(
            serial, signers, timeout_s=limit_s, approval_s=approval_s, on_waiting=on_waiting,
            find=find,
        ),
    )  # fmt: skip


def _info(
    serial: str,
    kind: TransportKind,
    connection: AdbConnection,
    opener: ServiceOpener,
    timeout_s: float,
) -> DeviceInfo:
    banner = connection.banner
    deadline = Deadline(timeout_s, f"connecting to {clean(serial, 60)}")
    try:
        if banner.state not in ("device", "recovery", "rescue", "sideload"):
            raise DeviceProtocolError(deadline.what, f"state {banner.state!r}")
        simulated = _says_simulated(opener, banner.features, deadline)
    except BaseException:
        connection.close()
        raise
    return DeviceInfo(
        serial=serial,
        transport=kind,
        state=banner.state,
        model=clean(banner.properties.get("ro.product.model", ""), 60),
        features=banner.features,
        simulated=simulated,
        properties=MappingProxyType(dict(banner.properties)),
    )
