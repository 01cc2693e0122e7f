"""The searchers against the true optimum and against each other."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.networks import deep_space, five_layer_space, invented_accuracy, problem_of
from workbench.core.errors import SettingsError
from workbench.search.candidates import Candidates
from workbench.search.continuations import Continuations, additive_preferences
from workbench.search.evolutionary import EvolutionSettings, OfaPolicy
from workbench.search.exact import Enumeration
from workbench.search.labels import LabelSetting
from workbench.search.mutation import Mutation
from workbench.search.nsga2 import Nsga2Policy
from workbench.search.policies import Policy, make_policy, policy_names
from workbench.search.policy_names import POLICY_TEXTS, SLOW_POLICIES, policy_text
from workbench.search.problem import LATENCY, STORAGE, Context, Objective, Problem, Situation
from workbench.search.runtime3c import Runtime3C
from workbench.services.benchmark_search import invented_problem, random_situations


@functools.cache
def five() -> Problem:
    return problem_of(invented_accuracy(five_layer_space(), 2000))


@functools.cache
def wide() -> Problem:
    """100,000 configurations: more than a search judges one by one, few enough to check."""
    return problem_of(invented_accuracy(deep_space(5), 400))


@functools.cache
def deep() -> Problem:
    """Six layers with four operators: both too many for one table and few enough to check."""
    space = deep_space(6, ("identity", "fire", "dwsep", "ch50", "svd"))
    problem = problem_of(invented_accuracy(space, 400))
    # Without the correction for measured configurations all is additive, as on large spaces.
    return Problem(space, problem.tables, None, problem.memory_bytes_per_ms, problem.power_mw)


def situations(problem: Problem, count: int, **objective: Any) -> Iterator[Situation]:
    return random_situations(problem, Objective(**objective), count, seed=11)


@pytest.mark.parametrize(
    ("efficiency", "mean_gap"),
    # Intensity is a ratio of sums, which continuations only approach.
    [("energy", 0.005), ("latency", 0.005), ("intensity", 0.01)],
)
def test_runtime3c_is_feasible_when_possible_and_close_to_the_optimum(
    efficiency: str, mean_gap: float
) -> None:
    searcher = Runtime3C(wide())
    gaps = []
    for situation in situations(wide(), 120, efficiency=efficiency):
        outcome = situation.outcome(searcher.search(situation))
        reference = Enumeration(situation).reference()
        assert outcome.feasible == (reference.objective is not None)
        if reference.objective is not None:
            assert outcome.objective >= reference.objective - 1e-9
            gaps.append(reference.gap(outcome.objective) or 0.0)
    assert len(gaps) > 50
    assert np.mean(gaps) <= mean_gap
    assert np.percentile(gaps, 95) <= 4 * mean_gap


@pytest.mark.parametrize("efficiency", ["energy", "intensity"])
def test_runtime3c_finds_the_optimum_of_a_small_space(efficiency: str) -> None:
    searcher = Runtime3C(five())
    for situation in situations(five(), 40, efficiency=efficiency):
        best = Enumeration(situation).reference().configuration
        assert searcher.search(situation) == best


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_mutation_leaves_no_better_change_of_two_neighbours(layers: int) -> None:
    problem = invented_problem(deep_space(layers))
    candidates = Candidates(problem)
    mutation = Mutation(problem, candidates)
    rng = np.random.default_rng(4)
    for situation in situations(problem, 10, efficiency="latency"):
        start = tuple(rng.integers(0, 10, layers).tolist())
        improved = mutation.improve(situation, start)
        rows = np.repeat(np.array([improved], dtype=np.uint8), 100 * max(1, layers - 1), axis=0)
        pairs = np.indices((10, 10)).reshape(2, -1).T
        for first in range(max(1, layers - 1)):
            width = min(2, layers)
            rows[100 * first : 100 * first + 100, first : first + width] = pairs[:, :width]
        neighbours = situation.evaluate(problem.metrics_of_many(rows)).ranks()
        own = situation.evaluate(problem.metrics_of(improved)[:, None]).ranks()[0]
        assert own <= neighbours.min() + 1e-9


def test_what_continuations_join_is_the_sum_of_their_parts() -> None:
    candidates = Candidates(five())
    known = Continuations(five(), candidates, additive_preferences(five()))
    rng = np.random.default_rng(3)
    _, kinds, places = known.extended.shape
    assert kinds > 5
    for _ in range(50):
        before, behind, place = (int(rng.integers(0, n)) for n in (kinds, kinds, places))
        joined = known.join(before, place, behind)
        sums = known.extended[:, before, place] + known.rest[:, behind, place]
        assert sums[0] == five().space.index(joined)
        totals = five().tables.totals(np.array([joined], dtype=np.uint8))[0]
        np.testing.assert_allclose(sums[candidates.metric_rows], totals)


def test_a_search_gives_the_same_twice() -> None:
    searchers = Runtime3C(wide()), Runtime3C(wide())
    for situation in situations(wide(), 20):
        first, again, other = (
            searcher.search(situation) for searcher in (searchers[0], *searchers)
        )
        assert first == again == other


def test_when_nothing_is_feasible_the_least_violating_configuration_is_found() -> None:
    searcher = Runtime3C(five())
    context = Context(0.5, 1024.0, 0.5, 1.0, 0.01)
    situation = Situation(five(), context, Objective())
    outcome = situation.outcome(searcher.search(situation))
    assert outcome.violated[:2] == ("latency", "storage")
    least = Enumeration(situation).evaluation.violation.min()
    assert outcome.violation == pytest.approx(least)


def test_label_setting_finds_what_enumeration_finds() -> None:
    labels = LabelSetting(deep())
    feasible = 0
    for situation in situations(deep(), 40):
        found = labels.reference(situation, np.random.default_rng(0))
        truth = Enumeration(situation).reference()
        assert (found.objective is None) == (truth.objective is None)
        if truth.objective is not None and found.objective is not None:
            feasible += 1
            assert not found.is_bound
            assert found.objective == pytest.approx(truth.objective, abs=1e-9)
            assert situation.outcome(found.configuration).feasible
    assert feasible > 10


def test_label_setting_returns_a_valid_bound_when_it_must_give_up_labels() -> None:
    labels = LabelSetting(deep(), max_labels=2)
    bounds = 0
    for situation in situations(deep(), 40):
        found = labels.reference(situation, np.random.default_rng(0))
        truth = Enumeration(situation).reference()
        if found.objective is not None and truth.objective is not None:
            assert found.objective <= truth.objective + 1e-9
            bounds += found.is_bound
    assert bounds > 0


def test_label_setting_refuses_intensity() -> None:
    situation = next(situations(deep(), 1, efficiency="intensity"))
    with pytest.raises(SettingsError, match="intensity"):
        LabelSetting(deep()).reference(situation, np.random.default_rng(0))


@given(st.integers(0, 5183), st.integers(0, 199))
def test_an_outcome_agrees_with_the_vectorised_evaluation(index: int, row: int) -> None:
    situation = list(situations(five(), 200))[row]
    outcome = situation.outcome(five().space.configuration(index))
    evaluation = Enumeration(situation).evaluation
    assert outcome.objective == pytest.approx(evaluation.objective[index])
    assert outcome.violation == pytest.approx(evaluation.violation[index])
    assert outcome.feasible == (not outcome.violated)


def test_a_value_equal_to_its_limit_is_feasible() -> None:
    backbone = five().backbone_metrics
    context = Context(1.0, backbone[STORAGE], 0.7, 0.9, backbone[LATENCY] / 0.7 / 0.9)
    outcome = Situation(five(), context, Objective()).outcome((0, 0, 0, 0))
    assert outcome.feasible


def test_energy_and_latency_follow_clock_share_and_cache() -> None:
    backbone = five().backbone_metrics
    roomy = Context(1.0, 1e9, 1.0, 1.0, 100.0)
    whole = Situation(five(), roomy, Objective()).outcome((0, 0, 0, 0))
    assert whole.latency_ms == pytest.approx(backbone[LATENCY])
    assert whole.energy_mj == pytest.approx(backbone[LATENCY])  # 1000 mW
    half = Situation(five(), Context(1.0, 1e9, 0.5, 0.5, 100.0), Objective()).outcome((0, 0, 0, 0))
    assert half.latency_ms == pytest.approx(4 * backbone[LATENCY])
    assert half.energy_mj == pytest.approx(250 * 2 * backbone[LATENCY] / 1000)
    crowded = Context(1.0, 0.0, 1.0, 1.0, 100.0)
    spilled = Situation(five(), crowded, Objective()).outcome((0, 0, 0, 0))
    assert spilled.latency_ms == pytest.approx(backbone[LATENCY] + backbone[STORAGE] / 2e6)


def test_lambda2_grows_as_the_battery_falls() -> None:
    objective = Objective(lambda2_floor=0.3)
    assert objective.lambdas(0.9) == pytest.approx((0.7, 0.3))
    assert objective.lambdas(0.2) == pytest.approx((0.2, 0.8))


def test_blockers_say_what_to_relax() -> None:
    context = Context(0.5, five().backbone_metrics[STORAGE], 1.0, 1.0, 0.01)
    blockers = Enumeration(Situation(five(), context, Objective())).blocking()
    by_name = {blocker.constraint: blocker for blocker in blockers}
    assert "no configuration gets below" in by_name["latency"].text()
    assert by_name["storage"].text() == ""


def test_an_optimum_has_gap_0_and_a_median_choice_gap_1() -> None:
    situation = Situation(five(), Context(0.5, 1e9, 1.0, 1.0, 100.0), Objective())
    reference = Enumeration(situation).reference()
    assert reference.objective is not None and reference.median_objective is not None
    assert reference.gap(reference.objective) == 0
    assert reference.gap(reference.median_objective) == pytest.approx(1)


def test_every_policy_answers_and_the_better_ones_are_no_worse() -> None:
    names = policy_names(five().space)
    assert {"runtime3c", "exact", "greedy", "random", "static", "backbone", "fixed:fire"} <= set(
        names
    )
    for situation in situations(five(), 10):
        exact = situation.outcome(make_policy("exact", five()).decide(situation, _rng()))
        for name in set(names) - SLOW_POLICIES:
            outcome = situation.outcome(make_policy(name, five()).decide(situation, _rng()))
            assert exact.violation <= outcome.violation + 1e-12
            if outcome.feasible:
                assert exact.objective <= outcome.objective + 1e-9


def test_every_policy_is_described() -> None:
    for name in policy_names(five().space):
        assert policy_text(name)
    assert policy_text("fixed:fire").startswith("fire on every layer")
    assert POLICY_TEXTS.keys() > SLOW_POLICIES


@pytest.mark.parametrize(
    "policy",
    [
        OfaPolicy(five(), EvolutionSettings(population=40, generations=30)),
        Nsga2Policy(five(), population=40, generations=20),
    ],
    ids=["ofa", "nsga2"],
)
def test_evolutionary_policies_get_near_the_optimum(policy: Policy) -> None:
    gaps = []
    for situation in situations(five(), 8):
        reference = Enumeration(situation).reference()
        outcome = situation.outcome(policy.decide(situation, _rng()))
        if reference.objective is not None:
            assert outcome.feasible
            gaps.append(reference.gap(outcome.objective) or 0.0)
    assert len(gaps) > 3
    assert min(gaps) >= 0
    assert np.mean(gaps) < 0.1


@pytest.mark.parametrize("name", ["ofa", "nsga2"])
def test_evolutionary_policies_are_fixed_by_their_generator_and_end_where_nothing_is_feasible(
    name: str,
) -> None:
    situation = Situation(five(), Context(0.5, 1024.0, 0.5, 1.0, 0.01), Objective())
    policy = make_policy(name, five())
    chosen = policy.decide(situation, _rng())
    assert chosen == policy.decide(situation, _rng())
    least = Enumeration(situation).evaluation.violation.min()
    assert situation.outcome(chosen).violation == pytest.approx(least, rel=0.2)


def test_fixed_covers_operators_that_only_some_layers_have() -> None:
    policy = make_policy("fixed:skip", five())
    situation = next(situations(five(), 1))
    assert five().space.text(policy.decide(situation, _rng())) == "identity/skip/identity/skip"


def test_random_is_fixed_by_its_generator() -> None:
    situation = next(iter(situations(five(), 1)))
    policy = make_policy("random", five())
    assert policy.decide(situation, _rng()) == policy.decide(situation, _rng())


def test_unknown_policies_and_operators_are_refused() -> None:
    for name in ("best", "fixed:mbv2", "fixed:"):
        with pytest.raises(SettingsError):
            make_policy(name, five())


def test_energy_needs_a_profile_with_power() -> None:
    problem = problem_of(invented_accuracy(five_layer_space(), 50), with_power=False)
    with pytest.raises(SettingsError, match="power"):
        problem.check(Objective(efficiency="energy"))
    problem.check(Objective(efficiency="intensity"))


@pytest.mark.parametrize(
    "values",
    [
        (1.1, 1.0, 1.0, 1.0, 1.0),
        (0.5, -1.0, 1.0, 1.0, 1.0),
        (0.5, 1.0, 0.0, 1.0, 1.0),
        (0.5, 1.0, 1.0, 1.2, 1.0),
        (0.5, 1.0, 1.0, 1.0, 0.0),
        (float("nan"), 1.0, 1.0, 1.0, 1.0),
        (0.5, float("inf"), 1.0, 1.0, 1.0),
    ],
)
def test_contexts_that_cannot_be_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(SettingsError):
        Context(*values)


def _rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_runtime3c_serves_long_networks_with_few_operators() -> None:
    """Fewer pairs of neighbouring choices than the searcher would like to join."""
    problem = problem_of(invented_accuracy(deep_space(10, ("identity", "ch50", "dwsep")), 200))
    searcher = Runtime3C(problem)
    gaps = []
    for situation in situations(problem, 60):
        reference = Enumeration(situation).reference()
        outcome = situation.outcome(searcher.search(situation))
        assert outcome.feasible == (reference.objective is not None)
        if reference.objective is not None:
            gaps.append(reference.gap(outcome.objective) or 0.0)
    assert np.mean(gaps) <= 0.005
