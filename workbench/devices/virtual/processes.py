"""Processes of the simulated phone: shells, background jobs, programs and the usual ones."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from workbench.devices.virtual.clock import Clock

PROCESS_LIMIT = 256

_DEBT_LIMIT_S = 0.01
"""Work is paid for in pieces of this length: a short command does not wait at all."""


@dataclass(slots=True)
class Process:
    """One process.

    Attributes:
        command: its command line.
        user: name of its owner.
        started_s: when it started, by the phone's clock.
        cpu_s: processor time that it took so far.
        killed_by: the signal that ended it; 0 while none did.
    """

    pid: int
    parent: int
    command: str
    user: str
    started_s: float
    clock: Clock
    on_work: Callable[[float], None]
    cpu_s: float = 0.0
    killed_by: int = 0
    task: asyncio.Task[int] | None = None
    on_kill: Callable[[int], None] | None = None
    resident_kib: int = 3000
    _debt_s: float = field(default=0.0, repr=False)

    @property
    def name(self) -> str:
        """Name of the program, without folder and arguments."""
        return self.command.split(" ", 1)[0].rsplit("/", 1)[-1]

    async def spend(self, cpu_s: float) -> None:
        """Be busy for so much processor time; the phone's battery pays for it."""
        self.cpu_s += cpu_s
        self.on_work(cpu_s)
        self._debt_s += cpu_s
        if self._debt_s >= _DEBT_LIMIT_S:
            debt_s, self._debt_s = self._debt_s, 0.0
            await self.clock.sleep(debt_s)


class ProcessTable:
    """All processes by number.

    Args:
        on_work: told the processor time (s) of every piece of work.
    """

    def __init__(self, clock: Clock, on_work: Callable[[float], None]) -> None:
        self._clock = clock
        self._on_work = on_work
        self._numbers = itertools.count(2201)
        self.last_pid = 2200
        self._running: dict[int, Process] = {}
        self._resident: dict[int, Process] = {}

    def add_resident(self, pid: int, command: str, user: str, resident_kib: int) -> Process:
        """Add a process that is always there and does nothing by itself."""
        process = self._make(pid, 1 if pid != 1 else 0, command, user)
        process.resident_kib = resident_kib
        self._resident[pid] = process
        return process

    def next_pid(self) -> int:
        """A number that no process had so far."""
        self.last_pid = next(self._numbers)
        return self.last_pid

    def start(self, command: str, parent: int = 1) -> Process:
        """Add a process of the shell user.

        Raises:
            BlockingIOError: when there are too many.
        """
        if len(self._running) >= PROCESS_LIMIT:
            raise BlockingIOError(11, "Try again")
        process = self._make(self.next_pid(), parent, command, "shell")
        self._running[process.pid] = process
        return process

    def end(self, process: Process) -> None:
        """Take a process out of the table."""
        self._running.pop(process.pid, None)

    def run(self, process: Process, work: Coroutine[None, None, int]) -> asyncio.Task[int]:
        """Run a coroutine as a process of its own, in the background."""
        task = asyncio.create_task(work)
        process.task = task
        task.add_done_callback(lambda done: self._on_done(process, done))
        return task

    def _on_done(self, process: Process, task: asyncio.Task[int]) -> None:
        self.end(process)
        if not task.cancelled():
            task.exception()  # looked at: nobody else may wait for it

    def all(self) -> list[Process]:
        """All processes, by number."""
        found = {**self._resident, **self._running}
        return [found[pid] for pid in sorted(found)]

    def find(self, pid: int) -> Process | None:
        """The process of this number."""
        return self._running.get(pid) or self._resident.get(pid)

    def kill(self, pid: int, signal: int) -> bool:
        """Signal a process of the shell user; False when that is not allowed."""
        process = self._running.get(pid)
        if process is None:
            return False
        if signal == 0:
            return True
        process.killed_by = signal
        if process.on_kill is not None:
            process.on_kill(signal)
        elif process.task is not None:
            process.task.cancel()
        return True

    async def end_all(self) -> None:
        """End everything that was started."""
        tasks = [process.task for process in self._running.values() if process.task is not None]
        for process in tuple(self._running.values()):
            self.kill(process.pid, 9)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()

    def _make(self, pid: int, parent: int, command: str, user: str) -> Process:
        return Process(pid, parent, command, user, self._clock.now_s(), self._clock, self._on_work)
