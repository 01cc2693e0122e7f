"""What goes into a project comes out again, and files that are none are told and left alone."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import SettingsError
from workbench.storage import Calibration, Device, Document, Project, ProjectError
from workbench.storage import connection as connecting
from workbench.storage.connection import Connection, create
from workbench.storage.schema import STEPS, migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.adaspring"


@pytest.fixture
def made(path: Path) -> Path:
    with Project.create(path) as project:
        project.see_device(Device("phone 1", "Phone", True, {"soc": "MSM8937", "ram": [1, 2]}))
        project.traces.save(Document("walk", "A walk", b"t_s\n" * 1000))
    return path


def test_devices_are_renewed_and_calibrations_pile_up(made: Path) -> None:
    with Project(made) as project:
        (before,) = project.devices()
        assert before.simulated
        assert before.description == {"soc": "MSM8937", "ram": [1, 2]}
        project.see_device(Device("phone 1", "Renamed", last_seen="2999-01-01T00:00:00+00:00"))
        project.see_device(Device("phone 2", "Other"))
        assert [d.title for d in project.devices()] == ["Renamed", "Other"]
        assert project.devices()[0].first_seen == before.first_seen
        for scale in (1.0, -1000.0):
            project.add_calibration(Calibration("phone 1", "current_now", {"scale": scale}))
        assert [c.values["scale"] for c in project.calibrations("phone 1")] == [-1000.0, 1.0]
        assert project.calibrations("phone 2") == ()
        with pytest.raises(SettingsError, match="never seen"):
            project.add_calibration(Calibration("phone 3", "current_now", {}))


def test_documents_come_out_as_they_went_in(made: Path) -> None:
    content = bytes(range(256)) * 100
    with Project(made) as project:
        saved = project.traces.save(Document("walk", "Another", content, 17))
        assert saved == Document("walk", "Another", b"", 17, len(content))
        assert project.traces.list() == (saved,)
        assert project.traces.read("walk").content == content
        assert project.profiles.list() == ()
        with pytest.raises(SettingsError, match="no profile 'walk'"):
            project.profiles.read("walk")
        project.traces.remove("walk")
        assert project.traces.list() == ()


def test_settings_are_remembered(made: Path) -> None:
    with Project(made) as project:
        assert project.setting("network", "none") == "none"
        project.set_setting("network", "a")
        project.set_setting("network", "b")
    with Project(made) as project:
        assert project.setting("network") == "b"


def test_a_closed_project_is_one_file(made: Path) -> None:
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_a_copy_has_everything_and_stands_alone(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.adaspring"
    with Project(made) as project:
        project.copy_to(copy)
        project.traces.remove("walk")
        with pytest.raises(ProjectError, match="open in a program"):
            project.copy_to(made)
    with Project(copy) as project:
        project.check()
        assert project.traces.read("walk").content == b"t_s\n" * 1000
        assert project.contents().devices == 1
    with pytest.raises(ProjectError, match="folder does not exist"), Project(made) as project:
        project.copy_to(tmp_path / "no" / "copy.adaspring")


def test_an_existing_file_is_not_replaced(made: Path) -> None:
    with pytest.raises(ProjectError, match="is there already"):
        Project.create(made)
    with pytest.raises(ProjectError, match="folder does not exist"):
        Project.create(made.parent / "no" / "x.adaspring")


# ---- files that cannot be used -------------------------------------------------------------------


def _foreign(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (id)")


def _newer(path: Path) -> None:
    create(path)
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")


def _truncated(path: Path) -> None:
    create(path)
    path.write_bytes(path.read_bytes()[:-4096])


def _scrambled(path: Path) -> None:
    create(path)
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xa5" * 3996
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "is not there"),
        (lambda path: path.write_bytes(b""), "is no project file"),
        (lambda path: path.write_text("device,latency\n" * 20), "is no project file"),
        (lambda path: path.mkdir(), "cannot be read"),
        (_foreign, "another program's database"),
        (_newer, "newer version of the workbench .format 99"),
        (_truncated, "is damaged"),
        (_scrambled, "is damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_left_alone(
    path: Path, make: Callable[[Path], object], message: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ProjectError, match=message) as caught:
        Project(path).check()
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert (path.read_bytes() if path.is_file() else None) == before


def test_damage_inside_is_found(made: Path) -> None:
    content = bytearray(made.read_bytes())
    content[-4096:] = b"\x00" * 4096
    made.write_bytes(content)
    with pytest.raises(ProjectError, match="is damaged"):
        Project(made).check()


def test_a_locked_file_is_told(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "WAIT_S", 0.05)
    with contextlib.closing(sqlite3.connect(made, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Project(made) as project:
            assert len(project.devices()) == 1  # reading goes on
            with pytest.raises(ProjectError, match="is locked") as caught:
                project.set_setting("network", "x")
            other.execute("ROLLBACK")
            project.set_setting("network", "x")
    assert "kept" in caught.value.hint


def test_a_full_disk_loses_nothing_that_was_there(made: Path) -> None:
    with Project(made) as project:
        project._connection._connection.execute("PRAGMA max_page_count = 40")
        noise = np.random.default_rng(0).bytes(200_000)
        with pytest.raises(ProjectError, match="disk is full") as caught:
            project.traces.save(Document("large", "Large", noise))
        assert "kept" in caught.value.hint
        assert [trace.id for trace in project.traces.list()] == ["walk"]
        project.set_setting("still", "writable")
        project.check()


def test_a_log_that_was_written_back_in_part_is_used(made: Path, tmp_path: Path) -> None:
    """So a full disk leaves a project: the first page is new, most others are in the log only."""
    noise = np.random.default_rng(0).bytes(200_000)
    broken = tmp_path / "broken" / made.name
    broken.parent.mkdir()
    with Project(made) as project:
        project.traces.save(Document("large", "Large", noise))
        for end in ("", "-wal"):
            shutil.copy(f"{made}{end}", f"{broken}{end}")
    with open(broken, "r+b") as stream:
        stream.write(made.read_bytes()[:4096])
    assert broken.stat().st_size < made.stat().st_size
    with Project(broken) as project:
        assert project.traces.read("large").content == noise
        project.check()
    assert broken.stat().st_size == made.stat().st_size


def test_a_file_that_cannot_be_written_can_be_read(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting.os, "access", lambda path, mode: False)
    before = made.read_bytes()
    with Project(made) as project:
        assert not project.writable
        assert len(project.devices()) == 1
        project.check()
        with pytest.raises(ProjectError, match="cannot be changed"):
            project.set_setting("network", "x")
    with pytest.raises(ProjectError, match="cannot be written"):
        Project.create(made.with_name("new.adaspring"))
    assert made.read_bytes() == before
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_a_project_belongs_to_its_thread(made: Path) -> None:
    caught: list[BaseException] = []

    def use(project: Project) -> None:
        try:
            project.devices()
        except sqlite3.ProgrammingError as error:
            caught.append(error)

    with Project(made) as project:
        thread = threading.Thread(target=use, args=(project,))
        thread.start()
        thread.join()
    assert caught


# ---- versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(len(STEPS)))
def test_every_older_version_becomes_the_newest(path: Path, version: int) -> None:
    create(path, STEPS[:version])
    with Project(path) as project:
        project.see_device(Device("phone", "Phone"))
        project.check()
    with contextlib.closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_a_step_that_fails_leaves_the_file_as_it_was(made: Path) -> None:
    def halfway(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE array")
        connection.execute("nonsense")

    with pytest.raises(ProjectError):
        Connection(made, (*STEPS, halfway))
    with Project(made) as project:
        project.check()
        assert project.contents().traces == 1


def test_an_older_file_that_cannot_be_written_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(path, ())
    monkeypatch.setattr(connecting.os, "access", lambda path, mode: False)
    with pytest.raises(ProjectError, match="older version"):
        Project(path)


def test_two_processes_may_bring_it_up_to_date_at_once(path: Path) -> None:
    create(path, ())
    with (
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as one,
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        migrate(one)
        migrate(other)
