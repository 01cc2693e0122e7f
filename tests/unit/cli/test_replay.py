"""`replay` and `list`: what they write and print, and one clear message for bad input."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.network_folder import write_network
from tests.helpers.traces import make_trace
from workbench.__main__ import main
from workbench.context.trace_file import write_trace
from workbench.core.resources import device_profiles_root


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with network/, trace.csv and phone.toml."""
    folder = tmp_path_factory.mktemp("inputs")
    write_network(folder / "network")
    cache = [900.0 if index < 150 else 250.0 for index in range(300)]
    write_trace(make_trace(300, free_cache_kib=cache), folder / "trace.csv")
    shutil.copy(device_profiles_root() / "redmi_3s.toml", folder / "phone.toml")
    return folder


@pytest.fixture
def here(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the inputs, made the current folder."""
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


INPUTS = ["--network", "./network", "--device-profile", "phone.toml", "--trace", "trace.csv"]
QUICK = ["replay", *INPUTS, "--policy", "runtime3c", "--policy", "backbone", "--no-plots"]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_table_names_units_and_provenance(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--out", "out"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert "latency mean" in lines[0]
    assert "(estimated)" in lines[2]
    assert [line.split()[0] for line in lines[3:5]] == ["runtime3c", "backbone"]
    # The device was not measured: that is said, and how to do it.
    assert lines[5] == "" and "not measured on this device" in lines[6]
    assert "profile --device SERIAL --network" in lines[7] and "--configuration" in lines[7]
    assert "writing steps.csv" in shown.err
    assert {"summary.csv", "summary.md", "decisions.csv", "steps.csv", "replay.json"} == {
        path.name for path in (here / "out").iterdir()
    }


def test_json_is_all_that_is_printed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--json", "--out", "out"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((here / "out" / "replay.json").read_text())


def test_without_out_nothing_is_written(here: Path) -> None:
    before = sorted(here.iterdir())
    assert main(QUICK) == 0
    assert sorted(here.iterdir()) == before


def test_recorded_command_makes_the_same_bytes(here: Path) -> None:
    changed = [
        "--seed", "11", "--loop", "open", "--efficiency", "latency", "--lambda2-floor", "0.25",
        "--accuracy-loss-points", "4", "--latency-budget-ms", "6.5", "--cache-trigger", "off",
        "--battery-trigger", "2.5", "--period", "60", "--hold", "5", "--min-dwell", "10",
        "--no-thermal-trigger", "--no-limits-trigger", "--headroom", "10", "--mu", "0.5", "0.5",
        "--no-gap",
    ]  # fmt: skip
    assert main([*QUICK, *changed, "--out", "out"]) == 0
    document = json.loads((here / "out" / "replay.json").read_text())
    assert document["settings"] == {
        "objective": {
            "lambda2_floor": 0.25, "loss_limit_points": 4.0, "efficiency": "latency",
            "mu": [0.5, 0.5],
        },
        "triggers": {
            "battery_points": 2.5, "cache_percent": None, "cpu_share_percent": 25.0,
            "event_rate_percent": None, "frequency_percent": 15.0, "on_budget": True,
            "on_thermal_status": False, "on_charging": True, "on_limits": False,
            "period_s": 60.0, "hold_s": 5.0, "min_dwell_s": 10.0,
        },
        "latency_budget_ms": 6.5, "latency_budget_from": "settings",
        "default_budget_ms": document["settings"]["default_budget_ms"],
        "loop": "open", "seed": 11, "with_gap": False, "headroom_percent": 10.0,
    }  # fmt: skip
    words = shlex.split(document["command"])
    assert words[0] == "adaspring-workbench"
    assert main(words[1:]) == 0
    assert bytes_of(here / "replay") == bytes_of(here / "out")


def test_another_process_with_another_hash_seed_gives_the_same_bytes(here: Path) -> None:
    for name, hash_seed in (("one", "1"), ("two", "2")):
        subprocess.run(
            [sys.executable, "-m", "workbench", *QUICK, "--policy", "random", "--out", name],
            check=True,
            capture_output=True,
            env=os.environ
            | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    assert bytes_of(here / "one") == bytes_of(here / "two")


def test_sample_needs_no_names(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sample", "--network", "./network", "--trace", "trace.csv", "--policy", "static"]
    assert main(["replay", *arguments]) == 0
    assert "static" in capsys.readouterr().out


# -- bad input -------------------------------------------------------------------------------------


def _set_line(path: Path, number: int, text: str) -> None:
    lines = path.read_text().split("\n")
    lines[number - 1] = text
    path.write_text("\n".join(lines))


def _trace_line(number: int, text: str) -> Callable[[Path], None]:
    return lambda here: _set_line(here / "trace.csv", number, text)


def _first_sample(here: Path) -> int:
    """1-based line of the first sample of the trace."""
    lines = (here / "trace.csv").read_text().split("\n")
    return 2 + next(index for index, line in enumerate(lines) if line.startswith("t_s,"))


def _trace_cell(row: int, column: str, text: str) -> Callable[[Path], None]:
    def edit(here: Path) -> None:
        number = _first_sample(here) + row
        lines = (here / "trace.csv").read_text().split("\n")
        names = lines[number - row - 2].split(",")
        cells = lines[number - 1].split(",")
        cells[names.index(column)] = text
        _set_line(here / "trace.csv", number, ",".join(cells))

    return edit


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(here: Path) -> None:
        text = (here / name).read_text()
        assert old in text
        (here / name).write_text(text.replace(old, new, 1))

    return edit


def _cut(name: str) -> Callable[[Path], None]:
    def edit(here: Path) -> None:
        data = (here / name).read_bytes()
        (here / name).write_bytes(data[: len(data) // 2 + 1])

    return edit


def _remove(name: str) -> Callable[[Path], None]:
    return lambda here: (here / name).unlink()


BAD: dict[str, tuple[Callable[[Path], None], str, bool]] = {
    "trace missing": (_remove("trace.csv"), "trace.csv", False),
    "trace truncated": (_cut("trace.csv"), "trace.csv", True),
    "trace newer": (_trace_line(1, "# adaspring-trace 2"), "trace.csv", True),
    "trace NaN": (_trace_cell(3, "cpu_share", "nan"), "trace.csv", True),
    "trace negative": (_trace_cell(4, "free_cache_kib", "-1"), "trace.csv", True),
    "trace unsorted": (_trace_cell(5, "t_s", "1"), "trace.csv", True),
    "trace duplicate time": (_trace_cell(5, "t_s", "4"), "trace.csv", True),
    "trace wrong unit": (
        _replace("trace.csv", "free_cache_kib", "free_cache_mb"), "trace.csv", True,
    ),
    "trace unknown column": (_replace("trace.csv", "cpu_share", "cpu_shape"), "trace.csv", True),
    "network missing": (lambda here: shutil.rmtree(here / "network"), "network", False),
    "network truncated": (_cut("network/network.json"), "network.json", False),
    "accuracies truncated": (_cut("network/accuracy.csv"), "accuracy.csv", False),
    "network newer": (
        _replace("network/network.json", '"version": 1', '"version": 9'), "network.json", False,
    ),
    "network NaN": (_replace("network/network.json", "92.0", "NaN"), "network.json", True),
    "profile missing": (_remove("phone.toml"), "phone.toml", False),
    "profile truncated": (_cut("phone.toml"), "phone.toml", False),
    "profile newer": (
        _replace("phone.toml", "schema_version = 1", "schema_version = 2"), "phone.toml", True,
    ),
    "profile NaN": (_replace("phone.toml", "4100", "nan"), "phone.toml", True),
    "profile negative": (_replace("phone.toml", "4100", "-4100"), "phone.toml", True),
    "profile unknown key": (
        _replace("phone.toml", "capacity_mah", "capacity_wh"), "phone.toml", True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_one_clear_message_and_nothing_is_written(
    case: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*QUICK, "--out", "out"]) == 0
    before = bytes_of(here / "out")
    capsys.readouterr()
    break_it, name, has_line = BAD[case]
    break_it(here)
    assert main([*QUICK, "--out", "out"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    message, hint = shown.err.splitlines()
    assert message.startswith("error: ")
    assert name in message
    if has_line:
        assert ", line " in message
    assert hint.startswith("hint: ") and len(hint) > 10
    assert bytes_of(here / "out") == before
    assert not [path.name for path in here.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--network", "nothing", *INPUTS[2:]], "There is no network 'nothing'"),
        ([*INPUTS[:2], "--device-profile", "nothing", *INPUTS[4:]], "no device profile 'nothing'"),
        ([*INPUTS[:4], "--trace", "nothing"], "There is no trace 'nothing'"),
        ([*INPUTS, "--policy", "magic"], "no policy 'magic'"),
        ([*INPUTS, "--policy", "fixed:magic"], "'magic'"),
        ([*INPUTS, "--lambda2-floor", "2"], "at most 1"),
        ([*INPUTS, "--lambda2-floor", "nan"], "at most 1"),
        ([*INPUTS, "--latency-budget-ms", "0"], "above 0"),
        ([*INPUTS, "--latency-budget-ms", "fast"], "is no number"),
        ([*INPUTS, "--cache-trigger", "sometimes"], "Write off"),
        ([*INPUTS, "--seed", "-1"], "--seed"),
        ([*INPUTS, "--loop", "sideways"], "sideways"),
        ([*INPUTS, "--timings"], "need --out"),
        (INPUTS[:4], "Missing --trace"),
        (["--network", "./network"], "Missing --device-profile, --trace"),
    ],
)
def test_wrong_call_says_what_is_wrong(
    arguments: list[str], words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", *arguments]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err


def test_closed_loop_needs_power(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = ["--device-profile", "raspberry_pi_4b"]
    assert main(["replay", *INPUTS[:2], *profile, *INPUTS[4:], "--loop", "closed"]) == 2
    assert "--loop open" in capsys.readouterr().err


def test_foreign_files_stay(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "out").mkdir()
    (here / "out" / "summary.csv").write_text("mine")
    assert main([*QUICK, "--out", "out"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (here / "out" / "summary.csv").read_text() == "mine"
    assert main([*QUICK, "--out", "out", "--force"]) == 0
    assert (here / "out" / "summary.csv").read_text() != "mine"


# -- list ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["networks", "profiles", "traces"])
def test_list_as_json(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", kind, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all({"name", "from", "what"} == row.keys() for row in rows)
    if kind == "profiles":
        phone = next(row for row in rows if row["name"] == "redmi_3s")
        assert "estimated" in phone["what"]


def test_list_shows_what_is_wrong_with_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    from workbench.services.catalogue import user_folder

    folder = user_folder("traces")
    folder.mkdir(parents=True)
    try:
        (folder / "broken.csv").write_text("t_s\n")
        assert main(["list", "traces"]) == 0
    finally:
        shutil.rmtree(folder)
    row = next(line for line in capsys.readouterr().out.splitlines() if "broken" in line)
    assert "cannot be used" in row
    assert "you" in row
