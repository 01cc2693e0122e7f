"""Energy per inference from streams: known energies, drift, and runs that must not count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from workbench.core.provenance import Provenance
from workbench.profiling.energy.analysis import measure_energy, rounding_variance
from workbench.profiling.energy.conditions import BadSpan
from workbench.profiling.energy.errors import ChargingError, EnergyError, SensorError
from workbench.profiling.energy.plan import plan_blocks
from workbench.profiling.energy.repeats import MeasuredBlock
from workbench.profiling.energy.sensor import Confidence, SensorCalibration
from workbench.profiling.energy.simulator import (
    LoadSpan,
    SimulatedGauge,
    SimulatedPhone,
    run_blocks,
    simulate_stream,
)
from workbench.profiling.energy.streams import SensorStream

QUIET = SimulatedPhone(wobble_mw=0.0)
EXACT = SimulatedGauge(1.0, noise_ma=0.0)
Run = tuple[SensorStream, SensorCalibration, tuple[MeasuredBlock, ...]]


def _run(
    energies_mj: Sequence[float] = (10.0,),
    phone: SimulatedPhone = QUIET,
    gauge: SimulatedGauge = EXACT,
    seed: int = 0,
    repeats: int = 5,
    latency_ms: float = 20.0,
) -> Run:
    rng = np.random.default_rng(seed)
    calibration = SensorCalibration(
        "current_now", 1.0 if gauge.milliamperes else 1e-3, gauge.discharge_sign, gauge.period_s,
        0.1, 1.0 if gauge.milliamperes else 1e-3, (), (), Confidence.HIGH, Provenance.SIMULATED,
    )  # fmt: skip
    plan = plan_blocks(len(energies_mj), calibration, rng, repeats)
    blocks = run_blocks(plan.blocks, latency_ms, pause_s=0.5)
    loads = [
        LoadSpan(b.start_s, b.end_s, energies_mj[b.configuration] / latency_ms * 1000)
        for b in blocks
        if b.configuration is not None
    ]
    stream = simulate_stream(phone, gauge, loads, blocks[-1].end_s + 1, 0.1, rng)
    return stream, calibration, blocks


@pytest.mark.parametrize("averaging", [True, False])
@pytest.mark.parametrize("period_s", [0.2, 1.0, 5.0])
def test_without_noise_the_energy_is_exact(period_s: float, averaging: bool) -> None:
    gauge = replace(EXACT, period_s=period_s, averaging=averaging)
    (result,) = measure_energy(*_run(gauge=gauge))
    assert result.energy_mj == pytest.approx(10.0, rel=1e-4)
    assert result.net_mw == pytest.approx(500.0, rel=1e-4)
    assert result.idle_mw == pytest.approx(400.0, rel=1e-4)
    assert result.resolved


@pytest.mark.parametrize("averaging", [True, False])
def test_a_steady_drift_cancels(averaging: bool) -> None:
    phone = replace(QUIET, drift_mw_per_hour=2000.0)
    gauge = replace(EXACT, averaging=averaging)
    (result,) = measure_energy(*_run(phone=phone, gauge=gauge))
    assert result.energy_mj == pytest.approx(10.0, rel=2e-3)
    # The idle before alone would be off by the 12 mW that the phone rises in one block: 2.5%.


def test_configurations_are_kept_apart() -> None:
    results = measure_energy(*_run((4.0, 16.0, 8.0)))
    assert [result.configuration for result in results] == [0, 1, 2]
    assert [result.energy_mj for result in results] == pytest.approx([4.0, 16.0, 8.0], rel=1e-3)


def test_no_load_is_not_resolved() -> None:
    phone = SimulatedPhone(wobble_mw=20.0)
    found = [measure_energy(*_run((0.0,), phone, seed=seed))[0] for seed in range(40)]
    # Two-sided 95%: at most a few of 40 lie above 0 by chance.
    assert sum(result.resolved for result in found) <= 4
    unresolved = next(result for result in found if not result.resolved)
    assert unresolved.text().startswith("not resolved")
    assert math.isinf(unresolved.relative_half_width)


def test_a_coarse_sensor_without_noise_says_how_far_it_may_be_off() -> None:
    gauge = replace(EXACT, milliamperes=True)
    wrong = 0
    for seed in range(30):
        volts = 3.8 + 0.01 * seed
        (result,) = measure_energy(*_run((0.1,), replace(QUIET, volts=volts), gauge, seed))
        assert result.scatter_mj < 0.001
        assert result.rounding_mj > 0.02
        wrong += not result.low_mj <= 0.1 <= result.high_mj
    assert wrong <= 4
    assert "too coarse" in result.trust.mark


def test_rounding_vanishes_with_noise() -> None:
    assert rounding_variance(0.0) == pytest.approx(1 / 12, rel=0.03)
    assert rounding_variance(0.2) < rounding_variance(0.1) < 1 / 12
    assert rounding_variance(0.6) < 1e-6


def test_charging_in_mid_run_costs_the_repeats_that_it_touched() -> None:
    stream, calibration, blocks = _run(repeats=6)
    load = [block for block in blocks if block.configuration is not None]
    charged = (stream.t_s > load[1].start_s) & (stream.t_s < load[1].end_s)
    spoilt = replace(stream, current_raw=np.where(charged, 450_000.0, stream.current_raw))
    span = BadSpan(load[1].start_s, load[1].end_s, "the phone is powered by usb")
    (result,) = measure_energy(spoilt, calibration, blocks, [span])
    assert len(result.repeats_mj) == 5
    assert result.energy_mj == pytest.approx(10.0, rel=1e-3)
    assert "1 of 6 repeats left out: the phone is powered by usb" in result.trust.mark
    with pytest.raises(ChargingError, match="powered by usb") as refused:
        measure_energy(stream, calibration, blocks, [replace(span, end_s=blocks[-1].end_s)])
    assert "Wi-Fi" in refused.value.hint


def test_current_into_the_battery_is_refused() -> None:
    stream, calibration, blocks = _run(gauge=replace(EXACT, offset_ma=-2000.0))
    with pytest.raises(ChargingError, match="into the battery"):
        measure_energy(stream, calibration, blocks)


NOISY = SimulatedPhone(wobble_mw=10.0)


def test_a_sensor_that_freezes_in_mid_run_is_noticed() -> None:
    stream, calibration, blocks = _run(phone=NOISY, repeats=6)
    load = [block for block in blocks if block.configuration is not None]
    at = (load[2].start_s + load[2].end_s) / 2
    held = stream.current_raw[np.searchsorted(stream.t_s, at)]
    frozen = np.where((stream.t_s > at) & (stream.t_s < at + 25), held, stream.current_raw)
    (result,) = measure_energy(replace(stream, current_raw=frozen), calibration, blocks)
    assert "stood still" in result.trust.mark
    assert result.low_mj < 10.0 < result.high_mj
    # Frozen from there to the end: too few repeats are left.
    tail = np.where(stream.t_s > load[1].start_s, held, stream.current_raw)
    with pytest.raises(EnergyError, match="stood still"):
        measure_energy(replace(stream, current_raw=tail), calibration, blocks)
    with pytest.raises(SensorError, match="stood still during the whole run"):
        measure_energy(
            replace(stream, current_raw=np.full(len(held * stream.t_s), held)), calibration, blocks
        )


def test_a_coarse_sensor_that_repeats_itself_is_not_called_frozen() -> None:
    gauge = SimulatedGauge(1.0, milliamperes=True, noise_ma=0.3)
    for seed in range(10):
        (result,) = measure_energy(*_run(phone=QUIET, gauge=gauge, seed=seed))
        assert len(result.repeats_mj) == 5
        assert "stood still" not in result.trust.mark


def test_missing_readings_cost_the_repeat_not_the_run() -> None:
    stream, calibration, blocks = _run(phone=NOISY, repeats=6)
    load = [block for block in blocks if block.configuration is not None]
    lost = (stream.t_s > load[3].start_s) & (stream.t_s < load[3].end_s - 3)
    kept = SensorStream(stream.t_s[~lost], stream.current_raw[~lost], stream.voltage_raw[~lost])
    (result,) = measure_energy(kept, calibration, blocks)
    assert "1 of 6 repeats left out: readings are missing" in result.trust.mark
    holes = stream.current_raw.copy()
    holes[::9] = np.nan
    (result,) = measure_energy(replace(stream, current_raw=holes), calibration, blocks)
    assert len(result.repeats_mj) == 6
    with pytest.raises(SensorError, match="no number"):
        measure_energy(
            replace(stream, current_raw=np.full(len(holes), np.nan)), calibration, blocks
        )


def test_a_run_that_heats_up_is_marked() -> None:
    stream, calibration, blocks = _run(phone=replace(NOISY, wobble_mw=1.0))
    rising = stream.current_raw.copy()
    for number, block in enumerate(b for b in blocks if b.configuration is not None):
        inside = (stream.t_s >= block.start_s) & (stream.t_s <= block.end_s + 1)
        rising[inside] *= 1 + 0.03 * number
    (result,) = measure_energy(replace(stream, current_raw=rising), calibration, blocks)
    assert "drifts from repeat to repeat" in result.trust.mark
    (steady,) = measure_energy(stream, calibration, blocks)
    assert steady.trust.mark == "trusted"


def test_notes_and_a_doubtful_calibration_are_in_the_mark() -> None:
    stream, calibration, blocks = _run(phone=NOISY)
    doubtful = replace(calibration, confidence=Confidence.LOW, reasons=("the counter disagrees",))
    (result,) = measure_energy(stream, doubtful, blocks, notes=["the frequency cap moved"])
    assert result.trust.mark.startswith("questionable: the frequency cap moved")
    assert "the counter disagrees" in result.trust.mark


def test_the_source_says_what_it_rests_on() -> None:
    stream, calibration, blocks = _run(phone=NOISY)
    (result,) = measure_energy(stream, calibration, blocks)
    assert result.source.provenance is Provenance.SIMULATED
    assert "5 load blocks" in result.source.story
    measured = replace(calibration, provenance=Provenance.MEASURED)
    (result,) = measure_energy(stream, measured, blocks)
    assert result.source.provenance is Provenance.MEASURED
    assert result.text() == "9.91 mJ (95%: 9.87 to 9.95)"


def test_blocks_out_of_order_are_a_programming_error() -> None:
    stream, calibration, blocks = _run()
    with pytest.raises(ValueError, match="between two idle"):
        measure_energy(stream, calibration, blocks[1:])
    with pytest.raises(ValueError, match="no load block"):
        measure_energy(stream, calibration, blocks[:1])
