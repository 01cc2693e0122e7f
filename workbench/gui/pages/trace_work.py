"""Reads and writes of the Traces page, one after the other on a worker thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from workbench.gui.bridge import JobBridge
from workbench.gui.presenters.problem import Problem
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, TerminalEvent, run_in_thread


@dataclass(frozen=True, slots=True)
class _Task:
    work: Callable[[], Any]
    on_done: Callable[[Any], None]
    name: str


class TraceWork(QObject):
    """A queue: what is started first ends first, so that writes and lists never overtake."""

    def __init__(
        self,
        bridge: JobBridge,
        on_problem: Callable[[Problem], None],
        on_idle: Callable[[], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._on_problem = on_problem
        self._on_idle = on_idle
        self._waiting: deque[_Task] = deque()
        self._running: _Task | None = None
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether something runs or waits."""
        return self._running is not None

    def start(self, work: Callable[[], Any], on_done: Callable[[Any], None], name: str) -> None:
        """Do `work` on a thread when all before it is done, then `on_done` with its result here."""
        self._waiting.append(_Task(work, on_done, name))
        if self._running is None:
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._running = None
            self._on_idle()
            return
        self._running = self._waiting.popleft()
        self._job = run_in_thread(_run, {"work": self._running.work}, name=self._running.name)
        self._bridge.watch(self._job, self._on_event, quiet=True)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if not isinstance(event, TerminalEvent):
            return
        task, self._job = self._running, None
        if isinstance(event, Done) and task is not None:
            task.on_done(event.result)
        elif isinstance(event, Failed):
            # What waits was meant for after it, and would act on what is not there.
            self._waiting.clear()
            self._on_problem(Problem.of(event))
        self._next()


def _run(_context: JobContext, work: Callable[[], Any]) -> Any:
    return work()
