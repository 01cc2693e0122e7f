"""Adjacent operator pairs that compute the same, so that a measurement of one serves all.

What a layer computes depends on its operator and on how many channels come in, not on which
predecessor left them: pairs with equal input width are one class.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.space.design_space import ConfigArray, DesignSpace
from workbench.space.tables import FloatArray, PairTables


class PairClasses:
    """Numbers the pair classes of a design space.

    Attributes:
        decisions: (classes,) the decision each class belongs to.
        choices: (classes,) its operator's index in that decision's set.
        operators: for each class the operator's name.
        count: number of classes.
    """

    def __init__(self, space: DesignSpace) -> None:
        self.space = space
        self._tables: list[npt.NDArray[np.intp]] = []
        decisions: list[int] = []
        choices: list[int] = []
        for decision, size in enumerate(space.sizes):
            table = np.zeros((space.predecessors(decision), size), dtype=np.intp)
            first_of_width: dict[int, int] = {}
            for previous in range(table.shape[0]):
                width = space.in_channels(decision, previous)
                if width not in first_of_width:
                    first_of_width[width] = len(decisions)
                    decisions += [decision] * size
                    choices += range(size)
                table[previous] = first_of_width[width] + np.arange(size)
            self._tables.append(table)
        self.decisions = np.array(decisions)
        self.choices = np.array(choices)
        self.operators = tuple(
            space.operators[decision][choice] for decision, choice in zip(decisions, choices)
        )
        self.count = len(decisions)

    def matrix(self, configurations: ConfigArray) -> FloatArray:
        """(n, classes) 1 where a configuration holds a class, else 0."""
        rows = np.zeros((len(configurations), self.count))
        every = np.arange(len(configurations))
        previous = np.zeros(len(configurations), dtype=np.intp)
        for decision, table in enumerate(self._tables):
            choice = configurations[:, decision].astype(np.intp)
            rows[every, table[previous, choice]] = 1.0
            previous = choice
        return rows

    def of_tables(self, tables: PairTables, metric: str) -> FloatArray:
        """(classes,) values of one metric."""
        values = np.zeros(self.count)
        for table, numbers in zip(tables.column(metric), self._tables, strict=True):
            values[numbers] = table
        return values

    def to_tables(self, values: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.generic], ...]:
        """For each decision the (predecessors, operators) table of (classes,) values."""
        return tuple(values[numbers] for numbers in self._tables)

    def prior_covariance(
        self, common: float = 0.3, operator: float = 0.3, layer: float = 0.2, pair: float = 0.1
    ) -> FloatArray:
        """(classes, classes) what is believed of a model's relative errors before measuring.

        The errors of two classes go together: all of them somewhat, more where they share the
        operator, still more where also the layer. The arguments are standard deviations.
        """
        names = np.array(self.operators)
        same_operator = names[:, None] == names[None, :]
        same_layer = same_operator & (self.decisions[:, None] == self.decisions[None, :])
        return (
            common**2
            + operator**2 * same_operator
            + layer**2 * same_layer
            + pair**2 * np.eye(self.count)
        )
