"""Runtime3C: the fast searcher that runs while the application runs.

Layer by layer, every survivor inherits its prefix and is extended by each operator of the layer;
the layers still open take their most promising continuations, so that every candidate is a
complete configuration and is judged as one. Dominated candidates are dropped, the best few by
feasibility first and objective next survive, and the winner is mutated until no single change
improves it. Prefixes carry their progressive shortest code (`DesignSpace.encode`), a number that
equal prefixes share.

Source: AdaSpring (Liu et al., IMWUT 2021) for the layer-wise search with inheritance, mutation,
Pareto decisions and progressive shortest encoding. The precomputed continuations are this
project's: for a handful of preferences between accuracy, latency and storage, the best suffix
behind each operator is found once by dynamic programming, so one vectorised step evaluates all
candidates of a layer from tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.search.problem import (
    LATENCY,
    LOSS,
    METRICS,
    STORAGE,
    Evaluation,
    Problem,
    Situation,
)
from workbench.space.design_space import Configuration
from workbench.space.tables import FloatArray

_INFEASIBLE = 1e9
"""Added to the violation of an infeasible candidate, so that feasible ones always rank first."""

_ENUMERATE = 128
"""When the layers still open have no more configurations than this, all of them are tried."""

_FOLLOWED, _FOLLOWED_WHEN_TIGHT = 12, 32
"""Continuations that a search follows, chosen for its context."""

_STARTS_WHEN_TIGHT = 8
"""Candidates that are mutated there, instead of the best one alone."""

_TIGHT = 0.1
"""A context is tight when fewer of the continuations than this share are feasible."""

_SHORTLIST, _PARTNERS = 48, 200
"""Changes of two neighbouring layers that are joined with others, and with how many."""


def _preferences() -> FloatArray:
    """(K, 3) weights of loss, latency and storage in a continuation, over six decades."""
    steps = np.concatenate(([0.0], np.geomspace(0.02, 20, 16)))
    weights = [(1.0, latency, storage) for storage in steps for latency in steps]
    return np.array([*weights, (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 1.0)])


@dataclass(frozen=True, slots=True)
class _Stage:
    """What the search needs at one decision; metrics first, so that each is contiguous.

    Attributes:
        pairs: (METRICS, predecessors, operators).
        suffixes: (METRICS, operators, K) metrics of the continuations behind each operator: the
            best for each preference, or all of them where `complete`.
        suffix_choices: (operators, K, decisions left) their operators.
        suffix_numbers: (operators, K) their numbers, for the measured losses.
        suffix_count: configurations of the decisions left.
        complete: whether the continuations are all there are, so that the search can end here.
    """

    pairs: FloatArray
    suffixes: FloatArray
    suffix_choices: npt.NDArray[np.uint8]
    suffix_numbers: npt.NDArray[np.int64]
    suffix_count: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Result of one Runtime3C search.

    Attributes:
        evaluated: complete configurations that were judged.
        rounds: rounds of mutation that improved the winner.
    """

    configuration: Configuration
    evaluated: int
    rounds: int


class Runtime3C:
    """The searcher, prepared once for a problem.

    Args:
        survivors: prefixes that live on after each layer.
        max_rounds: bound on the rounds of mutation.
    """

    def __init__(self, problem: Problem, survivors: int = 6, max_rounds: int = 6) -> None:
        self._problem = problem
        self._survivors = survivors
        self._max_rounds = max_rounds
        self._stages = _prepare(problem)
        self._blocks = _Blocks(problem)
        # Where most layers are tried in full, changing many of them finds nothing new.
        self._deep = sum(not stage.complete for stage in self._stages) > 2
        # What each preference chooses for the whole network, whatever the context.
        first = self._stages[0]
        whole = first.pairs[:, 0, :, None] + first.suffixes
        best = np.einsum("km,mok->ok", _weights(problem), whole).argmin(axis=0)
        self._pool = np.ascontiguousarray(whole[:, best, np.arange(whole.shape[2])])

    def search(self, situation: Situation) -> Found:
        """Find a configuration for this context.

        The result is feasible, or the least violating configuration seen.
        """
        metrics = situation.metrics_needed
        prefixes = np.zeros((metrics, 1))
        choices = np.zeros((1, 0), dtype=np.uint8)
        last = np.zeros(1, dtype=np.intp)
        numbers = np.zeros(1, dtype=np.int64)
        correction = self._problem.correction_points
        followed, evaluated, tight = self._follow(situation)
        # Where little is feasible, the way to the best leads through worse prefixes.
        survivors = 2 * self._survivors if tight else self._survivors
        best_score, best = np.inf, self._problem.space.backbone_configuration
        for stage in self._stages:
            operators = stage.pairs.shape[2]
            extended = prefixes[:, :, None] + stage.pairs[:metrics, last]
            kinds = slice(None) if stage.complete else followed
            whole = extended[..., None] + stage.suffixes[:metrics, None, :, kinds]
            extended_numbers = numbers[:, None] * operators + np.arange(operators)
            if correction is not None:
                rows = extended_numbers[..., None] * stage.suffix_count
                whole[LOSS] += correction[rows + stage.suffix_numbers[:, kinds]]
            score = _score(situation.evaluate(whole))
            evaluated += score.size
            winner = int(score.argmin())
            if score.flat[winner] < best_score:
                best_score = float(score.flat[winner])
                survivor, choice, kind = np.unravel_index(winner, score.shape)
                suffix = stage.suffix_choices[choice, kind if stage.complete else followed[kind]]
                best = (*choices[survivor].tolist(), int(choice), *suffix.tolist())
            if stage.complete:
                starts = [best]
                if tight and self._deep:
                    for row in np.argsort(score, axis=None)[1:_STARTS_WHEN_TIGHT].tolist():
                        survivor, choice, kind = np.unravel_index(row, score.shape)
                        suffix = stage.suffix_choices[choice, kind].tolist()
                        starts.append((*choices[survivor].tolist(), int(choice), *suffix))
                break
            order = np.argsort(score.min(axis=2), axis=None, kind="stable")[: 2 * survivors]
            flat_metrics = extended.reshape(metrics, -1)
            order = _undominated(flat_metrics, order, order % operators)[:survivors]
            prefixes = flat_metrics[:, order]
            last = order % operators
            choices = np.concatenate(
                (choices[order // operators], last[:, None].astype(np.uint8)), axis=1
            )
            if correction is not None:
                numbers = extended_numbers.ravel()[order]
        mutated = [self._mutate(situation, start) for start in starts]
        evaluated += sum(tried for _, _, tried, _ in mutated)
        _, configuration, _, rounds = min(mutated, key=lambda found: found[0])
        return Found(configuration, evaluated, rounds)

    def _follow(self, situation: Situation) -> tuple[npt.NDArray[np.intp], int, bool]:
        """The continuations worth following here: the best, by feasibility and by objective.

        Those that violate a little count too: a mix of one that violates and one that is too
        cautious is often better than either.
        """
        if self._stages[0].complete:
            return np.zeros(1, dtype=np.intp), 0, False
        evaluation = situation.evaluate(self._pool[: situation.metrics_needed])
        score = _score(evaluation)
        near = evaluation.objective + evaluation.violation
        tight = np.count_nonzero(evaluation.violation) > (1 - _TIGHT) * score.size
        half = (_FOLLOWED_WHEN_TIGHT if tight else _FOLLOWED) // 2
        chosen = np.concatenate(
            (np.argpartition(score, half)[:half], np.argpartition(near, half)[:half])
        )
        return chosen, score.size, bool(tight)

    def _mutate(
        self, situation: Situation, start: Configuration
    ) -> tuple[float, Configuration, int, int]:
        """Change two neighbouring layers while that improves; where it does not, two such pairs.

        Limits make good configurations isolated: one layer has to give what another one takes.
        """
        current, tried, rounds, score = np.array(start, dtype=np.intp), 0, 0, np.inf
        blocks, needed = self._blocks, situation.metrics_needed
        while rounds < self._max_rounds:
            base, changes = blocks.changes(current, needed)
            numbers = blocks.number_changes(current)
            whole = base[:, None] + changes
            evaluation = self._judge(situation, whole, current, numbers)
            scores = _score(evaluation)
            tried += scores.size
            winner = int(scores.argmin())
            taken = [winner]
            if rounds == 0:
                # Changing a pair of layers to what they are is a change too: it scores the start.
                score = float(scores[blocks.unchanged(current)])
            if scores[winner] >= score - 1e-12 * abs(score) and self._deep:
                near = evaluation.objective + evaluation.violation
                order = np.argpartition(near, min(_PARTNERS, near.size) - 1)[:_PARTNERS]
                order = order[np.argsort(near[order])]
                first = order[:_SHORTLIST]
                both = whole[:, first, None] + changes[:, None, order]
                both_numbers = None
                if numbers is not None:
                    both_numbers = numbers[first, None] + numbers[order]
                scores = _score(self._judge(situation, both, current, both_numbers))
                scores[blocks.touching(first, order)] = np.inf
                tried += scores.size
                winner = int(scores.argmin())
                row, column = divmod(winner, len(order))
                taken = [int(first[row]), int(order[column])]
            if scores.flat[winner] >= score - 1e-12 * abs(score):
                break
            score = float(scores.flat[winner])
            for block in taken:
                layer = int(blocks.layer[block])
                current[layer : layer + 2] = blocks.choices[block]
            rounds += 1
        return score, tuple(current.tolist()), tried, rounds

    def _judge(
        self,
        situation: Situation,
        metrics: FloatArray,
        current: npt.NDArray[np.intp],
        number_changes: npt.NDArray[np.int64] | None,
    ) -> Evaluation:
        """Evaluate mutants of `current`, their losses corrected where the space was measured."""
        correction = self._problem.correction_points
        if correction is not None and number_changes is not None:
            metrics = metrics.copy()
            rows = self._problem.space.index(current.tolist()) + number_changes
            # Two changes of one layer may lead out of the space; they are masked later.
            metrics[LOSS] += correction.take(rows, mode="clip")
        return situation.evaluate(metrics)


class _Blocks:
    """All choices of two neighbouring layers, with what each changes in the metrics.

    Attributes:
        layer: (blocks,) the first of the two decisions.
        choices: (blocks, 2) their operators.
    """

    def __init__(self, problem: Problem) -> None:
        space = problem.space
        self._space = space
        self._numbered = problem.correction_points is not None
        widest = max(space.sizes)
        decisions = space.decisions
        # (METRICS, decisions + 2, predecessors, operators), zero where nothing stands; what lies
        # behind the last decision costs nothing.
        self._tables = np.zeros((len(METRICS), decisions + 2, widest, widest))
        for decision, table in enumerate(problem.tables.values):
            self._tables[:, decision, : table.shape[0], : table.shape[1]] = np.moveaxis(
                table, -1, 0
            )
        # A network of one decision has a second one with a single operator that costs nothing.
        sizes = np.array([*space.sizes, 1][: max(decisions, 2)])
        self._pairs = len(sizes) - 1
        shape = (self._pairs, widest, widest)
        layer, first, second = (grid.ravel() for grid in np.indices(shape))
        real = (first < sizes[layer]) & (second < sizes[layer + 1])
        self._real = np.flatnonzero(real)
        self.layer = layer[real]
        self.choices = np.stack((first[real], second[real]), axis=1)
        self._steps = np.arange(self._pairs)

    def changes(self, current: npt.NDArray[np.intp], metrics: int) -> tuple[FloatArray, FloatArray]:
        """(metrics,) predicted sums of `current`; (metrics, blocks) what each block changes."""
        tables, steps = self._tables[:metrics], self._steps
        padded = np.concatenate(([0], current, [0, 0]))
        here = np.arange(len(current))
        own = tables[:, here, padded[here], current]
        before = tables[:, steps, padded[steps]]
        after = tables[:, steps + 2, :, padded[steps + 3]].transpose(1, 0, 2)
        new = before[:, :, :, None] + tables[:, 1 : self._pairs + 1] + after[:, :, None, :]
        ends = np.zeros((metrics, 2))
        own = np.concatenate((own, ends), axis=1)
        old = own[:, steps] + own[:, steps + 1] + own[:, steps + 2]
        # The first of the two ends behind the last decision stands for `after` there.
        new -= old[:, :, None, None]
        return own.sum(axis=1), new.reshape(metrics, -1)[:, self._real]

    def unchanged(self, current: npt.NDArray[np.intp]) -> int:
        """The first block that leaves `current` as it is."""
        return int(np.flatnonzero((self.choices == current[:2]).all(axis=1))[0])

    def number_changes(self, current: npt.NDArray[np.intp]) -> npt.NDArray[np.int64] | None:
        """(blocks,) what each block adds to the configuration's number; None if not numbered."""
        if not self._numbered:
            return None
        radix = np.append(self._space.radix, 0)
        padded = np.append(current, 0)
        change: npt.NDArray[np.int64] = (self.choices[:, 0] - padded[self.layer]) * radix[
            self.layer
        ] + (self.choices[:, 1] - padded[self.layer + 1]) * radix[self.layer + 1]
        return change

    def touching(
        self, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.bool_]:
        """(first, second) pairs of blocks too close to each other for their changes to add up."""
        distance = np.abs(self.layer[first][:, None] - self.layer[second])
        close: npt.NDArray[np.bool_] = distance <= 2
        return close


def _score(evaluation: Evaluation) -> FloatArray:
    """Rank of candidates: feasible ones by objective, then the others by violation."""
    score: FloatArray = np.where(
        evaluation.violation > 0, _INFEASIBLE + evaluation.violation, evaluation.objective
    )
    return score


def _undominated(
    metrics: FloatArray, order: npt.NDArray[np.intp], last: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """Those of `order` that no other one with the same last operator beats in everything.

    The last operator decides what may follow, so only equal ones can replace each other.
    """
    chosen = metrics[:, order]
    keys = chosen[[LOSS, LATENCY, STORAGE]]
    no_worse = (keys[:, :, None] <= keys[:, None, :]).all(axis=0)
    no_worse &= last[:, None] == last
    # Equal ones are no worse than each other; both stay.
    kept: npt.NDArray[np.intp] = order[~(no_worse & ~no_worse.T).any(axis=0)]
    return kept


def _weights(problem: Problem) -> FloatArray:
    """(K, METRICS) the preferences as weights of the metrics.

    They are unit-free: loss is scaled to 5 points, latency and storage to the backbone's.
    """
    preferences = _preferences()
    backbone = problem.backbone_metrics
    weights = np.zeros((len(preferences), len(METRICS)))
    weights[:, LOSS] = preferences[:, 0] / 5.0
    weights[:, LATENCY] = preferences[:, 1] / backbone[LATENCY]
    weights[:, STORAGE] = preferences[:, 2] / backbone[STORAGE]
    return weights


def _prepare(problem: Problem) -> tuple[_Stage, ...]:
    """Stages with their continuations, from the last decision back to the first."""
    space = problem.space
    weights = _weights(problem)
    numbered = problem.correction_points is not None
    best = _Suffixes.empty(space.sizes[-1], len(weights))
    every: _Suffixes | None = _Suffixes.empty(space.sizes[-1], 1)
    stages: list[_Stage] = []
    for decision in reversed(range(space.decisions)):
        pairs = np.ascontiguousarray(np.moveaxis(problem.tables.values[decision], -1, 0))
        kept = every or best
        stages.append(
            _Stage(pairs, kept.metrics, kept.choices, kept.numbers, best.count, every is not None)
        )
        # One decision back: pairs are (METRICS, predecessors, operators) from there.
        whole = pairs[..., None] + best.metrics[:, None]
        cost = np.einsum("km,mpok->pok", weights, whole)
        if every is not None:
            count = every.count * space.sizes[decision]
            every = every.before(pairs) if count <= _ENUMERATE else None
        best = best.chosen(whole, cost.argmin(axis=1), space.sizes[decision] if numbered else 1)
    return tuple(reversed(stages))


@dataclass(frozen=True, slots=True)
class _Suffixes:
    """Continuations behind each operator of one decision; see `_Stage`."""

    metrics: FloatArray
    choices: npt.NDArray[np.uint8]
    numbers: npt.NDArray[np.int64]
    count: int

    @classmethod
    def empty(cls, operators: int, kinds: int) -> _Suffixes:
        """Behind the last decision: nothing."""
        return cls(
            np.zeros((len(METRICS), operators, kinds)),
            np.zeros((operators, kinds, 0), dtype=np.uint8),
            np.zeros((operators, kinds), dtype=np.int64),
            1,
        )

    def chosen(self, whole: FloatArray, best: npt.NDArray[np.intp], size: int) -> _Suffixes:
        """One decision longer, with operator `best` (predecessors, K) at its head.

        Args:
            whole: (METRICS, predecessors, operators, K) metrics with every head.
            size: operators of the decision; 1 where the space is too large to number.
        """
        predecessor = np.arange(whole.shape[1])[:, None]
        kind = np.arange(whole.shape[3])[None, :]
        return _Suffixes(
            np.ascontiguousarray(whole[:, predecessor, best, kind]),
            np.concatenate((best[..., None].astype(np.uint8), self.choices[best, kind]), axis=2),
            best * self.count + self.numbers[best, kind],
            self.count * size,
        )

    def before(self, pairs: FloatArray) -> _Suffixes:
        """One decision longer, with every operator at its head."""
        metrics, predecessors, operators = pairs.shape
        whole = pairs[..., None] + self.metrics[:, None]
        kinds = self.numbers.shape[1]
        head = np.repeat(np.arange(operators, dtype=np.uint8), kinds)[:, None]
        tail = self.choices.reshape(operators * kinds, -1)
        choices = np.concatenate((head, tail), axis=1)
        numbers = (np.arange(operators)[:, None] * self.count + self.numbers).ravel()
        return _Suffixes(
            whole.reshape(metrics, predecessors, operators * kinds),
            np.broadcast_to(choices, (predecessors, *choices.shape)),
            np.broadcast_to(numbers, (predecessors, len(numbers))),
            self.count * operators,
        )
