import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.helpers.networks import five_layer_space, invented_accuracy, problem_of
from workbench.context.records import Trace, TraceInfo, complete_columns
from workbench.context.triggers import TriggerSettings
from workbench.core.errors import SettingsError
from workbench.replay.engine import Engine
from workbench.replay.records import PolicyRun, ReplayResult, ReplaySettings
from workbench.replay.summary import weighted_percentiles
from workbench.search.policies import make_policy
from workbench.search.problem import LATENCY, STORAGE, Objective, Problem

BATTERY_MJ = 5e5
"""A very small battery, so that inference shows in it."""

POLICIES = ("runtime3c", "exact", "random", "static", "fixed:fire", "backbone")


@functools.cache
def problem() -> Problem:
    return problem_of(invented_accuracy(five_layer_space(), 2000))


def planned(**changes: Any) -> ReplaySettings:
    """Settings that leave the invented network a choice even when the cache is crowded."""
    return replace(ReplaySettings(objective=Objective(loss_limit_points=5.0)), **changes)


def day(samples: int = 3000, **changes: np.ndarray) -> Trace:
    rng = np.random.default_rng(4)
    t_s = np.arange(samples, dtype=float)
    busy = (np.arange(samples) // 500) % 2 == 1
    columns = {
        "t_s": t_s,
        "battery_percent": 80 - 30 * t_s / samples,
        "free_cache_kib": np.where(busy, 300.0, 900.0) + rng.normal(0, 5, samples),
        "cpu_share": np.where(busy, 0.5, 0.9),
        "event_rate_hz": np.full(samples, 2.0),
        **changes,
    }
    moment = "2026-03-02T09:00:00+01:00"
    info = TraceInfo("a test", "no device", "synthetic", moment, moment, "a test")
    return Trace(info, complete_columns(columns))


def replay(
    *policies: str, settings: ReplaySettings | None = None, trace: Trace | None = None,
    battery_mj: float | None = BATTERY_MJ,
) -> ReplayResult:  # fmt: skip
    engine = Engine(problem(), 92.0, battery_mj)
    made = [make_policy(name, problem()) for name in policies]
    return engine.run(trace or day(), made, settings or planned())


def same(a: PolicyRun, b: PolicyRun) -> bool:
    arrays = ("configuration_id", "latency_ms", "energy_mj", "battery_percent")
    return a.decisions == b.decisions and all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True) for name in arrays
    )


def test_one_seed_gives_the_same_replay_bit_by_bit() -> None:
    first, second = replay(*POLICIES), replay(*POLICIES)
    assert np.array_equal(first.inferences, second.inferences)
    assert first.summaries == second.summaries
    assert all(same(a, b) for a, b in zip(first.runs, second.runs))


def test_another_seed_gives_other_arrivals() -> None:
    other = replay("backbone", settings=planned(seed=8))
    assert not np.array_equal(replay("backbone").inferences, other.inferences)


def test_a_policy_does_the_same_whoever_runs_beside_it() -> None:
    alone, beside = replay("random"), replay("runtime3c", "random")
    assert same(alone.run("random"), beside.run("random"))


def test_runtime3c_adapts_and_static_does_not() -> None:
    result = replay("runtime3c", "static", "backbone")
    adaptive, static = result.run("runtime3c"), result.run("static")
    assert sum(decision.switched for decision in adaptive.decisions) >= 4
    assert len(static.decisions) == 1
    assert static.violated.mean() > 0.2 > adaptive.violated.mean()


def test_headroom_keeps_noise_from_breaking_limits() -> None:
    def share_broken(percent: float) -> float:
        settings = planned(headroom_percent=percent)
        return float(replay("runtime3c", settings=settings).run("runtime3c").violated.mean())

    assert share_broken(5.0) < 0.05 < 0.1 < share_broken(0.0)


def test_a_broken_limit_is_a_reason_to_decide() -> None:
    fitted = planned(headroom_percent=0.0)
    roomy = day(free_cache_kib=np.full(3000, 900.0))
    run = replay("runtime3c", trace=roomy, settings=fitted).run("runtime3c")
    storage = run.decisions[0].chosen.storage_bytes / 1024
    # A change of 1 % is no trigger by itself, but it makes the working set too large.
    cache = np.where(np.arange(3000) < 300, storage * 1.005, storage * 0.995)
    run = replay("runtime3c", trace=day(free_cache_kib=cache), settings=fitted).run("runtime3c")
    broken = [decision for decision in run.decisions if decision.event.cause == "limits"]
    assert broken[0].event.text == "working set over the free cache"
    assert broken[0].event.t_s == 300.0 + fitted.triggers.hold_s


def test_decisions_say_why_and_how_far_from_the_optimum() -> None:
    run = replay("runtime3c").run("runtime3c")
    assert run.decisions[0].event.cause == "start"
    assert run.decisions[0].before is None
    causes = {decision.event.cause for decision in run.decisions[1:]}
    assert causes & {"free_cache_kib", "cpu_share", "limits"}
    for decision in run.decisions:
        assert decision.gap is not None and -1e-9 <= decision.gap < 0.1
        assert decision.lambda1 + decision.lambda2 == pytest.approx(1)


def test_cost_at_a_sample_follows_the_context() -> None:
    trace = day()
    run = replay("backbone", trace=trace).run("backbone")
    row = problem().backbone_metrics
    for index in (0, 700):
        excess = max(0.0, row[STORAGE] - trace["free_cache_kib"][index] * 1024)
        cpu_ms = row[LATENCY] + excess / 2e6
        assert run.latency_ms[index] == pytest.approx(cpu_ms / trace["cpu_share"][index])
        assert run.energy_mj[index] == pytest.approx(cpu_ms)  # at 1000 mW
        assert run.over_storage[index] == (excess > 0)


def test_open_loop_follows_the_traces_battery() -> None:
    trace = day()
    run = replay("backbone", trace=trace, settings=planned(loop="open")).run("backbone")
    assert np.array_equal(run.battery_percent, trace["battery_percent"])


def test_closed_loop_takes_the_policys_own_energy_too() -> None:
    trace = day()
    result = replay("runtime3c", "backbone", trace=trace)
    for run in result.runs:
        spent = np.cumsum(run.energy_mj * result.inferences)[:-1]
        expected = trace["battery_percent"][1:] - spent / BATTERY_MJ * 100
        assert run.battery_percent[1:] == pytest.approx(expected, abs=1e-6)
    ends = {run.name: run.battery_percent[-1] for run in result.runs}
    assert ends["runtime3c"] > ends["backbone"] + 1


def test_an_empty_battery_stays_at_0() -> None:
    run = replay("backbone", battery_mj=BATTERY_MJ / 20).run("backbone")
    assert run.battery_percent.min() == 0.0
    assert run.battery_percent[-1] == 0.0


def test_a_device_without_a_battery_is_replayed_in_open_loop() -> None:
    trace = day()
    run = replay("backbone", trace=trace, battery_mj=None).run("backbone")
    assert np.array_equal(run.battery_percent, trace["battery_percent"])


def test_budgets_come_from_the_settings_then_the_trace_then_the_default() -> None:
    with_budget = day(latency_budget_ms=np.full(3000, 6.0))
    assert replay("backbone", trace=with_budget).latency_budget_ms[0] == 6.0
    settings = planned(latency_budget_ms=5.0)
    assert replay("backbone", trace=with_budget, settings=settings).latency_budget_ms[0] == 5.0
    assert replay("backbone").latency_budget_ms[0] == ReplaySettings().default_budget_ms


def test_a_noisy_context_does_not_make_the_network_flap() -> None:
    rng = np.random.default_rng(0)
    noisy = day(
        cpu_share=np.clip(rng.normal(0.6, 0.15, 3000), 0.1, 1.0),
        free_cache_kib=np.full(3000, 900.0),
    )
    calm = TriggerSettings(hold_s=5.0, min_dwell_s=60.0)
    nervous = TriggerSettings(hold_s=0.0, min_dwell_s=0.0)
    few = replay("runtime3c", trace=noisy, settings=planned(triggers=calm))
    many = replay("runtime3c", trace=noisy, settings=planned(triggers=nervous))
    assert few.summaries[0].decisions < 20 < 100 < many.summaries[0].decisions


def test_a_period_makes_decisions_at_equal_distances() -> None:
    triggers = TriggerSettings(
        battery_points=None, cache_percent=None, cpu_share_percent=None, frequency_percent=None,
        on_budget=False, on_thermal_status=False, on_charging=False, on_limits=False,
        period_s=300.0, min_dwell_s=0.0, hold_s=0.0,
    )  # fmt: skip
    run = replay("runtime3c", settings=planned(triggers=triggers)).run("runtime3c")
    assert [decision.event.t_s for decision in run.decisions] == list(np.arange(0.0, 3000.0, 300))


def test_the_weight_floor_trades_accuracy_for_energy() -> None:
    def summary(floor: float) -> tuple[float, float]:
        settings = planned(objective=Objective(lambda2_floor=floor, loss_limit_points=5.0))
        found = replay("runtime3c", settings=settings).summaries[0]
        assert found.energy_per_inference_mj is not None
        return found.accuracy_percent, found.energy_per_inference_mj

    careful, thrifty = summary(0.0), summary(1.0)
    assert careful[0] > thrifty[0]
    assert careful[1] > thrifty[1]


def test_summaries_count_each_inference_once() -> None:
    result = replay("fixed:fire")
    run, summary = result.runs[0], result.summaries[0]
    expanded = np.repeat(run.latency_ms, result.inferences)
    assert summary.inferences == len(expanded)
    assert summary.latency_mean_ms == pytest.approx(expanded.mean())
    assert summary.latency_p90_ms == np.percentile(expanded, 90, method="inverted_cdf")
    assert summary.over_storage_share == pytest.approx(
        np.repeat(run.over_storage, result.inferences).mean()
    )


def test_weighted_percentiles_skip_what_does_not_count() -> None:
    values, weights = np.array([5.0, 1.0, 3.0]), np.array([0, 1, 3])
    assert weighted_percentiles(values, weights, (0, 25, 26, 100)) == (1.0, 1.0, 3.0, 3.0)


def test_a_single_sample_can_be_replayed() -> None:
    columns = {name: np.array([value]) for name, value in (
        ("t_s", 0.0), ("battery_percent", 50.0), ("free_cache_kib", 900.0),
        ("cpu_share", 0.9), ("event_rate_hz", 1.0),
    )}  # fmt: skip
    trace = Trace(day().info, complete_columns(columns))
    assert len(replay("runtime3c", "backbone", trace=trace).runs[0].latency_ms) == 1


def test_replaying_without_a_policy_is_refused() -> None:
    with pytest.raises(SettingsError):
        replay()


def test_a_cancelled_replay_stops_at_the_next_decision() -> None:
    class Stop(Exception):
        pass

    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Stop

    engine = Engine(problem(), 92.0, BATTERY_MJ)
    with pytest.raises(Stop):
        engine.run(day(), [make_policy("runtime3c", problem())], ReplaySettings(), check)


def test_a_replayer_tells_how_far_it_is() -> None:
    told: list[tuple[str, float]] = []
    policies = [make_policy(name, problem()) for name in ("backbone", "runtime3c")]
    engine = Engine(problem(), 92.0, None)
    engine.run(day(), policies, ReplaySettings(), progress=lambda *now: told.append(now))
    assert told[:2] == [("backbone", 0.0), ("runtime3c", 0.0)]
    shares = [share for name, share in told if name == "runtime3c"]
    assert shares == sorted(shares)
    assert 0 < shares[-1] < 1
