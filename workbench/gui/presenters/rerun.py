"""Re-running while a slider moves: at most one run at a time, and the latest wish wins."""

from __future__ import annotations

from typing import Generic, TypeVar

Wish = TypeVar("Wish")


class LatestWins(Generic[Wish]):
    """Decides what to run next. Wishes that come while a run is on replace one another."""

    def __init__(self) -> None:
        self._running: Wish | None = None
        self._waiting: Wish | None = None

    @property
    def busy(self) -> bool:
        """Whether a run is on."""
        return self._running is not None

    @property
    def waiting(self) -> bool:
        """Whether a newer wish waits, so that the result of the running one is already old."""
        return self._waiting is not None

    def ask(self, wish: Wish) -> Wish | None:
        """Note a wish; returns it if it can start now, else None."""
        if self._running is not None:
            self._waiting = wish
            return None
        self._running = wish
        return wish

    def finish(self) -> Wish | None:
        """The run ended; returns what to run next, or None."""
        self._running, self._waiting = self._waiting, None
        return self._running

    def reset(self) -> None:
        """Forget everything: what was running no longer matters."""
        self._running = self._waiting = None
