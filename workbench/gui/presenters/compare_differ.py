"""Works out where two runs differ, as a job; the latest wish wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.gui.presenters.compare_backend import CompareSession, Contender, Differing
from workbench.gui.presenters.compare_runner import Watch
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.rerun import LatestWins
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, TerminalEvent, run_in_thread


@dataclass(frozen=True, slots=True)
class _Wish:
    session: CompareSession
    first: Contender
    second: Contender


class Differ:
    """At most one job at a time; a result whose wish is out of date is not told."""

    def __init__(
        self,
        watch: Watch,
        on_result: Callable[[CompareSession, Differing], None],
        on_problem: Callable[[Problem], None],
    ) -> None:
        self._watch = watch
        self._on_result = on_result
        self._on_problem = on_problem
        self._wishes: LatestWins[_Wish] = LatestWins()
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether two runs are replayed."""
        return self._wishes.busy

    def ask(self, session: CompareSession, first: Contender, second: Contender) -> None:
        """Want the difference of two runs; one that is worked out now is given up."""
        wish = self._wishes.ask(_Wish(session, first, second))
        if wish is not None:
            self._start(wish)
        elif self._job is not None:
            self._job.cancel()

    def _start(self, wish: _Wish) -> None:
        name = f"{wish.first.policy} against {wish.second.policy}"
        self._job = run_in_thread(_differ, {"wish": wish}, name=name)
        self._watch(self._job, self._on_event, quiet=True)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if isinstance(event, TerminalEvent):
            self._job = None
            stale = self._wishes.waiting
            if isinstance(event, Done) and not stale:
                self._on_result(*event.result)
            elif isinstance(event, Failed) and not stale:
                self._on_problem(Problem.of(event))
            following = self._wishes.finish()
            if following is not None:
                self._start(following)


def _differ(context: JobContext, wish: _Wish) -> tuple[CompareSession, Differing]:
    return wish.session, wish.session.difference(context, wish.first, wish.second)
