"""Small design spaces and problems with invented figures, for tests only."""

from __future__ import annotations

import numpy as np

from workbench.search.problem import Problem, build_problem
from workbench.space.accuracy import AccuracyModel, MeasuredAccuracy, fit_predictor
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace
from workbench.space.tables import cost_tables, latency_term_tables

OPERATORS = ("identity", "fire", "svd", "dwsep", "ch75", "ch50", "ch25", "fire+ch50")
DEEP_OPERATORS = (*OPERATORS, "mbv2", "svd+ch50")
_TYPICAL_LOSS = {
    "identity": 0.0, "ch75": 0.4, "mbv2": 0.7, "svd": 0.9, "sparse": 1.0, "ch50": 1.2,
    "dwsep": 1.2, "fire": 1.5, "skip": 1.5, "svd+ch50": 1.8, "fire+ch50": 2.5, "ch25": 3.0,
}  # fmt: skip


def five_layer_space() -> DesignSpace:
    """The shape of the shipped network: 5,184 configurations."""
    skippable = (*OPERATORS, "skip")
    return DesignSpace(
        Backbone(
            "five",
            (1, 28, 28),
            (
                ConvLayer("conv1", 24),
                ConvLayer("conv2", 48, stride=(2, 2), operators=OPERATORS),
                ConvLayer("conv3", 48, shortcut=True, operators=skippable),
                ConvLayer("conv4", 96, stride=(2, 2), operators=OPERATORS),
                ConvLayer("conv5", 96, shortcut=True, operators=skippable),
            ),
            10,
        )
    )


def deep_space(layers: int = 20, operators: tuple[str, ...] = DEEP_OPERATORS) -> DesignSpace:
    """`layers` layers that can be compressed: 10 ** 20 configurations by default."""
    stages = (32, 64, 128, 256)
    per_stage = -(-layers // len(stages))
    body = tuple(
        ConvLayer(
            f"conv{index + 2}",
            stages[index // per_stage],
            stride=(2, 2) if index and index % per_stage == 0 else (1, 1),
            operators=operators,
        )
        for index in range(layers)
    )
    return DesignSpace(Backbone("deep", (3, 64, 64), (ConvLayer("conv1", 32), *body), 100))


def invented_accuracy(space: DesignSpace, measured: int, seed: int = 0) -> AccuracyModel:
    """Losses that add up by layer, plus noise; `measured` configurations count as measured."""
    rng = np.random.default_rng(seed)
    configurations = np.unique(space.random_configurations(rng, measured), axis=0)
    scale = 4.0 / space.decisions
    loss = rng.normal(0, 0.1, len(configurations))
    for decision, names in enumerate(space.operators):
        typical = np.array([_TYPICAL_LOSS[name] for name in names])
        typical = typical * rng.uniform(0.5, 1.5) * scale
        typical[1:] += rng.normal(0, 0.1, len(names) - 1) * scale
        loss += typical[configurations[:, decision]]
    tables, error = fit_predictor(space, configurations, loss, rng)
    return AccuracyModel(
        space, 92.0, tables, error, MeasuredAccuracy(configurations, 92.0 - loss, 10_000)
    )


def problem_of(accuracy: AccuracyModel, *, with_power: bool = True) -> Problem:
    """A problem on an invented device: about 8 ms and 8 mJ for the five-layer backbone."""
    prices = np.array([2e-7, 4e-7, 4e-7, 1.6e-6, 5e-7, 4e-6, 0.05, 5e-7])
    latency = latency_term_tables(accuracy.space).with_metrics(prices[:, None], ("latency_ms",))
    return build_problem(
        accuracy,
        cost_tables(accuracy.space),
        latency,
        memory_bytes_per_ms=2e6,
        power_mw=_power if with_power else None,
    )


def _power(ratio: object) -> np.ndarray:
    return 1000.0 * np.asarray(ratio, dtype=float) ** 2
