"""What is written of a replay agrees with the replay, and is the same bytes every time."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.network_folder import write_network
from tests.helpers.traces import make_info, make_trace
from workbench.context.records import Trace
from workbench.context.trace_file import write_trace
from workbench.core.files import sha256_of
from workbench.export.replay_report import ReplayReport, comparisons
from workbench.export.replay_tables import SUMMARY_FIELDS
from workbench.replay.records import PolicySummary, ReplayResult
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.replay_command import ReplayNames
from workbench.services.replay_export import (
    FILES,
    TIMINGS,
    export_replay,
    held_throughout,
    replay_report,
)
from workbench.services.replaying import Replayer, default_settings
from workbench.space.description import read_network

POLICIES = ("runtime3c", "exact", "random", "static", "fixed:fire", "backbone")


def busy_trace() -> Trace:
    """Ten minutes in which the cache comes and goes and the clock is lowered once."""
    t_s = np.arange(600.0)
    return make_trace(
        600,
        make_info(title="Ten minutes | of `odd` $names$"),
        battery_percent=np.linspace(80, 20, 600),
        free_cache_kib=np.where(t_s % 300 < 150, 900.0, 300.0),
        cpu_share=np.where(t_s % 200 < 100, 0.9, 0.5),
        cpu_frequency_ratio=np.where(t_s < 400, 1.0, 0.7),
        event_rate_hz=np.full(600, 3.0),
    )


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> ReplayNames:
    folder = tmp_path_factory.mktemp("inputs")
    write_trace(busy_trace(), folder / "trace.csv")
    write_network(folder / "network")
    return ReplayNames(str(folder / "network"), "redmi_3s", str(folder / "trace.csv"))


@pytest.fixture(scope="module")
def deployment(inputs: ReplayNames) -> Deployment:
    return deploy(read_network(inputs.network), find_profile(inputs.device_profile))


def replayed(deployment: Deployment, **changes: Any) -> ReplayResult:
    settings = replace(default_settings(deployment), **changes)
    return Replayer(deployment).run(busy_trace(), POLICIES, settings)


def report_of(
    deployment: Deployment, inputs: ReplayNames, plots: bool = False, **changes: Any
) -> ReplayReport:
    result = replayed(deployment, **changes)
    return replay_report(result, deployment, busy_trace(), inputs, plots=plots)


@pytest.fixture(scope="module")
def report(deployment: Deployment, inputs: ReplayNames) -> ReplayReport:
    return report_of(deployment, inputs)


@pytest.fixture(scope="module")
def folder(report: ReplayReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("results") / "replay"
    export_replay(report, target, plots=False)
    return target


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_fields_of_a_summary_are_written() -> None:
    assert {"name", *SUMMARY_FIELDS} == {field.name for field in fields(PolicySummary)}


def test_same_inputs_give_the_same_bytes_and_another_seed_does_not(
    deployment: Deployment, inputs: ReplayNames, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        export_replay(report_of(deployment, inputs, True), tmp_path / name)
    other_seed = report_of(deployment, inputs, True, seed=8)
    export_replay(other_seed, tmp_path / "other", plots=False)
    one, two, other = (bytes_of(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == set(FILES) - {TIMINGS}
    for name in ("summary.csv", "steps.csv", "summary.md", "replay.json"):
        assert one[name] != other[name]
    assert one["day.png"].startswith(b"\x89PNG")
    assert b"<svg" in one["trade-off.svg"]


def test_nothing_tells_the_machine_or_the_moment(folder: Path, inputs: ReplayNames) -> None:
    place = str(Path(inputs.trace).parent)
    for name, data in bytes_of(folder).items():
        assert place.encode() not in data, name
        assert str(folder.parent).encode() not in data, name


def test_timings_are_written_on_request_and_change_nothing_else(
    report: ReplayReport, folder: Path, tmp_path: Path
) -> None:
    export_replay(report, tmp_path / "timed", plots=False, timings=True)
    timed = bytes_of(tmp_path / "timed")
    timings = timed.pop(TIMINGS).decode().splitlines()
    assert timed == bytes_of(folder)
    assert len(timings) == 1 + sum(len(run.decisions) for run in report.outcome.runs)


def test_document_has_what_programs_need(folder: Path, report: ReplayReport) -> None:
    document = json.loads((folder / "replay.json").read_text(encoding="utf-8"))
    assert (document["format"], document["version"]) == ("adaspring-replay", 1)
    assert [policy["policy"] for policy in document["policies"]] == list(POLICIES)
    assert document["settings"]["seed"] == 7
    assert document["settings"]["triggers"]["cache_percent"] == 15.0
    assert document["sources"]["latency"]["provenance"] == "estimated"
    assert document["sources"]["latency"]["median_relative_error"] > 0
    assert document["inputs"]["trace"]["sha256"].keys() == {"trace.csv"}
    assert {"network.json", "accuracy.csv", "weights.safetensors"} == document["inputs"]["network"][
        "sha256"
    ].keys()
    assert {"adaspring-workbench", "numpy"} <= document["versions"].keys()
    for name, digest in document["files"].items():
        assert sha256_of(folder / name) == digest
    summary = document["policies"][0]["summary"]
    assert summary["energy_j"] == pytest.approx(report.outcome.summaries[0].energy_j)
    used = document["policies"][0]["configurations"]
    assert {"configuration", "code", "accuracy_percent", "accuracy_measured"} == used[0].keys()


def test_input_hashes_are_those_of_the_files(report: ReplayReport, inputs: ReplayNames) -> None:
    assert report.input("trace").sha256["trace.csv"] == sha256_of(inputs.trace)
    weights = Path(inputs.network) / "weights.safetensors"
    assert report.input("network").sha256["weights.safetensors"] == sha256_of(weights)


def test_steps_agree_with_the_replay(folder: Path, report: ReplayReport) -> None:
    rows = rows_of(folder / "steps.csv")
    samples = len(report.outcome.t_s)
    assert len(rows) == samples * len(POLICIES)
    for position, run in enumerate(report.outcome.runs):
        for index in (0, 151, samples - 1):
            row = rows[position * samples + index]
            chosen = run.configurations[run.configuration_id[index]]
            assert row["policy"] == run.name
            assert float(row["t_s"]) == report.outcome.t_s[index]
            assert int(row["inferences"]) == report.outcome.inferences[index]
            assert row["configuration"] == report.space.text(chosen)
            assert float(row["latency_ms"]) == pytest.approx(run.latency_ms[index], rel=1e-6)
            assert float(row["energy_mj"]) == pytest.approx(run.energy_mj[index], rel=1e-6)
            assert float(row["battery_percent"]) == pytest.approx(run.battery_percent[index])
        mine = rows[position * samples : (position + 1) * samples]
        assert [bool(row["violated"]) for row in mine] == run.violated.tolist()
        assert ["latency" in row["violated"] for row in mine] == run.over_latency.tolist()
        assert ["storage" in row["violated"] for row in mine] == run.over_storage.tolist()


def test_decisions_agree_with_the_replay(folder: Path, report: ReplayReport) -> None:
    rows = iter(rows_of(folder / "decisions.csv"))
    for run in report.outcome.runs:
        for number, decision in enumerate(run.decisions, start=1):
            row = next(rows)
            assert (row["policy"], row["decision"]) == (run.name, str(number))
            assert row["cause_text"] == decision.event.text
            assert row["configuration"] == report.space.text(decision.chosen.configuration)
            assert row["code"] == report.space.encode(decision.chosen.configuration)
            assert float(row["lambda2"]) == pytest.approx(decision.lambda2)
            assert row["feasible"] == str(int(decision.chosen.feasible))
            assert (row["gap"] == "") == (decision.gap is None)
            assert (row["before_configuration"] == "") == (decision.before is None)
    assert next(rows, None) is None


def test_time_of_day_starts_at_the_trace_start(folder: Path) -> None:
    row = next(row for row in rows_of(folder / "decisions.csv") if float(row["t_s"]) >= 60)
    seconds = round(float(row["t_s"]))
    assert row["time_of_day"] == f"09:{seconds // 60:02d}:{seconds % 60:02d}"


def test_summary_states_provenance(folder: Path, report: ReplayReport) -> None:
    rows = rows_of(folder / "summary.csv")
    assert [row["policy"] for row in rows] == list(POLICIES)
    for row, summary in zip(rows, report.outcome.summaries):
        assert float(row["latency_p90_ms"]) == pytest.approx(summary.latency_p90_ms)
        assert row["latency_provenance"] == "estimated"
        assert row["accuracy_provenance"] == "calibrated"


def test_markdown_states_provenance_and_escapes_titles(folder: Path) -> None:
    page = (folder / "summary.md").read_text(encoding="utf-8")
    assert "latency mean, ms (estimated)" in page
    assert r"# Ten minutes \| of \`odd\` $names$: Invented network on Xiaomi Redmi 3S" in page
    table = [line for line in page.splitlines() if line.startswith("| `")]
    assert any(line.startswith("| `runtime3c`") for line in table)


def test_comparisons_are_ratios_of_means(report: ReplayReport) -> None:
    by_name: Mapping[str, Any] = {summary.name: summary for summary in report.outcome.summaries}
    found = {(item.policy, item.baseline): item for item in comparisons(report.outcome.summaries)}
    assert {baseline for _, baseline in found} == {"fixed:fire", "backbone"}
    assert {policy for policy, _ in found} == {"runtime3c", "exact", "random", "static"}
    item = found["runtime3c", "backbone"]
    assert item.latency_times == pytest.approx(
        by_name["backbone"].latency_mean_ms / by_name["runtime3c"].latency_mean_ms
    )
    assert item.energy_times == pytest.approx(
        by_name["backbone"].energy_j / by_name["runtime3c"].energy_j
    )


def test_cloud_holds_what_the_engine_says_of_policies_that_never_switch(
    deployment: Deployment,
) -> None:
    result = replayed(deployment)
    cloud = held_throughout(deployment, busy_trace(), result)
    assert cloud is not None and cloud.energy_mj is not None
    for run, summary in zip(result.runs, result.summaries):
        if run.name in ("static", "fixed:fire", "backbone"):
            row = deployment.network.space.index(run.configurations[0])
            assert cloud.latency_ms[row] == pytest.approx(summary.latency_mean_ms)
            assert cloud.energy_mj[row] == pytest.approx(summary.energy_per_inference_mj)
            assert cloud.accuracy_percent[row] == pytest.approx(summary.accuracy_percent)


def test_a_stop_while_writing_leaves_nothing(report: ReplayReport, tmp_path: Path) -> None:
    def stop(name: str) -> None:
        if name == "steps.csv":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_replay(report, tmp_path / "out", plots=False, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_without_power_there_is_no_energy(inputs: ReplayNames, tmp_path: Path) -> None:
    deployment = deploy(read_network(inputs.network), find_profile("raspberry_pi_4b"))
    names = replace(inputs, device_profile="raspberry_pi_4b")
    report = report_of(deployment, names, plots=True)
    export_replay(report, tmp_path / "out")
    assert all(row["energy_mj"] == "" for row in rows_of(tmp_path / "out" / "steps.csv"))
    page = (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
    assert "There is no energy" in page
    assert "mJ" not in page.split("## Where")[0].split("There is no energy")[0]
