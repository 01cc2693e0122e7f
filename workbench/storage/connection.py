"""A connection to a project file: what is checked before it is touched; its errors in words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.core.errors import InputFileError
from workbench.storage.schema import APPLICATION_ID, STEPS, Step, migrate

WAIT_S = 5.0
"""How long to wait while another process writes."""

_MAGIC = b"SQLite format 3\0"
_KEPT = "What was in the project is kept."


class ProjectError(InputFileError):
    """A project file that cannot be used, or not for this."""


class Connection:
    """A checked connection; see the package's discipline.

    Attributes:
        path: the project file.
        writable: whether its folder lets it be written.
    """

    def __init__(self, path: Path, steps: Sequence[Step] = STEPS) -> None:
        """Open an existing project file and bring it to the newest version.

        Raises:
            ProjectError: there is none, it is something else, damaged, of a newer version, or
                locked.
        """
        self.path = path
        check_header(path)
        self.writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        self._depth = 0
        with self._told():
            self._connection = _connect(path, self.writable)
        try:
            with self._told():
                version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
                if version > len(steps):
                    raise ProjectError(
                        path,
                        f"was written by a newer version of the workbench (format {version},"
                        f" this one knows {len(steps)})",
                        "Install the newest version.",
                    )
                if self.writable:
                    self._connection.execute("PRAGMA foreign_keys = ON")
                    self._connection.execute("PRAGMA synchronous = FULL")
                    migrate(self._connection, steps)
                elif version < len(steps):
                    raise ProjectError(
                        path,
                        "is of an older version and cannot be brought up to date where it lies",
                        "Copy it to a folder that you can write, and open it there.",
                    )
        except BaseException:
            self._connection.close()
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reading. Raises: ProjectError."""
        with self._told():
            yield self._connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction; it is on the disk when the block ends.

        Raises:
            ProjectError: it cannot be written; nothing of the block is, then.
        """
        if not self.writable:
            raise ProjectError(
                self.path,
                "cannot be changed: the file or its folder is closed to you",
                "Copy it to a folder that you can write, and open it there.",
            )
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def check(self) -> None:
        """Read the whole file and see whether it is sound.

        Raises:
            ProjectError: it is not.
        """
        with self.reading() as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
        if found != ["ok"] or dangling:
            raise _damaged(self.path, "; ".join([*map(str, found), *map(str, dangling)]))

    def copy_to(self, path: Path) -> None:
        """Write everything into a new file, whole or not at all; it may replace an old one.

        Raises:
            ProjectError: it cannot be written there.
        """
        temporary = _temporary(path)
        # A log that is left beside a file belongs to it: another file must not come in its place.
        if any(path.with_name(f"{path.name}{end}").exists() for end in ("-wal", "-shm")):
            raise ProjectError(path, "is open in a program", "Close it, or choose another name.")
        try:
            with self._told(), contextlib.closing(sqlite3.connect(temporary)) as target:
                self._connection.backup(target)
                target.execute("PRAGMA journal_mode = WAL")
            _put_in_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    def close(self) -> None:
        """Close it; may be called twice."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise  # a mistake of the caller
        except sqlite3.Error as error:
            raise in_words(error, self.path) from error


def create(path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Make an empty project file.

    Raises:
        ProjectError: there is a file of that name, or it cannot be written.
    """
    if path.exists():
        raise ProjectError(path, "is there already", "Open it, or choose another name.")
    temporary = _temporary(path)
    try:
        with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrate(connection, steps)
            connection.execute("PRAGMA journal_mode = WAL")
        _put_in_place(temporary, path)
    except sqlite3.Error as error:
        raise in_words(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def check_header(path: Path) -> None:
    """See whether a file is a whole project file, without opening it as a database.

    Raises:
        ProjectError: it is missing, cannot be read, is something else, or was cut off.
    """
    try:
        with open(path, "rb") as stream:
            header = stream.read(100)
            size = os.fstat(stream.fileno()).st_size
    except FileNotFoundError as error:
        raise ProjectError(
            path, "is not there", "Check the path, or make a new project."
        ) from error
    except OSError as error:
        raise ProjectError(
            path, f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from error
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise ProjectError(path, "is no project file", "Check that this is the right file.")
    (application,) = struct.unpack_from(">I", header, 68)
    if application != APPLICATION_ID:
        raise ProjectError(
            path, "is another program's database", "Check that this is the right file."
        )
    # Layout of the header: https://www.sqlite.org/fileformat2.html#the_database_header
    (page,) = struct.unpack_from(">H", header, 16)
    changes, pages = struct.unpack_from(">II", header, 24)
    (valid_for,) = struct.unpack_from(">I", header, 92)
    expected = pages * (65536 if page == 1 else page)
    # What is missing may be in the log: a full disk stops it from being written back.
    if changes == valid_for and size < expected and not _has_log(path):
        raise _damaged(path, f"{size} of {expected} bytes are there")


def in_words(error: sqlite3.Error, path: Path) -> ProjectError:
    """What went wrong, and what to do."""
    name = getattr(error, "sqlite_errorname", "") or ""
    detail = f"{name}: {error}"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ProjectError(
            path,
            "is locked: another program is writing it",
            f"Close that program, or try again. {_KEPT}",
            detail=detail,
        )
    if name.startswith("SQLITE_FULL"):
        return ProjectError(
            path,
            "cannot be written: the disk is full",
            f"Make room and try again. {_KEPT}",
            detail=detail,
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        return ProjectError(
            path,
            f"cannot be read or written ({error})",
            f"Check the disk and the permissions of the file and its folder. {_KEPT}",
            detail=detail,
        )
    return _damaged(path, detail)


def _damaged(path: Path, detail: str) -> ProjectError:
    return ProjectError(
        path,
        "is damaged and cannot be read",
        "Restore a copy of it. The program `sqlite3` with `.recover` may save what is left.",
        detail=detail,
    )


def _connect(path: Path, writable: bool) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    if writable:
        return sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=WAIT_S, isolation_level=None)
    # In a folder that is closed the log's index cannot be made. Without a log, nobody writes.
    flag = "mode=ro" if _has_log(path) else "immutable=1"
    return sqlite3.connect(f"{uri}?{flag}", uri=True, timeout=WAIT_S, isolation_level=None)


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _temporary(path: Path) -> Path:
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ProjectError(
            path,
            "cannot be written: its folder does not exist or is closed to you",
            "Make the folder first, or choose another.",
        )
    return path.with_name(f".{path.name}.{os.getpid()}.new")


def _put_in_place(temporary: Path, path: Path) -> None:
    try:
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise ProjectError(
            path, f"cannot be written ({error.strerror})", "Choose a folder that can be written."
        ) from error
