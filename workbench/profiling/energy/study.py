"""Known energies against measured ones: ``python -m workbench.profiling.energy.study``.

Each run makes a phone and a gauge from a seed, calibrates the sensor from its stream, plans the
blocks by that calibration, and measures. Nothing waits. Of every combination of period, unit, sign,
noise and drift it prints how often the known energy lay within the 95% interval, the bias, and the
share of runs within 5%.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from workbench.core.provenance import Provenance
from workbench.profiling.energy.analysis import measure_energy
from workbench.profiling.energy.errors import SensorError, SlowSensorError
from workbench.profiling.energy.plan import plan_blocks
from workbench.profiling.energy.sensor import (
    SensorCalibration,
    calibrate_sensor,
    calibration_plan,
)
from workbench.profiling.energy.simulator import (
    LoadSpan,
    SimulatedGauge,
    SimulatedPhone,
    run_blocks,
    simulate_stream,
)

PERIODS_S = (0.2, 1.0, 5.0, 30.0)
NOISES_MA = (0.1, 1.0, 8.0)
DRIFTS = ("none", "gauge", "phone", "heat")
BURNER_MW = 1500.0


@dataclass(frozen=True, slots=True)
class Combination:
    """What a gauge is like.

    Attributes:
        drift: ``none``, ``gauge`` (its offset moves), ``phone`` (idle power rises or falls
            steadily), or ``heat`` (both, and idle power comes to rest as the phone gets warm).
    """

    period_s: float
    milliamperes: bool
    discharge_sign: int
    noise_ma: float
    drift: str

    @property
    def key(self) -> tuple[int, ...]:
        """Numbers that make its random choices its own."""
        return (
            round(self.period_s * 1000), int(self.milliamperes), self.discharge_sign + 1,
            round(self.noise_ma * 1000), DRIFTS.index(self.drift),
        )  # fmt: skip

    def text(self) -> str:
        """One line."""
        return (
            f"{self.period_s:4g} s  {'mA' if self.milliamperes else 'uA'}  {self.discharge_sign:+d}"
            f"  noise {self.noise_ma:3g} mA  drift {self.drift:5s}"
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A combination's runs together.

    Attributes:
        within: share of runs whose interval holds the known energy.
        bias: mean relative error.
        within_5_percent: share of runs within 5% of the known energy.
        half_width: median relative half width of the interval.
        misread: runs whose unit or sign was found wrong, or whose sensor was refused.
    """

    combination: Combination
    runs: int
    within: float
    bias: float
    within_5_percent: float
    half_width: float
    misread: int


def combinations() -> Iterator[Combination]:
    """All of the study."""
    for values in itertools.product(PERIODS_S, (False, True), (-1, 1), NOISES_MA, DRIFTS):
        yield Combination(*values)


def run_combination(combination: Combination, runs: int, seed: int) -> Outcome:
    """Simulate and measure so many phones; the same seed gives the same ones."""
    errors, halves, hits, misread = [], [], 0, 0
    for number in range(runs):
        rng = np.random.default_rng([seed, *combination.key, number])
        truth_mj, phone, gauge, latency_ms = _draw(combination, rng)
        poll_s = 0.1 if gauge.period_s <= 1 else 0.5
        try:
            calibration = _calibrate(phone, gauge, poll_s, rng)
        except SensorError:
            misread += 1
            continue
        right = calibration.discharge_sign == gauge.discharge_sign
        if not right or (calibration.unit == "mA") != gauge.milliamperes:
            misread += 1
            continue
        plan = plan_blocks(1, calibration, rng)
        blocks = run_blocks(plan.blocks, latency_ms, pause_s=rng.uniform(0.2, 1.0))
        net_mw = truth_mj / latency_ms * 1000
        loads = [LoadSpan(b.start_s, b.end_s, net_mw) for b in blocks if b.inferences]
        stream = simulate_stream(phone, gauge, loads, blocks[-1].end_s + 1, poll_s, rng)
        (result,) = measure_energy(stream, calibration, blocks)
        errors.append(result.energy_mj / truth_mj - 1)
        halves.append((result.high_mj - result.low_mj) / 2 / truth_mj)
        hits += result.low_mj <= truth_mj <= result.high_mj
    error = np.array(errors)
    return Outcome(
        combination, runs, hits / runs, float(error.mean()), float((np.abs(error) <= 0.05).mean()),
        float(np.median(halves)), misread,
    )  # fmt: skip


def _calibrate(
    phone: SimulatedPhone, gauge: SimulatedGauge, poll_s: float, rng: np.random.Generator
) -> SensorCalibration:
    """Calibrate the sensor, and once more with longer phases where it is too slow."""
    for stretch in (1.0, 4.0):
        plan = calibration_plan(rng, stretch)
        loads = [LoadSpan(*span, BURNER_MW) for span in (plan.burner_s, *plan.bursts_s)]
        stream = simulate_stream(phone, gauge, loads, plan.seconds, min(poll_s, 0.2), rng)
        try:
            return calibrate_sensor(stream, plan.burner_s, "current_now", Provenance.SIMULATED)
        except SlowSensorError:
            if stretch > 1:
                raise
    raise AssertionError("the last attempt returns or raises")


def _draw(
    combination: Combination, rng: np.random.Generator
) -> tuple[float, SimulatedPhone, SimulatedGauge, float]:
    """A phone, its gauge, and a configuration: (energy in mJ, phone, gauge, latency in ms)."""
    gauge_drifts = combination.drift in ("gauge", "heat")
    phone_drifts = combination.drift in ("phone", "heat")
    phone = SimulatedPhone(
        idle_mw=rng.uniform(250, 900),
        wobble_mw=rng.uniform(2, 20),
        wobble_s=rng.uniform(1, 10),
        drift_mw_per_hour=rng.uniform(-100, 100) if phone_drifts else 0.0,
        warming_mw=rng.uniform(20, 80) if combination.drift == "heat" else 0.0,
        warming_s=rng.uniform(100, 600),
        volts=rng.uniform(3.6, 4.3),
    )
    gauge = SimulatedGauge(
        combination.period_s, combination.milliamperes, combination.discharge_sign,
        combination.noise_ma,
        drift_ma_per_hour=rng.uniform(-20, 20) if gauge_drifts else 0.0,
        offset_ma=rng.uniform(-5, 5),
        averaging=bool(rng.random() < 0.5),
    )  # fmt: skip
    latency_ms = float(np.exp(rng.uniform(np.log(3), np.log(300))))
    return rng.uniform(300, 1500) * latency_ms / 1000, phone, gauge, latency_ms


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study; exit status 1 when a figure lies outside its bounds."""
    parser = argparse.ArgumentParser(
        prog="python -m workbench.profiling.energy.study",
        description="Check the energy measurement against simulated sensors of known energy.",
    )
    parser.add_argument("--runs", type=int, default=200, help="runs a combination")
    parser.add_argument("--seed", type=int, default=1, help="of everything random")
    parser.add_argument("--json", action="store_true", help="print one JSON object a combination")
    chosen = parser.parse_args(arguments)
    failed = 0
    for combination in combinations():
        outcome = run_combination(combination, chosen.runs, chosen.seed)
        good = 0.90 <= outcome.within <= 0.99 and outcome.misread == 0
        if combination.period_s <= 1:
            good = good and abs(outcome.bias) <= 0.05
        failed += not good
        if chosen.json:
            print(json.dumps(asdict(outcome)), flush=True)
        else:
            print(
                f"{combination.text()}  covered {outcome.within:6.1%}  bias {outcome.bias:+7.2%}"
                f"  within 5% {outcome.within_5_percent:6.1%}"
                f"  interval ±{outcome.half_width:6.2%}  misread {outcome.misread}"
                f"{'' if good else '  OUTSIDE'}",
                flush=True,
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
