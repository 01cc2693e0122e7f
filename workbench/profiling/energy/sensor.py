"""What a phone's current sensor means: its unit, its sign and its update period, with evidence.

The kernel's documentation promises microamperes, negative while discharging. Vendors differ in
both, so the sensor is asked: the phone idles, then a CPU burner runs, then it runs in bursts, and
what the readings do is the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from workbench.core.provenance import Provenance
from workbench.profiling.energy.errors import (
    ESTIMATE_HINT,
    ChargingError,
    SensorError,
    SlowSensorError,
)
from workbench.profiling.energy.period import UpdatePeriod, resolution, update_period
from workbench.profiling.energy.streams import (
    FloatArray,
    SensorStream,
    usable,
    volts_per_raw,
)

PHASE_S = 90.0
"""How long the phone idles, and then how long the burner runs: 30 s gauges update thrice in it."""

BURSTS_S = 120.0
"""How long the burner then goes on and off."""

UNIT_LIMIT = 10_000.0
"""Median |I| under the burner below which readings are milliamperes: a phone at work takes 100 to
5,000 mA, that is 100,000 uA and more."""

UNIT_CLEAR = 2.0
"""Within this factor of the limit the rule is not trusted alone."""

PLAUSIBLE_MW = (20.0, 40_000.0)
"""Power that a phone or board with busy cores can take."""

MIN_GROWTH = 0.05
"""Least growth of |I| under the burner, as a share of the idle level."""

AGREEMENT = 0.25
"""How far charge counter and current may differ in the energy that left the battery."""

MIN_COUNTER_STEPS = 4


class Confidence(StrEnum):
    """How well the evidence supports a calibration."""

    HIGH = "high"
    """Two independent sources agree."""
    MEDIUM = "medium"
    """Nothing speaks against it, but a second source is missing."""
    LOW = "low"
    """Sources contradict each other, or the rule for the unit is at its limit."""


@dataclass(frozen=True, slots=True)
class SensorCalibration:
    """How to read one device's current sensor.

    Attributes:
        sensor: its path or name on the device.
        ma_per_raw: 0.001 (microamperes) or 1 (milliamperes).
        discharge_sign: +1 or -1, the sign of a reading while the battery discharges.
        period_s: time between two updates of the gauge.
        poll_s: typical time between two polls during the calibration.
        resolution_ma: step between two readings that it can tell apart.
        evidence: one sentence for each fact that this rests on.
        reasons: what keeps the confidence from being high.
        provenance: measured, or simulated.
    """

    sensor: str
    ma_per_raw: float
    discharge_sign: int
    period_s: float
    poll_s: float
    resolution_ma: float
    evidence: tuple[str, ...]
    reasons: tuple[str, ...]
    confidence: Confidence
    provenance: Provenance

    @property
    def unit(self) -> str:
        """``uA`` or ``mA``."""
        return "mA" if self.ma_per_raw == 1.0 else "uA"

    @property
    def settle_s(self) -> float:
        """How long after a change of load a reading may still speak of the time before.

        A reading is held for one period, and it may be a mean over the period before its update.
        """
        return 2 * self.period_s + self.poll_s

    def milliamperes(self, current_raw: FloatArray) -> FloatArray:
        """(n,) current in mA, positive while discharging."""
        return current_raw * (self.ma_per_raw * self.discharge_sign)


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """When a CPU burner runs while the sensor is polled; seconds from the start of the polling.

    Attributes:
        burner_s: start and end of the steady load, which shows unit and sign.
        bursts_s: starts and ends after it. A coarse, quiet sensor reads the same value for minutes
            under any steady load; these make it change, so that its period shows.
        seconds: length of the whole.
    """

    burner_s: tuple[float, float]
    bursts_s: tuple[tuple[float, float], ...]
    seconds: float


def calibration_plan(rng: np.random.Generator, stretch: float = 1.0) -> CalibrationPlan:
    """Idle, burner, and bursts of 2 to 12 s at irregular times, which no period can hide from.

    Args:
        rng: decides the bursts.
        stretch: factor on the phases' lengths; above 1 after a gauge was too slow for the usual.
    """
    phase_s = PHASE_S * stretch
    bursts: list[tuple[float, float]] = []
    now_s = 2 * phase_s
    end_s = now_s + BURSTS_S * stretch
    while True:
        start_s = now_s + float(rng.uniform(2, 12))
        now_s = start_s + float(rng.uniform(2, 12))
        if now_s > end_s:
            return CalibrationPlan((phase_s, 2 * phase_s), tuple(bursts), end_s)
        bursts.append((start_s, now_s))


def calibrate_sensor(
    stream: SensorStream, burner_s: tuple[float, float], sensor: str, provenance: Provenance
) -> SensorCalibration:
    """Find unit, sign, period and resolution from a stream in which a CPU burner ran.

    Args:
        stream: polled at 5 Hz or so, on battery, as a `CalibrationPlan` says.
        burner_s: when the steady load started and ended, by the stream's clock.
        sensor: path of the sensor on the device.
        provenance: measured, or simulated.

    Raises:
        SlowSensorError: it changed too rarely; try again with a longer plan.
        SensorError: no usable sensor: missing, frozen, implausible, or blind to the load.
        ChargingError: |I| falls while the processor works, as only a charged battery's does.
    """
    good = usable(stream)
    raw = good.current_raw
    length_s = float(good.t_s[-1] - good.t_s[0])
    if (raw == raw[0]).all():
        raise SensorError(
            f"The current sensor is frozen: it read {raw[0]:g} for {length_s:.0f} s,"
            " also while the processor worked."
        )
    period = update_period(good.t_s, raw)
    if period is None:
        raise SlowSensorError(
            f"The current sensor hardly changed in {length_s:.0f} s: it is stuck, or it updates too"
            " rarely to be timed.",
            f"Calibrate with longer phases. {ESTIMATE_HINT}",
        )
    settle_s = 2 * period.seconds + period.poll_s
    idle, busy = _levels(good, burner_s, settle_s)
    sign, reaction = _sign(idle, busy)
    volts = good.voltage_raw * volts_per_raw(good.voltage_raw)
    level = float(np.median(np.abs(busy)))
    ma_per_raw = 1.0 if level < UNIT_LIMIT else 1e-3
    clear = not UNIT_LIMIT / UNIT_CLEAR <= level <= UNIT_LIMIT * UNIT_CLEAR
    reasons: list[str] = []
    ratio = _counter_ratio(good, raw * sign * ma_per_raw, volts)
    if ratio is not None and not clear:
        # At the limit of the rule the charge counter decides, if it names the other unit.
        other = 1e-3 if ma_per_raw == 1.0 else 1.0
        rescaled = ratio * other / ma_per_raw
        if abs(np.log(rescaled)) < abs(np.log(ratio)):
            ma_per_raw, ratio = other, rescaled
    power_mw = level * ma_per_raw * float(np.median(volts))
    if not PLAUSIBLE_MW[0] <= power_mw <= PLAUSIBLE_MW[1]:
        raise SensorError(
            f"The current sensor is implausible: read as {_unit(ma_per_raw)} the phone takes"
            f" {power_mw:.3g} mW with a busy processor.",
            detail=f"median reading under load {level:g}",
        )
    evidence = [
        reaction,
        f"median |I| of {level:,.0f} under load ({'below' if level < UNIT_LIMIT else 'above'}"
        f" {UNIT_LIMIT:,.0f}): read as {_unit(ma_per_raw)}, {power_mw:,.0f} mW",
        _period_evidence(period, length_s),
    ]
    agrees = ratio is not None and abs(ratio - 1) <= AGREEMENT
    if ratio is not None:
        evidence.append(f"current x voltage is {ratio:.2f} times charge counter x voltage")
    else:
        reasons.append("the charge counter could not be compared")
    if ratio is not None and not agrees:
        reasons.append("charge counter and current disagree")
    if not clear and not agrees:
        reasons.append("the unit is at the limit of the rule")
    if period.changes < 10 and not period.at_most:
        reasons.append(f"the period rests on {period.changes} changes")
    if not agrees and (ratio is not None or not clear):
        confidence = Confidence.LOW
    else:
        confidence = Confidence.MEDIUM if reasons else Confidence.HIGH
    return SensorCalibration(
        sensor, ma_per_raw, sign, period.seconds, period.poll_s, resolution(raw) * ma_per_raw,
        tuple(evidence), tuple(reasons), confidence, provenance,
    )  # fmt: skip


def _levels(
    stream: SensorStream, burner_s: tuple[float, float], settle_s: float
) -> tuple[FloatArray, FloatArray]:
    """Readings of the idle phase and of the burner's, each after the gauge settled."""
    start_s, end_s = burner_s
    t_s = stream.t_s
    busy = stream.current_raw[(t_s >= start_s + settle_s) & (t_s <= end_s)]
    idle = stream.current_raw[(t_s >= t_s[0] + settle_s) & (t_s < start_s)]
    if not len(busy) or not len(idle):
        raise SlowSensorError(
            f"The gauge takes {settle_s:.0f} s to show a change, and the calibration's phases were"
            " shorter.",
            f"Calibrate with phases of {2 * settle_s:.0f} s or more.",
        )
    return idle, busy


def _sign(idle: FloatArray, busy: FloatArray) -> tuple[int, str]:
    """The sign of a discharging current, and the sentence that shows it."""
    rest, work = float(np.median(idle)), float(np.median(busy))
    growth = abs(work) - abs(rest)
    told = f"the reading went from {rest:,.0f} to {work:,.0f} as the processor started to work"
    # Robust, because a phone in use has bursts: 1.5 median absolute deviations are about one sd.
    noise = 1.5 * float(np.median(np.abs(idle - rest)))
    enough = max(MIN_GROWTH * abs(rest), noise)
    if rest * work < 0 or growth < -enough:
        raise ChargingError(
            f"The battery seems to be charging: {told}.", CHARGING_HINT, detail=told
        )
    if growth <= enough:
        raise SensorError(
            f"The current sensor does not react to load: {told}.",
            f"Check that nothing else keeps the phone busy. {ESTIMATE_HINT}",
        )
    return (1 if work > 0 else -1), f"{told}: it is {'positive' if work > 0 else 'negative'}" + (
        " while discharging"
    )


CHARGING_HINT = (
    "Unplug the phone and go on over Wi-Fi: `adb tcpip 5555`, pull the cable,"
    " `adb connect <address of the phone>`."
)


def _counter_ratio(stream: SensorStream, current_ma: FloatArray, volts: FloatArray) -> float | None:
    """Energy by the current over energy by the charge counter, between two steps of the counter.

    None where there is no counter, or it moved too little to tell.
    """
    if stream.charge_uah is None:
        return None
    known = np.isfinite(stream.charge_uah)
    t_s, charge = stream.t_s[known], stream.charge_uah[known]
    steps = np.flatnonzero(np.diff(charge) != 0) + 1
    if len(steps) < MIN_COUNTER_STEPS:
        return None
    first, last = int(steps[0]), int(steps[-1])
    used_mah = (charge[first] - charge[last]) / 1000
    if used_mah <= 0:
        return None
    span = slice(first, last + 1)
    ma, v = current_ma[known][span], volts[known][span]
    by_current = float(np.trapezoid(ma * v, t_s[span])) / 3600
    by_counter = float(used_mah * v.mean())
    return by_current / by_counter if by_current > 0 else None


def _period_evidence(period: UpdatePeriod, length_s: float) -> str:
    if period.at_most:
        return f"the value changed at nearly every poll, every {period.seconds:.2g} s"
    return f"{period.changes} changes in {length_s:.0f} s: it updates every {period.seconds:.3g} s"


def _unit(ma_per_raw: float) -> str:
    return "mA" if ma_per_raw == 1.0 else "uA"
