"""Runs repeats as jobs and keeps what is known, so that nothing is computed twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from workbench.gui.presenters.compare_backend import CompareBackend, CompareSession
from workbench.gui.presenters.problem import Problem
from workbench.jobs import (
    Done,
    Failed,
    Job,
    JobContext,
    JobEvent,
    Partial,
    Progress,
    TerminalEvent,
    run_in_thread,
)
from workbench.services.comparing import RepeatOutcome

_KEPT = 4
"""Deployments whose outcomes are kept, so that going back to one is instant."""

Key = tuple[object, ...]


class Watch(Protocol):
    """Follows a job; see `workbench.gui.bridge.JobBridge.watch`."""

    def __call__(
        self, job: Job, on_event: Callable[[JobEvent], None] | None = None, *, quiet: bool = False
    ) -> Job: ...


class RunnerOwner(Protocol):
    """Who hears of results; called on the thread that drains job events."""

    def on_session(self, session: CompareSession) -> None: ...

    def on_outcomes(self) -> None: ...

    def on_state(self) -> None: ...

    def on_problem(self, problem: Problem) -> None: ...


@dataclass(frozen=True)
class Known:
    """A session and what was computed with it."""

    session: CompareSession
    outcomes: dict[tuple[str, int], RepeatOutcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """How far the repeats are."""

    message: str = ""
    eta_s: float | None = None


class CompareRunner:
    """At most one job at a time: a load, or the repeats that are still missing."""

    def __init__(self, backend: CompareBackend, watch: Watch, owner: RunnerOwner) -> None:
        self._backend = backend
        self._watch = watch
        self._owner = owner
        self._store: OrderedDict[Key, Known] = OrderedDict()
        self._key: Key = ()
        self._load: Job | None = None
        self._run: Job | None = None
        self._policies: tuple[str, ...] = ()
        self._repeats = 0
        self._cancelled = False
        self._again = False
        self.running: Running | None = None

    # ---- what is known -------------------------------------------------------------------------

    @property
    def known(self) -> Known | None:
        """What is loaded now."""
        return self._store.get(self._key) if self._load is None else None

    @property
    def repeats(self) -> int:
        """How often each policy is to be replayed."""
        return self._repeats

    @property
    def wanted(self) -> int:
        """How many replays there are to be."""
        return len(self._policies) * self._repeats

    @property
    def missing(self) -> list[tuple[str, int]]:
        """(policy, repeat) still to be replayed: all policies once, then again."""
        known = self.known
        if known is None:
            return []
        return [
            (policy, repeat)
            for repeat in range(self._repeats)
            for policy in self._policies
            if (policy, repeat) not in known.outcomes
        ]

    @property
    def busy(self) -> bool:
        """Whether something is loaded or replayed."""
        return self._load is not None or self._run is not None

    @property
    def stopped(self) -> bool:
        """Whether the user stopped the repeats before they were all there."""
        return self._cancelled and bool(self.missing)

    # ---- what is wanted ------------------------------------------------------------------------

    def load(self, network: str, device: str, trace: str, revisions: tuple[int, ...]) -> None:
        """Take up another deployment; what is running no longer matters."""
        self._stop()
        self._cancelled = False
        self._key = (network, device, trace, revisions)
        found = self._store.get(self._key)
        if found is not None:
            self._store.move_to_end(self._key)
            self._owner.on_session(found.session)
            return
        arguments = {
            "backend": self._backend, "network": network, "device": device, "trace": trace,
        }  # fmt: skip
        self._load = run_in_thread(_open, arguments, name=f"Load {network} on {device}")
        self._watch(self._load, self._on_load_event)

    def ask(self, policies: Sequence[str], repeats: int) -> None:
        """Want so many repeats of these policies; what is missing is replayed."""
        self._policies, self._repeats = tuple(policies), repeats
        self._cancelled = False
        if self._run is not None:
            # It stops before its next decision; what it has by then is kept.
            self._again = True
            self._run.cancel()
        else:
            self._start()

    def cancel(self) -> None:
        """Stop replaying; what is known stays."""
        self._cancelled, self._again = True, False
        if self._run is not None:
            self._run.cancel()

    def _stop(self) -> None:
        for job in (self._load, self._run):
            if job is not None:
                job.cancel()
        self._load = self._run = self.running = None
        self._again = False

    def _start(self) -> None:
        known, missing = self.known, self.missing
        if known is None or not missing:
            self._owner.on_state()
            return
        self.running = Running()
        arguments = {"session": known.session, "pairs": missing}
        self._run = run_in_thread(_run, arguments, name="Compare policies")
        self._watch(self._run, self._on_run_event)
        self._owner.on_state()

    # ---- events --------------------------------------------------------------------------------

    def _on_load_event(self, event: JobEvent) -> None:
        if self._load is None or event.job_id != self._load.id:
            return
        if isinstance(event, Done):
            self._load = None
            self._store[self._key] = Known(event.result)
            while len(self._store) > _KEPT:
                self._store.popitem(last=False)
            self._owner.on_session(event.result)
        elif isinstance(event, Failed):
            self._load = None
            self._owner.on_problem(Problem.of(event))
        elif isinstance(event, TerminalEvent):
            self._load = None
            self._owner.on_problem(Problem("Loading was cancelled."))

    def _on_run_event(self, event: JobEvent) -> None:
        if self._run is None or event.job_id != self._run.id:
            return
        if isinstance(event, Partial) and isinstance(event.record, RepeatOutcome):
            known = self.known
            if known is not None:
                known.outcomes[event.record.policy, event.record.run.run] = event.record
                self._owner.on_outcomes()
        elif isinstance(event, Progress):
            self.running = Running(event.message, event.eta_s)
            self._owner.on_state()
        elif isinstance(event, TerminalEvent):
            again, self._again = self._again, False
            self._run = self.running = None
            if isinstance(event, Failed):
                self._cancelled = True
                self._owner.on_problem(Problem.of(event))
            elif again:
                self._start()
                return
            elif not isinstance(event, Done):
                self._cancelled = True
            self._owner.on_state()


def _open(
    context: JobContext, backend: CompareBackend, network: str, device: str, trace: str
) -> CompareSession:
    context.progress(None, "reading")
    session = backend.open(network, device, trace)
    context.check_cancelled()
    # Worked out here, so that the page finds it ready.
    _ = session.held
    return session


def _run(context: JobContext, session: CompareSession, pairs: list[tuple[str, int]]) -> None:
    session.run(context, pairs)
