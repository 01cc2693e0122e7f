"""Recording a context trace of a phone: one stream, the phone's clock aligned, gaps marked."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

from workbench.context import write_trace
from workbench.context.records import MAX_SAMPLES
from workbench.core.errors import InputFileError, WorkbenchError
from workbench.devices.adb.describe import PhoneDescription, describe_phone
from workbench.devices.adb.sections import run_sections
from workbench.devices.agent.protocol import AgentCluster
from workbench.devices.agent.remote import AgentStoppedError, install_agent
from workbench.devices.device import Device
from workbench.devices.errors import (
    DeviceError,
    DeviceGoneError,
    DeviceTimeoutError,
    DeviceUnauthorizedError,
    clean,
)
from workbench.devices.parsers import (
    CpuStat,
    parse_battery,
    parse_cpu_stat,
    parse_thermal_service,
)
from workbench.devices.sampling.agent_source import AgentSource
from workbench.devices.sampling.device_clock import ClockOffset, SampleTimes, align_clock
from workbench.devices.sampling.l2_sizes import l2_size
from workbench.devices.sampling.readings import (
    CacheSize,
    Derivation,
    PhoneContext,
    PhoneReading,
    PhoneSource,
    SideReading,
)
from workbench.devices.sampling.shell_source import ShellSource
from workbench.jobs import JobContext
from workbench.services.device_profiles import list_profiles
from workbench.services.devices import open_device
from workbench.services.phone_recording_records import (
    PhoneRecordingSettings,
    PhoneRecordingSummary,
)
from workbench.services.phone_rows import PhoneRows, RecordingFacts
from workbench.services.recording import (
    CHECKPOINT_S,
    CHECKPOINT_SHARE,
    suspend_aware_clock,
)

SIDE_EVERY_S = 5.0
"""`dumpsys` starts a process and wakes services, so it is asked at most this often."""

SIDE_PAUSE_S = 60.0
"""How long a service that hung is left alone."""

STREAM_S = 1800.0
"""A stream on the phone ends by itself after so long, and the next one follows it."""

GIVE_UP_S = 600.0
"""A phone that was away for so long is not waited for any more."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 15.0
_SIDE_COMMANDS = {"battery": "dumpsys battery", "thermal": "dumpsys thermalservice"}
_CPU_COMMAND = {"cpu": "grep '^cpu' /proc/stat"}

__all__ = ["PhoneRecordingSettings", "PhoneRecordingSummary", "record_phone"]

Connect = Callable[[], Device]


def record_phone(
    context: JobContext,
    name: str,
    settings: PhoneRecordingSettings,
    path: str | Path,
    *,
    connect: Connect | None = None,
    clock: Callable[[], float] = suspend_aware_clock,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
) -> PhoneRecordingSummary:
    """Record a phone into `path` until the time is up or the job is cancelled.

    Cancelling ends the recording and keeps it; the file is also written about once a minute. When
    the link drops or the sampler on the phone dies, it connects again and goes on; the time
    between is marked as a gap. Progress carries the latest figures as detail.

    Args:
        name: serial number, or HOST:PORT.
        connect: makes a connected device; by default `open_device`.

    Raises:
        InputFileError: the file cannot be written.
        DeviceError: the phone cannot be reached at the start, or does not allow it; says what to
            do. After the first sample nothing of it is raised: what there is is kept.
        JobCancelled: cancelled before the first sample; no file is written.
    """
    if not Path(path).parent.is_dir():
        raise InputFileError(path, "its folder does not exist", "Make the folder first.")

    def ask_user(what: str) -> None:
        context.log(what)
        context.progress(None, what)

    maker = connect or (lambda: open_device(name, on_waiting=ask_user))
    try:
        return _PhoneRecording(context, settings, Path(path), maker, clock, now).run()
    except DeviceGoneError as error:
        what = f"recording {clean(name, 60)}"
        raise DeviceGoneError(what, f"{error.message} {error.detail}".strip()) from error


class _PhoneRecording:
    """One recording; lives on the job's thread."""

    def __init__(
        self,
        context: JobContext,
        settings: PhoneRecordingSettings,
        path: Path,
        connect: Connect,
        clock: Callable[[], float],
        now: Callable[[], dt.datetime],
    ) -> None:
        self._context = context
        self._settings = settings
        self._path = path
        self._connect = connect
        self._clock = clock
        self._now = now
        self._device: Device | None = None
        self._source: PhoneSource | None = None
        self._side: SideReading | None = None
        self._side_at_s = float("-inf")
        self._started_s = 0.0
        self._next_write_s = CHECKPOINT_S
        self._problem = ""
        self._drift: ClockOffset | None = None

    def run(self) -> PhoneRecordingSummary:
        self._context.progress(None, "connecting to the phone")
        try:
            self._device = self._connect()
            description = describe_phone(self._device)
            self._identity = _identity(description)
            self._source = self._make_source(description)
            first = self._align()
            self._begin(description, first)
            self._record(first)
            self._align_again()
        finally:
            if self._device is not None:
                self._device.close()
        return self._finish()

    def _begin(self, description: PhoneDescription, first: ClockOffset) -> None:
        recording = self._settings.recording
        facts = RecordingFacts(
            settings=recording,
            title=recording.title or f"Recording of {description.title}",
            device=_summary(description),
            simulated=description.simulated,
            start=self._now(),
        )
        self._rows = PhoneRows(facts, PhoneContext(self._derivation))
        self._rows.clock = first
        self._rows.how = self._how
        self._started_s = self._clock()

    @property
    def _how(self) -> str:
        assert self._source is not None
        return self._source.how

    def _make_source(self, description: PhoneDescription) -> PhoneSource:
        """The agent where it runs, else the shell; finds the size of the cache on the way."""
        assert self._device is not None
        source: PhoneSource
        clusters: tuple[AgentCluster, ...] = ()
        try:
            agent = install_agent(self._device, description.properties.abis)
            source, clusters = AgentSource(agent), agent.info.clusters
        except (DeviceGoneError, DeviceTimeoutError):
            raise
        except WorkbenchError as error:
            if isinstance(error, AgentStoppedError) and error.exit_code not in (126, 127):
                raise
            why = clean(error.message, 160).rstrip(".")
            self._context.log(f"The agent cannot be used, the shell stands in: {why}.", "warning")
            source = ShellSource(self._device, why)
        cache = (
            CacheSize(self._settings.l2_kib, "given by the user")
            if self._settings.l2_kib is not None
            else l2_size(
                description.clusters,
                description.caches,
                description.properties.soc,
                (entry.profile for entry in list_profiles() if entry.profile is not None),
                clusters,
            )
        )
        self._derivation = Derivation(description.clusters, cache, self._settings.recording.local)
        return source

    def _align(self) -> ClockOffset:
        assert self._source is not None
        return align_clock(self._source.clock, self._clock, time.time)

    def _record(self, offset: ClockOffset) -> None:
        """Streams, one after the other, until the end."""
        while True:
            try:
                self._stream(offset)
                if self._over(ahead_s=1 / self._settings.recording.rate_hz):
                    return
                continue
            except DeviceError as error:
                if not len(self._rows):
                    raise
                self._lost(error)
            try:
                again = self._come_back()
            except DeviceError as error:
                self._problem = f"{error.message} {error.hint}".strip()
                return
            if again is None:
                return
            offset = again

    def _stream(self, offset: ClockOffset) -> None:
        """One stream of the phone's sampler to its end."""
        assert self._source is not None
        recording = self._settings.recording
        before = self._ask_side(with_cpu=True)
        self._rows.begin_stream(before)
        times = SampleTimes(offset)
        left_s = STREAM_S
        if recording.duration_s is not None:
            left_s = min(left_s, self._started_s + recording.duration_s - self._clock())
        if left_s <= 0 or self._context.cancelled:
            return
        stream = self._source.readings(recording.rate_hz, max(left_s, 0.1))
        with contextlib.closing(stream):
            for reading in stream:
                self._take(reading, times)
                if self._over():
                    return
                if self._clock() - self._side_at_s >= SIDE_EVERY_S:
                    self._ask_side_patiently()

    def _take(self, reading: PhoneReading, times: SampleTimes) -> None:
        moment_s = times.host_s(reading.time.device_s, reading.time.wall_s, self._clock())
        self._rows.times_set = max(self._rows.times_set, times.set_times)
        t_s = moment_s - self._started_s
        duration_s = self._settings.recording.duration_s
        if duration_s is not None and t_s > duration_s:
            return
        if not self._rows.add(t_s, reading, self._side):
            return
        if len(self._rows) == 1:
            self._context.log(f"recording {self._rows.facts.device}: readings by {self._how}")
        self._context.progress(
            None if duration_s is None else min(1.0, max(0.0, t_s) / duration_s),
            f"{len(self._rows)} samples",
            self._rows.latest() | self._cost(),
        )
        if t_s >= self._next_write_s:
            began_s = self._clock()
            write_trace(self._rows.trace(self._now()), self._path)
            cost_s = self._clock() - began_s
            self._next_write_s = t_s + max(CHECKPOINT_S, cost_s / CHECKPOINT_SHARE)

    def _cost(self) -> dict[str, float]:
        """What the sampler takes on the phone, and how exactly the clock is known."""
        assert self._rows.clock is not None
        found = {"clock_uncertainty_ms": self._rows.clock.uncertainty_s * 1e3}
        percent = self._rows.cost_percent
        if percent is not None:
            found["sampler_cost_percent"] = percent
        return found

    def _ask_side_patiently(self) -> None:
        """The same beside a stream that goes on: a service that hangs must not end it."""
        try:
            self._ask_side()
        except DeviceTimeoutError as error:
            # What the stream has sent meanwhile waits to be read, with the phone's own times.
            self._context.log(f"{error.message} The last values are kept.", "warning")
            self._side_at_s = self._clock() + SIDE_PAUSE_S

    def _ask_side(self, *, with_cpu: bool = False) -> CpuStat:
        """Battery and thermal status, beside the stream; and the counters to begin with."""
        assert self._device is not None
        began_s = self._clock()
        commands = _SIDE_COMMANDS | (_CPU_COMMAND if with_cpu else {})
        found = run_sections(self._device, commands, timeout_s=10.0)
        output = {key: section.output for key, section in found.items()}
        self._side = SideReading(
            parse_battery(output.get("battery", b"")),
            parse_thermal_service(output.get("thermal", b"")),
        )
        self._side_at_s = self._clock()
        self._rows.side_took(self._side_at_s - began_s)
        return parse_cpu_stat(output.get("cpu", b""))

    def _over(self, ahead_s: float = 0.0) -> bool:
        """Whether it is at its end, or will be so many seconds ahead."""
        duration_s = self._settings.recording.duration_s
        if self._context.cancelled:
            return True
        if len(self._rows) >= MAX_SAMPLES:
            self._problem = f"A trace holds {MAX_SAMPLES:,} samples at most."
            return True
        return duration_s is not None and self._clock() - self._started_s + ahead_s >= duration_s

    def _lost(self, error: DeviceError) -> None:
        # Which command it was that met the broken link is of no use to the user.
        what = error.message
        if isinstance(error, DeviceGoneError):
            what = "The connection to the phone was lost."
        elif isinstance(error, DeviceTimeoutError):
            what = f"Nothing came from the phone for {error.seconds:.0f} s."
        self._context.log(f"{what} Trying again.", "warning")
        self._context.progress(None, "the phone cannot be reached; trying again")
        self._rows.interrupted()

    def _come_back(self) -> ClockOffset | None:
        """Connect anew; None where the time is up or the user ended it first.

        Raises:
            DeviceError: the phone was away for too long, or trusts this computer no more.
        """
        since_s = self._clock()
        pause_s = _FIRST_PAUSE_S
        while not self._over():
            if self._device is not None:
                self._device.close()
            try:
                self._device = self._connect()
                description = describe_phone(self._device)
                if _identity(description) != self._identity:
                    self._problem = "Another phone answers there now."
                    return None
                self._source = self._make_source(description)
                offset = self._align()
            except DeviceUnauthorizedError:
                raise
            except DeviceError as error:
                if self._clock() - since_s > GIVE_UP_S:
                    raise
                self._context.log(f"still away: {error.message}")
                self._context.wait(pause_s)
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)
            else:
                self._rows.reconnected(self._how)
                self._context.log("connected again")
                return offset
        return None

    def _align_again(self) -> None:
        """The phone's clock at the end; a phone that is gone by then leaves the drift unknown."""
        if self._problem:
            return
        with contextlib.suppress(DeviceError):
            self._rows.clock_at_end = self._align()

    def _finish(self) -> PhoneRecordingSummary:
        if not len(self._rows):
            self._context.check_cancelled()
            raise DeviceError(
                "The phone gave no sample in the time that was set.", "Record for longer."
            )
        trace = self._rows.trace(self._now())
        write_trace(trace, self._path)
        duration_s = self._settings.recording.duration_s
        early = self._context.cancelled or bool(self._problem)
        assert self._rows.clock is not None
        return PhoneRecordingSummary(
            path=str(self._path),
            device=trace.info.device,
            simulated=self._rows.facts.simulated,
            sampler=self._rows.how,
            samples=len(trace),
            duration_s=float(trace.t_s[-1]),
            stopped_early=early and (duration_s is None or trace.t_s[-1] < duration_s),
            problem=self._problem,
            gaps=trace.info.gaps,
            cost_percent_of_core=self._rows.cost_percent,
            clock_uncertainty_ms=self._rows.clock.uncertainty_s * 1e3,
            clock_drift_ms=self._rows.drift_ms,
            assumed=self._rows.assumed,
        )


def _identity(description: PhoneDescription) -> str:
    """What tells that it is the same phone: an address can be another's after a while."""
    return description.properties.serial or description.title


def _summary(description: PhoneDescription) -> str:
    """The phone in one line, such as ``Xiaomi Redmi 3S, Snapdragon 430, Android 6.0``."""
    properties = description.properties
    parts = [description.title, clean(properties.soc or "", 60)]
    if properties.android_release:
        parts.append(f"Android {clean(properties.android_release, 12)}")
    if description.simulated:
        parts.append("virtual phone (simulated)")
    return ", ".join(part for part in parts if part)
