"""What the Compare page asks of the services; a test can stand in for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from workbench.core.provenance import Source
from workbench.export.replay_report import Cloud
from workbench.gui.presenters.replay_view import Knob
from workbench.jobs import JobContext
from workbench.replay.difference import Comparison


@dataclass(frozen=True, slots=True)
class Contender:
    """One of two runs: a policy, and slider values that are not at their defaults.

    Attributes:
        folder: of the saved replay that it is from; empty for one to be replayed.
    """

    policy: str
    values: tuple[tuple[str, float], ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Differing:
    """Where two runs differ.

    Attributes:
        origin_s: time of day at t = 0, in seconds.
        about: network, device and trace for people; both where saved runs are of others.
    """

    first: Contender
    second: Contender
    comparison: Comparison
    origin_s: float
    about: str


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

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The settings that two runs may differ in."""
        ...

    def difference(self, context: JobContext, first: Contender, second: Contender) -> Differing:
        """Replay both over the same arrivals and say where they differ. Called on a worker."""
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
