"""How long weight evolution takes on this computer, into a torch network that runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from workbench.network.evolution import Evolver
from workbench.network.running import TorchNetwork
from workbench.space.description import Network
from workbench.space.design_space import Configuration

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EvolutionTimes:
    """(rounds,) wall times in ms: choosing, making the network, its first inference."""

    search_ms: Times
    evolve_ms: Times
    first_inference_ms: Times


def time_evolutions(
    network: Network, choose: Callable[[int], Configuration], rounds: int
) -> EvolutionTimes:
    """Choose a configuration and evolve into it, `rounds` times, one thread.

    Args:
        choose: the search; takes the number of the round.
    """
    torch.set_num_threads(1)
    evolver = Evolver.read(network)
    image = torch.zeros((1, *network.space.backbone.input_shape))
    times = np.zeros((rounds, 3))
    for number in range(rounds):
        started = time.perf_counter_ns()
        configuration = choose(number)
        searched = time.perf_counter_ns()
        running = TorchNetwork(evolver.evolve(configuration))
        evolved = time.perf_counter_ns()
        running(image)
        times[number] = np.diff([started, searched, evolved, time.perf_counter_ns()])
    times /= 1e6
    return EvolutionTimes(times[:, 0], times[:, 1], times[:, 2])
