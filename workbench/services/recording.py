"""Recording a context trace of this computer."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from workbench import __version__
from workbench.context import Trace, TraceInfo, write_trace
from workbench.core.errors import InputFileError, SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.devices.capabilities import Capability
from workbench.devices.local import LocalReading, LocalSampler, LocalSettings
from workbench.jobs import JobContext

MAX_RATE_HZ = 50.0
CHECKPOINT_S = 60.0
CHECKPOINT_SHARE = 0.01
"""At most this share of the time goes into writing what was recorded so far."""

_ASSUMED = {
    "battery_percent": (100.0, "mains power, 100 % assumed"),
    "charging": (1.0, "mains power assumed"),
    "cpu_frequency_ratio": (1.0, "1 assumed"),
    "temperature_c": (25.0, "25 °C assumed"),
    "thermal_status": (0.0, "0 (none) assumed"),
}
"""Value and story of a column that this computer cannot tell."""


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """How to record.

    Attributes:
        rate_hz: samples a second.
        duration_s: how long; None: until the job is cancelled.
        event_rate_hz: written as the inferences a second of an application, which a computer that
            runs none cannot tell.
        title, description: what the trace says about itself.
        local: how the free cache is estimated.
    """

    rate_hz: float = 2.0
    duration_s: float | None = None
    event_rate_hz: float = 1.0
    title: str = "Recording of a computer"
    description: str = ""
    local: LocalSettings = field(default_factory=LocalSettings)

    def __post_init__(self) -> None:
        if not 0.01 <= self.rate_hz <= MAX_RATE_HZ:
            raise SettingsError(
                f"A rate of {self.rate_hz:g} Hz.", f"Choose 0.01 to {MAX_RATE_HZ:g} Hz."
            )
        if self.duration_s is not None and not 0 < self.duration_s <= 30 * 86400:
            raise SettingsError(f"A duration of {self.duration_s:g} s.", "Choose up to 30 days.")
        if not 0 <= self.event_rate_hz <= 1000:
            raise SettingsError(
                f"An event rate of {self.event_rate_hz:g} Hz.", "Choose 0 to 1000 Hz."
            )


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """What was recorded.

    Attributes:
        path: the file.
        samples: rows in it.
        duration_s: from the start to the last sample.
        stopped_early: whether it was cancelled before its time.
        cost_ms_per_sample: processor time the sampler itself took for a sample.
        cost_percent_of_core: the same as a share of one core's time.
        assumed: columns that this computer cannot tell, with the reason.
    """

    path: str
    samples: int
    duration_s: float
    stopped_early: bool
    cost_ms_per_sample: float
    cost_percent_of_core: float
    assumed: dict[str, str]


def suspend_aware_clock() -> float:
    """Seconds on a clock that never goes back and, where the system has one, runs in suspend."""
    clock_id = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock_id is None else time.clock_gettime(clock_id)


def record_local(
    context: JobContext,
    settings: RecordingSettings,
    path: str | Path,
    *,
    make_sampler: Callable[[LocalSettings], LocalSampler] = LocalSampler,
    clock: Callable[[], float] = suspend_aware_clock,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
) -> RecordingSummary:
    """Record this computer into `path` until the time is up or the job is cancelled.

    Cancelling ends the recording and keeps it; the file is also written about once a minute, so a
    crash costs a minute at most. Times at which the computer slept are marked as gaps. Progress
    carries the latest figures as detail.

    Raises:
        InputFileError: when the file cannot be written.
    """
    folder = Path(path).parent
    if not folder.is_dir():
        raise InputFileError(path, "its folder does not exist", "Make the folder first.")
    recording = _Recording(settings, make_sampler(settings.local), now())
    start_s = clock()
    number = 0
    next_write_s = CHECKPOINT_S
    while not context.cancelled:
        number += 1
        due_s = number / settings.rate_hz
        passed_s = clock() - start_s
        if settings.duration_s is not None and due_s > settings.duration_s * (1 + 1e-9):
            break
        if due_s > passed_s:
            if context.wait(due_s - passed_s):
                break
        else:
            # Late by a whole step or more (the computer slept): go on from now, don't catch up.
            number = max(number, math.floor(passed_s * settings.rate_hz))
        passed_s = clock() - start_s
        recording.take(passed_s)
        context.progress(
            None if settings.duration_s is None else min(1.0, passed_s / settings.duration_s),
            f"{len(recording)} samples",
            recording.latest() | {"sampler_cost_percent": recording.cost_percent},
        )
        if passed_s >= next_write_s:
            began_s = clock()
            write_trace(recording.trace(now()), path)
            cost_s = clock() - began_s
            next_write_s = passed_s + max(CHECKPOINT_S, cost_s / CHECKPOINT_SHARE)
    stopped_early = context.cancelled
    if not len(recording):
        recording.take(clock() - start_s)
    trace = recording.trace(now())
    write_trace(trace, path)
    return RecordingSummary(
        path=str(path),
        samples=len(trace),
        duration_s=float(trace.t_s[-1]),
        stopped_early=stopped_early,
        cost_ms_per_sample=recording.cost_ms,
        cost_percent_of_core=recording.cost_percent,
        assumed={name: source.story for name, source in recording.assumed.items()},
    )


class _Recording:
    """The samples so far and what is known about them."""

    def __init__(
        self, settings: RecordingSettings, sampler: LocalSampler, start: dt.datetime
    ) -> None:
        self._settings = settings
        self._sampler = sampler
        self._start = start
        self._rows: list[tuple[float, ...]] = []
        self._gaps: list[tuple[float, float]] = []
        self._held: dict[str, float] = {}
        self._cpu_s = 0.0
        self._capabilities = {item.name: item for item in sampler.capabilities()}
        self.assumed = _assumed_sources(self._capabilities.values())

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def cost_ms(self) -> float:
        """Mean processor time of a sample."""
        return self._cpu_s / max(1, len(self._rows)) * 1e3

    @property
    def cost_percent(self) -> float:
        """The same as a share of one core's time."""
        return self.cost_ms * self._settings.rate_hz / 10.0

    def take(self, t_s: float) -> None:
        """Sample now, at `t_s` seconds since the start."""
        before_s = time.thread_time()
        reading = self._sampler.sample()
        self._cpu_s += time.thread_time() - before_s
        t_s = round(t_s, 3)
        if self._rows:
            last_s = self._rows[-1][0]
            if t_s <= last_s:
                return
            if t_s - last_s > 3.0 / self._settings.rate_hz + 1.0:
                self._gaps.append((last_s, t_s))
        self._rows.append((t_s, *self._values(reading)))

    def _values(self, reading: LocalReading) -> list[float]:
        values = []
        for name, decimals in _DECIMALS.items():
            if name == "event_rate_hz":
                value: float | None = self._settings.event_rate_hz
            else:
                value = getattr(reading, name, None)
            if value is None:
                # A sensor that is silent for once keeps its last value.
                value = self._held.get(name, _ASSUMED[name][0])
            self._held[name] = float(value)
            values.append(round(float(value), decimals))
        return values

    def latest(self) -> dict[str, float]:
        """The newest sample by column name."""
        return dict(zip(("t_s", *_DECIMALS), self._rows[-1], strict=True))

    def trace(self, created: dt.datetime) -> Trace:
        """The trace so far."""
        table = np.array(self._rows, dtype=np.float64)
        columns = {name: table[:, i] for i, name in enumerate(("t_s", *_DECIMALS))}
        description = self._sampler.description
        info = TraceInfo(
            title=self._settings.title,
            device=description.summary(),
            origin="recorded",
            start=self._start.isoformat(timespec="milliseconds"),
            created=created.isoformat(timespec="seconds"),
            generator=f"adaspring-workbench {__version__} record, psutil",
            description=self._settings.description,
            column_sources=self._sources(),
            gaps=tuple(self._gaps),
            notes={
                "rate_hz": f"{self._settings.rate_hz:g}",
                "sampler_cost_ms": f"{self.cost_ms:.3f} of processor time a sample (measured)",
                "sampler_cost_percent": f"{self.cost_percent:.3f} of a core",
            },
        )
        return Trace(info, columns)

    def _sources(self) -> dict[str, Source]:
        sources = {
            "event_rate_hz": Source(
                Provenance.ABSENT,
                f"no application was observed; {self._settings.event_rate_hz:g}/s chosen for the "
                "recording",
            ),
            "free_cache_kib": Source(
                Provenance.ESTIMATED, self._capabilities["free_cache_kib"].how
            ),
            "cpu_share": Source(Provenance.ESTIMATED, self._capabilities["cpu_share"].how),
        }
        return sources | self.assumed


_DECIMALS = {
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


def _assumed_sources(items: Iterable[Capability]) -> dict[str, Source]:
    known = {item.name for item in fields(LocalReading)} | {"thermal_status"}
    sources = {}
    for item in items:
        if not item.available and item.name in known:
            story = f"{item.how}; {_ASSUMED[item.name][1]}"
            sources[item.name] = Source(Provenance.ABSENT, story)
            if item.name == "battery_percent":
                sources["charging"] = Source(
                    Provenance.ABSENT, f"{item.how}; {_ASSUMED['charging'][1]}"
                )
    return sources
