"""Results appear whole or not at all, and nobody else's files are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import InputFileError
from workbench.export.output_folder import check_output_folder, output_folder

NAMES = ("table.csv", "plot.png", "document.json")


def is_ours(folder: Path) -> bool:
    return (folder / "document.json").exists()


def write(target: Path, text: str, *names: str, force: bool = False) -> None:
    with output_folder(target, NAMES, is_ours, force) as aside:
        for name in names:
            (aside / name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_new_folder_and_its_parents_are_made(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    write(target, "1", "table.csv", "document.json")
    assert contents(target) == {"table.csv": "1", "document.json": "1"}
    assert target.stat().st_mode & 0o777 == (tmp_path / "a").stat().st_mode & 0o777


def test_earlier_results_are_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target, "1", *NAMES)
    write(target, "2", "table.csv", "document.json")
    assert contents(target) == {"table.csv": "2", "document.json": "2"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_other_files_stay_beside_results(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target, "1", *NAMES)
    (target / "notes.txt").write_text("mine")
    write(target, "2", "table.csv", "document.json")
    assert contents(target) == {"table.csv": "2", "document.json": "2", "notes.txt": "mine"}


def test_foreign_file_of_our_name_is_not_replaced_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "table.csv").write_text("mine")
    with pytest.raises(InputFileError, match=r"holds table\.csv") as caught:
        check_output_folder(target, NAMES, is_ours)
    assert "--force" in caught.value.hint
    with pytest.raises(InputFileError):
        write(target, "2", "table.csv", "document.json")
    assert contents(target) == {"table.csv": "mine"}
    write(target, "2", "table.csv", "document.json", force=True)
    assert contents(target) == {"table.csv": "2", "document.json": "2"}


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), RuntimeError("full")])
def test_failure_leaves_no_trace(tmp_path: Path, reason: BaseException) -> None:
    target = tmp_path / "out"

    def fail(name: str) -> None:
        with output_folder(target, NAMES, is_ours) as aside:
            (aside / name).write_text("half")
            raise reason

    with pytest.raises(type(reason)):
        fail("table.csv")
    assert list(tmp_path.iterdir()) == []
    write(target, "1", *NAMES)
    with pytest.raises(type(reason)):
        fail("table.csv")
    assert contents(target) == dict.fromkeys(NAMES, "1")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_file_in_the_way_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputFileError, match="is no folder"):
        write(tmp_path / "out", "1", *NAMES)
    with pytest.raises(InputFileError, match="cannot be written") as caught:
        write(tmp_path / "out" / "inner", "1", *NAMES)
    assert caught.value.hint


def test_the_current_folder_is_filled_and_not_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("."), "1", *NAMES)
    write(Path("."), "2", "table.csv", "document.json")
    assert contents(Path(".")) == {"table.csv": "2", "document.json": "2"}


def test_a_link_keeps_pointing_at_its_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", "1", *NAMES)
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == dict.fromkeys(NAMES, "1")
