"""Runs in a project: beginning one or going on with it, its blocks as they come, its end."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Iterator
from types import TracebackType

from workbench import __version__
from workbench.core.errors import SettingsError
from workbench.storage import arrays
from workbench.storage.connection import Connection, ProjectError
from workbench.storage.owner import alive, this_process
from workbench.storage.records import Block, Facts, NetworkReference, Note, Plan, Run, Session
from workbench.storage.times import now

_RUNS = (
    "SELECT run.id, run.began, run.finished, run.owner, run.profile, run.result,"
    " (SELECT count(*) FROM block WHERE block.run_id = run.id),"
    " plan.kind, device.identity, plan.name, plan.total_blocks, plan.details,"
    " network.space_sha256, network.weights_sha256, network.name, network.place"
    " FROM run JOIN plan ON plan.id = run.plan_id JOIN device ON device.id = plan.device_id"
    " LEFT JOIN network ON network.id = plan.network_id"
)


class Runs:
    """The runs of a project."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(
        self, *, kind: str | None = None, device: str | None = None, unfinished: bool = False
    ) -> tuple[Run, ...]:
        """Runs, the latest first.

        Args:
            kind, device: only those of a kind, or of the device with this identity.
            unfinished: only those that are not done.
        """
        with self._connection.reading() as connection:
            rows = connection.execute(
                f"{_RUNS} WHERE (? IS NULL OR plan.kind = ?) AND (? IS NULL OR identity = ?)"
                " AND (NOT ? OR run.finished IS NULL) ORDER BY run.id DESC",
                (kind, kind, device, device, unfinished),
            ).fetchall()
        return tuple(map(_run, rows))

    def get(self, run_id: int) -> Run:
        """One run. Raises: SettingsError: there is none."""
        with self._connection.reading() as connection:
            row = connection.execute(f"{_RUNS} WHERE run.id = ?", (run_id,)).fetchone()
        if row is None:
            raise SettingsError(
                f"There is no run {run_id} in the project.", "See what `project list` says."
            )
        return _run(row)

    def blocks(self, run_id: int) -> Iterator[Block]:
        """The blocks of a run in the order in which they came, one at a time."""
        with self._connection.reading() as connection:
            found = connection.execute(
                "SELECT id, position, round, part, at, facts FROM block WHERE run_id = ?"
                " ORDER BY id",
                (run_id,),
            ).fetchall()
        for block_id, position, turn, part, at, facts in found:
            with self._connection.reading() as connection:
                rows = connection.execute(
                    "SELECT name, dtype, shape, data FROM array WHERE block_id = ? ORDER BY id",
                    (block_id,),
                ).fetchall()
            try:
                held = {name: arrays.decode(*parts) for name, *parts in rows}
                yield Block(position, turn, held, json.loads(facts), part, at)
            except (ValueError, TypeError) as error:
                raise ProjectError(
                    self._connection.path,
                    f"holds a damaged block in run {run_id}",
                    "Restore a copy of the project, or remove the run and measure again.",
                    detail=repr(error),
                ) from error

    def notes(self, run_id: int) -> tuple[Note, ...]:
        """What was noted of a run, in order."""
        with self._connection.reading() as connection:
            rows = connection.execute(
                "SELECT kind, content, at FROM note WHERE run_id = ? ORDER BY id", (run_id,)
            ).fetchall()
        return tuple(Note(kind, json.loads(content), at) for kind, content, at in rows)

    def sessions(self, run_id: int) -> tuple[Session, ...]:
        """When a run was worked on, and with what, in order."""
        with self._connection.reading() as connection:
            rows = connection.execute(
                "SELECT began, ended, program, machine, resumed FROM session WHERE run_id = ?"
                " ORDER BY id",
                (run_id,),
            ).fetchall()
        return tuple(Session(*row) for row in rows)

    def record(self, plan: Plan, profile: str = "") -> RunRecorder:
        """Go on with the unfinished run of a plan, or begin one; used in a ``with`` block.

        Args:
            profile: id of the device profile that is to be made of it.

        Raises:
            ProjectError: it is being measured already, or the project cannot be written.
            SettingsError: the plan's device was never seen.
        """
        return RunRecorder(self._connection, self, plan, profile)

    def finish(self, run_id: int, result: Facts) -> None:
        """Say that every block of a run is there: the plan measured again is another run.

        Args:
            result: what it came to.

        Raises:
            ProjectError: it cannot be written.
        """
        with self._connection.writing() as connection:
            connection.execute(
                "UPDATE run SET finished = ?, result = ? WHERE id = ?",
                (now(), json.dumps(result, allow_nan=False), run_id),
            )

    def remove(self, run_id: int) -> None:
        """Throw a run and its samples away.

        Raises:
            SettingsError: there is none, or it is being measured.
            ProjectError: it cannot be written.
        """
        if self.get(run_id).running:
            raise SettingsError(f"Run {run_id} is being measured.", "Cancel it first.")
        with self._connection.writing() as connection:
            connection.execute("DELETE FROM run WHERE id = ?", (run_id,))


class RunRecorder:
    """A run that this process is at work on; no other process can be until it is closed.

    A run that has no block when it is closed is taken out again.

    Attributes:
        id: of the run.
        plan: what is measured.
        blocks: by their keys, those of earlier sessions among them.
        notes: in the order in which they were noted.
        resumed: how many blocks were there when it was opened.
    """

    def __init__(self, connection: Connection, runs: Runs, plan: Plan, profile: str) -> None:
        self._connection, self._runs, self.plan = connection, runs, plan
        self._open = True
        with connection.writing() as rows:
            self.id, began_anew = _claim(rows, plan, profile, connection)
            self.resumed = int(
                rows.execute("SELECT count(*) FROM block WHERE run_id = ?", (self.id,)).fetchone()[
                    0
                ]
            )
            self._session = rows.execute(
                "INSERT INTO session (run_id, began, program, machine, resumed)"
                " VALUES (?, ?, ?, ?, ?)",
                (self.id, now(), __version__, platform.platform(), self.resumed),
            ).lastrowid
        self.blocks = {block.key: block for block in runs.blocks(self.id)}
        self.notes = [] if began_anew else list(runs.notes(self.id))

    def add(self, block: Block) -> None:
        """Keep a block; it is on the disk when this returns.

        Raises:
            ProjectError: it cannot be written; blocks before it are kept.
        """
        packed = [(name, *arrays.encode(held), held.size) for name, held in block.arrays.items()]
        with self._connection.writing() as rows:
            block_id = rows.execute(
                "INSERT INTO block (run_id, position, round, part, at, facts)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self.id, block.position, block.round, block.part, block.at or now(),
                    json.dumps(block.facts, allow_nan=False),
                ),
            ).lastrowid  # fmt: skip
            rows.executemany(
                "INSERT INTO array (block_id, name, dtype, shape, data, size)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(block_id, *parts) for parts in packed],
            )
        self.blocks[block.key] = block

    def note(self, kind: str, content: Facts) -> None:
        """Keep something to remember; it is on the disk when this returns.

        Raises:
            ProjectError: it cannot be written.
        """
        note = Note(kind, content, now())
        with self._connection.writing() as rows:
            rows.execute(
                "INSERT INTO note (run_id, kind, content, at) VALUES (?, ?, ?, ?)",
                (self.id, kind, json.dumps(content, allow_nan=False), note.at),
            )
        self.notes.append(note)

    def finish(self, result: Facts) -> None:
        """Say that every block is there, and close it; as `Runs.finish`."""
        self._runs.finish(self.id, result)
        self.close()

    def close(self) -> None:
        """Let go of the run; may be called twice."""
        if not self._open:
            return
        self._open = False
        with self._connection.writing() as rows:
            rows.execute("UPDATE session SET ended = ? WHERE id = ?", (now(), self._session))
            rows.execute("UPDATE run SET owner = NULL WHERE id = ?", (self.id,))
            if not self.blocks:  # nothing that would be lost
                rows.execute("DELETE FROM run WHERE id = ?", (self.id,))

    def __enter__(self) -> RunRecorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except ProjectError:
            # The error that ended the run says more; the claim lapses with the process.
            if error is None:
                raise


def _claim(
    connection: sqlite3.Connection, plan: Plan, profile: str, project: Connection
) -> tuple[int, bool]:
    """Make a plan's unfinished run this process's: (its id, whether it is new)."""
    plan_id = _plan_id(connection, plan)
    row = connection.execute(
        "SELECT id, owner FROM run WHERE plan_id = ? AND finished IS NULL ORDER BY id DESC",
        (plan_id,),
    ).fetchone()
    if row is not None:
        run_id, owner = row
        if alive(owner):
            raise ProjectError(
                project.path, "is in use: the same measurement is running", "Wait for it to end."
            )
        connection.execute(
            "UPDATE run SET owner = ?, profile = ? WHERE id = ?", (this_process(), profile, run_id)
        )
        return int(run_id), False
    made = connection.execute(
        "INSERT INTO run (plan_id, began, owner, profile) VALUES (?, ?, ?, ?)",
        (plan_id, now(), this_process(), profile),
    )
    assert made.lastrowid is not None
    return made.lastrowid, True


def _plan_id(connection: sqlite3.Connection, plan: Plan) -> int:
    known = connection.execute("SELECT id FROM plan WHERE digest = ?", (plan.digest,)).fetchone()
    network_id = None
    if plan.network is not None:
        network = plan.network
        (network_id,) = connection.execute(
            "INSERT INTO network (space_sha256, weights_sha256, name, place) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (space_sha256, weights_sha256) DO UPDATE SET name = excluded.name,"
            " place = excluded.place RETURNING id",
            (network.space_sha256, network.weights_sha256, network.name, network.place),
        ).fetchone()
    if known is not None:
        return int(known[0])
    made = connection.execute(
        "INSERT INTO plan (digest, kind, device_id, network_id, name, total_blocks, details)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            plan.digest, plan.kind, device_id(connection, plan.device), network_id, plan.name,
            plan.total_blocks, json.dumps(plan.details, allow_nan=False),
        ),
    )  # fmt: skip
    assert made.lastrowid is not None
    return made.lastrowid


def device_id(connection: sqlite3.Connection, identity: str) -> int:
    """Row of a device. Raises: SettingsError: it was never seen."""
    row = connection.execute("SELECT id FROM device WHERE identity = ?", (identity,)).fetchone()
    if row is None:
        raise SettingsError(f"The device {identity!r} was never seen in the project.")
    return int(row[0])


def _run(row: tuple) -> Run:  # type: ignore[type-arg]
    (run_id, began, finished, owner, profile, result, blocks, kind, device, name, total, details,
     space, weights, network, place) = row  # fmt: skip
    return Run(
        id=run_id,
        plan=Plan(
            kind=kind,
            device=device,
            network=None if space is None else NetworkReference(space, weights, network, place),
            name=name,
            total_blocks=total,
            details=json.loads(details),
        ),
        began=began,
        finished=finished,
        blocks=blocks,
        running=alive(owner),
        profile=profile,
        result=json.loads(result),
    )
