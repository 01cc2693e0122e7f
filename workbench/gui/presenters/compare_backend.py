"""What the Compare page asks of the services; a test can stand in for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from workbench.core.provenance import Source
from workbench.export.replay_report import Cloud
from workbench.jobs import JobContext


class CompareSession(Protocol):
    """A network, a device profile and a trace, ready to be replayed."""

    @property
    def subtitle(self) -> str:
        """Network, device and trace for people."""
        ...

    @property
    def repeats_story(self) -> str:
        """What differs between repeats, in a sentence."""
        ...

    @property
    def policies(self) -> tuple[str, ...]:
        """All policies that can run here."""
        ...

    @property
    def sources(self) -> Mapping[str, Source]:
        """Where figures come from: ``accuracy``, ``latency``, ``energy``, ``computer``."""
        ...

    @property
    def held(self) -> Cloud | None:
        """Every configuration held throughout. The first call works it out: on a worker thread."""
        ...

    def operators_of(self, index: int) -> tuple[str, ...]:
        """Operators of a configuration of `held`."""
        ...

    def run(self, context: JobContext, pairs: Sequence[tuple[str, int]]) -> None:
        """Publish a `RepeatOutcome` for each (policy, repeat). Called on a worker thread."""
        ...


class CompareBackend(Protocol):
    """Makes sessions."""

    def open(self, network: str, device: str, trace: str) -> CompareSession:
        """Load everything. Called on a worker thread.

        Raises:
            WorkbenchError: when something cannot be read.
        """
        ...
