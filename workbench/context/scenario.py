"""Makes synthetic traces from a declared scenario: apps, contention, charging, heat, noise.

The same scenario and the same random generator state give the same trace, bit by bit: filters are
plain loops over float64, and values are rounded to the decimals that a file keeps.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass

import numpy as np

from workbench.context.columns import FloatArray
from workbench.context.records import Trace, TraceInfo
from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance, Source


@dataclass(frozen=True, slots=True)
class AppSpan:
    """The app in the foreground from `from_s` until the next span begins.

    Attributes:
        from_s: seconds since the start of the trace.
        name: for the description.
        event_rate_hz: inferences a second that the app asks for.
        drain_percent_per_hour: what app, screen and radios take from the battery.
        cpu_load: processor load of everything but inference, 0 to 1.
    """

    from_s: float
    name: str
    event_rate_hz: float
    drain_percent_per_hour: float
    cpu_load: float = 0.1


@dataclass(frozen=True, slots=True)
class Contention:
    """Other programs take cache, processor and memory for a while.

    Attributes:
        from_s, to_s: when they work.
        free_cache_kib: what they leave of the cache.
        cpu_load: processor load they add, 0 to 1.
        memory_mib: memory they take.
        fall_s, rise_s: time constants of taking and giving back.
    """

    from_s: float
    to_s: float
    free_cache_kib: float
    cpu_load: float
    memory_mib: float = 300.0
    fall_s: float = 15.0
    rise_s: float = 40.0


@dataclass(frozen=True, slots=True)
class Charging:
    """On a charger from `from_s` to `to_s`."""

    from_s: float
    to_s: float
    percent_per_hour: float


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations of slow noise on each level.

    Attributes:
        cache, event_rate: relative to the level.
        cpu_share, memory_mib, temperature_c: in the units of the column.
        time_constant_s: how slowly this noise moves.
        drift: slow wandering of the cache's level, relative to it.
        drift_time_constant_s: how slowly that moves.
    """

    cache: float = 0.018
    event_rate: float = 0.06
    cpu_share: float = 0.018
    memory_mib: float = 12.0
    temperature_c: float = 0.06
    time_constant_s: float = 25.0
    drift: float = 0.03
    drift_time_constant_s: float = 400.0


@dataclass(frozen=True, slots=True)
class Heat:
    """A first-order thermal model and the thresholds of the thermal status.

    Attributes:
        idle_c: temperature without load.
        rise_c: added in the long run by full load.
        time_constant_s: how slowly it follows.
        light_c, moderate_c: status 1 and 2 begin here; they end `hysteresis_c` lower.
        light_ratio, moderate_ratio: clock frequency under these states, share of the maximum.
    """

    idle_c: float = 29.0
    rise_c: float = 20.0
    time_constant_s: float = 420.0
    light_c: float = 39.0
    moderate_c: float = 40.2
    hysteresis_c: float = 1.0
    light_ratio: float = 0.85
    moderate_ratio: float = 0.7


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day to make up. Times of all spans are seconds since its start.

    Attributes:
        title, device, description: what the trace says about itself.
        start: moment of t_s = 0, ISO 8601 with the offset from UTC; also the moment of creation, so
            that the same scenario gives the same bytes.
        duration_s, rate_hz: how long and how fine.
        battery_percent: charge at the start.
        cache_kib: size of the L2 cache.
        idle_free_cache_kib: what is free of it without contention.
        memory_available_mib: available without contention.
        apps: at least one, the first from 0 on, sorted.
    """

    title: str
    device: str
    start: str
    duration_s: float
    battery_percent: float
    cache_kib: float
    idle_free_cache_kib: float
    apps: tuple[AppSpan, ...]
    contentions: tuple[Contention, ...] = ()
    charging: tuple[Charging, ...] = ()
    memory_available_mib: float = 1400.0
    rate_hz: float = 1.0
    noise: Noise = Noise()
    heat: Heat = Heat()
    description: str = ""

    def __post_init__(self) -> None:
        times = [app.from_s for app in self.apps]
        if not times or times[0] != 0 or times != sorted(times):
            raise SettingsError("The apps of a scenario must be sorted, the first from 0 on.")
        if not (0 < self.duration_s <= 30 * 86400 and 0 < self.rate_hz <= 50):
            raise SettingsError("A scenario lasts up to 30 days, at a rate of up to 50 Hz.")
        spans = [(span.from_s, span.to_s) for span in self.contentions]
        spans += [(span.from_s, span.to_s) for span in self.charging]
        for from_s, to_s in spans:
            if not 0 <= from_s < to_s:
                raise SettingsError(f"The span from {from_s:g} s to {to_s:g} s is empty.")


def synthesise(scenario: Scenario, rng: np.random.Generator, seed_note: str) -> Trace:
    """Make the trace of `scenario`; it is marked synthetic.

    Args:
        rng: source of the noise.
        seed_note: how to make `rng` again, such as ``seed 7``; kept in the trace.

    Raises:
        TraceError: when the scenario leads to values outside the columns' ranges.
    """
    step_s = 1.0 / scenario.rate_hz
    count = math.floor(scenario.duration_s * scenario.rate_hz)
    t_s: FloatArray = np.arange(count, dtype=np.float64) * step_s
    noise = _NoiseMaker(rng, count, step_s, scenario.noise.time_constant_s)
    drift = _NoiseMaker(rng, count, step_s, scenario.noise.drift_time_constant_s)
    rate, drain, load = _follow_apps(scenario, t_s)
    cache, memory = _levels(scenario, t_s, step_s)
    load = np.clip(load + _contention_load(scenario, t_s, step_s), 0.0, 0.95)

    cache *= 1.0 + noise.scaled(scenario.noise.cache) + drift.scaled(scenario.noise.drift)
    share = 1.0 - load + noise.scaled(scenario.noise.cpu_share)
    memory += noise.scaled(scenario.noise.memory_mib)
    temperature = _temperature(scenario.heat, load, step_s)
    temperature += noise.scaled(scenario.noise.temperature_c)
    status = _thermal_status(scenario.heat, temperature)
    ratios = np.array([1.0, scenario.heat.light_ratio, scenario.heat.moderate_ratio])
    charging, battery = _battery(scenario, t_s, drain, step_s)
    rate = rate * (1.0 + noise.scaled(scenario.noise.event_rate))
    columns: dict[str, FloatArray] = {
        "t_s": _rounded(t_s, 3),
        "battery_percent": _rounded(battery, 2),
        "charging": charging,
        "free_cache_kib": _rounded(np.clip(cache, 0.0, scenario.cache_kib), 0),
        "cpu_share": _rounded(np.clip(share, 0.02, 1.0), 3),
        "cpu_frequency_ratio": ratios[status],
        "memory_available_mib": _rounded(np.maximum(memory, 0.0), 0),
        "temperature_c": _rounded(temperature, 1),
        "thermal_status": status.astype(np.float64),
        "event_rate_hz": _rounded(np.clip(rate, 0.0, 1000.0), 2),
    }
    info = TraceInfo(
        title=scenario.title,
        device=scenario.device,
        origin="synthetic",
        start=scenario.start,
        created=scenario.start,
        generator=f"scenario synthesiser, {seed_note}",
        description=scenario.description,
        column_sources={
            "free_cache_kib": Source(
                Provenance.SIMULATED,
                f"L2 of {scenario.cache_kib:g} KiB less what the scenario's programs take",
            )
        },
        notes={"apps": _list_apps(scenario)},
    )
    return Trace(info, columns)


def _rounded(values: FloatArray, decimals: int) -> FloatArray:
    return np.asarray(np.round(values, decimals), dtype=np.float64)


class _NoiseMaker:
    """Slow noise of unit variance: each value keeps a part of the one before it."""

    def __init__(
        self, rng: np.random.Generator, count: int, step_s: float, time_constant_s: float
    ) -> None:
        self._rng = rng
        self._count = count
        self._keep = 1.0 - min(1.0, step_s / time_constant_s)

    def scaled(self, deviation: float) -> FloatArray:
        """The next independent noise, shape (count,), with this standard deviation."""
        keep = self._keep
        fresh = self._rng.standard_normal(self._count) * math.sqrt(1.0 - keep * keep)
        slow = itertools.accumulate(fresh.tolist(), lambda old, new: keep * old + new)
        return np.fromiter(slow, np.float64, self._count) * deviation


def _follow_apps(scenario: Scenario, t_s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Event rate, drain and processor load of the app in the foreground at each time."""
    starts = [app.from_s for app in scenario.apps]
    which = np.searchsorted(starts, t_s, side="right") - 1
    table = np.array(
        [(app.event_rate_hz, app.drain_percent_per_hour, app.cpu_load) for app in scenario.apps]
    )
    rate, drain, load = table[which].T
    return rate, drain, load


def _approach(target: FloatArray, step_s: float, fall_s: float, rise_s: float) -> FloatArray:
    """Follow `target` with one time constant downwards and another upwards."""
    fall, rise = min(1.0, step_s / fall_s), min(1.0, step_s / rise_s)

    def follow(value: float, goal: float) -> float:
        return value + (goal - value) * (fall if goal < value else rise)

    return np.fromiter(itertools.accumulate(target.tolist(), follow), np.float64, len(target))


def _active(span: Contention | Charging, t_s: FloatArray) -> FloatArray:
    return ((t_s >= span.from_s) & (t_s < span.to_s)).astype(np.float64)


def _levels(scenario: Scenario, t_s: FloatArray, step_s: float) -> tuple[FloatArray, FloatArray]:
    """Free cache and available memory without noise.

    Of contentions that overlap, the one that takes most of the cache counts: they push each other
    out of it. Memory adds up.
    """
    taken = np.zeros(len(t_s))
    memory = np.full(len(t_s), scenario.memory_available_mib)
    for span in scenario.contentions:
        held = -_approach(-_active(span, t_s), step_s, span.fall_s, span.rise_s)
        taken = np.maximum(taken, held * (scenario.idle_free_cache_kib - span.free_cache_kib))
        memory -= held * span.memory_mib
    return scenario.idle_free_cache_kib - taken, memory


def _contention_load(scenario: Scenario, t_s: FloatArray, step_s: float) -> FloatArray:
    load = np.zeros(len(t_s))
    for span in scenario.contentions:
        # Processor load comes and goes faster than cache and memory.
        held = -_approach(-_active(span, t_s), step_s, span.fall_s / 3, span.rise_s / 3)
        load = np.maximum(load, span.cpu_load * held)
    return load


def _temperature(heat: Heat, load: FloatArray, step_s: float) -> FloatArray:
    goal = heat.idle_c + heat.rise_c * load
    return _approach(goal, step_s, heat.time_constant_s, heat.time_constant_s)


def _thermal_status(
    heat: Heat, temperature: FloatArray
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Status 0, 1 or 2 with hysteresis, so that it does not flicker at a threshold."""
    begins = (heat.light_c, heat.moderate_c)

    def step(status: int, value: float) -> int:
        while status < 2 and value > begins[status]:
            status += 1
        while status > 0 and value < begins[status - 1] - heat.hysteresis_c:
            status -= 1
        return status

    values = itertools.accumulate(temperature.tolist(), step, initial=0)
    return np.fromiter(itertools.islice(values, 1, None), np.int64, len(temperature))


def _battery(
    scenario: Scenario, t_s: FloatArray, drain: FloatArray, step_s: float
) -> tuple[FloatArray, FloatArray]:
    """Whether it charges, and the charge, which stays between 0 and 100 %."""
    charging = np.zeros(len(t_s))
    slope = -drain
    for span in scenario.charging:
        active = _active(span, t_s)
        charging = np.maximum(charging, active)
        slope = slope + active * span.percent_per_hour
    changes = (slope * (step_s / 3600.0)).tolist()

    def step(charge: float, change: float) -> float:
        return min(100.0, max(0.0, charge + change))

    charges = itertools.accumulate(changes[:-1], step, initial=scenario.battery_percent)
    return charging, np.fromiter(charges, np.float64, len(t_s))


def _list_apps(scenario: Scenario) -> str:
    start = dt.datetime.fromisoformat(scenario.start)
    return "; ".join(
        f"{(start + dt.timedelta(seconds=app.from_s)):%H:%M} {app.name}" for app in scenario.apps
    )
