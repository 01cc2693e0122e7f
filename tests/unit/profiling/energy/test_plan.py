"""The order of blocks, their length, and when a plan is refused."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance
from workbench.profiling.energy.errors import SensorError
from workbench.profiling.energy.plan import MAX_BLOCK_S, PERIODS, plan_blocks
from workbench.profiling.energy.sensor import Confidence, SensorCalibration


def calibration(period_s: float) -> SensorCalibration:
    return SensorCalibration(
        "current_now", 1e-3, -1, period_s, 0.2, 0.001, (), (), Confidence.HIGH,
        Provenance.SIMULATED,
    )  # fmt: skip


@pytest.mark.parametrize("period_s", [0.2, 1.0, 5.0, 29.0])
def test_blocks_hold_the_updates_that_the_rules_ask_for(period_s: float) -> None:
    sensor = calibration(period_s)
    plan = plan_blocks(2, sensor, np.random.default_rng(0))
    for block in plan.blocks[1:-1]:
        assert (block.seconds - sensor.settle_s) / period_s >= PERIODS - 1e-9
    assert plan.reasons == ()
    assert plan.seconds == pytest.approx(sum(block.seconds for block in plan.blocks))


def test_every_load_block_stands_between_idle_blocks() -> None:
    blocks = plan_blocks(3, calibration(1.0), np.random.default_rng(1), repeats=6).blocks
    assert [b.configuration is None for b in blocks] == [True, False] * 18 + [True]
    counts = np.bincount([b.configuration for b in blocks if b.configuration is not None])
    assert counts.tolist() == [6, 6, 6]


def test_rounds_mirror_each_other_and_the_generator_decides() -> None:
    def order(seed: int) -> list[list[int]]:
        blocks = plan_blocks(5, calibration(1.0), np.random.default_rng(seed), repeats=6).blocks
        return [
            [b.configuration for b in blocks if b.configuration is not None and b.round_number == r]
            for r in range(6)
        ]

    rounds = order(3)
    assert [rounds[1], rounds[3], rounds[5]] == [r[::-1] for r in (rounds[0], rounds[2], rounds[4])]
    assert rounds[0] != rounds[2]
    assert order(3) == rounds != order(4)


def test_a_slow_gauge_is_flagged_then_refused() -> None:
    flagged = plan_blocks(1, calibration(40.0), np.random.default_rng(0))
    assert flagged.block_s == MAX_BLOCK_S
    assert "updates of the gauge, not 20" in flagged.reasons[0]
    with pytest.raises(SensorError, match="every 60 s"):
        plan_blocks(1, calibration(60.0), np.random.default_rng(0))


@pytest.mark.parametrize(("configurations", "repeats"), [(0, 5), (1, 4)])
def test_too_little_is_refused(configurations: int, repeats: int) -> None:
    with pytest.raises(SettingsError):
        plan_blocks(configurations, calibration(1.0), np.random.default_rng(0), repeats)
