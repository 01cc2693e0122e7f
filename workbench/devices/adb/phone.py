"""`AdbDevice`: the `Device` protocol over any way of opening services, and the ways there are."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write
from workbench.devices.adb.connection import APPROVAL_S, AdbConnection, PacketStream
from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.keys import Signer
from workbench.devices.adb.server import AdbServer, ServerOpener
from workbench.devices.adb.shell import SHELL_V2, AdbShellStream, start_shell
from workbench.devices.adb.streams import ServiceOpener
from workbench.devices.adb.sync import SyncSession
from workbench.devices.adb.transports import PromptTcpTransport, Transport, find_usb_transports
from workbench.devices.capabilities import Capability
from workbench.devices.device import (
    Command,
    DeviceInfo,
    PushProgress,
    RemoteEntry,
    RemoteStat,
    ShellResult,
    TransportKind,
    command_line,
)
from workbench.devices.errors import (
    CommandFailedError,
    DeviceGoneError,
    DeviceNotFoundError,
    DeviceProtocolError,
    RemoteFileError,
    ServiceRefusedError,
    clean,
)
from workbench.devices.parsers.properties import SIMULATED_PROPERTY

_READ_SIZE = 2**20

OnWaiting = Callable[[str], None]
"""Called with what the user has to do on the phone before the connection can be made."""


class AdbDevice:
    """A connected phone; implements `workbench.devices.device.Device`.

    Made by `connect_through_server`, `connect_tcp` and `connect_usb`.

    Args:
        again: makes a new object for the same phone, given the seconds it may take.
    """

    def __init__(
        self, info: DeviceInfo, opener: ServiceOpener, again: Callable[[float], AdbDevice]
    ) -> None:
        self._info = info
        self._opener = opener
        self._again = again

    @property
    def info(self) -> DeviceInfo:
        """Who it is."""
        return self._info

    def capabilities(self) -> tuple[Capability, ...]:
        """What the transport can do and what not, with reasons."""
        features = self._info.features
        apart = SHELL_V2 in features
        old = "the phone lacks {}: Android before {}"
        return (
            Capability("shell", True, "exit codes by " + ("shell_v2" if apart else "a mark")),
            Capability(
                "stdout_stderr_apart", apart, SHELL_V2 if apart else old.format(SHELL_V2, "7")
            ),
            Capability("files", True, "sync"),
            Capability(
                "large_files",
                "stat_v2" in features,
                "64-bit sizes by stat_v2"
                if "stat_v2" in features
                else old.format("stat_v2", "8") + "; sizes count modulo 4 GiB",
            ),
        )

    def shell(
        self,
        command: Command,
        *,
        timeout_s: float = 30.0,
        check: bool = False,
        max_bytes: int = 64 * 2**20,
    ) -> ShellResult:
        """Run a command to its end."""
        line = command_line(command)
        deadline = Deadline(timeout_s, f"{self._name}: {clean(line, 60)}")
        with start_shell(self._opener, line, self._info.features, deadline, apart=False) as stream:
            result = stream.finish(deadline, max_bytes)
        if check and result.exit_code != 0:
            said = (result.stderr or result.stdout)[-2000:].decode("utf-8", "replace")
            raise CommandFailedError(line, result.exit_code, said)
        return result

    def stream(self, command: Command, *, timeout_s: float = 30.0) -> AdbShellStream:
        """Start a command whose output is read while it runs."""
        line = command_line(command)
        deadline = Deadline(timeout_s, f"{self._name}: {clean(line, 60)}")
        return start_shell(self._opener, line, self._info.features, deadline, apart=True)

    def push(
        self,
        local: Path,
        remote: str,
        *,
        mode: int = 0o644,
        timeout_s: float = 120.0,
        progress: PushProgress | None = None,
    ) -> None:
        """Copy a file, or a folder with all files in it, to the phone; folders are made."""
        local = Path(local)
        files = [(local, remote)]
        if local.is_dir():
            root = remote.rstrip("/")
            files = [
                (path, f"{root}/{path.relative_to(local).as_posix()}")
                for path in sorted(local.rglob("*"))
                if path.is_file()
            ]
        total = sum(_size(path) for path, _ in files)
        done = 0
        with self._sync(timeout_s, f"copying to {remote}") as session:
            for path, target in files:
                sent = 0
                for sent in session.send(target, _pieces(path), mode):
                    if progress is not None:
                        progress(done + sent, total)
                done += sent

    def push_bytes(
        self, data: bytes, remote: str, *, mode: int = 0o644, timeout_s: float = 120.0
    ) -> None:
        """Write a file on the phone."""
        with self._sync(timeout_s, f"writing {remote}") as session:
            for _ in session.send(remote, (data,), mode):
                pass

    def pull(
        self,
        remote: str,
        local: Path,
        *,
        timeout_s: float = 120.0,
        progress: PushProgress | None = None,
    ) -> None:
        """Copy a file from the phone; `local` appears whole or not at all."""
        with self._sync(timeout_s, f"copying {remote}") as session:
            total = self._file_to_read(session, remote).size_bytes
            done = 0
            with atomic_write(local, "wb") as stream:
                for piece in session.receive(remote):
                    stream.write(piece)
                    done += len(piece)
                    if progress is not None:
                        progress(done, max(total, done))

    def read_file(
        self, remote: str, *, timeout_s: float = 30.0, max_bytes: int = 64 * 2**20
    ) -> bytes:
        """Content of a file on the phone."""
        content = bytearray()
        with self._sync(timeout_s, f"reading {remote}") as session:
            self._file_to_read(session, remote)
            for piece in session.receive(remote):
                content += piece
                if len(content) > max_bytes:
                    raise RemoteFileError(remote, f"holds more than {max_bytes} bytes")
        return bytes(content)

    def stat(self, remote: str, *, timeout_s: float = 30.0) -> RemoteStat | None:
        """What is at this path; None: nothing."""
        with self._sync(timeout_s, f"looking at {remote}") as session:
            return session.stat(remote)

    def list_folder(self, remote: str, *, timeout_s: float = 30.0) -> tuple[RemoteEntry, ...]:
        """Entries of a folder."""
        with self._sync(timeout_s, f"listing {remote}") as session:
            return session.list_folder(remote)

    def reconnect(self, *, timeout_s: float = 60.0) -> AdbDevice:
        """Close this object and connect anew: a new object."""
        self.close()
        return self._again(timeout_s)

    def close(self) -> None:
        """Close the link."""
        self._opener.close()

    @property
    def _name(self) -> str:
        return clean(self._info.model or self._info.serial, 60)

    def _sync(self, timeout_s: float, doing: str) -> SyncSession:
        deadline = Deadline(timeout_s, f"{self._name}: {clean(doing, 120)}")
        return SyncSession(self._opener, self._info.features, deadline)

    @staticmethod
    def _file_to_read(session: SyncSession, remote: str) -> RemoteStat:
        stat = session.stat(remote)
        if stat is None:
            raise RemoteFileError(remote, "No such file or directory")
        if stat.is_folder:
            raise RemoteFileError(remote, "is a folder", "Name a file.")
        return stat


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


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return os.stat(path).st_size
    return 0


def _pieces(path: Path) -> Iterator[bytes]:
    """A local file, piece by piece."""
    try:
        with open(path, "rb") as stream:
            while piece := stream.read(_READ_SIZE):
                yield piece
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
