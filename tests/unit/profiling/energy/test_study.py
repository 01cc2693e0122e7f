"""Known energies lie within the intervals: a short form of the developers' study."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbench.profiling.energy.correlation import NoiseModel, fit_noise, widening
from workbench.profiling.energy.study import Combination, combinations, main, run_combination

# One of each period, and every unit, sign, noise and drift once or more.
SHORT = (
    Combination(0.2, False, -1, 1.0, "phone"),
    Combination(1.0, True, 1, 0.1, "gauge"),
    Combination(5.0, True, -1, 8.0, "none"),
    Combination(30.0, False, 1, 1.0, "heat"),
)


@pytest.mark.parametrize("combination", SHORT, ids=lambda c: c.text())
def test_known_energy_lies_within_the_interval(combination: Combination) -> None:
    outcome = run_combination(combination, runs=200, seed=1)
    assert outcome.misread == 0
    assert 0.90 <= outcome.within <= 0.99
    assert abs(outcome.bias) < 0.01
    assert outcome.within_5_percent > 0.95
    assert outcome.half_width < 0.03


def test_the_same_seed_gives_the_same_outcome() -> None:
    assert run_combination(SHORT[1], 3, 5) == run_combination(SHORT[1], 3, 5)
    assert run_combination(SHORT[1], 3, 5) != run_combination(SHORT[1], 3, 6)


def test_the_study_covers_all_combinations() -> None:
    every = list(combinations())
    assert len(every) == 4 * 2 * 2 * 3 * 4
    assert len({combination.key for combination in every}) == len(every)


def test_the_command_prints_a_line_each_and_fails_when_a_figure_is_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("workbench.profiling.energy.study.combinations", lambda: iter(SHORT[:2]))
    # Two runs cannot lie within 90 to 99%.
    assert main(["--runs", "2", "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["combination"]["period_s"] for line in lines] == [0.2, 1.0]


def _lasting(rng: np.random.Generator, count: int, time: float) -> np.ndarray:
    decay = np.exp(-1 / time)
    values = [rng.normal()]
    for shock in rng.normal(size=count - 1) * np.sqrt(1 - decay**2):
        values.append(decay * values[-1] + shock)
    return np.array(values)


def test_noise_is_told_apart_into_white_and_lasting() -> None:
    rng = np.random.default_rng(0)
    samples = [2 * _lasting(rng, 400, 10.0) + rng.normal(size=400) for _ in range(30)]
    model = fit_noise(samples, 0.5)
    assert model.white == pytest.approx(1.0, rel=0.3)
    assert model.lasting == pytest.approx(4.0, rel=0.2)
    assert model.time_s == pytest.approx(5.0, rel=0.4)
    white = fit_noise([rng.normal(size=50) for _ in range(30)], 0.5)
    assert white.lasting * white.time_s < 0.1


def test_alike_repeats_widen_the_interval_as_a_simulation_says() -> None:
    # Two touching idle segments, one in each of two repeats, beside load segments far away.
    starts = np.array([0.0, 5.0, 1000.0, 2000.0])
    ends = np.array([5.0, 10.0, 1005.0, 2005.0])
    shares = np.array([[1.0, 0.0, 0.1, 0.0], [0.0, 1.0, 0.0, 0.1]])
    model = NoiseModel(0.1, 0.0, 1.0, 4.0)
    factor = widening(model, starts, ends, shares)
    rng = np.random.default_rng(1)
    noise = np.array([_lasting(rng, 100, 40.0) for _ in range(3000)])
    first, second = noise[:, :50].mean(axis=1), noise[:, 50:].mean(axis=1)
    mean, seen = ((first + second) / 2).var(), ((first - second) ** 2 / 4).mean()
    assert factor == pytest.approx(np.sqrt(mean / seen), rel=0.1)
    apart = widening(model, starts * 100, starts * 100 + 5, shares)
    assert apart == pytest.approx(1.0, abs=1e-3)
