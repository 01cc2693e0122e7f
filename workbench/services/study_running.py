"""Running a study: its cells through an executor, each stored as soon as it is finished."""

from __future__ import annotations

import concurrent.futures as cf
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputFileError
from workbench.jobs import Job, JobContext, run_in_thread
from workbench.jobs.job import failure_of
from workbench.services.study_cells import compute_cell
from workbench.services.study_executors import Workers, process_workers
from workbench.services.study_export import export_study
from workbench.services.study_planning import plan_study
from workbench.services.study_records import (
    CASE_STUDY,
    GENERATED,
    CellFailure,
    CellKey,
    CellResult,
    CellWork,
    Study,
    StudyManifest,
    StudyPlan,
)
from workbench.services.study_store import (
    MANIFEST,
    holds_study,
    read_cells,
    read_study,
    write_cell,
    write_manifest,
)

_POLL_S = 0.2
_COMPLAIN_EVERY_S = 10.0

_SLOWNESS = {"ofa": 50, "nsga2": 300}
"""A run under these policies against one under a quick one; for the time left."""

Compute = Callable[[CellWork], CellResult]


@dataclass(frozen=True, slots=True)
class StudyStarted:
    """Published once the plan is read: what there is to do.

    Attributes:
        finished: cells that an earlier run had finished.
        problems: cell files that cannot be used, a sentence each.
        where: what computes the cells.
    """

    manifest: StudyManifest
    finished: int
    problems: tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class CellDone:
    """Published for every finished cell, after it was stored."""

    result: CellResult


def start_study(
    plan: StudyPlan,
    folder: str | Path,
    *,
    workers: Callable[[], Workers] = process_workers,
    plots: bool = True,
    force: bool = False,
) -> Job:
    """Start or go on with a study in `folder`; the job's result is a `Study`.

    Publishes a `StudyStarted`, then a `CellDone` or a `CellFailure` for each cell. Cancelling
    keeps what is finished; starting again with the same plan goes on there.

    Args:
        workers: makes what computes the cells; by default processes on this computer.
        plots: draw them at the end.
        force: use a folder that holds other files.
    """
    return run_in_thread(
        run_study,
        {"plan": plan, "folder": folder, "workers": workers, "plots": plots, "force": force},
        name="study",
    )


def run_study(
    context: JobContext,
    plan: StudyPlan,
    folder: str | Path,
    workers: Callable[[], Workers] = process_workers,
    plots: bool = True,
    force: bool = False,
    compute: Compute = compute_cell,
) -> Study:
    """Run a study; see `start_study`.

    Args:
        compute: what is called for each cell, where the workers are.

    Raises:
        SettingsError, InputFileError: when an input cannot be used or the folder not written.
        JobCancelled: when the job was asked to stop.
    """
    root = Path(folder)
    check_study_folder(root, force)
    context.progress(None, "reading networks and profiles")
    manifest = plan_study(plan)
    with workers() as pool:
        write_manifest(root, manifest)
        stored = read_cells(root, manifest.cells)
        done = {result.key for result in stored.finished}
        todo = [work for work in manifest.cells if work.key not in done]
        context.publish(StudyStarted(manifest, len(done), stored.problems, pool.where))
        for problem in stored.problems:
            context.log(problem, "warning")
        _Cells(context, root, pool, compute, manifest.cells, done).run(todo)
        context.progress(1.0, "tables and plots")
        if pool.same_files:  # drawing would hold up a window whose process this is
            _wait(context, pool.submit(export_study, root, plots))
        else:
            export_study(root, plots)
    return read_study(root)


def _wait(context: JobContext, future: cf.Future[Any]) -> None:
    while not cf.wait([future], _POLL_S).done:
        context.check_cancelled()
    future.result()


def check_study_folder(folder: Path, force: bool = False) -> None:
    """Raise where a study would not fit.

    Raises:
        InputFileError: when `folder` is a file, or holds other things than a study.
    """
    if folder.exists() and not folder.is_dir():
        raise InputFileError(folder, "is no folder", "Choose another place for the study.")
    if force or not folder.is_dir() or holds_study(folder) or not any(folder.iterdir()):
        return
    raise InputFileError(
        folder,
        f"holds files, but no {MANIFEST}",
        "Choose an empty folder or one that a study wrote, or use this one with --force.",
    )


def _weight(work: CellWork) -> float:
    """About how long a cell takes, in runs of a generated trace under a quick policy."""
    lengths = {CASE_STUDY: 4, GENERATED: 1}
    return len(work.runs) * lengths[work.key.scenario] * _SLOWNESS.get(work.key.policy, 1)


@dataclass
class _Cells:
    """Computes cells and stores each as soon as it is finished."""

    context: JobContext
    folder: Path
    workers: Workers
    compute: Compute
    cells: Sequence[CellWork]
    done: set[CellKey]
    complained_s: float = 0.0

    def run(self, todo: Sequence[CellWork]) -> None:
        """Compute these cells.

        When workers die, any of the cells that they had may be the reason. These are computed
        again one at a time; one whose worker dies again is reported and left out.

        Raises:
            JobCancelled: when the job was asked to stop; cells that run are given up.
        """
        self._report("starting")
        for work in self._through(todo, self.workers.count):
            self.context.log(f"A worker died; {work.key.text} is computed again.", "warning")
            if self._through([work], 1):
                text = "The worker that computed it died twice."
                hint = "The system may have run out of memory: use fewer workers and go on."
                self._fail(CellFailure(work.key, text, hint))

    def _through(self, works: Sequence[CellWork], at_once: int) -> list[CellWork]:
        """Compute cells, no more handed out than are computed; returns those whose worker died."""
        waiting, lost = deque(works), list[CellWork]()
        running: dict[cf.Future[CellResult], CellWork] = {}
        while waiting or running:
            self.context.check_cancelled()
            self._complain()
            broken = False
            try:
                while waiting and len(running) < at_once:
                    future = self.workers.submit(self.compute, waiting[0])
                    running[future] = waiting.popleft()
            except cf.BrokenExecutor:
                broken = True
            done, _ = cf.wait(running, _POLL_S, cf.FIRST_COMPLETED)
            while done:
                for future in done:
                    work = running.pop(future)
                    if not self._take(future, work):
                        lost.append(work)
                        broken = True
                # A broken executor ends all that it was given, each with an error.
                done = cf.wait(running).done if broken and running else set()
            if broken:
                self.workers.restart()
        return lost

    def _take(self, future: cf.Future[CellResult], work: CellWork) -> bool:
        """Store what a cell came to; False when its worker died."""
        try:
            result = future.result()
        except cf.BrokenExecutor:
            return False
        except cf.CancelledError:  # a cluster that lost its scheduler does this
            text = "The cluster gave it up."
            self._fail(CellFailure(work.key, text, "Look after the cluster and go on."))
            return True
        except Exception as error:  # one cell's error must not end the others
            self._fail(CellFailure(work.key, *failure_of(error)[:3]))
            return True
        write_cell(self.folder, result)
        self.context.publish(CellDone(result))
        self.done.add(work.key)
        self._report(work.key.text)
        return True

    def _fail(self, failure: CellFailure) -> None:
        self.context.log(f"{failure.key.text}: {failure.message} {failure.hint}".strip(), "error")
        self.context.publish(failure)
        self.done.add(failure.key)
        self._report(failure.key.text)

    def _report(self, what: str) -> None:
        done = sum(_weight(work) for work in self.cells if work.key in self.done)
        share = done / sum(map(_weight, self.cells)) if self.cells else 1.0
        self.context.progress(share, f"{len(self.done)} of {len(self.cells)} cells, {what}")

    def _complain(self) -> None:
        """Say now and then why nothing goes on."""
        if self.context.elapsed_s < self.complained_s + _COMPLAIN_EVERY_S:
            return
        self.complained_s = self.context.elapsed_s
        if complaint := self.workers.complaint():
            self.context.log(complaint, "warning")
