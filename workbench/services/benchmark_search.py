"""How quick the searcher is, how near to the optimum, and how it does against other searches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from workbench.search.exact import Enumeration, Reference
from workbench.search.labels import LabelSetting
from workbench.search.policies import make_policy
from workbench.search.problem import (
    LATENCY,
    METRICS,
    STORAGE,
    Context,
    Objective,
    Problem,
    Situation,
)
from workbench.search.runtime3c import Runtime3C
from workbench.services.benchmarks import BenchFigure, Progress, at_least, at_most
from workbench.services.deployment import Deployment
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace
from workbench.space.tables import PairTables, cost_tables, latency_term_tables
from workbench.tasks import imagenet

DEEP_LAYERS = 20
_TYPICAL_LOSS = {
    "identity": 0.0, "fire": 0.30, "svd": 0.18, "sparse": 0.20, "dwsep": 0.24, "mbv2": 0.14,
    "ch75": 0.08, "ch50": 0.24, "ch25": 0.60, "skip": 0.30, "fire+ch50": 0.50, "svd+ch50": 0.36,
}  # fmt: skip
"""Points that an operator costs on one of `DEEP_LAYERS` layers in the invented problems."""

DEEP_OPERATORS = (
    "identity", "fire", "svd", "dwsep", "mbv2", "ch75", "ch50", "ch25", "fire+ch50", "svd+ch50",
)  # fmt: skip
RIVALS = ("ofa", "nsga2")
_REPEATS = 5
EVOLUTION_LIMIT_MS = 6.2
"""Runtime evolution latency that AdaSpring publishes (Liu et al., IMWUT 2021)."""


def random_situations(
    problem: Problem, objective: Objective, count: int, seed: int
) -> Iterator[Situation]:
    """Random contexts, from hopeless to generous; limits relative to the backbone's cost."""
    rng = np.random.default_rng(seed)
    backbone = problem.backbone_metrics
    for _ in range(count):
        context = Context(
            battery=rng.uniform(0, 1),
            free_cache_bytes=rng.uniform(0.2, 1.2) * backbone[STORAGE],
            cpu_share=rng.uniform(0.3, 1),
            frequency_ratio=rng.uniform(0.5, 1),
            latency_budget_ms=rng.uniform(0.3, 2.5) * backbone[LATENCY],
        )
        limit = rng.uniform(2, 8)
        yield Situation(problem, context, replace(objective, loss_limit_points=limit))


def bench_search(
    problem: Problem, objective: Objective, name: str, contexts: int, p50_limit_ms: float,
    p99_limit_ms: float | None, progress: Progress,
) -> list[BenchFigure]:  # fmt: skip
    """Time Runtime3C and compare it with the exact optimum over random contexts."""
    searcher = Runtime3C(problem)
    labels = None if problem.enumerable else LabelSetting(problem)
    search_ms, exact_ms, gaps = [], [], []
    feasible = missed = bounds = 0
    situations = list(random_situations(problem, objective, contexts, seed=1))
    chosen = []
    # All searches first: the exact search between two of them would empty the caches each time.
    for situation in situations:
        started = time.perf_counter_ns()
        chosen.append(searcher.search(situation))
        search_ms.append((time.perf_counter_ns() - started) / 1e6)
    for number, (situation, found) in enumerate(zip(situations, chosen)):
        outcome = situation.outcome(found)
        # What a situation caches belongs to whoever asks first.
        fresh = Situation(problem, situation.context, situation.objective)
        started = time.perf_counter_ns()
        reference = _reference(fresh, labels, number)
        exact_ms.append((time.perf_counter_ns() - started) / 1e6)
        if reference.objective is not None:
            feasible += 1
            bounds += reference.is_bound
            missed += not outcome.feasible
            gap = reference.gap(outcome.objective) if outcome.feasible else None
            if gap is not None:
                gaps.append(gap)
        if number % 100 == 99:
            progress(f"{name}: {number + 1} of {contexts} contexts")
    against = "the optimum" if not bounds else f"the optimum ({bounds} times a proven bound)"
    where = f"{contexts} random contexts on {name}, {problem.space.count:.3g} configurations"
    compared = f"{where}, against {against}"
    p50, p99 = np.percentile(search_ms, [50, 99])
    figures = [at_most(f"search p50, {name}", float(p50), "ms", p50_limit_ms, where)]
    if p99_limit_ms is None:
        figures.append(BenchFigure(f"search p99, {name}", float(p99), "ms", where))
    else:
        figures.append(at_most(f"search p99, {name}", float(p99), "ms", p99_limit_ms, where))
    mean = 100 * float(np.mean(gaps)) if gaps else 0.0
    p95 = 100 * float(np.percentile(gaps, 95)) if gaps else 0.0
    return [
        *figures,
        BenchFigure(f"exact p50, {name}", float(np.median(exact_ms)), "ms", where),
        BenchFigure(f"feasible contexts, {name}", feasible, "contexts", where),
        at_most(f"feasible but missed, {name}", missed, "contexts", 0, compared),
        at_most(f"gap mean, {name}", mean, "%", 0.5, f"{compared}; {len(gaps)} gaps"),
        at_most(f"gap p95, {name}", p95, "%", 2.0, f"{compared}; {len(gaps)} gaps"),
    ]


def _reference(situation: Situation, labels: LabelSetting | None, seed: int) -> Reference:
    if labels is None:
        return Enumeration(situation).reference()
    return labels.reference(situation, np.random.default_rng(seed))


def bench_rivals(
    problem: Problem, objective: Objective, name: str, contexts: int, progress: Progress
) -> list[BenchFigure]:
    """Runtime3C against evolutionary searches on the same tables and contexts, in turn.

    Objectives are compared in the contexts that both found something feasible in; processor times
    are medians, of which the ratio is taken.
    """
    searcher = Runtime3C(problem)
    situations = list(random_situations(problem, objective, contexts, seed=3))
    chosen: dict[str, list[float]] = {rival: [] for rival in ("runtime3c", *RIVALS)}
    times_ms: dict[str, list[float]] = {rival: [] for rival in chosen}
    policies = {rival: make_policy(rival, problem) for rival in RIVALS}
    for number, situation in enumerate(situations):
        for _ in range(_REPEATS):
            fresh = Situation(problem, situation.context, situation.objective)
            started = time.process_time_ns()
            found = searcher.search(fresh)
            times_ms["runtime3c"].append((time.process_time_ns() - started) / 1e6)
        chosen["runtime3c"].append(_objective(situation, found))
        for rival, policy in policies.items():
            rng = np.random.default_rng(number)
            started = time.process_time_ns()
            found = policy.decide(situation, rng)
            times_ms[rival].append((time.process_time_ns() - started) / 1e6)
            chosen[rival].append(_objective(situation, found))
        if number % 10 == 9:
            progress(f"{name}, against {', '.join(RIVALS)}: {number + 1} of {contexts} contexts")
    own = np.array(chosen["runtime3c"])
    own_ms = float(np.median(times_ms["runtime3c"]))
    figures = []
    for rival in RIVALS:
        other = np.array(chosen[rival])
        both = np.isfinite(own) & np.isfinite(other)
        rival_ms = float(np.median(times_ms[rival]))
        where = f"{contexts} random contexts on {name}, {problem.space.count:.3g} configurations"
        spent = f"{where}; medians {rival_ms:.3g} and {own_ms:.3g} ms of processor time"
        worse = float((own[both] - other[both]).mean()) if both.any() else 0.0
        alone = int((np.isfinite(other) & ~np.isfinite(own)).sum())
        figures += [
            at_least(f"{rival} / runtime3c, time, {name}", rival_ms / own_ms, "times", 100, spent),
            at_most(
                f"runtime3c - {rival}, objective, {name}", round(worse, 9), "", 0,
                f"{where}; mean over {both.sum()} where both are feasible",
            ),
            at_most(f"feasible for {rival} only, {name}", alone, "contexts", 0, where),
        ]  # fmt: skip
    return figures


def _objective(situation: Situation, configuration: tuple[int, ...]) -> float:
    outcome = situation.outcome(configuration)
    return outcome.objective if outcome.feasible else np.inf


def deep_problem(seed: int = 0) -> Problem:
    """A 20-layer, 10-operator space with invented losses, to time searches on.

    Costs and the latency terms are those of the real graphs; the prices of the terms are typical
    of a phone and the losses are drawn at random, so its figures describe no trained network.
    """
    widths = (32, 64, 128, 256)
    body = tuple(
        ConvLayer(
            f"conv{index + 2}",
            widths[index // 5],
            stride=(2, 2) if index and index % 5 == 0 else (1, 1),
            operators=DEEP_OPERATORS,
        )
        for index in range(DEEP_LAYERS)
    )
    space = DesignSpace(Backbone("deep", (3, 64, 64), (ConvLayer("conv1", 32), *body), 100))
    return invented_problem(space, seed)


def imagenet_problem(seed: int = 0) -> Problem:
    """The space of the ImageNet task's network, its losses invented as `deep_problem`'s are."""
    return invented_problem(DesignSpace(imagenet.backbone()), seed)


def invented_problem(space: DesignSpace, seed: int = 0) -> Problem:
    """A problem on any space: real costs, prices typical of a phone, losses drawn at random."""
    rng = np.random.default_rng(seed)
    losses = []
    for decision, size in enumerate(space.sizes):
        typical = np.array([_TYPICAL_LOSS[name] for name in space.operators[decision]])
        typical *= DEEP_LAYERS / space.decisions
        single = typical * rng.uniform(0.5, 1.5) + rng.normal(0, 0.02, size)
        single[0] = 0.0
        pair = rng.normal(0, 0.02, (space.predecessors(decision), size))
        pair[0, 0] = 0.0
        losses.append((single + pair)[..., None])
    prices = np.array([[1e-7], [2e-7], [2e-7], [8e-7], [2e-7], [2e-6], [2e-2], [2e-7]])
    latency = latency_term_tables(space).with_metrics(prices, ("latency_ms",))
    to_metrics = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    costs = cost_tables(space).with_metrics(to_metrics, METRICS[STORAGE:])
    loss = PairTables(("loss_points",), tuple(losses))
    return Problem(space, loss.join(latency).join(costs), None, 2e6, None)


def bench_evolution(deployment: Deployment, rounds: int, progress: Progress) -> list[BenchFigure]:
    """Time search and weight evolution into a torch network that runs, over random contexts."""
    from workbench.network.timing import time_evolutions  # imported here: it loads torch

    problem = deployment.problem
    searcher = Runtime3C(problem)
    objective = deployment.default_objective()
    situations = list(random_situations(problem, objective, rounds, seed=2))
    times = time_evolutions(
        deployment.network,
        lambda number: searcher.search(situations[number]),
        rounds,
    )
    progress(f"evolution: {rounds} times")
    total = times.search_ms + times.evolve_ms
    where = f"{rounds} evolutions of {deployment.network.name} into torch, one thread"
    return [
        at_most(
            "runtime evolution p95", float(np.percentile(total, 95)), "ms", EVOLUTION_LIMIT_MS,
            f"{where}; search + weight evolution",
        ),
        BenchFigure("runtime evolution p50", float(np.median(total)), "ms", where),
        BenchFigure("weight evolution p50", float(np.median(times.evolve_ms)), "ms", where),
        BenchFigure("weight evolution p95", float(np.percentile(times.evolve_ms, 95)), "ms", where),
        BenchFigure("first inference p50", float(np.median(times.first_inference_ms)), "ms", where),
    ]  # fmt: skip
