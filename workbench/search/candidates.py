"""Candidates as sums of pair tables: how searches that join parts of configurations judge them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.search.problem import LOSS, METRICS, Evaluation, Problem, Situation
from workbench.space.tables import FloatArray


class Candidates:
    """A problem's tables, metrics first, and the judgement of sums of their entries.

    Where the space was measured, losses are corrected by the number of the configuration, which
    is a sum over its layers too: there the first row of every table and sum is the number.

    Attributes:
        tables: for each decision (rows, predecessors, operators).
        metric_rows: the rows that are `METRICS`.
    """

    def __init__(self, problem: Problem) -> None:
        self._correction = problem.correction_points
        numbered = self._correction is not None
        self.metric_rows = slice(1 if numbered else 0, None)
        self.tables: list[FloatArray] = []
        for decision, table in enumerate(problem.tables.values):
            rows = np.moveaxis(table, -1, 0)
            if numbered:
                step = problem.space.radix[decision] * np.arange(rows.shape[2], dtype=float)
                rows = np.concatenate((np.broadcast_to(step, (1, *rows.shape[1:])), rows))
            self.tables.append(np.ascontiguousarray(rows))

    def rows_needed(self, situation: Situation) -> int:
        """How many of the leading rows are looked at in this situation."""
        return len(self.tables[0]) - len(METRICS) + situation.metrics_needed

    def judge(self, situation: Situation, sums: FloatArray) -> Evaluation:
        """Evaluate (rows, ...) sums; rows after the first `rows_needed` may be missing."""
        if self._correction is None:
            return situation.evaluate(sums)
        metrics = sums[self.metric_rows].copy()
        # A sum may leave the space where its parts exclude each other; callers drop it.
        metrics[LOSS] += self._correction.take(sums[0].astype(np.intp), mode="clip")
        return situation.evaluate(metrics)


def least(values: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Positions of the `count` least values, in no order; all where there are no more."""
    if count >= values.size:
        return np.arange(values.size)
    return np.argpartition(values, count, axis=None)[:count]
