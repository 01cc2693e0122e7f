"""Recording: a valid trace whatever ends it, what is assumed is marked, gaps are noticed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from workbench.context import read_trace
from workbench.core.errors import InputFileError, SettingsError
from workbench.core.provenance import Provenance
from workbench.devices.capabilities import Capability
from workbench.devices.local import LocalReading, LocalSampler, LocalSettings
from workbench.jobs import JobContext, LogLevel, run_in_thread
from workbench.services import recording as module
from workbench.services.recording import RecordingSettings, RecordingSummary, record_local


class FakeContext(JobContext):
    """Time that passes only when the recording waits; stops when told to."""

    def __init__(self, stop_after_s: float = 1e9) -> None:
        self.now_s = 0.0
        self.details: list[Mapping[str, float]] = []
        self.stop_after_s = stop_after_s
        self.sleepy_at_s = 1e9
        super().__init__(clock=lambda: self.now_s)

    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        assert detail is not None
        assert fraction is None or 0 <= fraction <= 1
        self.details.append(detail)

    def log(self, text: str, level: LogLevel = "info") -> None:
        raise AssertionError("a recording has nothing to log")

    @property
    def cancelled(self) -> bool:
        return self.now_s >= self.stop_after_s

    def wait(self, seconds: float) -> bool:
        self.now_s = min(self.now_s + seconds, self.stop_after_s)
        if self.now_s >= self.sleepy_at_s:
            self.now_s += 100.0
            self.sleepy_at_s = 1e9
        return self.cancelled


class FakeSampler(LocalSampler):
    """A laptop whose temperature sensor falls silent at times."""

    def __init__(self, settings: LocalSettings) -> None:
        super().__init__(settings)
        self._count = 0

    def sample(self) -> LocalReading:
        self._count += 1
        return LocalReading(
            free_cache_kib=500.0 + self._count,
            cpu_share=0.75,
            memory_available_mib=1000.0,
            cpu_frequency_ratio=0.9,
            battery_percent=80.0 - self._count / 10,
            charging=False,
            temperature_c=None if self._count % 3 == 0 else 40.0 + self._count,
            other_load=0.25,
        )

    def capabilities(self) -> tuple[Capability, ...]:
        has = ("free_cache_kib", "cpu_share", "memory_available_mib", "battery_percent")
        return (
            *(Capability(name, True, "made up") for name in has),
            Capability("thermal_status", False, "no such thing"),
        )


def record(
    path: Path,
    context: FakeContext,
    make_sampler: Callable[[LocalSettings], LocalSampler] = FakeSampler,
    **settings: object,
) -> RecordingSummary:
    return record_local(
        context,
        RecordingSettings(**settings),  # type: ignore[arg-type]
        path,
        make_sampler=make_sampler,
        clock=lambda: context.now_s,
    )


def test_a_recording_has_the_samples_that_were_asked_for(tmp_path: Path) -> None:
    context = FakeContext()
    summary = record(tmp_path / "a.csv", context, rate_hz=2.0, duration_s=5.0, event_rate_hz=3.0)
    trace = read_trace(tmp_path / "a.csv")
    assert trace.t_s.tolist() == [0.5 * n for n in range(1, 11)]
    assert (summary.samples, summary.duration_s, summary.stopped_early) == (10, 5.0, False)
    assert trace["battery_percent"][:2].tolist() == [79.9, 79.8]
    assert trace["temperature_c"][:4].tolist() == [41, 42, 42, 44]
    assert set(trace["event_rate_hz"]) == {3}
    assert trace.info.origin == "recorded"
    assert "sampler_cost_ms" in trace.info.notes
    assert context.details[-1]["free_cache_kib"] == 510


def test_what_this_computer_cannot_tell_is_marked(tmp_path: Path) -> None:
    class Desktop(FakeSampler):
        def sample(self) -> LocalReading:
            return LocalReading(500.0, 0.75, 1000.0, None, None, None, None, 0.25)

        def capabilities(self) -> tuple[Capability, ...]:
            absent = ("battery_percent", "cpu_frequency_ratio", "temperature_c", "thermal_status")
            return (
                Capability("free_cache_kib", True, "by formula"),
                Capability("cpu_share", True, "by another formula"),
                *(Capability(name, False, "not there") for name in absent),
            )

    summary = record(tmp_path / "a.csv", FakeContext(), Desktop, rate_hz=1.0, duration_s=3.0)
    trace = read_trace(tmp_path / "a.csv")
    sources = trace.info.column_sources
    for name in ("battery_percent", "charging", "cpu_frequency_ratio", "temperature_c"):
        assert sources[name].provenance is Provenance.ABSENT
        assert "not there" in sources[name].story and "assumed" in sources[name].story
    assert sources["free_cache_kib"].provenance is Provenance.ESTIMATED
    assert trace.sample(0).battery_percent == 100 and trace.sample(0).charging
    assert "battery_percent" in summary.assumed


def test_cancelling_keeps_what_was_recorded(tmp_path: Path) -> None:
    context = FakeContext(stop_after_s=4.2)
    summary = record(tmp_path / "a.csv", context, rate_hz=1.0, duration_s=60.0)
    assert summary.stopped_early
    assert read_trace(tmp_path / "a.csv").t_s.tolist() == [1, 2, 3, 4]


def test_a_computer_that_slept_leaves_a_gap(tmp_path: Path) -> None:
    context = FakeContext()
    context.sleepy_at_s = 5.0
    record(tmp_path / "a.csv", context, rate_hz=1.0, duration_s=110.0)
    trace = read_trace(tmp_path / "a.csv")
    assert trace.info.gaps == ((4.0, 105.0),)
    assert trace.t_s.tolist() == [1, 2, 3, 4, 105, 106, 107, 108, 109, 110]


def test_a_long_recording_is_on_disk_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(Exception):
        pass

    class Dying(FakeSampler):
        def sample(self) -> LocalReading:
            if self._count >= 100:
                raise PowerCut
            return super().sample()

    with pytest.raises(PowerCut):
        record(tmp_path / "a.csv", FakeContext(), Dying, rate_hz=1.0)
    assert read_trace(tmp_path / "a.csv").t_s[-1] == module.CHECKPOINT_S


def test_a_folder_that_is_not_there_is_noticed_before_recording(tmp_path: Path) -> None:
    context = FakeContext()
    with pytest.raises(InputFileError, match="folder does not exist"):
        record(tmp_path / "nowhere" / "a.csv", context, duration_s=5.0)
    assert context.details == []


@pytest.mark.parametrize(
    "settings", [{"rate_hz": 0.0}, {"rate_hz": 1000.0}, {"duration_s": -1.0}, {"event_rate_hz": -1}]
)
def test_senseless_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        RecordingSettings(**settings)  # type: ignore[arg-type]


def test_this_computer_is_recorded_as_a_job(tmp_path: Path) -> None:
    settings = RecordingSettings(rate_hz=50.0, duration_s=0.2)
    job = run_in_thread(record_local, {"settings": settings, "path": tmp_path / "a.csv"})
    summary = job.result(60)
    trace = read_trace(tmp_path / "a.csv")
    assert len(trace) == summary.samples >= 1
    assert summary.cost_ms_per_sample > 0
    assert trace.info.column_sources["free_cache_kib"].provenance is Provenance.ESTIMATED


@pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals")
def test_ctrl_c_on_the_command_line_keeps_a_valid_file(tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    command = [sys.executable, "-m", "workbench", "record", "--rate", "20", "--out", str(out)]
    process = subprocess.Popen(
        [*command, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    try:
        assert process.stderr is not None
        assert "Ctrl+C" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, stderr
    summary = json.loads(stdout)
    assert summary["stopped_early"] is True
    assert len(read_trace(out)) == summary["samples"]


@pytest.mark.parametrize(
    "arguments", [["--duration", "4x"], ["--rate", "0"], ["--device", "no address:0"]]
)
def test_wrong_calls_end_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    from workbench.__main__ import main

    assert main(["record", "--out", str(tmp_path / "a.csv"), *arguments]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
