"""The phone's files: what the simulation generates, and folders that a host may write to.

Generated files (``/proc``, ``/sys``, ``build.prop``) are functions and can only be read. Writable
folders (``/data/local/tmp``, ``/sdcard``) lie in a private temporary folder of this computer, so
that a pushed program can run from there. Nothing outside of it can be reached: paths are resolved
by text alone, links are neither made nor followed.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

SHELL_UID = 2000
ROOT_UID = 0

WRITABLE = ("/data/local/tmp", "/sdcard")
"""Folders that the shell user may write to; programs run from the first only."""

_ALIASES = {
    "/storage/emulated/0": "/sdcard",
    "/storage/self/primary": "/sdcard",
    "/mnt/sdcard": "/sdcard",
}
_CLOSED = ("/data", "/data/data", "/data/app", "/data/local")
"""Folders that exist and that the shell user may not list."""

ReadFile = Callable[[], bytes]


class GeneratedFiles(Protocol):
    """What the simulation shows as files."""

    def find(self, path: str) -> ReadFile | None:
        """The function that makes the file at an absolute path; None where there is no file."""

    def children(self, path: str) -> list[str] | None:
        """Names in a folder; None where there is no folder."""


@dataclass(frozen=True, slots=True)
class FileStat:
    """What `stat` tells of a file; times in whole seconds of the phone's clock."""

    mode: int
    size: int
    mtime_s: int
    uid: int
    gid: int
    links: int
    inode: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)


class VirtualFiles:
    """The phone's file system.

    Errors are `OSError` with the error number that Linux gives.

    Args:
        root: an empty private folder of this computer, for what is written.
        generated: what the simulation shows.
        capacity_bytes: size of the partition that is written to.
        wall_time_s: the phone's wall clock, which stamps generated files.
    """

    def __init__(
        self,
        root: Path,
        generated: GeneratedFiles,
        capacity_bytes: int,
        wall_time_s: Callable[[], float],
    ) -> None:
        self._root = Path(os.path.realpath(root))
        self._generated = generated
        self._wall_time_s = wall_time_s
        self.capacity_bytes = capacity_bytes
        for folder in WRITABLE:
            os.makedirs(self._host(folder), exist_ok=True)

    @property
    def root(self) -> Path:
        """The folder of this computer under which everything written lies."""
        return self._root

    @property
    def used_bytes(self) -> int:
        """Bytes in all written files."""
        total = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    continue  # a program that runs may remove its files meanwhile
        return total

    def resolve(self, path: str, folder: str = "/") -> str:
        """Absolute path without ``.`` and ``..``, from a path relative to `folder`."""
        if "\0" in path:
            raise _error(errno.EINVAL, path)
        full = posixpath.normpath(posixpath.join("/", folder, path)).replace("//", "/")
        for alias, target in _ALIASES.items():
            if full == alias or full.startswith(alias + "/"):
                return target + full[len(alias) :]
        return full

    def is_writable(self, path: str) -> bool:
        """Whether an absolute path lies in (or is) a folder that may be written to."""
        return any(path == folder or path.startswith(folder + "/") for folder in WRITABLE)

    def stat(self, path: str) -> FileStat:
        """What is known of a file or folder."""
        if self.is_writable(path):
            found = os.lstat(self._checked(path))
            if stat.S_ISLNK(found.st_mode):
                raise _error(errno.EACCES, path)
            mode = found.st_mode
            if path.startswith("/sdcard"):  # one owner, nothing executable, whatever was asked for
                mode = stat.S_IFMT(mode) | (0o770 if stat.S_ISDIR(mode) else 0o660)
            return FileStat(
                mode,
                found.st_size,
                int(found.st_mtime),
                SHELL_UID,
                SHELL_UID,
                found.st_nlink,
                found.st_ino,
            )
        now_s = int(self._wall_time_s())
        inode = zlib.crc32(path.encode("utf-8", "surrogateescape"))
        if self._generated.find(path) is not None:
            # Files of sysfs have 4096 bytes and those of procfs none, whatever is in them.
            size = 4096 if path.startswith("/sys/") else 0
            return FileStat(stat.S_IFREG | 0o444, size, now_s, ROOT_UID, ROOT_UID, 1, inode)
        if self._names(path) is not None:
            mode = 0o771 if path in _CLOSED else 0o755
            return FileStat(stat.S_IFDIR | mode, 4096, now_s, ROOT_UID, ROOT_UID, 2, inode)
        raise _error(errno.ENOENT, path)

    def list(self, path: str) -> list[str]:
        """Names in a folder, sorted."""
        if self.is_writable(path):
            return sorted(os.listdir(self._checked(path)))
        if path in _CLOSED:
            raise _error(errno.EACCES, path)
        names = self._names(path)
        if names is not None:
            return sorted(names)
        raise _error(errno.ENOTDIR if self._generated.find(path) else errno.ENOENT, path)

    def read(self, path: str) -> bytes:
        """All of a file; use `open_read` for large ones."""
        if self.is_writable(path):
            with self.open_read(path) as stream:
                return stream.read()
        make = self._generated.find(path)
        if make is not None:
            return make()
        if self._names(path) is not None:
            raise _error(errno.EISDIR, path)
        raise _error(errno.ENOENT, path)

    def open_read(self, path: str) -> IO[bytes]:
        """A written file, to be read piece by piece."""
        if self.stat(path).is_folder:
            raise _error(errno.EISDIR, path)
        return os.fdopen(os.open(self._checked(path), os.O_RDONLY | os.O_NOFOLLOW), "rb")

    def open_write(self, path: str, *, append: bool = False, exclusive: bool = False) -> Writer:
        """A file to write to; made when it does not exist."""
        host = self._writable(path)
        if os.path.isdir(host):
            raise _error(errno.EISDIR, path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
        flags |= os.O_APPEND if append else os.O_TRUNC
        flags |= os.O_EXCL if exclusive else 0
        stream = os.fdopen(os.open(host, flags, 0o644), "ab" if append else "wb", buffering=0)
        return Writer(self, stream, path)

    def free_bytes(self) -> int:
        """What still fits."""
        return max(0, self.capacity_bytes - self.used_bytes)

    def make_folder(self, path: str, *, parents: bool = False) -> None:
        """Make a folder; with `parents` also those above, and one that exists is no error."""
        if parents:
            if self._is_folder(path):
                return
            self.make_folder(posixpath.dirname(path), parents=True)
        if not self.is_writable(path) and self._exists(path):
            raise _error(errno.EEXIST, path)
        os.mkdir(self._writable(path), 0o755)

    def remove(self, path: str) -> None:
        """Remove a file."""
        os.unlink(self._writable(path, keep=WRITABLE))

    def remove_folder(self, path: str) -> None:
        """Remove an empty folder."""
        os.rmdir(self._writable(path, keep=WRITABLE))

    def rename(self, old: str, new: str) -> None:
        """Move a file or folder to another name."""
        os.rename(self._writable(old, keep=WRITABLE), self._writable(new, keep=WRITABLE))

    def change_mode(self, path: str, mode: int) -> None:
        """Set the permission bits; without effect on ``/sdcard``, as on a phone."""
        host = self._writable(path)
        if not self.is_writable(path):
            raise _error(errno.EPERM, path)
        # The owner keeps access, so that the folder can be cleared away.
        keep = 0o700 if os.path.isdir(host) else 0o600
        os.chmod(host, (mode & 0o777) | keep, follow_symlinks=True)

    def set_times(self, path: str, mtime_s: float) -> None:
        """Set the time of last change."""
        os.utime(self._writable(path), (mtime_s, mtime_s))

    def host_path(self, path: str) -> Path:
        """Where a written file lies on this computer."""
        if not self.is_writable(path):
            raise _error(errno.EACCES, path)
        return Path(self._checked(path))

    def _names(self, path: str) -> set[str] | None:
        names = set(self._generated.children(path) or ())
        prefix = path.rstrip("/") + "/"
        for folder in (*WRITABLE, *_CLOSED):
            if folder.startswith(prefix):
                names.add(folder[len(prefix) :].split("/")[0])
        known = names or path in _CLOSED or self._generated.children(path) is not None
        return names if known else None

    def _exists(self, path: str) -> bool:
        try:
            self.stat(path)
        except OSError:
            return False
        return True

    def _is_folder(self, path: str) -> bool:
        try:
            return self.stat(path).is_folder
        except OSError:
            return False

    def _writable(self, path: str, keep: Iterable[str] = ()) -> str:
        if path in keep:
            raise _error(errno.EBUSY, path)
        if self.is_writable(path):
            return self._checked(path)
        parent = posixpath.dirname(path)
        if self._exists(path) or self._exists(parent):
            closed = path.startswith("/data")
            raise _error(errno.EACCES if closed or self._exists(path) else errno.EROFS, path)
        raise _error(errno.ENOENT, path)

    def _host(self, path: str) -> str:
        return str(self._root) + path

    def _checked(self, path: str) -> str:
        """The host's path of a writable one; a link planted by a program leads nowhere."""
        host = self._host(path)
        parent = os.path.dirname(host)
        if os.path.realpath(parent) != parent or os.path.islink(host):
            raise _error(errno.EACCES, path)
        return host


class Writer:
    """A file being written; full when the partition is."""

    def __init__(self, files: VirtualFiles, stream: IO[bytes], path: str) -> None:
        self._files = files
        self._stream = stream
        self._path = path
        self._room = files.free_bytes()

    def write(self, data: bytes) -> None:
        """Append `data`; as much of it as there is room for when the disk is full.

        Raises:
            OSError: ENOSPC when it does not fit.
        """
        if len(data) > self._room:
            # Another file may have gone, or come, since this one was opened.
            self._room = self._files.free_bytes()
        self._stream.write(data[: self._room])
        fits = len(data) <= self._room
        self._room = max(0, self._room - len(data))
        if not fits:
            raise _error(errno.ENOSPC, self._path)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _error(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)
