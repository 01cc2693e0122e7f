"""`AdbDevice`: the `Device` protocol over any way of opening services of a phone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write
from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.shell import SHELL_V2, AdbShellStream, start_shell
from workbench.devices.adb.streams import ServiceOpener
from workbench.devices.adb.sync import SyncSession
from workbench.devices.capabilities import Capability
from workbench.devices.device import (
    Command,
    DeviceInfo,
    PushProgress,
    RemoteEntry,
    RemoteStat,
    ShellResult,
    command_line,
)
from workbench.devices.errors import (
    CommandFailedError,
    RemoteFileError,
    clean,
)

_READ_SIZE = 2**20


class AdbDevice:
    """A connected phone; implements `workbench.devices.device.Device`.

    Made by the functions of `workbench.devices.adb.connect`.

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
