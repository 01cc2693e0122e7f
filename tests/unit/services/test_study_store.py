"""A study's folder: finished cells are found again, anything else is told and computed anew."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.studies import SMALL_PLAN, make_study
from workbench.core.errors import InputFileError
from workbench.services import study_planning
from workbench.services.study_planning import default_tasks, plan_study
from workbench.services.study_records import Study
from workbench.services.study_store import (
    CELLS,
    MANIFEST,
    read_cells,
    read_manifest,
    read_study,
    write_manifest,
)
from workbench.tasks.paper import PAPER_TASKS
from workbench.tasks.registry import TASKS


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def study(whole: Path) -> Study:
    return read_study(whole)


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "study"))


def a_cell(folder: Path, start: str) -> Path:
    return next((folder / CELLS).glob(f"{start}*"))


def test_a_whole_study_reads_back_with_rows_ratios_and_reasons(study: Study) -> None:
    assert study.complete and not study.problems
    report = study.report
    assert len(report.rows) == 16 and report.pending == 0
    row = report.select("fashion_mnist", "redmi_3s", "case_study", "runtime3c")[0]
    assert row.runs == 2 and 80 < row.figures["accuracy_percent"].mean < 95
    assert row.figures["energy_per_inference_mj"].runs == 2
    jetson = report.select("fashion_mnist", "jetson_nano", "generated", "runtime3c")[0]
    assert jetson.runs == 3 and "energy_per_inference_mj" not in jetson.figures
    absent = [(row.policy, "mbv2" in row.reason) for row in report.absent if row.policy]
    assert absent == [("fixed:mbv2", True)]
    # One policy that adapts x three that do not x two platforms x two scenarios.
    assert len(report.ratios) == 12
    assert {ratio.energy_times is None for ratio in report.ratios if "jet" in ratio.platform} == {
        True
    }


def test_the_first_run_of_the_case_study_is_the_replay_of_the_same_seed(study: Study) -> None:
    from workbench.services.catalogue import find_network, find_trace
    from workbench.services.deployment import deploy
    from workbench.services.device_profiles import find_profile
    from workbench.services.replaying import Replayer, default_settings

    deployment = deploy(find_network("fashion_mnist"), find_profile("redmi_3s"))
    result = Replayer(deployment).run(
        find_trace("sample_day"), ["runtime3c"], default_settings(deployment)
    )
    summary = result.summaries[0]
    cell = next(c for c in study.finished if c.key.text.startswith("runtime3c on fashion_mnist, r"))
    figures = cell.runs[0].figures
    assert figures["latency_mean_ms"] == summary.latency_mean_ms
    assert figures["battery_end_percent"] == summary.battery_end_percent
    assert figures["switches"] == summary.switches


def test_every_figure_but_times_is_the_same_each_time(study: Study, tmp_path: Path) -> None:
    again = read_study(make_study(tmp_path / "again", cells=3, anew=True))
    for cell in again.finished:
        before = next(found for found in study.finished if found.key == cell.key)
        for run, run_before in zip(cell.runs, before.runs):
            fixed = {k: v for k, v in run.figures.items() if not _is_time(k)}
            assert fixed == {k: v for k, v in run_before.figures.items() if not _is_time(k)}


def _is_time(name: str) -> bool:
    return name.split("_")[0] in ("search", "evolution", "runtime")


def test_unfinished_cells_are_missing_without_a_problem(folder: Path) -> None:
    a_cell(folder, "fashion_mnist-redmi_3s-static").unlink()
    (folder / CELLS / ".half-written.json.x").write_text("{")
    found = read_study(folder)
    assert len(found.missing) == 1 and found.missing[0].policy == "static"
    assert not found.problems and found.report.pending == 1


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda text: text[: len(text) // 2], "cut, damaged"),
        (lambda text: "", "cut, damaged"),
        (lambda text: text.replace('"took_s":', '"took_s":1'), "damaged or changed"),
        (lambda text: text.replace('"version":2', '"version":99'), "version 99"),
        (lambda text: text.replace("adaspring-study-cell", "other"), "format 'other'"),
        (lambda text: json.dumps([1]), "cut, damaged"),
    ],
)
def test_a_damaged_cell_is_told_and_missing(folder: Path, break_it, told: str) -> None:  # type: ignore[no-untyped-def]
    path = a_cell(folder, "fashion_mnist-redmi_3s-backbone")
    path.write_text(break_it(path.read_text()))
    found = read_study(folder)
    assert [key.policy for key in found.missing] == ["backbone"]
    assert len(found.problems) == 1 and told in found.problems[0] and path.name in found.problems[0]


def test_cells_of_another_study_or_place_are_told(folder: Path) -> None:
    one, other = (
        a_cell(folder, "fashion_mnist-redmi_3s-b"),
        a_cell(folder, "fashion_mnist-redmi_3s-s"),
    )
    shutil.copy(one, other)
    shutil.copy(one, folder / CELLS / "notes.txt")
    found = read_study(folder)
    assert "holds another cell" in " ".join(found.problems)
    assert "notes.txt: belongs to no cell" in " ".join(found.problems)
    assert len(found.missing) == 1


def test_another_seed_makes_every_cell_stale_and_another_policy_none(folder: Path) -> None:
    more = plan_study(replace(SMALL_PLAN, policies=(*SMALL_PLAN.policies, "greedy")))
    assert len(read_cells(folder, more.cells).finished) == 16
    other = plan_study(replace(SMALL_PLAN, seed=8))
    stored = read_cells(folder, other.cells)
    assert not stored.finished and "other inputs or settings" in stored.problems[0]


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), "is no study"),
        (lambda folder: (folder / MANIFEST).write_text("{}"), "cut, damaged"),
        (
            lambda folder: (folder / MANIFEST).write_text(
                (folder / MANIFEST).read_text().replace('"seed":7', '"seed":8')
            ),
            "changed after it was written",
        ),
    ],
)
def test_a_folder_without_a_usable_manifest_is_refused(folder: Path, prepare, told: str) -> None:  # type: ignore[no-untyped-def]
    prepare(folder)
    with pytest.raises(InputFileError, match=told):
        read_study(folder)


def test_a_study_of_all_networks_names_the_published_data_it_lacks() -> None:
    manifest = plan_study(replace(SMALL_PLAN, tasks=default_tasks(), repeats=1, contexts=0))
    lacking = {row.task: row for row in manifest.absent if not row.policy}
    assert "imagenet (D2)" in lacking and "statefarm (D5)" in lacking
    assert {paper.task for paper in PAPER_TASKS} <= TASKS.keys()
    cifar = lacking["cifar100 (D1)"]
    assert "fashion_mnist stands in for it" in cifar.reason
    assert "train --task cifar100 --data DIR" in cifar.command
    stand_ins = {task.id: (task.paper, task.stands_in) for task in manifest.tasks}
    assert stand_ins["fashion_mnist"] == ("D1", "CIFAR-100")
    assert stand_ins["hapt"] == ("D4", "UCI-HAR") and stand_ins["drums"] == ("D3", "UbiSound")
    named = plan_study(replace(SMALL_PLAN, repeats=1))
    assert not [row for row in named.absent if not row.policy]


def test_policies_that_take_long_get_fewer_runs_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(study_planning.MOST_RUNS, "greedy", (1, 2))
    cells = plan_study(replace(SMALL_PLAN, policies=("greedy", "random"), contexts=5)).cells
    runs = {(work.key.policy, work.key.scenario): work for work in cells}
    assert runs["greedy", "case_study"].runs == (0,)
    assert runs["greedy", "generated"].note == "2 of 5 runs, because each search takes long"
    assert len(runs["random", "generated"].runs) == 5 and not runs["random", "generated"].note


def test_a_manifest_reads_back_equal(tmp_path: Path) -> None:
    manifest = plan_study(SMALL_PLAN)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
