"""Jobs: one terminal event whatever happens, cancel, deadline, crashes, nothing left running."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.helpers import job_functions
from workbench.jobs import (
    Cancelled,
    Done,
    Failed,
    Job,
    JobCancelled,
    JobEvent,
    JobFailedError,
    JobManager,
    LogLine,
    Partial,
    Progress,
    Started,
    TerminalEvent,
    run_in_process,
    run_in_thread,
)
from workbench.jobs import job as job_module
from workbench.jobs.eta import EtaEstimator

LONG_S = 60.0


def in_thread(name: str, **kwargs: object) -> Job:
    return run_in_thread(getattr(job_functions, name), kwargs)


def in_process(name: str, **kwargs: object) -> Job:
    return run_in_process(f"tests.helpers.job_functions:{name}", kwargs)


both = pytest.mark.parametrize("run", [in_thread, in_process])


def finish(job: Job) -> list[JobEvent]:
    assert job.wait(LONG_S) is not None, "the job did not end"
    return job.events()


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


@both
def test_a_job_tells_its_story_in_order(run: Callable[..., Job]) -> None:
    job = run("add", a=2, b=3)
    started, progress, line, done = finish(job)
    assert isinstance(started, Started)
    assert isinstance(progress, Progress)
    assert progress.fraction == 0.5 and progress.message == "adding"
    assert dict(progress.detail) == {"loss": 0.25}
    assert isinstance(line, LogLine) and line.text == "almost there"
    assert isinstance(done, Done) and done.result == 5
    assert job.result() == 5
    assert job.finished and job.terminal is done
    assert job.latest_progress is progress
    assert {event.job_id for event in (started, progress, line, done)} == {job.id}


@both
def test_pieces_of_the_result_come_before_its_end(run: Callable[..., Job]) -> None:
    events = finish(run("publish_pieces", count=3))
    assert [event.record for event in events if isinstance(event, Partial)] == [
        ("piece", 0), ("piece", 1), ("piece", 2),
    ]  # fmt: skip
    assert isinstance(events[-1], Done)


@both
@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("fail_with_hint", "The disk is full.", "Free some space."),
        ("fail_unexpectedly", "An unexpected error: ValueError: seven is not six", "Copy"),
        ("leave", "An unexpected error: SystemExit: 1", "Copy"),
    ],
)
def test_a_failure_carries_message_hint_and_detail(
    run: Callable[..., Job], name: str, message: str, hint: str
) -> None:
    job = run(name)
    *_, last = finish(job)
    assert isinstance(last, Failed)
    assert last.message == message
    assert last.hint.startswith(hint)
    assert last.detail
    with pytest.raises(JobFailedError) as caught:
        job.result()
    assert caught.value.message == message


@both
def test_cancelling_ends_with_one_cancelled_event(run: Callable[..., Job]) -> None:
    job = run("wait_for_cancel")
    wait_until(lambda: job.latest_progress)
    job.cancel()
    job.cancel()
    events = finish(job)
    terminal = [event for event in events if isinstance(event, TerminalEvent)]
    assert len(terminal) == 1 and isinstance(events[-1], Cancelled)
    with pytest.raises(JobCancelled):
        job.result()


@both
def test_work_that_keeps_its_result_when_asked_to_stop_is_done(run: Callable[..., Job]) -> None:
    job = run("return_when_cancelled")
    wait_until(lambda: job.latest_progress)
    job.cancel()
    assert job.result(LONG_S) == "kept"


def test_deadline_fails_a_thread_job_that_looks_up() -> None:
    job = run_in_thread(job_functions.wait_for_cancel, deadline_s=0.05)
    *_, last = finish(job)
    assert isinstance(last, Failed) and last.error_type == "DeadlineExceeded"


@pytest.mark.parametrize("name", ["wait_for_cancel", "return_when_cancelled"])
def test_deadline_fails_a_process_job(name: str) -> None:
    job = run_in_process(f"tests.helpers.job_functions:{name}", deadline_s=0.05)
    *_, last = finish(job)
    if isinstance(last, Done):
        # It was already at work when its time was up, and handed over what it had.
        assert last.result == "kept"
    else:
        assert isinstance(last, Failed) and last.error_type == "DeadlineExceeded"


def test_a_deaf_worker_is_killed_after_the_grace_period(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    job = run_in_process(
        "tests.helpers.job_functions:deaf", {"pid_file": str(pid_file)}, grace_s=0.05
    )
    wait_until(lambda: job.latest_progress)
    job.cancel()
    *_, last = finish(job)
    assert isinstance(last, Cancelled)
    assert not psutil.pid_exists(int(pid_file.read_text()))


def test_a_killed_worker_is_a_failure_that_names_the_signal() -> None:
    *_, last = finish(in_process("kill_itself"))
    assert isinstance(last, Failed)
    assert "SIGKILL" in last.message and "memory" in last.hint


def test_a_worker_that_exits_without_a_word_is_a_failure() -> None:
    *_, last = finish(in_process("exit_quietly"))
    assert isinstance(last, Failed) and "exit code 3" in last.message


@pytest.mark.parametrize(
    ("entry_point", "words"),
    [
        ("no_such_module_anywhere:run", "could not import no_such_module_anywhere"),
        ("tests.helpers.job_functions:nothing", "has no function named nothing"),
        ("nonsense", "not of the form"),
        ("tests.helpers.job_functions:return_a_lock", "cannot cross between processes"),
    ],
)
def test_a_bad_entry_point_or_result_is_a_clear_failure(entry_point: str, words: str) -> None:
    *_, last = finish(run_in_process(entry_point))
    assert isinstance(last, Failed) and words in last.message


def test_a_worker_starts_without_torch_and_qt() -> None:
    modules = in_process("imported_modules").result(LONG_S)
    assert not {"torch", "PySide6", "pyqtgraph"} & set(modules)


def test_a_workers_prints_stay_out_of_the_parents_output(capfd: pytest.CaptureFixture[str]) -> None:
    in_process("print_to_stdout").result(LONG_S)
    out, err = capfd.readouterr()
    assert out == "" and "a stray print" in err


@pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals")
def test_a_worker_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        "import os, time\n"
        "from workbench.jobs import run_in_process\n"
        "if __name__ == '__main__':\n"
        f"    job = run_in_process('tests.helpers.job_functions:note_pid_and_wait',"
        f" {{'pid_file': {str(pid_file)!r}}})\n"
        "    while job.latest_progress is None: time.sleep(0.01)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    program = tmp_path / "program.py"
    program.write_text(script)
    root = Path(job_functions.__file__).parents[2]
    subprocess.run(
        [sys.executable, str(program)], env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    worker = int(pid_file.read_text())
    wait_until(
        lambda: (
            not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE
        )
    )


def test_unread_progress_is_thinned_but_nothing_else_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_module, "MAX_PENDING_EVENTS", 100)
    events = finish(in_thread("many_reports", count=5000))
    assert len(events) <= 102
    assert isinstance(events[0], Started) and isinstance(events[-1], Done)
    indices = [event.detail["index"] for event in events if isinstance(event, Progress)]
    assert indices == sorted(indices) and len(indices) > 20


def test_fractions_are_kept_within_bounds_and_events_frozen() -> None:
    def wild(context: object) -> None:
        context.progress(1.7)  # type: ignore[attr-defined]
        context.progress(-1.0)  # type: ignore[attr-defined]

    fractions = [e.fraction for e in finish(run_in_thread(wild)) if isinstance(e, Progress)]
    assert fractions == [1.0, 0.0]


def test_the_manager_knows_what_runs_and_stops_it() -> None:
    manager = JobManager()
    jobs = [manager.add(in_thread("wait_for_cancel")) for _ in range(3)]
    finished = manager.add(in_thread("add", a=1, b=1))
    finished.wait(LONG_S)
    assert manager.running() == tuple(jobs)
    assert manager.stop_all(LONG_S) == ()
    assert manager.running() == ()
    assert all(isinstance(job.terminal, Cancelled) for job in jobs)
    late = manager.add(in_thread("wait_for_cancel"))
    assert isinstance(late.wait(LONG_S), Cancelled)


def test_many_threads_may_cancel_and_read_at_once() -> None:
    job = in_thread("wait_for_cancel")
    taken: list[JobEvent] = []

    def meddle() -> None:
        while not job.finished:
            taken.extend(job.events())
            job.cancel()

    threads = [threading.Thread(target=meddle) for _ in range(4)]
    for thread in threads:
        thread.start()
    job.wait(LONG_S)
    for thread in threads:
        thread.join()
    taken.extend(job.events())
    assert sum(isinstance(event, TerminalEvent) for event in taken) == 1


def test_eta_of_steady_work_is_exact() -> None:
    eta = EtaEstimator()
    estimates = [eta.update(t, t / 100) for t in range(0, 101, 10)]
    assert estimates[0] is None
    assert estimates[1:] == pytest.approx([90, 80, 70, 60, 50, 40, 30, 20, 10, 0])


def test_eta_forgets_a_slow_start() -> None:
    eta = EtaEstimator()
    eta.update(0, 0.0)
    eta.update(20, 0.01)
    last = None
    for step in range(1, 41):
        last = eta.update(20 + step, 0.01 + step / 100)
    assert last == pytest.approx(59, rel=0.15)


def test_eta_starts_over_when_the_fraction_falls_back() -> None:
    eta = EtaEstimator()
    eta.update(0, 0.0)
    eta.update(10, 0.9)
    assert eta.update(11, 0.0) is None
    assert eta.update(21, 0.1) == pytest.approx(90)
