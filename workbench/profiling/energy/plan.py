"""In which order a phone idles and works while its energy is measured, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.core.errors import SettingsError
from workbench.profiling.energy.errors import SensorError
from workbench.profiling.energy.sensor import SensorCalibration

PERIODS = 20
"""Updates of the gauge that a block holds after it settled."""

MIN_PERIODS = 10
"""Fewest that are accepted where the upper bound of a block's length allows no more."""

MIN_BLOCK_S = 20.0
"""However quick the gauge: what else a phone does comes and goes within seconds."""

MAX_BLOCK_S = 660.0
"""22 periods of the slowest common gauges, which update every 30 s."""

MIN_REPEATS = 5


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """One block.

    Attributes:
        configuration: which one runs; None: the phone idles.
        round_number: 0 for the first round; an idle block belongs to the load block before it.
        seconds: how long, at least.
    """

    configuration: int | None
    round_number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class EnergyPlan:
    """Blocks in order: idle, load, idle, load, ..., idle.

    Attributes:
        blocks: a load block of every configuration in every round, each between two idle blocks.
        repeats: load blocks a configuration.
        block_s: length of a block.
        reasons: what makes this plan less than the rules ask for.
    """

    blocks: tuple[PlannedBlock, ...]
    repeats: int
    block_s: float
    reasons: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Least duration of the whole."""
        return sum(block.seconds for block in self.blocks)


def block_seconds(calibration: SensorCalibration) -> float:
    """Length of a block: the time to settle and `PERIODS` updates, within the bounds.

    Raises:
        SensorError: when the gauge is so slow that the longest block holds too few updates.
    """
    wanted_s = calibration.settle_s + PERIODS * calibration.period_s
    least_s = calibration.settle_s + MIN_PERIODS * calibration.period_s
    if least_s > MAX_BLOCK_S:
        raise SensorError(
            f"The gauge updates every {calibration.period_s:.0f} s: a block of"
            f" {MAX_BLOCK_S / 60:.0f} minutes would hold fewer than {MIN_PERIODS} updates."
        )
    return float(np.clip(wanted_s, MIN_BLOCK_S, MAX_BLOCK_S))


def plan_blocks(
    configurations: int,
    calibration: SensorCalibration,
    rng: np.random.Generator,
    repeats: int = MIN_REPEATS,
) -> EnergyPlan:
    """Idle, load, idle, ... with the configurations in ABBA order.

    Every even round has a random order, the round after it the reverse, so that a steady drift
    meets all configurations alike. One idle block serves the load before it with its first third
    and the load after it with its last, so that no reading counts twice; the first and the last
    block serve one load and are shorter.

    Args:
        configurations: how many.
        rng: decides the orders.
        repeats: load blocks a configuration.

    Raises:
        SettingsError: fewer than one configuration or than `MIN_REPEATS` repeats.
        SensorError: when the gauge is too slow.
    """
    if configurations < 1 or repeats < MIN_REPEATS:
        raise SettingsError(
            f"Measuring energy takes a configuration or more, and {MIN_REPEATS} repeats or more.",
            "Fewer repeats give no interval to rely on.",
        )
    block_s = block_seconds(calibration)
    edge_s = max(MIN_BLOCK_S / 2, (block_s + calibration.settle_s) / 2)
    blocks = [PlannedBlock(None, 0, edge_s)]
    order = rng.permutation(configurations)
    for turn in range(repeats):
        for configuration in order:
            blocks.append(PlannedBlock(int(configuration), turn, block_s))
            blocks.append(PlannedBlock(None, turn, block_s))
        order = order[::-1] if turn % 2 == 0 else rng.permutation(configurations)
    blocks[-1] = PlannedBlock(None, repeats - 1, edge_s)
    updates = (block_s - calibration.settle_s) / calibration.period_s
    reasons = []
    if updates < PERIODS - 0.5:
        reasons.append(f"a block holds {updates:.0f} updates of the gauge, not {PERIODS}")
    return EnergyPlan(tuple(blocks), repeats, block_s, tuple(reasons))
