"""Energy per inference from idle and load blocks, with a confidence interval.

For each load block of N inferences that lasts D seconds, with idle blocks on both sides,

    E = D (P_load - P_idle) / N,    P = V I,

where P_load is the mean over the block after the gauge settled and P_idle is the straight line
through the idle means before and after, taken at the middle of the load's readings, so that a
steady drift cancels. A reading is held until the next update and may be a mean over the period
before, so the readings of the first two periods of a block are left out.

An idle block between two load blocks serves the first with its first third and the second with its
last; the third between keeps the repeats apart. Each repeat is a mean over many updates, hence
nearly normal: the interval is Student's t over the repeats, widened by how alike neighbouring ones
are (`correlation`). Readings within a block are not independent and only make the means. A
bootstrap over five repeats would be too narrow (its resamples cannot be wider than the five
values), and so would a normal interval. What repeats cannot show is an error that they share: the
rounding of a coarse sensor without noise; `rounding_variance` adds it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from workbench.core.provenance import Source
from workbench.profiling.energy.conditions import BadSpan
from workbench.profiling.energy.correlation import fit_noise, widening
from workbench.profiling.energy.errors import ChargingError, EnergyError, SensorError
from workbench.profiling.energy.plan import MIN_PERIODS, MIN_REPEATS
from workbench.profiling.energy.repeats import (
    MeasuredBlock,
    Readings,
    Repeat,
    find_repeats,
    frozen_repeats,
)
from workbench.profiling.energy.result import EnergyPerInference, EnergyTrust
from workbench.profiling.energy.sensor import CHARGING_HINT, Confidence, SensorCalibration
from workbench.profiling.energy.streams import FloatArray, SensorStream

LEAST_REPEATS = 3
"""Below this there is no interval worth the name."""

MIN_COVERAGE = 0.8
"""Share of a block's time that readings must cover."""

SPREAD_BOUND = 0.25
TREND_LEVEL = 0.995


def measure_energy(
    stream: SensorStream,
    calibration: SensorCalibration,
    blocks: Sequence[MeasuredBlock],
    bad: Sequence[BadSpan] = (),
    notes: Sequence[str] = (),
) -> tuple[EnergyPerInference, ...]:
    """Energy per inference of every configuration in the blocks, by its number.

    Args:
        stream: polled over the whole run by the same clock as the blocks' times.
        calibration: of that sensor on that device.
        blocks: as they were run, in order; each load block between two idle ones.
        bad: stretches that do not count, such as charging; repeats that touch one are left out.
        notes: further reasons against trusting the run, such as a frequency cap that moved.

    Raises:
        EnergyError: when fewer than three repeats of a configuration are left.
        SensorError: the stream cannot be used.
        ChargingError: current flows into the battery, or charging spoilt too many repeats.
        ValueError: a load block without an idle block on each side, or without inferences.
    """
    readings = Readings(stream, calibration)
    repeats = find_repeats(readings, calibration, blocks)
    frozen = frozen_repeats(readings, calibration, repeats)
    results = []
    for configuration in sorted({_number(repeat) for repeat in repeats}):
        mine = [index for index, r in enumerate(repeats) if _number(r) == configuration]
        kept: list[Repeat] = []
        dropped: dict[str, int] = {}
        for index in mine:
            reason = _why_not(repeats[index], frozen[index], bad)
            if reason is None:
                kept.append(repeats[index])
            else:
                dropped[reason] = dropped.get(reason, 0) + 1
        reasons = [
            f"{count} of {len(mine)} repeats left out: {why}" for why, count in dropped.items()
        ]
        if len(kept) < LEAST_REPEATS:
            _refuse(len(kept), reasons, frozen, bad)
        results.append(_summary(configuration, readings, calibration, kept, [*notes, *reasons]))
    return tuple(results)


def _number(repeat: Repeat) -> int:
    assert repeat.block.configuration is not None
    return repeat.block.configuration


def _why_not(repeat: Repeat, frozen: bool, bad: Sequence[BadSpan]) -> str | None:
    for span in bad:
        if span.start_s < repeat.after.end_s and span.end_s > repeat.before.start_s:
            return span.reason
    if repeat.coverage < MIN_COVERAGE:
        return "readings are missing"
    return "the current sensor stood still" if frozen else None


def _refuse(
    left: int, reasons: Sequence[str], frozen: Sequence[bool], bad: Sequence[BadSpan]
) -> None:
    detail = "; ".join(reasons)
    if all(frozen):
        raise SensorError("The current sensor stood still during the whole run.", detail=detail)
    message = f"Only {left} load blocks can be used, and {LEAST_REPEATS} are needed: {detail}."
    if bad:
        raise ChargingError(message, CHARGING_HINT)
    raise EnergyError(message, "Measure again with more repeats, without touching the phone.")


def rounding_variance(noise_steps: float) -> float:
    """Variance of the mean rounding error of readings with Gaussian noise, in steps squared.

    With noise of s steps, the mean of rounded values is off by a sum of sines of the true level
    (Widrow and Kollar, Quantization Noise, 2008, chapter 11); over a level that may lie anywhere
    its variance is sum_k exp(-4 pi^2 k^2 s^2) / (2 pi^2 k^2): 1/12 without noise, nothing from half
    a step of noise on.
    """
    orders = np.arange(1, 30, dtype=float) ** 2
    factor = np.exp(-4 * np.pi**2 * orders * noise_steps**2)
    return float((factor / (2 * np.pi**2 * orders)).sum())


def _rounding_mw(
    readings: Readings, calibration: SensorCalibration, repeats: Sequence[Repeat]
) -> float:
    """Standard deviation of the rounding error that all repeats share, in mW."""
    step_ma = calibration.resolution_ma
    total = 0.0
    for names in (("load",), ("before", "after")):
        spans = [getattr(repeat, name) for repeat in repeats for name in names]
        values = np.concatenate(
            [readings.current_ma[readings.part(span.start_s, span.end_s)] for span in spans]
        )
        # Rounding itself adds 1/12 of a squared step to the scatter (Sheppard's correction).
        noise = math.sqrt(max(0.0, float(values.var()) / step_ma**2 - 1 / 12))
        total += rounding_variance(noise)
    return math.sqrt(total) * step_ma * float(np.median(readings.volts))


def _widening(
    readings: Readings, calibration: SensorCalibration, repeats: Sequence[Repeat]
) -> float:
    segments = [part for r in repeats for part in (r.before, r.load, r.after)]
    step_s = max(calibration.period_s, calibration.poll_s)
    noise = fit_noise([readings.sampled(part, step_s) for part in segments], step_s)
    shares = np.zeros((len(repeats), len(segments)))
    for row, repeat in enumerate(repeats):
        after = repeat.after_share
        shares[row, 3 * row : 3 * row + 3] = (after - 1, 1.0, -after)
    starts = np.array([part.start_s for part in segments])
    ends = np.array([part.end_s for part in segments])
    return widening(noise, starts, ends, shares)


def _summary(
    configuration: int,
    readings: Readings,
    calibration: SensorCalibration,
    repeats: Sequence[Repeat],
    notes: Sequence[str],
) -> EnergyPerInference:
    from scipy.special import stdtrit  # Student's t without the slow scipy.stats

    energies = np.array([repeat.energy_mj for repeat in repeats])
    count = len(energies)
    mean, spread = float(energies.mean()), float(energies.std(ddof=1))
    idle_mw = float(np.mean([repeat.idle_mw for repeat in repeats]))
    if idle_mw < 0:
        raise ChargingError("Current flows into the battery while the phone idles.", CHARGING_HINT)
    scatter = float(stdtrit(count - 1, 0.975)) * spread / math.sqrt(count)
    scatter *= _widening(readings, calibration, repeats)
    seconds = sum(repeat.block.end_s - repeat.block.start_s for repeat in repeats)
    inferences = sum(repeat.block.inferences for repeat in repeats)
    rounding = 1.96 * _rounding_mw(readings, calibration, repeats) * seconds / inferences
    half = math.hypot(scatter, rounding)
    net_mw = float(np.mean([repeat.load.mean_mw - repeat.idle_mw for repeat in repeats]))
    load_s = min(repeat.load.end_s - repeat.load.start_s for repeat in repeats)
    relative = spread / abs(mean) if mean else math.inf
    updates = load_s / calibration.period_s
    checks = (
        (count < MIN_REPEATS, f"only {count} repeats count, not {MIN_REPEATS}"),
        (updates < MIN_PERIODS, f"a load block holds {updates:.0f} updates of the gauge"),
        (relative > SPREAD_BOUND, f"the repeats scatter by {relative:.0%}"),
        (mean + half < 0, "the phone took less while it worked than while it idled"),
        (rounding > scatter, "the sensor is too coarse for this load"),
        (_trend(energies), "the energy drifts from repeat to repeat"),
        (
            calibration.confidence is Confidence.LOW,
            f"the sensor's calibration is uncertain: {'; '.join(calibration.reasons)}",
        ),
    )
    reasons = (*notes, *(text for failed, text in checks if failed))
    story = (
        f"{count} load blocks of {seconds / count:.0f} s, {inferences:,} inferences, each between"
        f" idle blocks; {calibration.sensor} in {calibration.unit}, updated every"
        f" {calibration.period_s:.2g} s (calibration: {calibration.confidence} confidence);"
        f" 95% interval from the repeats"
    )
    repeats_mj = tuple(energies.tolist())
    return EnergyPerInference(
        configuration, mean, mean - half, mean + half, repeats_mj, idle_mw, net_mw, inferences,
        scatter, rounding, EnergyTrust(reasons, relative),
        Source(calibration.provenance, story),
    )  # fmt: skip


def _trend(energies: FloatArray) -> bool:
    """Whether a straight line through the repeats rises or falls beyond chance."""
    from scipy.special import stdtrit

    count = len(energies)
    steps = np.arange(count) - (count - 1) / 2
    slope = float(steps @ energies / (steps @ steps))
    rest = energies - energies.mean() - slope * steps
    error = math.sqrt(float(rest @ rest) / max(1, count - 2) / float(steps @ steps))
    return abs(slope) > float(stdtrit(count - 2, TREND_LEVEL)) * error
