"""How long weight evolution takes here: measured, once a configuration."""

from __future__ import annotations

import time

from workbench.core.errors import WorkbenchError
from workbench.network.evolution import Evolver
from workbench.space.description import Network
from workbench.space.design_space import Configuration


class EvolutionMeter:
    """Evolves a network's weights on this computer and keeps the times.

    What is timed is `Evolver.evolve`: slicing and folding the weights of a configuration into
    arrays that an engine runs. Layers that an earlier configuration left behind are used again,
    as they are on a device. Weights are read at the first measurement, without torch.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._evolver: Evolver | None = None
        self._readable = True
        self._taken_ms: dict[Configuration, float] = {}

    def prepare(self) -> None:
        """Read the weights now rather than at the first measurement."""
        if self._evolver is None and self._readable:
            try:
                self._evolver = Evolver.read(self._network)
            except WorkbenchError:
                # Replays run on tables alone: damaged weights must not keep them from running.
                self._readable = False

    def evolve_ms(self, configuration: Configuration) -> float | None:
        """Processor time of the first evolution; None if the weights are unusable."""
        if configuration not in self._taken_ms:
            self.prepare()
            if self._evolver is None:
                return None
            # Processor time of this thread: whatever else runs meanwhile is no part of it.
            started = time.thread_time_ns()
            self._evolver.evolve(configuration)
            self._taken_ms[configuration] = (time.thread_time_ns() - started) / 1e6
        return self._taken_ms[configuration]
