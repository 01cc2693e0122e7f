"""Benchmarks of the parts that must be quick: search, evolution, replay.

Each returns figures with what was compared and, where there is one, the target and whether it
holds. They measure this computer as it is now; nothing is asserted.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import psutil

from workbench.context.records import Trace
from workbench.replay.records import ReplaySettings
from workbench.search.exact import Enumeration, Reference
from workbench.search.labels import LabelSetting
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
from workbench.services.deployment import Deployment
from workbench.services.replaying import DEFAULT_POLICIES, Replayer, default_settings
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace
from workbench.space.tables import PairTables, cost_tables, latency_term_tables

Progress = Callable[[str], None]

DEEP_LAYERS = 20
DEEP_OPERATORS = (
    "identity", "fire", "svd", "dwsep", "mbv2", "ch75", "ch50", "ch25", "fire+ch50", "svd+ch50",
)  # fmt: skip
REPLAY_POLICIES = ("runtime3c", "exact", "greedy", "static", "fixed:fire", "backbone")
EVOLUTION_LIMIT_MS = 6.2
"""Runtime evolution latency that AdaSpring publishes (Liu et al., IMWUT 2021)."""


@dataclass(frozen=True, slots=True)
class BenchFigure:
    """One measured figure.

    Attributes:
        name: what was measured.
        value, unit: the figure.
        target: what it should be, in words; empty where there is no target.
        holds: whether the target is met; None without one.
        compared: what it was measured on or against.
    """

    name: str
    value: float
    unit: str
    compared: str
    target: str = ""
    holds: bool | None = None


def at_most(name: str, value: float, unit: str, limit: float, compared: str) -> BenchFigure:
    """A figure whose target is an upper limit."""
    return BenchFigure(name, value, unit, compared, f"<= {limit:g} {unit}", value <= limit)


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
    rng = np.random.default_rng(seed)
    typical = np.array([0.0, 0.30, 0.18, 0.24, 0.14, 0.08, 0.24, 0.60, 0.50, 0.36])
    losses = []
    for decision, size in enumerate(space.sizes):
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


def bench_replay(
    deployment: Deployment, sample_day: Trace, progress: Progress
) -> list[BenchFigure]:
    """Time a long day under six policies, and the sample day as a slider re-runs it."""
    replayer = Replayer(deployment)
    settings = default_settings(deployment)
    long_day = _whole_day(sample_day)
    replayer.run(sample_day, REPLAY_POLICIES, settings)  # prepares the searchers
    before_mb = psutil.Process().memory_info().rss / 1e6
    started = time.perf_counter()
    result = replayer.run(long_day, REPLAY_POLICIES, settings)
    took_s = time.perf_counter() - started
    growth_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6 - before_mb
    decisions = sum(summary.decisions for summary in result.summaries)
    where = f"{len(long_day):,} samples, {len(REPLAY_POLICIES)} policies, {decisions} decisions"
    progress(f"replay: {where}")
    return [
        at_most("replay of 24 h at 4 Hz", took_s, "s", 5.0, where),
        at_most("memory growth of that replay", growth_mb, "MB", 300.0, where),
        _slider(replayer, sample_day, settings),
    ]


def _slider(replayer: Replayer, sample_day: Trace, settings: ReplaySettings) -> BenchFigure:
    times_ms = []
    for floor in np.linspace(0, 1, 21):
        objective = replace(settings.objective, lambda2_floor=float(floor))
        started = time.perf_counter()
        replayer.run(sample_day, DEFAULT_POLICIES, replace(settings, objective=objective))
        times_ms.append((time.perf_counter() - started) * 1000)
    where = f"sample day, {len(sample_day):,} samples, {len(DEFAULT_POLICIES)} policies, p50 of 21"
    return at_most("re-run while a slider is dragged", float(np.median(times_ms)), "ms", 100, where)


def _whole_day(sample_day: Trace) -> Trace:
    """24 hours at 4 Hz: the sample day three times over, resampled."""
    length_s = sample_day.duration_s + 1.0
    copies = 3
    columns = {name: np.tile(values, copies) for name, values in sample_day.columns.items()}
    columns["t_s"] = columns["t_s"] + np.repeat(np.arange(copies) * length_s, len(sample_day))
    return Trace(sample_day.info, columns).resample(4.0)
