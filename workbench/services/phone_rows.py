"""Rows of a phone's recording as they come, and the trace that they make."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from workbench import __version__
from workbench.context import Trace, TraceInfo
from workbench.core.provenance import Provenance, Source
from workbench.devices.parsers import CpuStat
from workbench.devices.sampling.device_clock import ClockOffset
from workbench.devices.sampling.readings import PhoneContext, PhoneReading, SideReading
from workbench.services.recording import RecordingSettings

DECIMALS = {
    "battery_percent": 2,
    "charging": 0,
    "free_cache_kib": 1,
    "cpu_share": 3,
    "cpu_frequency_ratio": 3,
    "memory_available_mib": 1,
    "temperature_c": 1,
    "thermal_status": 0,
    "event_rate_hz": 3,
}
"""Columns after t_s in their order, with decimals that are finer than what was read."""

_STAND_IN: dict[str, tuple[float, str]] = {
    "battery_percent": (100.0, "the phone tells no charge; 100 % assumed"),
    "charging": (0.0, "the phone does not say whether it is charged; 0 (no) assumed"),
    "cpu_share": (1.0, "/proc/stat cannot be read; 1 assumed"),
    "cpu_frequency_ratio": (1.0, "no clock of the fastest cores can be read; 1 assumed"),
    "memory_available_mib": (1024.0, "the phone does not tell; 1024 MiB assumed"),
    "temperature_c": (25.0, "the phone tells no temperature; 25 °C assumed"),
    "thermal_status": (0.0, "the phone tells none (Android 10 and later do); 0 (none) assumed"),
}
"""Value and story of a column that a phone does not tell."""

_MIN_STEP_S = 0.001


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What is known about a recording when it begins; `start` is the moment of t_s = 0."""

    settings: RecordingSettings
    title: str
    device: str
    simulated: bool
    start: dt.datetime


class PhoneRows:
    """The samples so far and what is known about them.

    Attributes:
        facts: what was known at the start.
        how: what takes the readings.
        clock, clock_at_end: the phone's clock at the start and at the end.
        times_set: how often somebody set the phone's time of day.
        reconnects: how often the recording was interrupted and went on.
    """

    def __init__(self, facts: RecordingFacts, context: PhoneContext) -> None:
        self.facts = facts
        self.how = ""
        self.clock: ClockOffset | None = None
        self.clock_at_end: ClockOffset | None = None
        self.times_set = 0
        self.reconnects = 0
        self._context = context
        self._rows: list[tuple[float, ...]] = []
        self._gaps: list[tuple[float, float]] = []
        self._held: dict[str, float] = {}
        self._interrupted = False
        self._side_s: list[float] = []
        self._cost: list[tuple[float, float]] = []
        """Processor seconds of the sampler and seconds that passed, for each stream."""
        self._first: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def begin_stream(self, before: CpuStat) -> None:
        """A stream begins; loads count from these counters on."""
        self._context.begin(before)
        self._first = None

    def interrupted(self) -> None:
        """The stream broke: what follows stands after a gap."""
        self._interrupted = True

    def reconnected(self, how: str) -> None:
        """The phone is there again."""
        self.reconnects += 1
        self.how = how
        # Its clock may have begun anew, so the one at the end says nothing about drift.
        self.clock_at_end = None

    def side_took(self, seconds: float) -> None:
        """A reading beside the stream took so long."""
        self._side_s.append(seconds)

    def add(self, t_s: float, reading: PhoneReading, side: SideReading | None) -> bool:
        """A sample at `t_s` seconds since the start; False where it is no later than the last."""
        t_s = round(max(0.0, t_s), 3)
        last_s = self._rows[-1][0] if self._rows else None
        if last_s is not None and t_s < last_s + _MIN_STEP_S:
            return False
        self._count_cost(reading)
        found = self._context.values(reading, side)
        found["event_rate_hz"] = self.facts.settings.event_rate_hz
        self._held |= found
        rate_hz = self.facts.settings.rate_hz
        if last_s is not None and (self._interrupted or t_s - last_s > 3.0 / rate_hz + 1.0):
            self._gaps.append((last_s, t_s))
        self._interrupted = False
        values = (round(self._value(name), digits) for name, digits in DECIMALS.items())
        self._rows.append((t_s, *values))
        return True

    def _value(self, name: str) -> float:
        if name == "free_cache_kib":
            # Without a load nothing is known to hold any of it.
            return self._held.get(name, self._context.derivation.cache.kib)
        return self._held[name] if name in self._held else self._stand_in(name)[0]

    def _stand_in(self, name: str) -> tuple[float, str]:
        if name == "charging" and "battery_percent" not in self._held:
            return 1.0, "no battery is told of; mains power assumed"
        return _STAND_IN[name]

    def _count_cost(self, reading: PhoneReading) -> None:
        if reading.own_cpu_s is None:
            return
        device_s = reading.time.device_s
        if self._first is None:
            self._first = (reading.own_cpu_s, device_s)
            self._cost.append((0.0, 0.0))
        cpu_s, began_s = self._first
        self._cost[-1] = (max(0.0, reading.own_cpu_s - cpu_s), max(0.0, device_s - began_s))

    def latest(self) -> dict[str, float]:
        """The newest sample by column name."""
        return dict(zip(("t_s", *DECIMALS), self._rows[-1], strict=True))

    @property
    def cost_percent(self) -> float | None:
        """Processor time of the sampler on the phone as a share of one core; None: not known."""
        cpu_s = sum(cost for cost, _ in self._cost)
        passed_s = sum(passed for _, passed in self._cost)
        return 100.0 * cpu_s / passed_s if passed_s > 0 else None

    @property
    def drift_ms(self) -> float | None:
        """How far the phone's clock moved against this computer's; None: not known."""
        if self.clock is None or self.clock_at_end is None or self.reconnects:
            return None
        return (self.clock_at_end.offset_s - self.clock.offset_s) * 1e3

    @property
    def assumed(self) -> dict[str, str]:
        """Columns that the phone cannot tell, with the reason."""
        return {name: self._stand_in(name)[1] for name in _STAND_IN if name not in self._held}

    def trace(self, created: dt.datetime) -> Trace:
        """The trace so far."""
        facts = self.facts
        table = np.array(self._rows, dtype=np.float64)
        columns = {name: table[:, i] for i, name in enumerate(("t_s", *DECIMALS))}
        kind = "virtual phone" if facts.simulated else "phone"
        info = TraceInfo(
            title=facts.title,
            device=facts.device,
            origin="recorded",
            start=facts.start.isoformat(timespec="milliseconds"),
            created=created.isoformat(timespec="seconds"),
            generator=f"adaspring-workbench {__version__} record, from a {kind}",
            description=facts.settings.description,
            column_sources=self._sources(),
            gaps=tuple(self._gaps),
            notes=self._notes(),
        )
        return Trace(info, columns)

    def _sources(self) -> dict[str, Source]:
        sources = {name: Source(Provenance.ABSENT, story) for name, story in self.assumed.items()}
        if "free_cache_kib" not in self._held:
            story = "no load can be read; the whole cache is taken as free"
            sources["free_cache_kib"] = Source(Provenance.ABSENT, story)
        sources |= self._context.stories
        sources["event_rate_hz"] = Source(
            Provenance.ABSENT,
            f"no application was observed; {self.facts.settings.event_rate_hz:g}/s chosen for the"
            " recording",
        )
        if not self.facts.simulated:
            return sources
        # Nothing that a virtual phone reports is measured, nor an estimate about a real one.
        return {
            name: source
            if source.provenance is Provenance.ABSENT
            else Source(Provenance.SIMULATED, f"as a virtual phone reports it: {source.story}")
            for name, source in sources.items()
        }

    def _notes(self) -> dict[str, str]:
        notes = {
            "rate_hz": f"{self.facts.settings.rate_hz:g}",
            "sampler": self.how,
        }
        if self.facts.simulated:
            notes["simulated"] = "recorded from a virtual phone; nothing in it was measured"
        cost = self.cost_percent
        if cost is not None:
            per_sample_ms = cost * 10.0 / self.facts.settings.rate_hz
            where = (
                "of the computer that plays the phone" if self.facts.simulated else "on the phone"
            )
            notes["sampler_cost_percent"] = (
                f"{cost:.3f} of a core {where} (measured), dumpsys apart"
            )
            notes["sampler_cost_ms"] = f"{per_sample_ms:.3f} of processor time a sample (measured)"
        if self._side_s:
            mean_ms = sum(self._side_s) / len(self._side_s) * 1e3
            notes["side_readings"] = (
                f"{len(self._side_s)} of dumpsys battery and thermalservice,"
                f" {mean_ms:.0f} ms there and back each"
            )
        return notes | self._clock_notes()

    def _clock_notes(self) -> dict[str, str]:
        notes = {}
        if self.clock is not None:
            notes["clock_offset"] = (
                f"{self.clock.offset_s:.4f} s from the phone's clock to this computer's, within"
                f" {self.clock.uncertainty_s * 1e3:.1f} ms (smallest round trip of"
                f" {self.clock.exchanges})"
            )
            if self.clock.wall_offset_s is not None:
                notes["phone_time_of_day"] = (
                    f"{self.clock.wall_offset_s:+.3f} s from this computer's"
                )
        if self.drift_ms is not None and self.clock_at_end is not None and self.clock is not None:
            within_ms = (self.clock_at_end.uncertainty_s + self.clock.uncertainty_s) * 1e3
            passed_s = self.clock_at_end.host_s - self.clock.host_s
            notes["clock_drift"] = (
                f"{self.drift_ms:+.1f} ms after {passed_s:.0f} s, within {within_ms:.1f} ms;"
                " times are not corrected for it"
            )
        if self.reconnects:
            notes["reconnects"] = f"{self.reconnects}, each marked as a gap"
        if self.times_set:
            notes["phone_time_was_set"] = f"{self.times_set} times; the samples' times are unmoved"
        return notes
