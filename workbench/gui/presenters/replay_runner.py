"""Loads sessions and re-runs days as jobs, and hands only the newest results on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.replay_view import ReplayBackend, ReplaySession, ReplayView
from workbench.gui.presenters.rerun import LatestWins
from workbench.jobs import Cancelled, Done, Failed, Job, JobContext, JobEvent, run_in_thread
from workbench.search.policy_names import SLOW_POLICIES


class _Watch(Protocol):
    def __call__(
        self, job: Job, on_event: Callable[[JobEvent], None] | None = None, *, quiet: bool = False
    ) -> Job: ...


class RunnerOwner(Protocol):
    """Who hears of results; called on the thread that drains job events."""

    def on_session(self, session: ReplaySession) -> None: ...

    def on_run(self, run: Run) -> None: ...

    def on_stopped(self) -> None: ...

    def on_problem(self, problem: Problem) -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """A replayed day and how long it took."""

    view: ReplayView
    took_ms: float


@dataclass(frozen=True, slots=True)
class _Wish:
    policies: tuple[str, ...]
    values: Mapping[str, float]

    @property
    def slow(self) -> bool:
        """Whether it takes long, so that it is shown and another wish does not wait for it."""
        return not SLOW_POLICIES.isdisjoint(self.policies)


class ReplayRunner:
    """At most one load and one run at a time; the latest wish wins."""

    def __init__(self, backend: ReplayBackend, watch: _Watch, owner: RunnerOwner) -> None:
        self._backend = backend
        self._watch = watch
        self._owner = owner
        self._wishes: LatestWins[_Wish] = LatestWins()
        self._load: Job | None = None
        self._run_id = 0
        self._slow_run: Job | None = None
        self.session: ReplaySession | None = None

    @property
    def busy(self) -> bool:
        """Whether something is loaded or run now."""
        return self._load is not None or self._wishes.busy

    def load(self, network: str, device: str, trace: str) -> None:
        """Load another session; what was loading or running no longer matters."""
        if self._load is not None:
            self._load.cancel()
        self._stop_slow_run()
        self._wishes.reset()
        self._run_id = 0
        self.session = None
        self._load = run_in_thread(
            _open,
            {"backend": self._backend, "network": network, "device": device, "trace": trace},
            name=f"Load {network} on {device}",
        )
        self._watch(self._load, self._on_load_event)

    def run(self, policies: Sequence[str], values: Mapping[str, float]) -> None:
        """Replay with these policies and slider values, now or as soon as the run before ends.

        A run that takes long is stopped for it.
        """
        self._stop_slow_run()
        wish = self._wishes.ask(_Wish(tuple(policies), dict(values)))
        if wish is not None:
            self._start(wish)

    def _start(self, wish: _Wish) -> None:
        job = run_in_thread(_run, {"session": self.session, "wish": wish}, name="Replay")
        self._run_id = job.id
        self._slow_run = job if wish.slow else None
        self._watch(job, self._on_run_event, quiet=not wish.slow)

    def _stop_slow_run(self) -> None:
        if self._slow_run is not None:
            self._slow_run.cancel()
            self._slow_run = None

    def _on_load_event(self, event: JobEvent) -> None:
        if self._load is None or event.job_id != self._load.id:
            return
        if isinstance(event, Done):
            self._load = None
            self.session = event.result
            self._owner.on_session(event.result)
        elif isinstance(event, Failed):
            self._load = None
            self._owner.on_problem(Problem.of(event))

    def _on_run_event(self, event: JobEvent) -> None:
        if event.job_id != self._run_id:
            return
        if isinstance(event, Done):
            self._owner.on_run(event.result)
            self._next()
        elif isinstance(event, Failed):
            self._owner.on_problem(Problem.of(event))
            self._next()
        elif isinstance(event, Cancelled):
            if not self._wishes.waiting:
                self._owner.on_stopped()
            self._next()

    def _next(self) -> None:
        wish = self._wishes.finish()
        if wish is not None:
            self._start(wish)


def _open(
    context: JobContext, backend: ReplayBackend, network: str, device: str, trace: str
) -> ReplaySession:
    context.progress(None, "reading")
    return backend.open(network, device, trace)


def _run(context: JobContext, session: ReplaySession, wish: _Wish) -> Run:
    started_s = perf_counter()
    view = session.run(context, wish.policies, wish.values)
    return Run(view, (perf_counter() - started_s) * 1000)
