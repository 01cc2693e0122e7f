import numpy as np
import pytest

from tests.helpers.networks import five_layer_space
from workbench.core.errors import SettingsError
from workbench.space.accuracy import AccuracyModel, MeasuredAccuracy, fit_predictor

SPACE = five_layer_space()


def _additive_losses(configurations: np.ndarray, noise: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    # The first operator is the backbone's own layer: it loses nothing.
    tables = [np.array([0, *rng.uniform(0, 3, size - 1)]) for size in SPACE.sizes]
    loss = sum(table[configurations[:, d]] for d, table in enumerate(tables))
    return np.asarray(loss + rng.normal(0, noise, len(configurations)))


def test_the_predictor_finds_additive_losses_and_knows_its_error() -> None:
    configurations = SPACE.random_configurations(np.random.default_rng(1), 300)
    tables, error = fit_predictor(
        SPACE, configurations, _additive_losses(configurations, 0.1), np.random.default_rng(0)
    )
    every = SPACE.all_configurations()
    actual = np.abs(tables.every_total()[:, 0] - _additive_losses(every, 0.0)).mean()
    assert actual < 0.15
    # Held-out error holds the noise of the measurement too.
    assert actual < error.mean_abs_points < 0.25
    assert error.kendall > 0.9


def test_a_useless_predictor_says_so() -> None:
    configurations = SPACE.random_configurations(np.random.default_rng(1), 300)
    loss = np.random.default_rng(2).normal(0, 1, 300)
    _, error = fit_predictor(SPACE, configurations, loss, np.random.default_rng(0))
    assert error.mean_abs_points > 0.6
    assert abs(error.spearman) < 0.3


def test_too_few_measurements_are_refused() -> None:
    configurations = SPACE.random_configurations(np.random.default_rng(1), 19)
    with pytest.raises(SettingsError):
        fit_predictor(SPACE, configurations, np.zeros(19), np.random.default_rng(0))


def test_measured_losses_win_over_predicted_ones() -> None:
    rng = np.random.default_rng(1)
    configurations = np.unique(SPACE.random_configurations(rng, 100), axis=0)
    loss = _additive_losses(configurations, 0.3)
    tables, error = fit_predictor(SPACE, configurations, loss, rng)
    model = AccuracyModel(
        SPACE, 92.0, tables, error, MeasuredAccuracy(configurations, 92.0 - loss, 1000)
    )
    assert model.loss_points(configurations) == pytest.approx(loss)
    rows = SPACE.indices(configurations)
    assert model.every_loss_points[rows] == pytest.approx(loss)
    assert model.every_measured.sum() == len(configurations)
    other = next(SPACE.configuration(i) for i in range(SPACE.count) if not model.every_measured[i])
    predicted = tables.totals(np.array([other], dtype=np.uint8))[0, 0]
    assert model.loss_points(np.array([other], dtype=np.uint8))[0] == pytest.approx(predicted)
    assert not model.is_measured(other)


def test_the_whole_network_loses_nothing_where_it_is_predicted() -> None:
    """In a space too large to tabulate, limits on the loss start at the whole network."""
    rng = np.random.default_rng(1)
    configurations = SPACE.random_configurations(rng, 80)
    loss = 30 + (configurations > 1).sum(axis=1) + rng.normal(0, 1, 80)
    tables, error = fit_predictor(SPACE, configurations, loss, rng)
    whole = np.zeros((1, SPACE.decisions), np.uint8)
    assert abs(float(tables.totals(whole)[0, 0])) < 3
    assert error.configurations == int((configurations != 0).any(axis=1).sum())
