"""Energy runs on the virtual phone's physics, without waiting: the truth, faults, going on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.contexts import RecordingContext
from tests.helpers.simulated_rig import SimulatedLoad, SimulatedRig, idle_phone
from workbench.core.provenance import Provenance
from workbench.devices.errors import DeviceGoneError
from workbench.devices.virtual.simulation.settings import (
    Charger,
    CurrentUnit,
    GaugeSettings,
    SensorFault,
)
from workbench.jobs import JobCancelled
from workbench.profiling.energy.analysis import measure_energy
from workbench.profiling.energy.errors import ChargingError, SensorError
from workbench.profiling.energy.live import EnergyBlock, PowerReadings
from workbench.profiling.energy.plan import EnergyPlan, plan_blocks
from workbench.profiling.energy.result import EnergyPerInference
from workbench.profiling.energy.sensor import Confidence, SensorCalibration
from workbench.profiling.energy.session import EnergySession, put_together
from workbench.storage import Device, Plan, Project, RunRecorder

LOADS = {0: SimulatedLoad(25.0), 1: SimulatedLoad(6.0, 0.8)}


def _calibration(gauge: GaugeSettings) -> SensorCalibration:
    milliamperes = gauge.unit is CurrentUnit.MILLIAMPERE
    return SensorCalibration(
        "current_now", 1.0 if milliamperes else 1e-3, gauge.sign, gauge.period_s, 0.2,
        1.0 if milliamperes else 1e-3, (), (), Confidence.HIGH, Provenance.SIMULATED,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.open_or_create(tmp_path / "p.adaspring") as opened:
        opened.see_device(Device("phone", "phone", True))
        yield opened


def _record(project: Project, name: str = "run") -> RunRecorder:
    return project.runs.record(Plan("energy", "phone", None, name, 10, {}))


def _plan(calibration: SensorCalibration, seed: int = 0, count: int = 2) -> EnergyPlan:
    return plan_blocks(count, calibration, np.random.default_rng(seed))


def _results(run: RunRecorder, calibration: SensorCalibration) -> tuple[EnergyPerInference, ...]:
    whole = put_together(run.blocks.values(), "p")
    return measure_energy(whole.stream, calibration, whole.blocks, whole.bad, whole.notes)


@pytest.mark.parametrize(
    "gauge",
    [
        GaugeSettings(period_s=1.0),
        GaugeSettings(period_s=0.2, unit=CurrentUnit.MILLIAMPERE, sign=1),
        GaugeSettings(period_s=5.0, noise_ma=4.0, drift_ma_per_hour=15.0, offset_ma=3.0),
    ],
    ids=["1 s uA -", "0.2 s mA +", "5 s uA - noise drift"],
)
def test_the_interval_holds_what_was_really_spent(gauge: GaugeSettings, project: Project) -> None:
    calibration, hits, count = _calibration(gauge), 0, 0
    for seed in range(3):
        rig = SimulatedRig(idle_phone(gauge, seed), LOADS)
        with _record(project, f"{seed}") as run:
            EnergySession(RecordingContext(), run, _plan(calibration, seed), calibration).go_on(rig)
            for result in _results(run, calibration):
                truth_mj = rig.truth_mj(result.configuration)
                assert result.energy_mj == pytest.approx(truth_mj, rel=0.05)
                assert result.trust.mark == "trusted"
                hits += result.low_mj <= truth_mj <= result.high_mj
                count += 1
    assert hits >= count - 1  # a 95% interval may miss once in so few


def test_what_it_tells_meanwhile(project: Project) -> None:
    gauge = GaugeSettings()
    calibration, context = _calibration(gauge), RecordingContext()
    with _record(project) as run:
        rig = SimulatedRig(idle_phone(gauge), LOADS)
        EnergySession(context, run, _plan(calibration), calibration).go_on(rig)
    kinds = [r.kind for r in context.records if isinstance(r, EnergyBlock)]
    assert kinds == ["idle", *["load", "idle"] * 10]
    told = [r for r in context.records if isinstance(r, PowerReadings)]
    times = [t for r in told for t in r.t_s]
    assert times == sorted(times)
    powers = np.array([p for r in told for p in r.power_mw])
    assert 400 < np.quantile(powers, 0.1) < np.quantile(powers, 0.9) < 1500
    shares = [share for share, _ in context.reports if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] > 0.98
    assert not rig.is_open


def test_a_run_that_was_broken_off_goes_on(project: Project) -> None:
    gauge = GaugeSettings()
    calibration = _calibration(gauge)
    model = idle_phone(gauge)
    rig = SimulatedRig(model, LOADS)
    stop = RecordingContext(stop_after=90)
    with _record(project) as run, pytest.raises(JobCancelled):
        EnergySession(stop, run, _plan(calibration), calibration).go_on(rig)
    assert not rig.is_open
    with _record(project) as run:
        done = run.resumed
        assert 2 <= done < 10
        # The phone was started anew in the meantime: its clock begins again.
        later = SimulatedRig(idle_phone(gauge, seed=5), LOADS)
        EnergySession(RecordingContext(), run, _plan(calibration), calibration).go_on(later)
        assert len(run.blocks) == 12  # ten turns, and an idle block for each of two stretches
        for result in _results(run, calibration):
            assert len(result.repeats_mj) == 5
            assert result.energy_mj == pytest.approx(later.truth_mj(result.configuration), rel=0.05)
        EnergySession(RecordingContext(), run, _plan(calibration), calibration).go_on(later)
        assert later.opened == 1


@pytest.mark.parametrize(
    ("until_s", "reason"),
    [(111, "current flowed into the battery"), (125, "the phone is powered by usb")],
)
def test_a_charger_for_a_while_costs_the_turn_that_it_touched(
    project: Project, until_s: float, reason: str
) -> None:
    gauge = GaugeSettings()
    calibration, model = _calibration(gauge), idle_phone(gauge)

    def on_second(t_s: float) -> None:
        model.plug(Charger.USB if 95 < t_s < until_s else Charger.NONE)

    rig = SimulatedRig(model, LOADS, on_second)
    context = RecordingContext()
    with _record(project) as run:
        EnergySession(context, run, _plan(calibration), calibration).go_on(rig)
        parts = [block.part for block in run.blocks.values()]
        results = _results(run, calibration)
    assert 1 <= sum(part.startswith("left out") for part in parts) <= 2
    assert any(f"does not count: {reason}" in text for _, text in context.reports)
    assert any(f"left out: {reason}" in r.trust.mark for r in results)
    for result in results:
        assert len(result.repeats_mj) == 5
        assert result.energy_mj == pytest.approx(rig.truth_mj(result.configuration), rel=0.05)


def test_a_charger_that_stays_ends_it_with_the_way_out_and_keeps_the_rest(project: Project) -> None:
    gauge = GaugeSettings()
    calibration, model = _calibration(gauge), idle_phone(gauge)
    rig = SimulatedRig(model, LOADS, lambda t_s: model.plug(Charger.USB) if t_s > 95 else None)
    with _record(project) as run:
        session = EnergySession(RecordingContext(), run, _plan(calibration), calibration)
        with pytest.raises(ChargingError, match="powered by usb") as caught:
            session.go_on(rig)
        assert "adb tcpip" in caught.value.hint
        assert 0 < len(session.missing) < 10
        model.plug(Charger.NONE)
        assert not rig.is_open
        again = SimulatedRig(idle_phone(gauge, 3), LOADS)
        session.go_on(again)
        for result in _results(run, calibration):
            assert len(result.repeats_mj) == 5


def test_a_link_that_breaks_keeps_whole_turns_only(project: Project) -> None:
    gauge = GaugeSettings()
    calibration = _calibration(gauge)

    def on_second(t_s: float) -> None:
        rig.gone = t_s > 130

    rig = SimulatedRig(idle_phone(gauge), LOADS, on_second)
    with _record(project) as run:
        session = EnergySession(RecordingContext(), run, _plan(calibration), calibration)
        with pytest.raises(DeviceGoneError):
            session.go_on(rig)
        assert not rig.is_open
        assert [block.part for block in run.blocks.values()] == ["", "turn", "turn"]


def test_a_sensor_that_stops_is_told(project: Project) -> None:
    gauge = GaugeSettings()
    calibration, model = _calibration(gauge), idle_phone(gauge)
    assert model.gauge is not None
    model.gauge.fault = SensorFault.FROZEN
    with _record(project) as run:
        session = EnergySession(RecordingContext(), run, _plan(calibration), calibration)
        session.go_on(SimulatedRig(model, LOADS))
        with pytest.raises(SensorError, match="stood still"):
            _results(run, calibration)
