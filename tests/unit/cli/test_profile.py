"""`profile` on the command line; what it measures is tested with the service."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from workbench import __main__
from workbench.core.errors import WorkbenchError
from workbench.jobs import Job, JobCancelled, JobContext, run_in_thread
from workbench.profiling.energy.summary import EnergyFigure, EnergySummary
from workbench.profiling.phone import PhoneSettings
from workbench.profiling.samples import LatencyStatistics
from workbench.services.profiling import ProfilingSummary

SUMMARY = ProfilingSummary(
    Path("mine.toml"), Path("work.adaspring"), 7, 60, 16, 12_345, 0.03, 0.75, 1.0, 0.06,
    LatencyStatistics(500, 0.9, 0.19, 0.212, 0.24, 0.4, 0.22, 0.205, 0.219),
    15.0, "trusted", "no counter",
)  # fmt: skip


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Lets the command run a job that ends as the test says; keeps the command's arguments."""
    chosen: dict[str, Any] = {"result": SUMMARY}

    def work(context: JobContext) -> ProfilingSummary:
        context.progress(0.5, "round 1 of 2")
        if "error" in chosen:
            raise chosen["error"]
        result: ProfilingSummary = chosen["result"]
        return result

    def start(*arguments: object) -> Job:
        chosen["arguments"] = arguments
        return run_in_thread(work, name="profile")

    monkeypatch.setattr("workbench.cli.profile.start_local_profiling", start)
    return chosen


def test_prints_what_was_measured(
    outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["profile", "--network", "five", "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    for part in (
        "device profile mine in work.adaspring",
        "run 7 in work.adaspring",
        "12,345 runs",
        "median error 3.0%",
        "75% within 5 %",
        "0.205 to 0.219",
        "no counter",
    ):
        assert part in printed
    assert outcome["arguments"] == ("five", "quick", None, 3, None, ())


LIST = ("a/b", "c/d", "e/f")


def test_json_is_one_object(outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["profile", "--network", "five", "--plan", "standard", "--out", "mine.toml", "--json"]
    argv += ["--configurations", "40", "--configuration", "a/b, c/d", "--configuration", "e/f"]
    assert __main__.main(argv) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["path"] == "mine.toml"
    assert printed["relative_error"] == 0.03
    assert printed["backbone"]["p90_ms"] == 0.24
    assert outcome["arguments"] == ("five", "standard", Path("mine.toml"), 0, 40, LIST)


def test_a_failed_job_is_one_message(
    outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    outcome["error"] = WorkbenchError("The engine refused.", "Try another.")
    assert __main__.main(["profile", "--network", "five"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: The engine refused.",
        "hint: Try another.",
    ]


def test_a_cancelled_job_is_an_interruption(outcome: dict[str, Any]) -> None:
    outcome["error"] = JobCancelled()
    assert __main__.main(["profile", "--network", "five"]) == 130


def test_unknown_plan_and_missing_network_are_wrong_calls() -> None:
    assert __main__.main(["profile", "--network", "five", "--plan", "thorough"]) == 2
    assert __main__.main(["profile"]) == 2
    assert __main__.main(["profile", "--network", "no_such_network"]) == 2


def test_a_phone_is_named_by_serial_or_address(
    outcome: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def start(*arguments: object, energy: bool) -> Job:
        asked.extend((*arguments, energy))
        figure = EnergyFigure(0, True, 1.5, 1.4, 1.6, 1.53, "trusted")
        lost = EnergyFigure(4, False, None, -0.1, 0.2, 0.1, "questionable: too coarse")
        energies = EnergySummary(
            500.0, 490.0, 510.0, (figure, lost), 1.0, 1.0, "current_now", 8, "simulated"
        )
        simulated = dataclasses.replace(
            SUMMARY, device="A phone", provenance="simulated", energy=energies
        )
        return run_in_thread(lambda _: simulated, name="profile")

    monkeypatch.setattr("workbench.cli.profile.start_phone_profiling", start)
    argv = ["profile", "--device", "192.168.1.4:5555", "--network", "five", "--threads", "2"]
    assert __main__.main([*argv, "--cores", "little", "--configurations", "13", "--energy"]) == 0
    told = capsys.readouterr().out
    assert "SIMULATED: A phone" in told
    assert "1.5 mJ (95 % interval 1.4 to 1.6), predicted 1.53 mJ, trusted" in told
    assert "not resolved (-0.1 to 0.2 mJ)" in told
    settings = PhoneSettings(seed=0, threads=2, cores="little")
    assert asked == ["192.168.1.4:5555", "five", "quick", None, 13, settings, (), True]
    assert "arguments" not in outcome


def test_threads_and_cores_are_for_phones(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["profile", "--network", "five", "--cores", "big"]) == 2
    assert "are for phones" in capsys.readouterr().err
