"""Runs cut into repeats: a load block between the idle segments on its sides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.profiling.energy.sensor import SensorCalibration
from workbench.profiling.energy.streams import FloatArray, SensorStream, usable, volts_per_raw

FROZEN_CHANCE = 1e-6
"""A sensor stood still when its readings repeat so often that chance makes it this rarely."""


@dataclass(frozen=True, slots=True)
class MeasuredBlock:
    """A block as it was run, by the clock of the stream.

    Attributes:
        configuration: which one ran; None: the phone idled.
        start_s, end_s: of the inferences alone in a load block.
        inferences: how many; 0 when idle.
    """

    configuration: int | None
    start_s: float
    end_s: float
    inferences: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """Mean over a span of settled readings.

    Attributes:
        coverage: share of the span that readings cover; the mean is NaN where it is 0.
    """

    start_s: float
    end_s: float
    mean_mw: float
    coverage: float

    @property
    def middle_s(self) -> float:
        """Middle of the span."""
        return (self.start_s + self.end_s) / 2


@dataclass(frozen=True, slots=True)
class Repeat:
    """A load block between its idle segments."""

    before: Segment
    load: Segment
    after: Segment
    block: MeasuredBlock

    @property
    def after_share(self) -> float:
        """Weight of the idle segment after, on the line through both."""
        return (self.load.middle_s - self.before.middle_s) / (
            self.after.middle_s - self.before.middle_s
        )

    @property
    def idle_mw(self) -> float:
        """Idle power at the middle of the load's readings."""
        share = self.after_share
        return (1 - share) * self.before.mean_mw + share * self.after.mean_mw

    @property
    def energy_mj(self) -> float:
        """Energy of one inference beyond idling, by this repeat alone."""
        seconds = self.block.end_s - self.block.start_s
        return seconds * (self.load.mean_mw - self.idle_mw) / self.block.inferences

    @property
    def coverage(self) -> float:
        """The least of its segments'."""
        return min(self.before.coverage, self.load.coverage, self.after.coverage)


class Readings:
    """Current and power by time, with sums that make the mean over any span quick.

    Args:
        stream: of the whole run.
        calibration: of its sensor.

    Raises:
        SensorError: when the stream cannot be used.
    """

    def __init__(self, stream: SensorStream, calibration: SensorCalibration) -> None:
        good = usable(stream)
        self.t_s = good.t_s
        self.current_ma = calibration.milliamperes(good.current_raw)
        self.volts = good.voltage_raw * volts_per_raw(good.voltage_raw)
        gaps = np.diff(good.t_s, append=good.t_s[-1] + np.median(np.diff(good.t_s)))
        # A held reading is still right across a gap that is shorter than the gauge's period.
        longest_s = max(calibration.period_s, 3 * float(np.median(gaps)))
        weights = np.minimum(gaps, longest_s)
        self.covered_s = np.concatenate(([0.0], np.cumsum(weights)))
        self._energy = np.concatenate(([0.0], np.cumsum(weights * self.current_ma * self.volts)))

    def part(self, start_s: float, end_s: float) -> slice:
        """The readings in a span."""
        first, last = np.searchsorted(self.t_s, (start_s, end_s))
        return slice(int(first), int(last))

    def segment(self, start_s: float, end_s: float) -> Segment:
        """Mean power over a span, each reading for as long as it is held."""
        part = self.part(start_s, end_s)
        weight = float(self.covered_s[part.stop] - self.covered_s[part.start])
        if weight <= 0:
            return Segment(start_s, end_s, math.nan, 0.0)
        energy = float(self._energy[part.stop] - self._energy[part.start])
        return Segment(start_s, end_s, energy / weight, weight / (end_s - start_s))

    def sampled(self, segment: Segment, step_s: float) -> FloatArray:
        """Power at times `step_s` apart, each as it was last read."""
        times = np.arange(segment.start_s, segment.end_s, step_s)
        at = np.maximum(0, np.searchsorted(self.t_s, times, side="right") - 1)
        return self.current_ma[at] * self.volts[at]


def find_repeats(
    readings: Readings, calibration: SensorCalibration, blocks: Sequence[MeasuredBlock]
) -> list[Repeat]:
    """The load blocks of a run, each with the settled readings on its sides.

    Raises:
        ValueError: a load block without an idle block on each side, without inferences, or shorter
            than the gauge's delay.
    """
    settle_s = calibration.settle_s
    found = []
    for index, block in enumerate(blocks):
        if block.configuration is None:
            continue
        idle = [*blocks[max(0, index - 1) : index], *blocks[index + 1 : index + 2]]
        if len(idle) != 2 or any(side.configuration is not None for side in idle):
            raise ValueError("a load block must stand between two idle blocks")
        if block.inferences < 1 or block.end_s <= block.start_s + settle_s:
            raise ValueError("a load block must hold inferences and outlast the gauge's delay")
        found.append(
            Repeat(
                readings.segment(*_idle_part(idle[0], settle_s, shared=index > 1, last_part=True)),
                readings.segment(block.start_s + settle_s, block.end_s),
                readings.segment(
                    *_idle_part(idle[1], settle_s, shared=index + 2 < len(blocks), last_part=False)
                ),
                block,
            )
        )
    if not found:
        raise ValueError("there is no load block")
    return found


def _idle_part(
    block: MeasuredBlock, settle_s: float, *, shared: bool, last_part: bool
) -> tuple[float, float]:
    """The settled part of an idle block, or the third of it that belongs to one load block."""
    start_s, end_s = block.start_s + settle_s, block.end_s
    if end_s <= start_s:
        raise ValueError("an idle block must outlast the gauge's delay")
    if not shared:
        return start_s, end_s
    third_s = (end_s - start_s) / 3
    return (end_s - third_s, end_s) if last_part else (start_s, start_s + third_s)


def frozen_repeats(
    readings: Readings, calibration: SensorCalibration, repeats: Sequence[Repeat]
) -> list[bool]:
    """For each repeat whether the sensor stood still in it.

    A coarse sensor repeats itself by chance. How often is seen in the liveliest repeat, which was
    not frozen if any was not: with a share p of updates that change nothing, k of these in a row
    have a chance of p^k.
    """
    stretches, shares = [], []
    for repeat in repeats:
        part = readings.part(repeat.before.start_s, repeat.after.end_s)
        current = readings.current_ma[part]
        # Time that was covered by readings: a gap in the polling is no stand-still of the sensor.
        t_s = readings.covered_s[part]
        if len(t_s) < 2:
            stretches.append(math.inf)
            continue
        changes = np.flatnonzero(np.diff(current) != 0) + 1
        marks = np.concatenate(([t_s[0]], t_s[changes], [t_s[-1]]))
        stretches.append(float(np.diff(marks).max()) / calibration.period_s)
        shares.append(1 - len(changes) * calibration.period_s / float(t_s[-1] - t_s[0]))
    chance = float(np.clip(min(shares), 0.05, 0.999)) if shares else 0.05
    limit = max(5.0, math.log(FROZEN_CHANCE) / math.log(chance))
    whole = readings.part(repeats[0].before.start_s, repeats[-1].after.end_s)
    if len(np.unique(readings.current_ma[whole])) < 2:
        return [True] * len(repeats)
    return [stretch > limit for stretch in stretches]
