"""Calibrating the current sensor of a device: idle, a busy core, then bursts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.core.provenance import Provenance
from workbench.jobs import JobContext
from workbench.profiling.energy.conditions import require_on_battery
from workbench.profiling.energy.errors import SlowSensorError
from workbench.profiling.energy.rig import BURNER, COLUMNS, Rig, stream_of
from workbench.profiling.energy.sensor import (
    CalibrationPlan,
    SensorCalibration,
    calibrate_sensor,
    calibration_plan,
)
from workbench.profiling.energy.streams import FloatArray

STRETCHES = (1.0, 4.0)
"""Factors on the phases' lengths: the second for gauges that are too slow for the first."""
MARGIN = 1.5
"""How much longer than planned the sensor is read: each load takes some time to start."""
_MARGIN_S = 120.0


def calibrate_device(
    context: JobContext, rig: Rig, sensor: str, provenance: Provenance, rng: np.random.Generator
) -> SensorCalibration:
    """Find unit, sign, period and resolution of the sensor that the rig reads.

    It takes 5 minutes, and 20 more where the gauge turns out to be slow.

    Args:
        sensor: path of the sensor on the device.
        rng: decides the bursts.

    Raises:
        ChargingError: a charger delivers power, or the battery's state is faked.
        SensorError: the sensor cannot be used.
        DeviceError: the device does not answer.
        JobCancelled: the job was asked to stop.
    """
    for stretch in STRETCHES:
        plan = calibration_plan(rng, stretch)
        rows, burner_s = _run(context, rig, plan)
        try:
            return calibrate_sensor(stream_of(rows), burner_s, sensor, provenance)
        except SlowSensorError as error:
            if stretch == STRETCHES[-1]:
                raise
            minutes = STRETCHES[-1] * plan.seconds / 60
            context.log(f"{error.message} Trying longer phases, {minutes:.0f} minutes.", "warning")
    raise AssertionError("the last attempt returns or raises")


def _run(
    context: JobContext, rig: Rig, plan: CalibrationPlan
) -> tuple[FloatArray, tuple[float, float]]:
    """Readings of a plan's run, and when the steady load ran."""
    require_on_battery(rig.battery())
    rig.open(MARGIN * plan.seconds + _MARGIN_S)
    taken: list[FloatArray] = []
    burner_s = (0.0, 0.0)
    now_s = 0.0
    for number, (start_s, end_s) in enumerate((plan.burner_s, *plan.bursts_s)):
        doing = "the phone idles" if number == 0 else f"bursts, {number} of {len(plan.bursts_s)}"
        rig.idle(start_s - now_s, _tick(context, plan, now_s, doing))
        if number == 0:
            require_on_battery(rig.battery())
            doing = "a processor is kept busy"
        work = rig.load(BURNER, end_s - start_s, _tick(context, plan, start_s, doing))
        if number == 0:
            burner_s = (work.start_s, work.end_s)
            require_on_battery(rig.battery())
        taken.append(rig.take())
        now_s = end_s
    rig.idle(max(1.0, plan.seconds - now_s), _tick(context, plan, now_s, "the phone idles"))
    require_on_battery(rig.battery())
    taken.append(rig.take())
    rig.close()
    return np.concatenate(taken).reshape(-1, COLUMNS), burner_s


def _tick(
    context: JobContext, plan: CalibrationPlan, base_s: float, doing: str
) -> Callable[[float], None]:
    """Reports progress by the device's clock and asks whether to go on."""
    began_s: list[float] = []

    def tick(device_s: float) -> None:
        context.check_cancelled()
        if not began_s:
            began_s.append(device_s)
        done_s = base_s + max(0.0, device_s - began_s[0])
        context.progress(min(1.0, done_s / plan.seconds), doing)

    return tick
