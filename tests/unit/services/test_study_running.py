"""Running studies: progress, resume, cancel, failing cells and dying workers lose nothing."""

from __future__ import annotations

import concurrent.futures as cf
import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.studies import SMALL_PLAN
from tests.helpers.study_work import Count, KillWorker, fail_static, quick
from workbench.core.errors import InputFileError
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, Partial, run_in_thread
from workbench.services.study_executors import Workers, process_workers
from workbench.services.study_records import CellFailure, Study, StudyPlan
from workbench.services.study_running import CellDone, StudyStarted, run_study
from workbench.services.study_store import read_study

CELLS = 16


def in_threads(count: int = 1) -> Workers:
    return Workers(lambda: cf.ThreadPoolExecutor(count), count, "threads")


def start(folder: Path, compute: Any, plan: StudyPlan = SMALL_PLAN, **more: Any) -> Job:
    return run_in_thread(
        run_study,
        {"plan": plan, "folder": folder, "workers": in_threads, "compute": compute, "plots": False}
        | more,
    )


def events_of(job: Job) -> list[JobEvent]:
    assert job.wait(60) is not None
    return job.events()


def study_of(events: list[JobEvent]) -> Study:
    assert isinstance(events[-1], Done), events[-1]
    study = events[-1].result
    assert isinstance(study, Study)
    return study


def partials(events: list[JobEvent], kind: type) -> list[Any]:
    return [e.record for e in events if isinstance(e, Partial) and isinstance(e.record, kind)]


def test_a_study_runs_through_and_its_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    folder, count = tmp_path / "study", tmp_path / "count"
    count.mkdir()
    events = events_of(start(folder, Count(count)))
    assert study_of(events).complete
    assert partials(events, StudyStarted)[0].finished == 0
    assert len(partials(events, CellDone)) == CELLS == len(list(count.iterdir()))
    again = events_of(start(folder, Count(count)))
    assert isinstance(again[-1], Done) and partials(again, StudyStarted)[0].finished == CELLS
    assert len(list(count.iterdir())) == CELLS


def test_a_cancelled_study_goes_on_where_it_was(tmp_path: Path) -> None:
    def cancel_at_five(job_box: list[Job]) -> Callable[..., Any]:
        done = 0

        def compute(work: Any) -> Any:
            nonlocal done
            done += 1
            if done == 5:
                job_box[0].cancel()
            return quick(work)

        return compute

    box: list[Job] = []
    box.append(start(tmp_path, cancel_at_five(box)))
    assert isinstance(events_of(box[0])[-1], Cancelled)
    kept = len(read_study(tmp_path).finished)
    assert 4 <= kept < CELLS
    events = events_of(start(tmp_path, quick))
    assert partials(events, StudyStarted)[0].finished == kept
    assert len(partials(events, CellDone)) == CELLS - kept


def test_a_cell_that_fails_is_told_and_the_others_are_kept(tmp_path: Path) -> None:
    events = events_of(start(tmp_path, fail_static))
    failures = partials(events, CellFailure)
    assert len(failures) == 4 and {f.message for f in failures} == {"No such luck."}
    study = study_of(events)
    assert {key.policy for key in study.missing} == {"static"} and len(study.missing) == 4
    # It is tried again the next time.
    assert study_of(events_of(start(tmp_path, quick))).complete


@pytest.mark.parametrize(("deaths", "failed"), [(1, 0), (2, 1)])
def test_a_killed_worker_loses_no_finished_cell(tmp_path: Path, deaths: int, failed: int) -> None:
    plan = replace(SMALL_PLAN, platforms=("redmi_3s",), repeats=0)
    folder, marks = tmp_path / "study", tmp_path / "marks"
    marks.mkdir()
    workers = functools.partial(process_workers, 2)
    events = events_of(start(folder, KillWorker(marks, deaths), plan, workers=workers))
    study = study_of(events)
    assert len(list(marks.iterdir())) == deaths
    assert len(study.finished) == 4 - failed
    failures = partials(events, CellFailure)
    assert [f.key.policy for f in failures] == ["static"] * failed
    assert all("died twice" in f.message for f in failures)


def test_cells_are_computed_in_processes_and_stop_when_cancelled(tmp_path: Path) -> None:
    plan = replace(SMALL_PLAN, platforms=("redmi_3s",), policies=("runtime3c",), repeats=1000)
    job = run_in_thread(
        run_study, {"plan": plan, "folder": tmp_path, "workers": lambda: process_workers(1)}
    )
    while not partials(job.events(), StudyStarted):
        assert not job.wait(0.05)
    job.wait(1.5)
    job.cancel()
    assert isinstance(job.wait(20), Cancelled)


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda folder: (folder / "thesis.tex").write_text("x"), "holds files, but no"),
        (lambda folder: (folder.rmdir(), folder.write_text("x")), "is no folder"),
    ],
)
def test_a_folder_with_other_files_is_refused(tmp_path: Path, prepare: Any, told: str) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    prepare(folder)
    failed = events_of(start(folder, quick))[-1]
    assert isinstance(failed, Failed) and told in failed.message
    assert failed.error_type == InputFileError.__name__
    if folder.is_dir():
        assert isinstance(events_of(start(folder, quick, force=True))[-1], Done)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tasks": ("nothing_of_the_kind",)}, "There is no network"),
        ({"platforms": ("nokia_3310",)}, "There is no device profile"),
        ({"policies": ("runtime4c",)}, "There is no policy"),
        ({"trace": "nowhere"}, "There is no trace"),
    ],
)
def test_a_plan_with_unknown_names_is_refused_before_anything_is_written(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    failed = events_of(start(tmp_path / "study", quick, replace(SMALL_PLAN, **change)))[-1]
    assert isinstance(failed, Failed) and told in failed.message
    assert not (tmp_path / "study").exists()
