"""`Device`: a phone behind any transport. Everything above works with this and nothing else."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Literal, Protocol, Self

from workbench.devices.capabilities import Capability

Command = str | Sequence[str]
"""A line for the phone's shell, or a program with arguments, which are quoted."""

PushProgress = Callable[[int, int], None]
"""Called with (bytes done so far, bytes in all)."""


class TransportKind(StrEnum):
    """How a phone is reached."""

    SERVER = "server"
    TCP = "tcp"
    USB = "usb"


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Who a device is, as known from connecting.

    Attributes:
        serial: what it is addressed by: serial number, or ``host:port``.
        transport: how it is reached.
        state: first word of the phone's banner, such as ``device`` or ``recovery``.
        model: product model, cleaned for display; empty where it is not told.
        features: protocol features that the phone offers.
        simulated: a virtual phone: nothing it reports is measured.
        properties: what the banner or the server's list says (``ro.product.model`` ...).
    """

    serial: str
    transport: TransportKind
    state: str
    model: str = ""
    features: frozenset[str] = frozenset()
    simulated: bool = False
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ShellResult:
    """What a command did.

    Attributes:
        exit_code: 0 to 255.
        stderr: empty where the phone cannot keep it apart; then it stands in `stdout`.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 are replaced."""
        return self.stdout.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class RemoteStat:
    """A file or folder on a phone. `size_bytes` counts modulo 2**32 on phones without stat_v2."""

    mode: int
    size_bytes: int
    mtime_s: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.mode & 0o170000 == 0o040000


@dataclass(frozen=True, slots=True)
class RemoteEntry:
    """One entry of a folder on a phone."""

    name: str
    stat: RemoteStat


class ShellStream(Protocol):
    """A command that runs for long; leaving its `with` block ends it on the phone."""

    def read(self, timeout_s: float) -> tuple[Literal["stdout", "stderr"], bytes] | None:
        """The next bytes as they come; None once the command has ended.

        Raises:
            DeviceTimeoutError: nothing came in time; the stream can still be read.
            DeviceGoneError: the link broke.
        """
        ...

    def lines(self, timeout_s: float) -> Iterator[bytes]:
        """Lines of standard output without their ends; each has `timeout_s` to come.

        Raises: as `read`. After a time-out call `lines` again: nothing is lost.
        """
        ...

    @property
    def exit_code(self) -> int | None:
        """Exit code once the command has ended; None before, and where it was killed."""
        ...

    @property
    def stderr_tail(self) -> bytes:
        """The last of what `lines` saw on standard error, for messages."""
        ...

    def close(self) -> None:
        """End the stream; may be called from any thread, and twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Device(Protocol):
    """A connected phone.

    Every call has a deadline, in seconds from its start, and raises a `DeviceError`:
    `DeviceTimeoutError` past the deadline, `DeviceGoneError` when the link broke. After
    `DeviceGoneError` the object is of no more use: `reconnect` gives a new one. Calls come from
    one thread, the device's owner (`DeviceOwner`); `close` may come from any.
    """

    @property
    def info(self) -> DeviceInfo:
        """Who it is."""
        ...

    def capabilities(self) -> tuple[Capability, ...]:
        """What the transport can do and what not, with reasons."""
        ...

    def shell(
        self,
        command: Command,
        *,
        timeout_s: float = 30.0,
        check: bool = False,
        max_bytes: int = 64 * 2**20,
    ) -> ShellResult:
        """Run a command to its end.

        A command that outlives the deadline is cut off from its output, which ends most; but its
        children may live on: bound loops that run on the phone by themselves.

        Raises:
            CommandFailedError: with `check`, where the exit code is not 0.
        """
        ...

    def stream(self, command: Command, *, timeout_s: float = 30.0) -> ShellStream:
        """Start a command whose output is read while it runs; `timeout_s` is for the start."""
        ...

    def push(
        self,
        local: Path,
        remote: str,
        *,
        mode: int = 0o644,
        timeout_s: float = 120.0,
        progress: PushProgress | None = None,
    ) -> None:
        """Copy a file, or a folder with all in it, to the phone; folders are made.

        Raises:
            InputFileError: the local file cannot be read.
            RemoteFileError: the phone cannot write it (full, not permitted).
        """
        ...

    def push_bytes(
        self, data: bytes, remote: str, *, mode: int = 0o644, timeout_s: float = 120.0
    ) -> None:
        """Write a file on the phone. Raises: RemoteFileError."""
        ...

    def pull(
        self,
        remote: str,
        local: Path,
        *,
        timeout_s: float = 120.0,
        progress: PushProgress | None = None,
    ) -> None:
        """Copy a file from the phone; `local` appears whole or not at all.

        Raises:
            RemoteFileError: there is no such file or it cannot be read.
            InputFileError: `local` cannot be written.
        """
        ...

    def read_file(
        self, remote: str, *, timeout_s: float = 30.0, max_bytes: int = 64 * 2**20
    ) -> bytes:
        """Content of a file on the phone. Raises: RemoteFileError."""
        ...

    def stat(self, remote: str, *, timeout_s: float = 30.0) -> RemoteStat | None:
        """What is at this path; None: nothing that the shell user can see."""
        ...

    def list_folder(self, remote: str, *, timeout_s: float = 30.0) -> tuple[RemoteEntry, ...]:
        """Entries of a folder without ``.`` and ``..``, by name; empty for none or no folder."""
        ...

    def reconnect(self, *, timeout_s: float = 60.0) -> Device:
        """Close this object and connect anew, to the same address: a new object."""
        ...

    def close(self) -> None:
        """Close the link; calls that wait end with `DeviceGoneError`. May be called twice."""
        ...


def command_line(command: Command) -> str:
    """The line for the phone's shell; arguments of a sequence are quoted one by one.

    Raises:
        ValueError: a zero byte, which would cut the line short.
    """
    line = command if isinstance(command, str) else " ".join(shlex.quote(word) for word in command)
    if "\0" in line:
        raise ValueError("a command cannot hold a zero byte")
    return line
