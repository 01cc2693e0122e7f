"""The tables of a project file, as the ordered steps that make them from any older version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

APPLICATION_ID = 0x41645370
"""``AdSp``: in the file's header, so that no other program's database is taken for a project."""

Step = Callable[[sqlite3.Connection], None]


def _version_1(connection: sqlite3.Connection) -> None:
    """Everything there is."""
    for statement in _TABLES:
        connection.execute(statement)


_TABLES = (
    """CREATE TABLE device (
        id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        simulated INTEGER NOT NULL,
        description TEXT NOT NULL,
        first_seen TEXT NOT NULL,
        last_seen TEXT NOT NULL)""",
    """CREATE TABLE calibration (
        id INTEGER PRIMARY KEY,
        device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
        sensor TEXT NOT NULL,
        content TEXT NOT NULL,
        at TEXT NOT NULL)""",
    "CREATE INDEX calibration_of ON calibration (device_id, sensor)",
    """CREATE TABLE network (
        id INTEGER PRIMARY KEY,
        space_sha256 TEXT NOT NULL,
        weights_sha256 TEXT NOT NULL,
        name TEXT NOT NULL,
        place TEXT NOT NULL,
        UNIQUE (space_sha256, weights_sha256))""",
    """CREATE TABLE plan (
        id INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        device_id INTEGER NOT NULL REFERENCES device,
        network_id INTEGER REFERENCES network,
        name TEXT NOT NULL,
        total_blocks INTEGER NOT NULL,
        details TEXT NOT NULL)""",
    """CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        plan_id INTEGER NOT NULL REFERENCES plan,
        began TEXT NOT NULL,
        finished TEXT,
        owner TEXT,
        profile TEXT NOT NULL DEFAULT '',
        result TEXT NOT NULL DEFAULT '{}')""",
    "CREATE INDEX run_of ON run (plan_id)",
    """CREATE TABLE session (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
        began TEXT NOT NULL,
        ended TEXT,
        program TEXT NOT NULL,
        machine TEXT NOT NULL,
        resumed INTEGER NOT NULL)""",
    "CREATE INDEX session_of ON session (run_id)",
    """CREATE TABLE note (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
        kind TEXT NOT NULL,
        at TEXT NOT NULL,
        content TEXT NOT NULL)""",
    "CREATE INDEX note_of ON note (run_id)",
    """CREATE TABLE block (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
        position INTEGER NOT NULL,
        round INTEGER NOT NULL,
        part TEXT NOT NULL,
        at TEXT NOT NULL,
        facts TEXT NOT NULL,
        UNIQUE (run_id, position, round, part))""",
    """CREATE TABLE array (
        id INTEGER PRIMARY KEY,
        block_id INTEGER NOT NULL REFERENCES block ON DELETE CASCADE,
        name TEXT NOT NULL,
        dtype TEXT NOT NULL,
        shape TEXT NOT NULL,
        size INTEGER NOT NULL,
        data BLOB NOT NULL,
        UNIQUE (block_id, name))""",
    """CREATE TABLE document (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        title TEXT NOT NULL,
        changed_ns INTEGER NOT NULL,
        size INTEGER NOT NULL,
        content BLOB NOT NULL,
        UNIQUE (kind, name))""",
    "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

STEPS: tuple[Step, ...] = (_version_1,)
"""``STEPS[n]`` makes version n + 1 from version n."""


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Bring a database to the newest version, all in one transaction or not at all.

    Raises:
        sqlite3.Error: a step failed; the database is as before.
    """
    if _version(connection) >= len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been quicker while this one waited.
        for number in range(_version(connection), len(steps)):
            steps[number](connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
