"""`project` on the command line, and the option --project of other commands."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.profiles import plain_profile
from tests.helpers.traces import make_info, make_trace
from workbench import __main__
from workbench.context import read_trace, write_trace
from workbench.devices.profile_file import load_profile, save_profile
from workbench.services.projects import VARIABLE, library
from workbench.storage import Block, Device, Plan, Project


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(VARIABLE, "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project with a device, an unfinished run, a profile and a trace."""
    file = tmp_path / "work.adaspring"
    profile, trace = tmp_path / "plain.toml", tmp_path / "walk.csv"
    save_profile(plain_profile(), profile)
    write_trace(make_trace(7, make_info(title="A walk")), trace)
    assert __main__.main(["project", "new", str(file)]) == 0
    assert __main__.main(["project", "add", str(file), str(profile), str(trace)]) == 0
    with Project(file) as project:
        project.see_device(Device("one", "Phone one", True))
        plan = Plan("energy", "one", None, "quick", 4, {"configurations": [[0, 2], [1, 1]]})
        with project.runs.record(plan) as run:
            run.add(Block(1, 1, {"ns": np.array([5, 6]), "v": np.array([0.5])}))
            run.add(Block(-1, 1, {"v": np.array([1.5])}, part="idle"))
    return file


def _run(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    capsys.readouterr()
    assert __main__.main([str(word) for word in argv]) == 0
    return capsys.readouterr().out


def test_info_and_list_say_what_is_in_it(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = _run(capsys, "project", "info", path, "--check")
    for part in ("1 device,", "1 trace", "4 samples in 2 blocks", "unfinished: run 1", "2 of 4",
                 "the file is sound"):  # fmt: skip
        assert part in told
    figures = json.loads(_run(capsys, "project", "info", path, "--json"))
    assert (figures["samples"], figures["unfinished"], figures["writable"]) == (4, 1, True)
    told = _run(capsys, "project", "list", path)
    for part in ("Phone one (simulated)", "plain: Plain phone", "walk: A walk", "run 1: energy"):
        assert part in told
    everything = json.loads(_run(capsys, "project", "list", path, "--json"))
    assert everything["runs"][0]["state"] == "unfinished"
    assert everything["traces"][0]["id"] == "walk"


def test_raw_samples_as_a_table(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "raw.csv"
    argv = ["project", "export-samples", str(path), "--out", str(out), "--run"]
    assert __main__.main([*argv, "1"]) == 0
    with open(out, newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["run", "position", "configuration", "round", "part", "sample", "ns", "v"],
        ["1", "1", "1-1", "1", "", "1", "5", "0.5"],
        ["1", "1", "1-1", "1", "", "2", "6", ""],
        ["1", "-1", "", "1", "idle", "1", "", "1.5"],
    ]
    out.unlink()
    assert __main__.main([*argv, "9"]) == 2
    assert not out.exists()


def test_profiles_and_traces_go_in_and_out(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.toml"
    assert (
        __main__.main(["project", "export", str(path), "--profile", "plain", "--out", str(out)])
        == 0
    )
    assert load_profile(out) == plain_profile()
    out = tmp_path / "out.csv"
    assert (
        __main__.main(["project", "export", str(path), "--trace", "walk", "--out", str(out)]) == 0
    )
    assert len(read_trace(out)) == 7
    assert __main__.main(["project", "export", str(path), "--out", str(out)]) == 2
    assert __main__.main(["project", "add", str(path), str(path)]) == 2


def test_a_copy_and_a_run_that_is_thrown_away(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.adaspring"
    assert __main__.main(["project", "copy", str(path), str(copy)]) == 0
    assert __main__.main(["project", "copy", str(path), str(copy)]) == 2
    assert __main__.main(["project", "remove-run", str(path), "--run", "1", "--yes"]) == 0
    assert "0 runs" in _run(capsys, "project", "info", path)
    assert "1 run " in _run(capsys, "project", "info", copy)


def test_a_project_is_in_use_while_a_command_runs(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "walk" in _run(capsys, "list", "traces", "--project", path)
    assert os.environ[VARIABLE] == ""
    assert "walk" not in _run(capsys, "list", "traces")
    assert "plain" in _run(capsys, "list", "profiles", "--project", path)


def test_an_import_goes_into_the_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("time,Level\n2026-01-01 10:00:00,80\n2026-01-01 10:00:01,79\n")
    project = tmp_path / "new.adaspring"
    told = _run(capsys, "import-trace", log, "--map", "battery=Level", "--project", project)
    assert "trace log of the project" in told
    assert "log" in _run(capsys, "list", "traces", "--project", project)


@pytest.mark.parametrize(
    "argv",
    [
        ("project", "info", "missing.adaspring"),
        ("project", "new", "no folder/x.adaspring"),
        ("list", "traces", "--project", "missing.adaspring"),
    ],
)
def test_bad_input_is_one_message(
    argv: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert __main__.main(list(argv)) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ") and hint.startswith("hint: ")


def test_what_is_laid_out_follows_the_project(path: Path, tmp_path: Path) -> None:
    folder = library("trace", path)
    (folder / "walk.csv").write_text("spoilt")
    (folder / "left.csv").write_text("over")
    lost = tmp_path / "lost.adaspring"
    assert __main__.main(["project", "new", str(lost)]) == 0
    cache = library("trace", lost).parent
    assert cache.exists()
    lost.unlink()
    assert __main__.main(["list", "traces", "--project", str(path)]) == 0
    assert [kept.name for kept in folder.iterdir()] == ["walk.csv"]
    assert len(read_trace(folder / "walk.csv")) == 7
    assert not cache.exists()
