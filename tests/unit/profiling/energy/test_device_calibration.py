"""Calibrating the sensor of a device, on the virtual phone's physics and without waiting."""

from __future__ import annotations

import numpy as np
import pytest

from tests.helpers.contexts import RecordingContext
from tests.helpers.simulated_rig import SimulatedRig, idle_phone
from workbench.core.provenance import Provenance
from workbench.devices.virtual.simulation.settings import (
    Charger,
    CurrentUnit,
    GaugeSettings,
    SensorFault,
)
from workbench.jobs import JobCancelled
from workbench.profiling.energy.device_calibration import calibrate_device
from workbench.profiling.energy.errors import ChargingError, SensorError
from workbench.profiling.energy.sensor import Confidence, SensorCalibration


def _calibrate(rig: SimulatedRig, context: RecordingContext | None = None) -> SensorCalibration:
    return calibrate_device(
        context or RecordingContext(), rig, "current_now", Provenance.SIMULATED,
        np.random.default_rng(3),
    )  # fmt: skip


@pytest.mark.parametrize(
    "gauge",
    [
        GaugeSettings(period_s=1.0),
        GaugeSettings(period_s=5.0, unit=CurrentUnit.MILLIAMPERE, sign=1),
        GaugeSettings(period_s=30.0, sign=1),
    ],
    ids=["1 s uA -", "5 s mA +", "30 s uA +"],
)
def test_unit_sign_and_period_are_found(gauge: GaugeSettings) -> None:
    rig, context = SimulatedRig(idle_phone(gauge)), RecordingContext()
    found = _calibrate(rig, context)
    assert (found.unit, found.discharge_sign) == (gauge.unit, gauge.sign)
    assert found.period_s == pytest.approx(gauge.period_s, rel=0.05)
    assert found.confidence in (Confidence.HIGH, Confidence.MEDIUM)
    assert found.provenance is Provenance.SIMULATED
    assert not rig.is_open
    fractions = [share for share, _ in context.reports if share is not None]
    assert fractions[-1] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("at_s", [-1.0, 30.0, 130.0, 250.0])
def test_a_charger_is_refused_whenever_it_comes(at_s: float) -> None:
    model = idle_phone(GaugeSettings())

    def on_second(t_s: float) -> None:
        if t_s > at_s:
            model.plug(Charger.USB)

    if at_s < 0:
        model.plug(Charger.USB)
    with pytest.raises(ChargingError) as caught:
        _calibrate(SimulatedRig(model, on_second=on_second))
    assert "adb tcpip" in caught.value.hint


def test_a_faked_battery_is_refused() -> None:
    rig = SimulatedRig(idle_phone(GaugeSettings()))
    rig.faked = True
    with pytest.raises(ChargingError, match="UPDATES STOPPED"):
        _calibrate(rig)
    assert rig.opened == 0


def test_a_frozen_sensor_is_refused() -> None:
    model = idle_phone(GaugeSettings())
    assert model.gauge is not None
    model.gauge.fault = SensorFault.FROZEN
    with pytest.raises(SensorError, match="frozen"):
        _calibrate(SimulatedRig(model))


def test_it_can_be_cancelled() -> None:
    with pytest.raises(JobCancelled):
        _calibrate(SimulatedRig(idle_phone(GaugeSettings())), RecordingContext(stop_after=20))
