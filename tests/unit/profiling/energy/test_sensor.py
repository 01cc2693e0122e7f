"""What a current sensor's readings mean, and sensors that are refused."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from workbench.core.provenance import Provenance
from workbench.profiling.energy.errors import ChargingError, SensorError, SlowSensorError
from workbench.profiling.energy.sensor import (
    Confidence,
    SensorCalibration,
    calibrate_sensor,
    calibration_plan,
)
from workbench.profiling.energy.simulator import (
    LoadSpan,
    SimulatedGauge,
    SimulatedPhone,
    simulate_stream,
)
from workbench.profiling.energy.streams import SensorStream, volts_per_raw

BURNER = (90.0, 180.0)


def _stream(seed: int = 0, burner_mw: float = 1500.0, **gauge: object) -> SensorStream:
    return simulate_stream(
        SimulatedPhone(), SimulatedGauge(**{"period_s": 1.0, **gauge}),  # type: ignore[arg-type]
        [LoadSpan(*BURNER, burner_mw)], 270.0, 0.2, np.random.default_rng(seed),
    )  # fmt: skip


def _calibrate(stream: SensorStream) -> SensorCalibration:
    return calibrate_sensor(stream, BURNER, "battery/current_now", Provenance.SIMULATED)


@pytest.mark.parametrize("period_s", [0.2, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("milliamperes", [False, True])
@pytest.mark.parametrize("sign", [-1, 1])
def test_unit_sign_and_period_are_found(period_s: float, milliamperes: bool, sign: int) -> None:
    stream = _stream(period_s=period_s, milliamperes=milliamperes, discharge_sign=sign)
    found = _calibrate(stream)
    assert found.unit == ("mA" if milliamperes else "uA")
    assert found.discharge_sign == sign
    assert found.period_s == pytest.approx(period_s, rel=0.05)
    assert found.settle_s >= 2 * period_s * 0.97
    assert found.provenance is Provenance.SIMULATED
    assert found.confidence is (Confidence.MEDIUM if period_s == 30 else Confidence.HIGH)
    current = found.milliamperes(stream.current_raw)
    assert 90 < np.median(current[stream.t_s < 80]) < 120


@pytest.mark.parametrize("seed", range(8))
def test_bursts_show_the_period_of_a_coarse_and_quiet_sensor(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = calibration_plan(rng)
    assert plan.bursts_s[-1][1] <= plan.seconds
    gauge = SimulatedGauge(30.0, milliamperes=True, noise_ma=0.0)
    loads = [LoadSpan(*span, 1500.0) for span in (plan.burner_s, *plan.bursts_s)]
    phone = SimulatedPhone(wobble_mw=0.0)
    stream = simulate_stream(phone, gauge, loads, plan.seconds, 0.2, rng)
    found = calibrate_sensor(stream, plan.burner_s, "current_now", Provenance.SIMULATED)
    assert found.period_s == pytest.approx(30.0, rel=0.02)


def test_a_sensor_that_hardly_changes_asks_for_a_longer_calibration() -> None:
    rng = np.random.default_rng(0)
    gauge = SimulatedGauge(30.0, milliamperes=True, noise_ma=0.0, averaging=False)
    phone = SimulatedPhone(wobble_mw=0.0)
    steady = simulate_stream(phone, gauge, [LoadSpan(*BURNER, 1500.0)], 300.0, 0.2, rng)
    with pytest.raises(SlowSensorError, match="hardly changed"):
        calibrate_sensor(steady, BURNER, "current_now", Provenance.SIMULATED)
    longer = calibration_plan(rng, stretch=4.0)
    loads = [LoadSpan(*span, 1500.0) for span in (longer.burner_s, *longer.bursts_s)]
    stream = simulate_stream(phone, gauge, loads, longer.seconds, 0.2, rng)
    found = calibrate_sensor(stream, longer.burner_s, "current_now", Provenance.SIMULATED)
    assert found.period_s == pytest.approx(30.0, rel=0.02)


def test_the_evidence_names_what_was_seen() -> None:
    found = _calibrate(_stream())
    text = "; ".join(found.evidence)
    for part in ("negative while discharging", "read as uA", "updates every 1 s", "charge counter"):
        assert part in text


def test_the_record_survives_being_stored() -> None:
    found = _calibrate(_stream())
    stored = msgspec.json.encode(found)
    assert msgspec.json.decode(stored, type=SensorCalibration) == found


def test_without_a_charge_counter_the_confidence_is_medium() -> None:
    found = _calibrate(replace(_stream(), charge_uah=None))
    assert found.confidence is Confidence.MEDIUM
    assert any("could not be compared" in reason for reason in found.reasons)


def test_a_charge_counter_that_disagrees_lowers_the_confidence() -> None:
    stream = _stream()
    assert stream.charge_uah is not None
    found = _calibrate(replace(stream, charge_uah=stream.charge_uah * 3))
    assert found.confidence is Confidence.LOW
    assert found.unit == "uA"


def test_at_the_limit_of_the_rule_the_charge_counter_decides() -> None:
    # A board that takes 8.5 mA at work reads 8,500 uA, which the rule alone takes for mA.
    stream = simulate_stream(
        SimulatedPhone(idle_mw=15.0, wobble_mw=0.3), SimulatedGauge(1.0, noise_ma=0.05),
        [LoadSpan(*BURNER, 18.0)], 270.0, 0.2, np.random.default_rng(0),
    )  # fmt: skip
    alone = _calibrate(replace(stream, charge_uah=None))
    assert (alone.unit, alone.confidence) == ("mA", Confidence.LOW)
    assert any("limit of the rule" in reason for reason in alone.reasons)
    taken_ma = np.where((stream.t_s > BURNER[0]) & (stream.t_s < BURNER[1]), 8.5, 3.9)
    counter = 3e6 - np.round(np.cumsum(taken_ma * 0.2 / 3.6))
    together = _calibrate(replace(stream, charge_uah=counter))
    assert (together.unit, together.confidence) == ("uA", Confidence.HIGH)


@pytest.mark.parametrize("value", [-350_000.0, 0.0])
def test_a_frozen_sensor_is_refused(value: float) -> None:
    stream = _stream()
    with pytest.raises(SensorError, match="frozen") as refused:
        _calibrate(replace(stream, current_raw=np.full(len(stream.t_s), value)))
    assert "estimated" in refused.value.hint


def test_a_sensor_that_says_nan_is_refused() -> None:
    stream = _stream()
    with pytest.raises(SensorError, match="no number in 100%"):
        _calibrate(replace(stream, current_raw=np.full(len(stream.t_s), np.nan)))
    some = stream.current_raw.copy()
    some[::10] = np.nan
    assert _calibrate(replace(stream, current_raw=some)).unit == "uA"


def test_a_sensor_that_is_blind_to_load_is_refused() -> None:
    with pytest.raises(SensorError, match="does not react"):
        _calibrate(_stream(burner_mw=0.0))


@pytest.mark.parametrize("charging_ma", [-450.0, -1500.0])
def test_a_charging_battery_is_refused_with_the_way_out(charging_ma: float) -> None:
    with pytest.raises(ChargingError, match="charging") as refused:
        _calibrate(_stream(offset_ma=charging_ma))
    assert "Wi-Fi" in refused.value.hint


def test_an_implausible_sensor_is_refused() -> None:
    stream = _stream()
    with pytest.raises(SensorError, match="implausible"):
        _calibrate(replace(stream, current_raw=stream.current_raw * 1000))
    with pytest.raises(SensorError, match="no battery's"):
        _calibrate(replace(stream, voltage_raw=np.full(len(stream.t_s), 900.0)))


def test_a_clock_that_goes_back_is_refused() -> None:
    stream = _stream()
    times = stream.t_s.copy()
    times[500:] -= 50.0
    with pytest.raises(SensorError, match="clock"):
        _calibrate(replace(stream, t_s=times))


def test_a_gauge_slower_than_the_phases_asks_for_longer_ones() -> None:
    with pytest.raises(SlowSensorError) as refused:
        _calibrate(_stream(period_s=60.0))
    assert "Calibrate with" in refused.value.hint


@pytest.mark.parametrize(("value", "factor"), [(3.9e6, 1e-6), (3900.0, 1e-3), (3.9, 1.0)])
def test_voltages_are_read_in_any_unit(value: float, factor: float) -> None:
    assert volts_per_raw(np.full(9, value)) == factor
