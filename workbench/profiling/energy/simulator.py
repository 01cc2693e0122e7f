"""Simulated sensor streams of known energy: a phone's power, its battery and its fuel gauge.

Nothing waits: a run of hours is made at once. The truth is exact, because the inferences' energy is
an input and its integral over each of the gauge's windows is taken in closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.profiling.energy.plan import PlannedBlock
from workbench.profiling.energy.repeats import MeasuredBlock
from workbench.profiling.energy.streams import FloatArray, SensorStream

RESISTANCE_OHM = 0.12


@dataclass(frozen=True, slots=True)
class SimulatedGauge:
    """A fuel gauge.

    Attributes:
        period_s: time between two updates.
        milliamperes: it reads in mA, else in uA.
        discharge_sign: sign of a reading while discharging.
        noise_ma: standard deviation of a reading's own error.
        drift_ma_per_hour: how fast its offset moves.
        offset_ma: its offset at the start.
        averaging: a reading is the mean over the period before; else the value at that moment.
        step_ma: resolution of its converter; 0: that of its unit.
    """

    period_s: float
    milliamperes: bool = False
    discharge_sign: int = -1
    noise_ma: float = 1.0
    drift_ma_per_hour: float = 0.0
    offset_ma: float = 0.0
    averaging: bool = True
    step_ma: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulatedPhone:
    """A phone that idles unsteadily.

    Attributes:
        idle_mw: mean idle power.
        wobble_mw: standard deviation of the idle power around it.
        wobble_s: how long such an excursion lasts (Ornstein-Uhlenbeck process).
        drift_mw_per_hour: how fast the idle power rises.
        warming_mw, warming_s: by how much more it rises as the phone gets warm, and how quickly it
            comes to rest (exponential).
        volts: open-circuit voltage.
    """

    idle_mw: float = 400.0
    wobble_mw: float = 10.0
    wobble_s: float = 3.0
    drift_mw_per_hour: float = 0.0
    warming_mw: float = 0.0
    warming_s: float = 300.0
    volts: float = 3.9


@dataclass(frozen=True, slots=True)
class LoadSpan:
    """Power on top of idle for a while."""

    start_s: float
    end_s: float
    power_mw: float


def simulate_stream(
    phone: SimulatedPhone,
    gauge: SimulatedGauge,
    loads: Sequence[LoadSpan],
    length_s: float,
    poll_s: float,
    rng: np.random.Generator,
) -> SensorStream:
    """What polling the gauge from 0 to `length_s` reads."""
    from scipy.signal import lfilter

    period_s = gauge.period_s
    updates = np.arange(rng.uniform(-2.0, -1.0) * period_s, length_s + period_s, period_s)
    fine = 8 if period_s <= 1 else 32
    # Idle power is stepped finely enough that a window's mean is that of the process.
    step_s = period_s / fine
    cells = (len(updates) + 1) * fine
    decay = np.exp(-step_s / phone.wobble_s)
    shocks = rng.normal(size=cells) * phone.wobble_mw * np.sqrt(1 - decay**2)
    shocks[0] = rng.normal() * phone.wobble_mw
    wobble = lfilter([1.0], [1.0, -decay], shocks).reshape(-1, fine)
    if gauge.averaging:
        wobble_mw = wobble.mean(axis=1)[: len(updates)]
        at_s = updates - period_s / 2
        load_mw = (_load_mj(loads, updates) - _load_mj(loads, updates - period_s)) / period_s
    else:
        wobble_mw = wobble[: len(updates), -1]
        at_s = updates
        load_mw = np.zeros(len(updates))
        for load in loads:
            load_mw += load.power_mw * ((updates >= load.start_s) & (updates < load.end_s))
    warm_mw = -phone.warming_mw * np.expm1(-np.maximum(0.0, at_s) / phone.warming_s)
    power_w = (
        phone.idle_mw + wobble_mw + phone.drift_mw_per_hour * at_s / 3600 + warm_mw + load_mw
    ) / 1000
    # P = (U - I R) I, solved for I; the terminals see U - I R.
    root = np.sqrt(phone.volts**2 - 4 * RESISTANCE_OHM * power_w)
    amperes = (phone.volts - root) / (2 * RESISTANCE_OHM)
    terminal_v = phone.volts - RESISTANCE_OHM * amperes
    read_ma = 1000 * amperes + gauge.offset_ma + gauge.drift_ma_per_hour * updates / 3600
    read_ma += rng.normal(0.0, gauge.noise_ma, len(updates))
    if gauge.step_ma > 0:
        read_ma = np.round(read_ma / gauge.step_ma) * gauge.step_ma
    raw = gauge.discharge_sign * np.round(read_ma * (1.0 if gauge.milliamperes else 1000.0))
    polls = np.arange(0.0, length_s, poll_s)
    polls = polls + rng.uniform(0.0, 0.2 * poll_s, len(polls))
    held = np.searchsorted(updates, polls, side="right") - 1
    used_uah = np.cumsum(1000 * amperes * period_s) / 3.6
    charge = np.round(3e6 - used_uah, -2)
    return SensorStream(polls, raw[held], np.round(terminal_v[held] * 1e6), charge[held])


def _load_mj(loads: Sequence[LoadSpan], until_s: FloatArray) -> FloatArray:
    """Energy of the loads up to each time."""
    total = np.zeros(len(until_s))
    for load in loads:
        total += load.power_mw * np.clip(until_s - load.start_s, 0.0, load.end_s - load.start_s)
    return total


def run_blocks(
    planned: Sequence[PlannedBlock], latency_ms: float, pause_s: float, start_s: float = 0.0
) -> tuple[MeasuredBlock, ...]:
    """The blocks as a phone would run them: whole inferences, a pause before each block."""
    now_s = start_s
    blocks = []
    for block in planned:
        now_s += pause_s
        inferences = 0
        seconds = block.seconds
        if block.configuration is not None:
            inferences = int(np.ceil(seconds * 1000 / latency_ms))
            seconds = inferences * latency_ms / 1000
        blocks.append(MeasuredBlock(block.configuration, now_s, now_s + seconds, inferences))
        now_s += seconds
    return tuple(blocks)
