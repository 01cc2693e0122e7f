"""Mutation: two neighbouring layers of a configuration are changed while that improves it.

Where no such change does, two of them are joined: limits make good configurations isolated, one
layer has to give what another one takes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.search.candidates import Candidates, least
from workbench.search.problem import Evaluation, Problem, Situation
from workbench.space.design_space import Configuration
from workbench.space.tables import FloatArray

_SHORTLIST, _PARTNERS = 32, 150
"""Changes that are joined with others, and with how many."""

_ROUNDS = 6
"""Improvements after which a mutation ends."""

_JOINABLE = 5
"""Decisions from which on two changes can be far enough apart to be joined."""

Rows = npt.NDArray[np.intp]


class Mutation:
    """All choices of two neighbouring layers ("blocks"), with what each changes in the sums."""

    def __init__(self, problem: Problem, candidates: Candidates) -> None:
        self._candidates = candidates
        sizes = problem.space.sizes
        self._joins = len(sizes) >= _JOINABLE
        # (rows, decisions + 2, predecessors, operators), zero where nothing stands: what lies
        # behind the last decision costs nothing.
        widest = max(sizes)
        self._tables = np.zeros((len(candidates.tables[0]), len(sizes) + 2, widest, widest))
        for decision, table in enumerate(candidates.tables):
            self._tables[:, decision, : table.shape[1], : table.shape[2]] = table
        # A network of one decision has a second one with a single operator.
        operators = np.array([*sizes, 1][: max(len(sizes), 2)])
        self._firsts = np.arange(len(operators) - 1)
        layer, one, two = (grid.ravel() for grid in np.indices((len(self._firsts), widest, widest)))
        real = (one < operators[layer]) & (two < operators[layer + 1])
        self._real = np.flatnonzero(real)
        self._layer = layer[real]
        self._choices = np.stack((one[real], two[real]), axis=1)

    def improve(self, situation: Situation, start: Configuration) -> Configuration:
        """What `start` becomes when nothing improves it any more."""
        judge, rows = self._candidates.judge, self._candidates.rows_needed(situation)
        current = np.array(start, dtype=np.intp)
        best = np.inf
        for round_ in range(_ROUNDS):
            base, changes = self._changes(current, rows)
            mutants = base[:, None] + changes
            evaluation = judge(situation, mutants)
            ranks = evaluation.ranks()
            if round_ == 0:
                # Changing two layers to what they are is a change too: it ranks the start.
                best = float(ranks[self._unchanged(current)])
            blocks = [int(ranks.argmin())]
            found = float(ranks[blocks[0]])
            if self._joins and not _better(found, best):
                found, blocks = self._join(situation, evaluation, mutants, changes)
            if not _better(found, best):
                break
            best = found
            for block in blocks:
                layer = int(self._layer[block])
                current[layer : layer + 2] = self._choices[block, : len(current) - layer]
        return tuple(current.tolist())

    def _join(
        self, situation: Situation, evaluation: Evaluation, mutants: FloatArray, changes: FloatArray
    ) -> tuple[float, list[int]]:
        """The rank of the best two blocks together, and which they are.

        Those that violate a little are tried too: the other one may make up for it.
        """
        near = evaluation.objective + evaluation.violation
        partners = least(near, _PARTNERS)
        shortlist = partners[least(near[partners], _SHORTLIST)]
        joined = (
            mutants.take(shortlist, axis=1)[..., None] + changes.take(partners, axis=1)[:, None]
        )
        # Blocks that share a pair table change other sums together than apart: no such sum counts.
        with np.errstate(invalid="ignore", divide="ignore"):
            ranks = self._candidates.judge(situation, joined).ranks()
        apart = np.abs(self._layer[shortlist][:, None] - self._layer[partners])
        ranks[apart <= 2] = np.inf
        row, column = divmod(int(ranks.argmin()), len(partners))
        return float(ranks[row, column]), [int(shortlist[row]), int(partners[column])]

    def _changes(self, current: Rows, rows: int) -> tuple[FloatArray, FloatArray]:
        """(rows,) sums of `current`; (rows, blocks) what each block changes."""
        tables, firsts = self._tables[:rows], self._firsts
        padded = np.concatenate(([0], current, [0, 0]))
        own = np.zeros((rows, len(current) + 2))
        here = np.arange(len(current))
        own[:, : len(current)] = tables[:, here, padded[here], current]
        before = tables[:, firsts, padded[firsts]]
        after = tables[:, firsts + 2, :, padded[firsts + 3]].transpose(1, 0, 2)
        old = own[:, firsts] + own[:, firsts + 1] + own[:, firsts + 2]
        before -= old[:, :, None]
        new = before[..., None] + tables[:, 1 : len(firsts) + 1]
        new += after[:, :, None, :]
        return own.sum(axis=1), new.reshape(rows, -1).take(self._real, axis=1)

    def _unchanged(self, current: Rows) -> int:
        """The first block that leaves `current` as it is."""
        return int(np.flatnonzero((self._choices[:, : len(current)] == current[:2]).all(axis=1))[0])


def _better(found: float, best: float) -> bool:
    """Whether `found` is more than a rounding error below `best`."""
    return found < best - 1e-12 * abs(best)
