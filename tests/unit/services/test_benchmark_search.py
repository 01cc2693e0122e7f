"""The comparison of searches, on few contexts."""

from workbench.search.problem import Objective
from workbench.services.benchmark_search import (
    bench_rivals,
    deep_problem,
    imagenet_problem,
)


def test_the_searcher_is_compared_with_evolutionary_ones() -> None:
    told: list[str] = []
    figures = bench_rivals(
        imagenet_problem(), Objective(efficiency="latency"), "imagenet", 2, told.append
    )
    by_name = {figure.name: figure for figure in figures}
    ratio = by_name["ofa / runtime3c, time, imagenet"]
    assert ratio.unit == "times" and ratio.target == ">= 100 times"
    assert ratio.holds == (ratio.value >= 100)
    assert ratio.value > 10
    assert by_name["runtime3c - nsga2, objective, imagenet"].value < 0.05


def test_invented_problems_cannot_be_enumerated() -> None:
    assert deep_problem().space.count == 10**20
    assert imagenet_problem().space.decisions == 12
    assert not imagenet_problem().enumerable
