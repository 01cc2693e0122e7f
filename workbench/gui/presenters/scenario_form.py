"""A short form from which a whole synthetic day is made up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from workbench.context.scenario import AppSpan, Charging, Contention, Noise, Scenario
from workbench.core.errors import SettingsError
from workbench.gui.presenters.formats import clock, parse_clock

_APPS = (
    # name, share of the mean event rate, share of the mean drain, processor load
    ("reading", 0.4, 0.8, 0.08),
    ("camera assistant", 2.0, 1.35, 0.13),
    ("pocket", 0.15, 0.65, 0.06),
    ("navigation", 1.4, 1.3, 0.13),
    ("music", 0.7, 0.85, 0.09),
    ("sounds are watched", 1.2, 1.05, 0.1),
    ("video call", 1.1, 1.3, 0.14),
)
PREVIEW_SAMPLES = 4000
"""A preview has about so many samples; the trace itself has the rate that was asked for."""


@dataclass(frozen=True, slots=True)
class ScenarioForm:
    """What a user states about a day.

    Attributes:
        start_clock: time of day such as ``09:00``.
        hours: how long.
        rate_hz: samples a second.
        battery_percent, drain_percent_per_hour: charge at the start, mean use without inference.
        charge_from, charge_to: times of day on a charger; empty: not charged.
        charge_percent_per_hour: what the charger gives.
        bursts: how many times other programs contend for cache and processor.
        burst_minutes: how long on average.
        burst_cache_percent: share of the L2 cache that they leave.
        burst_load_percent: processor load they add.
        switches: how many times another app comes to the front.
        event_rate_hz: mean inferences a second.
        noise: 0 none, 1 as on the sample day.
        cache_kib: size of the L2 cache.
        seed: makes times of bursts and apps, and the noise.
    """

    title: str = "My scenario"
    start_clock: str = "09:00"
    hours: float = 8.0
    rate_hz: float = 1.0
    battery_percent: float = 85.0
    drain_percent_per_hour: float = 7.0
    charge_from: str = ""
    charge_to: str = ""
    charge_percent_per_hour: float = 45.0
    bursts: int = 8
    burst_minutes: float = 18.0
    burst_cache_percent: float = 38.0
    burst_load_percent: float = 36.0
    switches: int = 9
    event_rate_hz: float = 2.0
    noise: float = 1.0
    cache_kib: float = 1024.0
    seed: int = 1

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.hours * 3600.0


def scenario_of(form: ScenarioForm, today: dt.date) -> Scenario:
    """The whole scenario, with times drawn from the seed.

    Args:
        today: the date of the day.

    Raises:
        SettingsError: when something in the form makes no sense.
    """
    if not form.title.strip():
        raise SettingsError("The scenario has no title.", "Give it one.")
    rng = np.random.default_rng([form.seed, 1])
    start_s = _clock(form.start_clock, "start")
    start = dt.datetime(today.year, today.month, today.day, tzinfo=dt.UTC)
    start += dt.timedelta(seconds=start_s)
    noise, scale = Noise(), form.noise
    return Scenario(
        title=form.title.strip(),
        device=f"made-up phone, L2 {form.cache_kib:g} KiB",
        description=(
            f"Composed: {form.bursts} bursts of contention, {form.switches} switches of apps, "
            f"{form.drain_percent_per_hour:g} % of battery an hour. Nothing in it was measured."
        ),
        start=start.isoformat(),
        duration_s=form.duration_s,
        battery_percent=form.battery_percent,
        cache_kib=form.cache_kib,
        idle_free_cache_kib=0.93 * form.cache_kib,
        apps=_apps(form, rng),
        contentions=_contentions(form, rng),
        charging=_charging(form, start_s),
        rate_hz=form.rate_hz,
        noise=replace(
            noise,
            cache=noise.cache * scale,
            event_rate=noise.event_rate * scale,
            cpu_share=noise.cpu_share * scale,
            memory_mib=noise.memory_mib * scale,
            temperature_c=noise.temperature_c * scale,
            drift=noise.drift * scale,
        ),
    )


def preview_of(scenario: Scenario) -> Scenario:
    """The same day at a rate that can be drawn while the form is edited."""
    rate_hz = min(scenario.rate_hz, PREVIEW_SAMPLES / scenario.duration_s)
    return replace(scenario, rate_hz=rate_hz)


def _clock(text: str, what: str) -> float:
    try:
        return parse_clock(text)
    except ValueError as error:
        raise SettingsError(f"The {what} is no time of day.", f"{error}.") from error


def _apps(form: ScenarioForm, rng: np.random.Generator) -> tuple[AppSpan, ...]:
    times = np.sort(rng.uniform(0.02, 0.98, form.switches)) * form.duration_s
    spans = []
    offset = int(rng.integers(len(_APPS)))
    for index, from_s in enumerate([0.0, *times.tolist()]):
        # Never the same app twice in a row.
        name, rate, drain, load = _APPS[(offset + index) % len(_APPS)]
        spans.append(
            AppSpan(
                round(from_s),
                name,
                round(rate * form.event_rate_hz, 3),
                drain * form.drain_percent_per_hour,
                load,
            )
        )
    return tuple(spans)


def _contentions(form: ScenarioForm, rng: np.random.Generator) -> tuple[Contention, ...]:
    """One burst in each of as many equal parts of the day, so that they spread."""
    if not form.bursts:
        return ()
    part_s = form.duration_s / form.bursts
    length_s = rng.uniform(0.6, 1.4, form.bursts) * form.burst_minutes * 60.0
    length_s = np.minimum(length_s, 0.85 * part_s)
    begin_s = (np.arange(form.bursts) + 0.05) * part_s
    begin_s = begin_s + rng.uniform(0, 1, form.bursts) * (0.9 * part_s - length_s)
    depth = rng.uniform(0.75, 1.25, form.bursts)
    free_kib = np.clip(form.burst_cache_percent / 100 * depth, 0.02, 0.9) * form.cache_kib
    load = np.clip(form.burst_load_percent / 100 * rng.uniform(0.8, 1.2, form.bursts), 0, 0.9)
    return tuple(
        Contention(float(a), float(a + n), float(kib), float(u))
        for a, n, kib, u in zip(begin_s, length_s, free_kib, load, strict=True)
    )


def _charging(form: ScenarioForm, start_s: float) -> tuple[Charging, ...]:
    if not form.charge_from.strip() and not form.charge_to.strip():
        return ()
    begin = (_clock(form.charge_from, "start of charging") - start_s) % 86_400
    end = (_clock(form.charge_to, "end of charging") - start_s) % 86_400
    if not begin < end or begin >= form.duration_s:
        last = clock(start_s + form.duration_s, with_seconds=False)
        raise SettingsError(
            "The time on the charger does not lie within the day.",
            f"Choose times from {form.start_clock} to {last}, the end after the start.",
        )
    return (Charging(begin, min(end, form.duration_s), form.charge_percent_per_hour),)
