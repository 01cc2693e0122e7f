"""Continuations: for many preferences between the metrics, the best of all rests of a network.

A preference weighs the metrics. All are sums over adjacent layer pairs, so its best
configuration, and the best rest of the network behind each operator of each layer, are shortest
paths: dynamic programming finds them once. A search then only chooses among them and joins them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.search.candidates import Candidates
from workbench.search.problem import LATENCY, LOSS, MACS, METRICS, PARAM, STORAGE, Problem
from workbench.space.design_space import Configuration
from workbench.space.tables import FloatArray

_STEPS, _INTENSITY_STEPS = 48, 5
"""Weights of each metric against loss, over three decades and over two."""


class Continuations:
    """What each preference prefers, in tables of `Candidates`' rows.

    A "place" is one operator of one decision, counted decision by decision. What kind i prefers
    before a place's decision, the place itself, and what kind j prefers behind it are a complete
    configuration with the sums ``extended[:, i, place] + rest[:, j, place]``.

    Args:
        weights: (preferences, METRICS) of the metrics, in their units.

    Attributes:
        whole: (rows, kinds) sums of the configuration that each kind prefers; kinds that
            prefer the same one are one.
        extended: (rows, kinds, places) sums up to and with the place.
        rest: (rows, kinds, places) sums behind the place.
    """

    def __init__(self, problem: Problem, candidates: Candidates, weights: FloatArray) -> None:
        sizes = problem.space.sizes
        tables = candidates.tables
        following = _preferred(candidates, weights)
        kinds = _distinct(following)
        self._following = [choices[kinds] for choices in following]
        self._configurations = _paths(self._following)
        self._decision = np.repeat(np.arange(len(sizes)), sizes)
        self._first_place = np.concatenate(([0], np.cumsum(sizes)[:-1]))

        shape = (len(tables[0]), len(kinds), sum(sizes))
        self.extended, self.rest = np.zeros(shape), np.zeros(shape)
        kind = np.arange(len(kinds))
        so_far = np.zeros(shape[:2])
        previous = np.zeros(len(kinds), dtype=np.intp)
        for decision, table in enumerate(tables):
            here = self._places(decision, sizes[decision])
            self.extended[..., here] = so_far[..., None] + table[:, previous]
            previous = self._configurations[:, decision].astype(np.intp)
            so_far = self.extended[:, kind, self._first_place[decision] + previous]
        self.whole = so_far
        for decision in range(len(sizes) - 1, 0, -1):
            choice = self._following[decision]
            before = self._places(decision - 1, sizes[decision - 1])
            behind = self.rest[:, kind[:, None], self._first_place[decision] + choice]
            pair = tables[decision][:, np.arange(sizes[decision - 1]), choice]
            self.rest[..., before] = pair + behind

    def _places(self, decision: int, size: int) -> slice:
        first = int(self._first_place[decision])
        return slice(first, first + size)

    def join(self, before: int, place: int, behind: int) -> Configuration:
        """What kind `before` prefers, the place, and what kind `behind` prefers after it."""
        decision = int(self._decision[place])
        choice = place - int(self._first_place[decision])
        choices = [*self._configurations[before, :decision].tolist(), choice]
        for following in self._following[decision + 1 :]:
            choice = int(following[behind, choice])
            choices.append(choice)
        return tuple(choices)


def additive_preferences(problem: Problem) -> FloatArray:
    """(preferences, METRICS) weights of loss, latency and storage: what is limited or minimised.

    They are unit-free: loss is scaled to 5 points, latency and storage to the backbone's.
    """
    steps = np.concatenate(([0.0], np.geomspace(0.02, 20, _STEPS)))
    latency, storage = (grid.ravel() for grid in np.meshgrid(steps, steps))
    with_loss = np.stack((np.ones(len(latency)), latency, storage), axis=1)
    without_loss = [(0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 1.0)]
    backbone = problem.backbone_metrics
    weights = np.zeros((len(with_loss) + len(without_loss), len(METRICS)))
    weights[:, [LOSS, LATENCY, STORAGE]] = np.concatenate((with_loss, without_loss))
    weights /= np.array([5.0, *backbone[LATENCY:]])
    return weights


def intensity_preferences(problem: Problem) -> FloatArray:
    """(preferences, METRICS) the same where arithmetic intensity is maximised.

    ln C/Sp and ln C/Sa, linearised, reward multiply-accumulates and cost the bytes of each kind.
    """
    steps = np.concatenate(([0.0], np.geomspace(0.1, 10, _INTENSITY_STEPS)))
    latency, macs, param, activation = (
        grid.ravel() for grid in np.meshgrid(steps, steps, steps, steps)
    )
    backbone = problem.backbone_metrics
    activation /= backbone[STORAGE] - backbone[PARAM]
    weights = np.zeros((len(macs), len(METRICS)))
    weights[:, LOSS] = 1 / 5.0
    weights[:, LATENCY] = latency / backbone[LATENCY]
    weights[:, STORAGE] = activation  # storage is both kinds of bytes
    weights[:, MACS] = -macs / backbone[MACS]
    weights[:, PARAM] = param / backbone[PARAM] - activation
    return weights


def _preferred(candidates: Candidates, weights: FloatArray) -> list[npt.NDArray[np.intp]]:
    """For each decision (preferences, predecessors) the operator behind each predecessor."""
    following = []
    cost = np.zeros((len(weights), candidates.tables[-1].shape[2]))
    for table in reversed(candidates.tables):
        metrics = table[candidates.metric_rows]
        pairs = (weights @ metrics.reshape(len(metrics), -1)).reshape(-1, *metrics.shape[1:])
        pairs += cost[:, None]
        choice = pairs.argmin(axis=2)
        cost = np.take_along_axis(pairs, choice[..., None], axis=2)[..., 0]
        following.append(choice)
    return following[::-1]


def _paths(following: list[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    """(preferences, decisions) the configuration that each preference chooses."""
    kind = np.arange(len(following[0]))
    choice = np.zeros(len(kind), dtype=np.intp)
    path = []
    for choices in following:
        choice = choices[kind, choice]
        path.append(choice)
    return np.stack(path, axis=1)


def _distinct(following: list[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    """The first preference for each configuration that any of them chooses."""
    _, first = np.unique(_paths(following), axis=0, return_index=True)
    return np.sort(first)
