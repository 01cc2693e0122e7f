"""The optimum of spaces too large to enumerate: label setting with Lagrangian bounds.

Loss X, latency T and storage S are sums over adjacent layer pairs, so a configuration is a path
and the optimum a resource-constrained shortest path. Its objective contains ln T, which is
concave; the range of T is cut into narrow intervals [a, b], and on each the chord of the logarithm
is a linear lower bound. Then, for each interval:

1. A Lagrangian dual (subgradient steps of Polyak's length, all intervals at once) gives
   multipliers of the three limits and a proven lower bound.
2. Labels (partial paths) are extended layer by layer; one whose cost so far plus the Lagrangian
   cost of the best rest cannot beat the best configuration known is dropped, as is one that is
   dominated or cannot meet a limit any more. Complete labels are judged by the true objective.

If more labels live than `max_labels`, the least promising are given up and the least of their
lower bounds is the proven bound returned, called a bound.

Sources: label setting - Irnich and Desaulniers, "Shortest path problems with resource constraints"
(2005); step length - Polyak (1969).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.errors import SettingsError
from workbench.search.exact import Reference, median_of_feasible
from workbench.search.problem import LATENCY, LOSS, STORAGE, Problem, Situation
from workbench.search.runtime3c import Runtime3C
from workbench.space.design_space import Configuration
from workbench.space.tables import FloatArray

_INTERVAL_RATIO = 1.08
_DUAL_STEPS = 60
_TOLERANCE = 1e-9
_PAIRWISE = 2000
"""Dominance is checked pair by pair among this many labels at most."""


@dataclass(frozen=True, slots=True)
class _Labels:
    """Partial paths: (n,) sums of loss, latency, storage and Lagrangian cost, last operator.

    `choices` is (n, decisions so far).
    """

    loss: FloatArray
    latency: FloatArray
    storage: FloatArray
    cost: FloatArray
    last: npt.NDArray[np.intp]
    choices: npt.NDArray[np.uint8]

    def take(self, rows: npt.NDArray[np.intp]) -> _Labels:
        """The labels of these rows."""
        return _Labels(
            self.loss[rows], self.latency[rows], self.storage[rows],
            self.cost[rows], self.last[rows], self.choices[rows],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a situation allows, in the tables' units, and the objective's linear parts."""

    loss: float
    latency: float
    storage: float
    loss_weight: float
    log_weight: float
    log_zero: float

    def objective(self, loss: FloatArray, latency: FloatArray) -> FloatArray:
        """True objective of feasible paths."""
        return self.loss_weight * loss + self.log_weight * (np.log(latency) - self.log_zero)


class LabelSetting:
    """Exact search on a large space, prepared once for a problem.

    Args:
        max_labels: labels kept a layer and interval; beyond that the result is a bound.
    """

    def __init__(self, problem: Problem, max_labels: int = 20_000) -> None:
        self._problem = problem
        self._max_labels = max_labels
        self._searcher = Runtime3C(problem, followed=24)
        values = problem.tables.values
        self._loss = [np.ascontiguousarray(table[..., LOSS]) for table in values]
        self._latency = [np.ascontiguousarray(table[..., LATENCY]) for table in values]
        self._storage = [np.ascontiguousarray(table[..., STORAGE]) for table in values]
        self._rest = {
            name: _suffix_minimum(tables)
            for name, tables in (
                ("loss", self._loss), ("latency", self._latency), ("storage", self._storage)
            )
        }  # fmt: skip

    def reference(self, situation: Situation, rng: np.random.Generator) -> Reference:
        """The optimum or a proven bound, with the median of random feasible configurations.

        Raises:
            SettingsError: when efficiency is arithmetic intensity, a ratio of sums that has no
                chord bound.
        """
        if situation.objective.efficiency == "intensity":
            raise SettingsError(
                "On a space this large the optimum is not known for arithmetic intensity.",
                "Choose energy or latency as efficiency.",
            )
        best = self._searcher.search(situation)
        start = situation.outcome(best)
        objective = start.objective if start.feasible else math.inf
        limits = _limits(situation)
        lower = objective
        intervals = self._intervals(limits)
        if intervals is not None:
            best, objective, lower = self._solve(limits, *intervals, best, objective)
        known = objective < math.inf
        return Reference(
            configuration=best,
            objective=lower if known else None,
            median_objective=median_of_feasible(situation, best, rng) if known else None,
            is_bound=known and lower < objective - _TOLERANCE,
            feasible_count=None,
        )

    def _intervals(self, limits: _Limits) -> tuple[FloatArray, FloatArray] | None:
        """Lower and upper ends of the latency intervals; None when nothing is quick enough."""
        least = self._rest["latency"][0][0]
        most = -_suffix_minimum([-table for table in self._latency])[0][0]
        if least > limits.latency:
            return None
        most = max(min(most, limits.latency), least * (1 + _TOLERANCE))
        count = max(1, math.ceil(math.log(most / least) / math.log(_INTERVAL_RATIO)))
        edges = np.geomspace(least * (1 - _TOLERANCE), most, count + 1)
        return edges[:-1], edges[1:]

    def _solve(
        self,
        limits: _Limits,
        low: FloatArray,
        high: FloatArray,
        best: Configuration,
        objective: float,
    ) -> tuple[Configuration, float, float]:
        """(best configuration, its objective, proven lower bound)."""
        slope = limits.log_weight * np.log(high / low) / (high - low)
        constant = limits.log_weight * (np.log(low) - limits.log_zero) - slope * low
        bounds, multipliers = self._dual(limits, high, slope, constant, objective)
        proven = math.inf
        for interval in np.argsort(bounds):
            if bounds[interval] >= objective - _TOLERANCE:
                break
            loss_price, latency_price, storage_price = multipliers[:, interval]
            weights = (
                limits.loss_weight + loss_price / limits.loss,
                slope[interval] + latency_price / high[interval],
                storage_price / max(limits.storage, 1.0),
            )
            offset = float(constant[interval] - multipliers[:, interval].sum())
            found, given_up = self._extend(limits, high[interval], weights, offset, objective)
            proven = min(proven, given_up)
            if len(found.loss):
                objectives = limits.objective(found.loss, found.latency)
                row = int(objectives.argmin())
                if objectives[row] < objective:
                    objective = float(objectives[row])
                    best = tuple(found.choices[row].tolist())
        return best, objective, min(objective, proven)

    def _dual(
        self,
        limits: _Limits,
        high: FloatArray,
        slope: FloatArray,
        constant: FloatArray,
        objective: float,
    ) -> tuple[FloatArray, FloatArray]:
        """(intervals,) proven bounds and (3, intervals) the multipliers that prove them."""
        prices = np.zeros((3, len(high)))
        best = np.full(len(high), -np.inf)
        best_prices = prices.copy()
        storage_limit = max(limits.storage, 1.0)
        for step in range(_DUAL_STEPS):
            value, loss, latency, storage = self._cheapest(
                limits.loss_weight + prices[0] / limits.loss,
                slope + prices[1] / high,
                prices[2] / storage_limit,
            )
            bound = value + constant - prices.sum(axis=0)
            better = bound > best
            best[better] = bound[better]
            best_prices[:, better] = prices[:, better]
            excess = np.stack(
                (loss / limits.loss - 1, latency / high - 1, storage / storage_limit - 1)
            )
            # Without a feasible configuration there is no target; any positive one converges.
            target = objective if objective < math.inf else best.max() + 1.0
            length = np.maximum(target - bound, 1e-4) / ((excess**2).sum(axis=0) + 1e-12)
            prices = np.maximum(0.0, prices + 1.2 * 0.95**step * length * excess)
        return best, best_prices

    def _cheapest(
        self, loss_weight: FloatArray, latency_weight: FloatArray, storage_weight: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Cheapest path for each row of weights: its cost, loss, latency and storage."""
        count = len(loss_weight)
        weights = [
            weight[:, None, None] for weight in (loss_weight, latency_weight, storage_weight)
        ]
        row = np.arange(count)[:, None]
        last = self._problem.space.sizes[-1]
        value = loss = latency = storage = np.zeros((count, last))
        for tables in zip(reversed(self._loss), reversed(self._latency), reversed(self._storage)):
            cost = sum(
                (weight * table for weight, table in zip(weights, tables)), value[:, None, :]
            )
            choice = cost.argmin(axis=2)
            before = np.arange(choice.shape[1])[None, :]
            value = cost[row, before, choice]
            loss = tables[0][before, choice] + loss[row, choice]
            latency = tables[1][before, choice] + latency[row, choice]
            storage = tables[2][before, choice] + storage[row, choice]
        return value[:, 0], loss[:, 0], latency[:, 0], storage[:, 0]

    def _extend(
        self,
        limits: _Limits,
        high: float,
        weights: tuple[float, float, float],
        offset: float,
        objective: float,
    ) -> tuple[_Labels, float]:
        """Complete paths of one interval that may beat `objective`; least bound given up."""
        costs = [
            weights[0] * loss + weights[1] * latency + weights[2] * storage
            for loss, latency, storage in zip(self._loss, self._latency, self._storage)
        ]
        rest = _suffix_minimum(costs)
        zero = np.zeros(1)
        labels = _Labels(
            zero, zero, zero, zero, np.zeros(1, dtype=np.intp), np.zeros((1, 0), dtype=np.uint8)
        )
        given_up = math.inf
        slack = 1 + 1e-12
        for decision, cost in enumerate(costs):
            last = labels.last
            loss = labels.loss[:, None] + self._loss[decision][last]
            latency = labels.latency[:, None] + self._latency[decision][last]
            storage = labels.storage[:, None] + self._storage[decision][last]
            total = labels.cost[:, None] + cost[last]
            after = decision + 1
            keep = total + rest[after] + offset < objective - _TOLERANCE
            keep &= latency + self._rest["latency"][after] <= high * slack
            keep &= storage + self._rest["storage"][after] <= limits.storage * slack
            keep &= loss + self._rest["loss"][after] <= limits.loss * slack
            row, choice = np.nonzero(keep)
            labels = _Labels(
                loss[keep], latency[keep], storage[keep], total[keep], choice,
                np.concatenate(
                    (labels.choices[row], choice[:, None].astype(np.uint8)), axis=1
                ),
            )  # fmt: skip
            if len(row) > self._max_labels:
                promise = labels.cost + rest[after][choice]
                order = np.argpartition(promise, self._max_labels)
                given_up = min(given_up, float(promise[order[self._max_labels :]].min()) + offset)
                labels = labels.take(order[: self._max_labels])
            labels = _undominated(labels)
            if not len(labels.loss):
                break
        return labels, given_up


def _suffix_minimum(tables: list[FloatArray]) -> list[FloatArray]:
    """For each decision the least cost of it and all after it, by the operator before.

    The list has one entry more than `tables`: nothing is left, at no cost.
    """
    minimum = [np.zeros(tables[-1].shape[1])]
    for table in reversed(tables):
        minimum.append((table + minimum[-1]).min(axis=1))
    return minimum[::-1]


def _undominated(labels: _Labels) -> _Labels:
    """Labels that no other one with the same last operator equals or beats in everything."""
    kept = []
    for choice in np.unique(labels.last):
        rows = np.flatnonzero(labels.last == choice)
        rows = rows[np.lexsort((labels.storage[rows], labels.latency[rows], labels.loss[rows]))]
        if 1 < len(rows) <= _PAIRWISE:
            latency, storage = labels.latency[rows], labels.storage[rows]
            beaten = (latency[:, None] <= latency) & (storage[:, None] <= storage)
            # Rows are sorted by loss: only an earlier one can beat a later one.
            rows = rows[~np.triu(beaten, 1).any(axis=0)]
        kept.append(rows)
    return labels.take(np.concatenate(kept)) if kept else labels


def _limits(situation: Situation) -> _Limits:
    context, objective = situation.context, situation.objective
    lambda1, lambda2 = situation.lambdas
    return _Limits(
        loss=objective.loss_limit_points,
        latency=context.latency_budget_ms * context.cpu_share * context.frequency_ratio,
        storage=context.free_cache_bytes,
        loss_weight=lambda1 / objective.loss_limit_points,
        log_weight=lambda2,
        log_zero=situation.backbone_log + math.log(context.frequency_ratio),
    )
