"""Where a study's cells are computed: behind `concurrent.futures`' interface, whatever is there.

Processes on this computer, or the workers of a Dask cluster. Both are executors; what differs is
how one is made anew after its workers died, and how running cells are asked to stop.
"""

from __future__ import annotations

import concurrent.futures as cf
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit
from weakref import WeakSet

from workbench.core.errors import SettingsError, WorkbenchError

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

T = TypeVar("T")

_CONNECT_S = 10
_ORPHANED_EXIT_CODE = 70

_stop_event: Event | None = None
"""In a worker process: set when the study was cancelled."""


class CellStopped(WorkbenchError):
    """Unwinds a cell in a worker after its study was cancelled."""


@dataclass
class Workers:
    """An executor that can be made anew; use it as a context manager.

    Attributes:
        make: makes an executor.
        count: cells to compute at a time.
        where: for the log, such as "2 processes".
        same_files: whether the workers see the files of this computer.
        ask_to_stop: asks the cells that run to end early.
        complaint: why cells cannot be computed just now; empty while they can.
        close: called at the end.
    """

    make: Callable[[], cf.Executor]
    count: int
    where: str
    same_files: bool = True
    ask_to_stop: Callable[[], None] = lambda: None
    complaint: Callable[[], str] = lambda: ""
    close: ExitStack = field(default_factory=ExitStack)
    _executor: cf.Executor | None = None
    _futures: WeakSet[cf.Future[Any]] = field(default_factory=WeakSet)

    def submit(self, function: Callable[..., T], *arguments: Any) -> cf.Future[T]:
        """Hand a call to the executor.

        Raises:
            BrokenExecutor: when its workers died; call `restart`.
        """
        if self._executor is None:
            self._executor = self.make()
        future = self._executor.submit(function, *arguments)
        self._futures.add(future)
        return future

    def restart(self) -> None:
        """Give the executor and what it still has up; the next call makes a new one."""
        executor, self._executor = self._executor, None
        if executor is not None:
            for future in list(self._futures):
                future.cancel()
            executor.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is not None:
                self.ask_to_stop()
            self.restart()
        finally:
            self.close.close()


def default_count() -> int:
    """One worker a processor that this process may use."""
    return max(1, len(os.sched_getaffinity(0)))


def process_workers(count: int | None = None) -> Workers:
    """Spawned processes on this computer; they end with this process, however it ends.

    Args:
        count: how many; by default one a processor.
    """
    # Loaded when a study starts: the window opens without multiprocessing.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    number = count or default_count()
    return Workers(
        make=lambda: ProcessPoolExecutor(
            number, mp_context=spawn, initializer=_prepare_process, initargs=(stop,)
        ),
        count=number,
        where=f"{number} process{'es' if number > 1 else ''} on this computer",
        ask_to_stop=stop.set,
    )


def dask_workers(address: str) -> Workers:
    """The workers of a running Dask cluster, such as ``tcp://host:8786``.

    Every worker needs this program and the same networks, profiles and traces under the same names;
    a worker that has others refuses its cells. Dask itself gives a cell of a dead worker to
    another one.

    Raises:
        SettingsError: when Dask is not installed or nothing answers there.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise SettingsError(
            "Dask is not installed.",
            "Install it with: pip install 'adaspring-workbench[cluster]'",
        ) from error
    try:
        _knock(address)
        connect: Callable[..., Any] = Client  # its own types are incomplete
        client = connect(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise SettingsError(
            f"No Dask scheduler answers at {address}.",
            "Start one with `dask scheduler`, workers with `dask worker ADDRESS`, and name its"
            " address, such as tcp://host:8786.",
            repr(error),
        ) from error
    close = ExitStack()
    close.callback(client.close)
    threads = sum(client.nthreads().values())

    def complaint() -> str:
        return "" if client.nthreads() else f"The Dask cluster at {address} has no workers."

    return Workers(
        # Each cell is computed once, also when it looks like one computed before.
        make=lambda: client.get_executor(pure=False),
        count=max(1, threads),
        where=f"{threads} Dask worker threads at {address}",
        same_files=False,
        complaint=complaint,
        close=close,
    )


def _knock(address: str) -> None:
    """Raise OSError or ValueError where nobody listens: Dask's client would go on trying."""
    place = urlsplit(address)
    if place.scheme not in ("tcp", "tls") or not place.hostname or not place.port:
        raise ValueError(f"{address!r} is not of the form tcp://host:port")
    socket.create_connection((place.hostname, place.port), _CONNECT_S).close()


def check_stopped() -> None:
    """Called between a cell's decisions.

    Raises:
        CellStopped: when the study was cancelled.
    """
    if _stop_event is not None and _stop_event.is_set():
        raise CellStopped("The study was cancelled.")


def _prepare_process(stop: Event) -> None:
    """Runs first in every worker process."""
    import multiprocessing
    import signal
    import threading

    global _stop_event
    _stop_event = stop
    # Ctrl+C in a terminal reaches the whole group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        # A killed parent leaves the pool's pipes open, so that a worker would wait for ever.
        parent.join()
        os._exit(_ORPHANED_EXIT_CODE)

    threading.Thread(target=end_with_parent, name="parent-watch", daemon=True).start()
