"""A project file that is open."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType

from workbench.storage.connection import Connection, create
from workbench.storage.documents import Documents
from workbench.storage.records import Calibration, Contents, Device
from workbench.storage.runs import Runs, device_id
from workbench.storage.times import now


class Project:
    """An open project; used in a ``with`` block, by the thread that opened it.

    Attributes:
        path: its file.
        runs: what was and is measured.
        profiles: device profiles made in it.
        traces: context traces.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a project, bringing an older one to the newest version.

        Raises:
            ProjectError: there is none, it is something else, damaged, of a newer version, or
                locked.
        """
        self.path = Path(path)
        self._connection = Connection(self.path)
        self.runs = Runs(self._connection)
        self.profiles = Documents(self._connection, "profile")
        self.traces = Documents(self._connection, "trace")

    @classmethod
    def create(cls, path: str | Path) -> Project:
        """Make an empty project and open it.

        Raises:
            ProjectError: there is a file of that name, or it cannot be written.
        """
        create(Path(path))
        return cls(path)

    @classmethod
    def open_or_create(cls, path: str | Path) -> Project:
        """Open a project; where there is no file of that name, make one.

        Raises:
            ProjectError: as when opening or creating it.
        """
        return cls(path) if Path(path).exists() else cls.create(path)

    @property
    def writable(self) -> bool:
        """Whether anything can be put in."""
        return self._connection.writable

    # ---- devices -------------------------------------------------------------------------------

    def see_device(self, device: Device) -> None:
        """Note that a device was seen; what it tells now takes the place of what it told before.

        Raises:
            ProjectError: it cannot be written.
        """
        with self._connection.writing() as connection:
            connection.execute(
                "INSERT INTO device"
                " (identity, title, simulated, description, first_seen, last_seen)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (identity) DO UPDATE SET"
                " title = excluded.title, simulated = excluded.simulated,"
                " description = excluded.description, last_seen = excluded.last_seen",
                (
                    device.identity, device.title, device.simulated,
                    json.dumps(device.description), device.first_seen or now(),
                    device.last_seen or now(),
                ),
            )  # fmt: skip

    def devices(self) -> tuple[Device, ...]:
        """Every device that was seen, the latest first."""
        with self._connection.reading() as connection:
            rows = connection.execute(
                "SELECT identity, title, simulated, description, first_seen, last_seen FROM device"
                " ORDER BY last_seen DESC, id"
            ).fetchall()
        return tuple(
            Device(identity, title, bool(simulated), json.loads(description), first, last)
            for identity, title, simulated, description, first, last in rows
        )

    def add_calibration(self, calibration: Calibration) -> None:
        """Keep how a sensor is to be read; earlier ones stay.

        Raises:
            ProjectError: it cannot be written.
            SettingsError: the device was never seen.
        """
        with self._connection.writing() as connection:
            connection.execute(
                "INSERT INTO calibration (device_id, sensor, content, at) VALUES (?, ?, ?, ?)",
                (
                    device_id(connection, calibration.device), calibration.sensor,
                    json.dumps(calibration.values), calibration.at or now(),
                ),
            )  # fmt: skip

    def calibrations(self, device: str | None = None) -> tuple[Calibration, ...]:
        """Calibrations of a device, or of all, the latest first."""
        with self._connection.reading() as connection:
            rows = connection.execute(
                "SELECT identity, sensor, content, at FROM calibration"
                " JOIN device ON device.id = device_id WHERE ? IS NULL OR identity = ?"
                " ORDER BY calibration.id DESC",
                (device, device),
            ).fetchall()
        return tuple(
            Calibration(identity, sensor, json.loads(content), at)
            for identity, sensor, content, at in rows
        )

    # ---- what is remembered --------------------------------------------------------------------

    def setting(self, key: str, default: str = "") -> str:
        """A remembered text, such as the id of the network in use."""
        with self._connection.reading() as connection:
            row = connection.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def set_setting(self, key: str, value: str) -> None:
        """Remember a text.

        Raises:
            ProjectError: it cannot be written.
        """
        with self._connection.writing() as connection:
            connection.execute(
                "INSERT INTO setting (key, value) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, value),
            )

    # ---- the whole -----------------------------------------------------------------------------

    def contents(self) -> Contents:
        """How much there is."""
        with self._connection.reading() as connection:
            counts = [
                int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in (
                    "device", "network", "run", "run WHERE finished IS NULL", "block",
                    "document WHERE kind = 'profile'", "document WHERE kind = 'trace'",
                )
            ]  # fmt: skip
            samples, sample_bytes = connection.execute(
                "SELECT coalesce(sum(size), 0), coalesce(sum(length(data)), 0) FROM array"
            ).fetchone()
        devices, networks, runs, unfinished, blocks, profiles, traces = counts
        beside = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        size = sum(path.stat().st_size for path in beside if path.exists())
        return Contents(
            devices, networks, runs, unfinished, blocks, int(samples), int(sample_bytes),
            profiles, traces, size,
        )  # fmt: skip

    def check(self) -> None:
        """Read the whole file and see whether it is sound.

        Raises:
            ProjectError: it is not.
        """
        self._connection.check()

    def copy_to(self, path: str | Path) -> None:
        """Write everything into another file, whole or not at all.

        Raises:
            ProjectError: it cannot be written there.
        """
        self._connection.copy_to(Path(path))

    def close(self) -> None:
        """Close it; may be called twice."""
        self._connection.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
