"""`search`: one decision with its reasons, in words and as data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.network_folder import write_network
from workbench.__main__ import main


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_network(tmp_path_factory.mktemp("networks") / "invented"))


def call(network: str, *options: str) -> int:
    fixed = ["search", "--network", network, "--device-profile", "redmi_3s", "--repeats", "5"]
    return main([*fixed, *options])


def document(capsys: pytest.CaptureFixture[str], network: str, *options: str) -> dict[str, Any]:
    assert call(network, "--json", *options) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("text", "battery"), [("0.53", 0.53), ("53%", 0.53), ("53", 0.53), ("1", 1.0), ("0%", 0.0)]
)
def test_battery_as_share_or_percent(
    text: str, battery: float, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, network, "--battery", text)
    assert found["context"]["battery"] == pytest.approx(battery)
    assert found["lambda2"] == pytest.approx(max(0.3, 1 - battery))


def test_document_of_a_feasible_search(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(
        capsys, network, "--battery", "53%", "--cache-kb", "700", "--latency-budget-ms", "4",
        "--cpu-share", "0.8", "--frequency-ratio", "0.9",
    )  # fmt: skip
    assert (found["format"], found["version"]) == ("adaspring-search", 1)
    assert found["context"] == {
        "battery": 0.53,
        "free_cache_bytes": 700 * 1024,
        "cpu_share": 0.8,
        "frequency_ratio": 0.9,
        "latency_budget_ms": 4.0,
    }
    chosen, second, optimum = found["chosen"], found["runner_up"], found["optimum"]
    assert chosen["feasible"] and second["feasible"]
    assert chosen["latency_ms"] <= 4 and chosen["storage_bytes"] <= 700 * 1024
    assert second["configuration"] != chosen["configuration"]
    assert optimum["objective"] <= min(chosen["objective"], second["objective"]) + 1e-12
    assert 0 <= found["gap"] < 0.05
    assert 0 < found["feasible_configurations"] < found["configurations"] == 5184
    assert found["blockers"] == found["relaxations"] == []
    assert 0 < found["search_ms"]["p50"] <= found["search_ms"]["p99"]
    assert found["sources"]["latency"].startswith("estimated")


def test_words_of_a_feasible_search(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(network, "--battery", "53%", "--cache-kb", "700", "--latency-budget-ms", "4") == 0
    shown = capsys.readouterr().out
    assert "battery 53%, free cache 700 KiB" in shown
    assert "accuracy loss 0.53, energy 0.47 (1 - battery of 53%)" in shown
    assert "of 5,184 configurations" in shown
    assert re.search(r"p50 \d+\.\d{3} ms, p99 .* over 5 runs \(measured on this computer\)", shown)
    assert "runner-up" in shown and "backbone" in shown
    assert "latency ms (estimated)" in shown


def test_each_relaxation_is_the_least_that_makes_a_search_feasible(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    context = {"--battery": "50%", "--cache-kb": "120", "--latency-budget-ms": "3"}
    given = [word for pair in context.items() for word in pair]
    found = document(capsys, network, *given)
    assert not found["chosen"]["feasible"]
    assert found["gap"] is None and found["runner_up"] is None
    assert found["feasible_configurations"] == 0
    assert found["blockers"] and found["relaxations"]
    assert call(network, *given) == 0
    shown = capsys.readouterr().out
    assert "Nothing meets every limit here" in shown
    for relaxation in found["relaxations"]:
        assert relaxation in shown
        option, value = relaxation.split()
        for factor, feasible in ((1.0, True), (0.98, False)):
            changed = context | {option: str(factor * float(value))}
            again = document(capsys, network, *(word for pair in changed.items() for word in pair))
            assert again["chosen"]["feasible"] is feasible, (relaxation, factor)


def test_needs_of_the_choice_make_it_feasible_where_no_single_change_does(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = {
        "--cache-kb": "20", "--latency-budget-ms": "0.01", "--accuracy-loss-points": "0.001",
    }  # fmt: skip
    given = ["--battery", "50%", *(word for pair in limits.items() for word in pair)]
    assert document(capsys, network, *given)["relaxations"] == []
    assert call(network, *given) == 0
    line = next(
        line for line in capsys.readouterr().out.splitlines() if "together these are:" in line
    )
    words = line.split(": ")[1].split()
    changed = limits | dict(zip(words[::2], words[1::2], strict=True))
    again = document(
        capsys, network, "--battery", "50%", *(word for pair in changed.items() for word in pair)
    )
    assert again["chosen"]["feasible"]


def test_a_policy_that_ignores_limits_is_told_apart_from_infeasibility(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--battery", "50%", "--cache-kb", "700", "--policy", "backbone")
    assert call(network, *options) == 0
    shown = capsys.readouterr().out
    assert "Feasible configurations exist; this policy did not choose one." in shown
    assert "broken: storage" in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "--battery"),
        (["--battery", "nan"], "not between 0 and 100%"),
        (["--battery", "101%"], "not between 0 and 100%"),
        (["--battery", "-0.1"], "not between 0 and 100%"),
        (["--battery", "full"], "write 0.53 or 53%"),
        (["--battery", "0.5", "--cache-kb", "-1"], "at least 0"),
        (["--battery", "0.5", "--cache-kb", "inf"], "at least 0"),
        (["--battery", "0.5", "--cpu-share", "0"], "above 0"),
        (["--battery", "0.5", "--frequency-ratio", "1.5"], "at most 1"),
        (["--battery", "0.5", "--latency-budget-ms", "0"], "above 0"),
        (["--battery", "0.5", "--policy", "magic"], "no policy 'magic'"),
        (["--battery", "0.5", "--device-profile", "raspberry_pi_4b", "--efficiency", "energy"],
         "knows no power"),
    ],
)  # fmt: skip
def test_wrong_call_says_what_is_wrong(
    options: list[str], words: str, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(network, *options) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err


def test_broken_network_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_network(tmp_path / "broken")
    path = folder / "accuracy.csv"
    lines = path.read_text().split("\n")
    lines[7] = lines[7].replace("/", ";", 1)
    path.write_text("\n".join(lines))
    assert call(str(folder), "--battery", "0.5") == 2
    shown = capsys.readouterr().err
    assert "accuracy.csv, line 8" in shown
    assert "hint: " in shown
