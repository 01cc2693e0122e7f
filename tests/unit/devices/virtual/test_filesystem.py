"""The phone's files: nothing leads outside, the disk can be full, links lead nowhere."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.devices.virtual.filesystem import VirtualFiles


class OneFile:
    """A generated tree with one file."""

    def find(self, path: str) -> Callable[[], bytes] | None:
        return (lambda: b"made\n") if path == "/sys/one" else None

    def children(self, path: str) -> list[str] | None:
        return {"/": ["sys"], "/sys": ["one"]}.get(path)


def make(folder: Path, capacity_bytes: int = 1000) -> VirtualFiles:
    return VirtualFiles(folder / "files", OneFile(), capacity_bytes, lambda: 1e9)


STEPS = st.lists(
    st.sampled_from(["..", ".", "", "data", "local", "tmp", "a", "sdcard"]), max_size=9
)


@given(STEPS, STEPS, st.booleans())
def test_no_path_leads_outside(
    tmp_path_factory: pytest.TempPathFactory, folder: list[str], steps: list[str], absolute: bool
) -> None:
    files = make(tmp_path_factory.mktemp("phone"))
    path = files.resolve(("/" if absolute else "") + "/".join(steps), "/" + "/".join(folder))
    assert path.startswith("/")
    assert ".." not in path.split("/")
    if files.is_writable(path):
        assert files.host_path(path).resolve().is_relative_to(files.root)
    else:
        with pytest.raises(OSError):
            files.host_path(path)


def test_links_that_a_program_planted_are_not_followed(tmp_path: Path) -> None:
    files = make(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    inside = files.host_path("/data/local/tmp/x").parent
    (inside / "file").symlink_to(secret)
    (inside / "folder").symlink_to(tmp_path)
    for action in (
        lambda: files.read("/data/local/tmp/file"),
        lambda: files.open_write("/data/local/tmp/file"),
        lambda: files.read("/data/local/tmp/folder/secret"),
        lambda: files.open_write("/data/local/tmp/folder/new"),
        lambda: files.change_mode("/data/local/tmp/file", 0o777),
        lambda: files.set_times("/data/local/tmp/file", 0.0),
        lambda: files.list("/data/local/tmp/folder/files"),
    ):
        with pytest.raises(OSError):
            action()
    assert secret.read_text() == "secret"
    assert not (tmp_path / "new").exists()


def test_a_full_disk_takes_what_fits(tmp_path: Path) -> None:
    files = make(tmp_path, capacity_bytes=10)
    writer = files.open_write("/data/local/tmp/f")
    writer.write(b"123456")
    with pytest.raises(OSError) as caught:
        writer.write(b"7890123")
    writer.close()
    assert caught.value.errno == errno.ENOSPC
    assert files.read("/data/local/tmp/f") == b"1234567890"
    files.remove("/data/local/tmp/f")
    assert files.free_bytes() == 10


def test_generated_files_can_only_be_read(tmp_path: Path) -> None:
    files = make(tmp_path)
    assert files.read("/sys/one") == b"made\n"
    assert files.stat("/sys/one").size == 4096
    assert files.list("/") == ["data", "sdcard", "sys"]
    for action in (lambda: files.open_write("/sys/one"), lambda: files.remove("/sys/one")):
        with pytest.raises(OSError) as caught:
            action()
        assert caught.value.errno == errno.EACCES


def test_storage_has_one_owner_and_runs_nothing(tmp_path: Path) -> None:
    files = make(tmp_path)
    files.open_write(files.resolve("/storage/emulated/0/x")).close()
    files.change_mode("/sdcard/x", 0o777)
    assert files.stat("/sdcard/x").mode & 0o777 == 0o660
    assert os.path.exists(files.host_path("/sdcard/x"))
