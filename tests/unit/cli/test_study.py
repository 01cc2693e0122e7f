"""`adaspring-workbench study` from the command line: whole, killed and gone on with, refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from workbench.__main__ import main
from workbench.services.study_store import CELLS, read_study

SMALL = [
    "--tasks", "fashion_mnist", "--platforms", "redmi_3s", "--workers", "1", "--no-plots",
]  # fmt: skip


def test_a_study_prints_what_it_found_and_goes_on_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["study", "--out", str(tmp_path), *SMALL, "--repeats", "2", "--contexts", "0"]
    arguments += ["--policies", "runtime3c,fixed:fire,fixed:mbv2"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "fashion_mnist (D1)  redmi_3s" in out and "published 3.1 ×" in out
    assert main([*arguments, "--json"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert [row["policy"] for row in report["rows"]] == ["runtime3c", "fixed:fire"]
    assert report["absent"][0]["policy"] == "fixed:mbv2"
    assert "2 cells, 2 of them finished before" in captured.err


def test_a_killed_study_leaves_no_worker_and_goes_on_where_it_was(tmp_path: Path) -> None:
    arguments = ["study", "--out", str(tmp_path / "study"), *SMALL, "--contexts", "0"]
    arguments += ["--policies", "runtime3c,greedy,exact,random,static", "--repeats", "4"]
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *arguments], stderr=subprocess.DEVNULL
    )
    cells = tmp_path / "study" / CELLS
    try:
        _until(lambda: cells.is_dir() and len(list(cells.glob("[!.]*"))) >= 1)
        children = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    kept = {path.name: path.read_bytes() for path in cells.glob("[!.]*")}
    assert 1 <= len(kept) < 5
    assert main(arguments) == 0
    assert read_study(tmp_path / "study").complete
    assert kept.items() <= {path.name: path.read_bytes() for path in cells.iterdir()}.items()


def _until(condition, limit_s: float = 30.0) -> None:  # type: ignore[no-untyped-def]
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--policies", "runtime4c"], "no policy 'runtime4c'"),
        (["--platforms", "nokia_3310"], "no device profile 'nokia_3310'"),
        (["--tasks", "fashion_mnist,fashion_mnist"], "the same one twice"),
        (["--repeats", "0", "--contexts", "0"], "nothing to run"),
        (["--workers", "2", "--dask", "tcp://127.0.0.1:1"], "exclude each other"),
        (["--platforms", ","], "at least one of its platforms"),
    ],
)
def test_bad_input_ends_with_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["study", "--out", str(tmp_path / "study"), *arguments]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "study").exists()
