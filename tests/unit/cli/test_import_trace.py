"""`import-trace`: guesses, mappings given by hand, the outcome in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.__main__ import main
from workbench.context import read_trace

LOG = "Time,Level,Temp,CPU\n10:00:00,90,300,40\n10:01:00,89,301,N/A\n10:02:00,89,302,160\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "phone_2026-01-31.csv"
    path.write_text(LOG)
    return path


def test_a_log_becomes_a_trace(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "trace.csv"
    words = ["import-trace", str(log), "--out", str(out), "--zone", "+08:00", "--title", "My phone"]
    assert main(words) == 0
    trace = read_trace(out)
    assert trace.info.title == "My phone"
    assert trace.info.start == "2026-01-31T10:00:00.000+08:00"
    assert len(trace) == 2
    printed = capsys.readouterr().out
    assert "line 3: no value in 'CPU'" in printed
    assert "absent: not in the file" in printed


def test_mappings_are_taken_and_taken_away(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["import-trace", str(log), "--json", "--map", "cpu=", "--map", "temp=Temp:0.1C"]
    assert main(words) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["mapping"]["temperature_c"] == ["Temp", "0.1C"]
    assert "cpu_load" not in outcome["mapping"]
    assert (outcome["samples"], outcome["left_out"]) == (3, 0)


def test_without_out_nothing_is_written(log: Path, tmp_path: Path) -> None:
    assert main(["import-trace", str(log)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [log.name]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--map", "battery=Lvl"], "there is no column 'Lvl'"),
        (["--map", "time=Level:iso"], "no times of the form 'iso'"),
        (["--zone", "Mars"], "there is no time zone"),
    ],
)
def test_a_mistake_names_what_is_wrong(
    log: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import-trace", str(log), *words]) == 2
    assert message in capsys.readouterr().err
