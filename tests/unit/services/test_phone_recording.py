"""Recording a phone: marked as simulated, resumed with a gap, kept whatever ends it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from workbench.__main__ import main
from workbench.context import COLUMNS, Trace, read_trace
from workbench.core.errors import InputFileError, SettingsError
from workbench.core.provenance import Provenance
from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.keys import load_keys
from workbench.devices.device import Device
from workbench.devices.errors import DeviceError, DeviceTimeoutError, DeviceUnauthorizedError
from workbench.devices.sampling import agent_source
from workbench.jobs import JobCancelled, JobContext, LogLevel
from workbench.services import phone_recording as module
from workbench.services.phone_recording import (
    PhoneRecordingSettings,
    PhoneRecordingSummary,
    record_phone,
)
from workbench.services.recording import RecordingSettings
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions, known_programs


class Watcher(JobContext):
    """Does something at a number of samples; stops after another."""

    def __init__(self, stop_at: int, actions: Mapping[int, Callable[[], object]] = {}) -> None:
        super().__init__()
        self._stop_at = stop_at
        self._actions = dict(actions)
        self.samples = 0
        self.logs: list[str] = []

    def progress(
        self,
        fraction: float | None,
        message: str = "",
        detail: Mapping[str, float] | None = None,
    ) -> None:
        if detail is None:
            return
        self.samples += 1
        action = self._actions.pop(self.samples, None)
        if action is not None:
            action()

    def log(self, text: str, level: LogLevel = "info") -> None:
        self.logs.append(text)

    @property
    def cancelled(self) -> bool:
        return self.samples >= self._stop_at

    def wait(self, seconds: float) -> bool:
        # What is waited for is real time of a phone's reboot; a tenth of it is enough here.
        time.sleep(seconds / 10)
        return self.cancelled


@pytest.fixture
def phone() -> Iterator[VirtualPhone]:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", programs=known_programs())) as found:
        yield found


def record(
    phone: VirtualPhone,
    path: Path,
    context: JobContext,
    rate_hz: float = 10.0,
    duration_s: float | None = None,
    **more: object,
) -> tuple[PhoneRecordingSummary, Trace]:
    settings = PhoneRecordingSettings(
        RecordingSettings(rate_hz=rate_hz, duration_s=duration_s, title="", event_rate_hz=3.0)
    )

    def connect() -> Device:
        host, _, port = phone.address.rpartition(":")
        return connect_tcp(host, int(port), load_keys(), timeout_s=5.0, approval_s=0.5)

    summary = record_phone(context, phone.address, settings, path, connect=connect, **more)  # type: ignore[arg-type]
    return summary, read_trace(path)


def test_a_virtual_phone_is_recorded_and_never_passes_for_a_measured_one(
    phone: VirtualPhone, tmp_path: Path
) -> None:
    summary, trace = record(phone, tmp_path / "a.csv", Watcher(10**9), duration_s=1.2)
    assert summary.samples == len(trace) >= 5
    assert trace.t_s[0] >= 0 and trace.t_s[-1] <= 1.2
    assert not summary.stopped_early and summary.problem == "" and summary.assumed == {}
    assert summary.simulated
    assert (trace.info.origin, trace.info.kind) == ("recorded", "simulated")
    assert "virtual phone" in trace.info.device and "virtual phone" in trace.info.generator
    sources = trace.info.column_sources
    for name in COLUMNS:
        if name in ("t_s", "latency_budget_ms"):
            continue
        expected = Provenance.ABSENT if name == "event_rate_hz" else Provenance.SIMULATED
        assert sources[name].provenance is expected, name
    assert "0.6 x load" in sources["free_cache_kib"].story
    assert trace["battery_percent"][0] == 80
    assert 0 < trace["free_cache_kib"][0] <= 1024
    assert trace["cpu_frequency_ratio"][0] == pytest.approx(960 / 1401, abs=0.001)
    assert set(trace["event_rate_hz"]) == {3}
    assert trace["memory_available_mib"][0] != 1024
    notes = trace.info.notes
    assert "agent" in notes["sampler"]
    assert "simulated" in notes
    assert "round trip of 20" in notes["clock_offset"]
    assert "clock_drift" in notes
    assert float(notes["sampler_cost_percent"].split()[0]) > 0
    # The agent reads this computer's own clock, so it cannot seem to drift by more than this.
    drift_ms, within_ms = (float(found) for found in re.findall(r"(\S+) ms", notes["clock_drift"]))
    assert abs(drift_ms) <= within_ms + 0.1


@pytest.mark.parametrize("fault", ["drop 1", "kill-agent", "reboot 0.3", "garbage 3"])
def test_after_a_fault_it_goes_on_and_marks_the_gap(
    phone: VirtualPhone, tmp_path: Path, fault: str
) -> None:
    context = Watcher(9, {4: lambda: phone.control(fault)})
    summary, trace = record(phone, tmp_path / "a.csv", context)
    assert len(trace) >= 9
    assert len(summary.gaps) == 1
    begin, end = summary.gaps[0]
    assert begin in trace.t_s and end in trace.t_s
    assert begin < end
    assert not ((trace.t_s > begin) & (trace.t_s < end)).any()
    assert trace.info.notes["reconnects"].startswith("1,")
    assert any("Trying again" in line for line in context.logs)


def test_a_link_that_stalls_is_given_up_and_made_anew(
    phone: VirtualPhone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_source, "_SILENCE_S", 0.3)

    class Reviver(Watcher):
        def log(self, text: str, level: LogLevel = "info") -> None:
            super().log(text, level)
            if "Trying again" in text:
                phone.control("resume")

    context = Reviver(9, {4: lambda: phone.control("stall")})
    summary, _ = record(phone, tmp_path / "a.csv", context)
    assert len(summary.gaps) == 1
    assert any("Nothing came from the phone" in line for line in context.logs)


@pytest.mark.parametrize("packet", [1, 5, 40])
def test_a_link_that_breaks_at_the_start_is_an_error_in_plain_words(
    phone: VirtualPhone, tmp_path: Path, packet: int
) -> None:
    phone.control(f"drop {packet}")
    with pytest.raises(DeviceError) as caught:
        record(phone, tmp_path / "a.csv", Watcher(3))
    assert "SECTION" not in caught.value.message
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_phone_that_trusts_us_no_more_ends_it_and_keeps_what_there_is(
    phone: VirtualPhone, tmp_path: Path
) -> None:
    context = Watcher(10**9, {4: lambda: phone.control("keys revoke")})
    summary, trace = record(phone, tmp_path / "a.csv", context)
    assert summary.stopped_early
    assert "key" in summary.problem
    assert len(trace) >= 4


def test_another_phone_at_the_address_is_not_recorded_on(
    phone: VirtualPhone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(["first", "second"])
    monkeypatch.setattr(module, "_identity", lambda description: next(names))
    context = Watcher(10**9, {3: lambda: phone.control("drop 1")})
    summary, trace = record(phone, tmp_path / "a.csv", context)
    assert "Another phone" in summary.problem
    assert trace.info.gaps == ()


def test_without_permission_to_execute_the_shell_reads(phone: VirtualPhone, tmp_path: Path) -> None:
    phone.control("no-exec on")
    context = Watcher(3)
    summary, trace = record(phone, tmp_path / "a.csv", context, rate_hz=2.0)
    assert "shell loop" in summary.sampler and "Permission denied" in summary.sampler
    assert any("the shell stands in" in line for line in context.logs)
    assert len(trace) == 3
    assert trace["battery_percent"][0] == 80
    assert trace["memory_available_mib"][0] != 1024
    assert trace.info.column_sources["cpu_frequency_ratio"].provenance is Provenance.SIMULATED


def test_the_shell_is_not_asked_for_more_than_it_can_do(
    phone: VirtualPhone, tmp_path: Path
) -> None:
    phone.control("no-exec on")
    with pytest.raises(SettingsError, match="too fast without the agent"):
        record(phone, tmp_path / "a.csv", Watcher(3), rate_hz=10.0)
    assert list(tmp_path.iterdir()) == []


def test_a_charger_and_heat_are_seen_while_it_records(
    phone: VirtualPhone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SIDE_EVERY_S", 0.0)
    context = Watcher(
        12, {4: lambda: phone.control("plug usb"), 5: lambda: phone.control("throttle 3")}
    )
    _, trace = record(phone, tmp_path / "a.csv", context)
    assert trace["charging"][0] == 0
    assert trace["charging"][-1] == 1
    assert trace["thermal_status"][0] == 0
    assert trace["thermal_status"][-1] == 3


def test_a_service_that_hangs_does_not_end_the_stream(
    phone: VirtualPhone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.run_sections
    asked = 0

    def sections(device: Device, commands: Mapping[str, str], *, timeout_s: float = 20.0) -> object:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise DeviceTimeoutError("dumpsys", timeout_s)
        return real(device, commands, timeout_s=timeout_s)

    monkeypatch.setattr(module, "SIDE_EVERY_S", 0.0)
    monkeypatch.setattr(module, "run_sections", sections)
    context = Watcher(8)
    summary, trace = record(phone, tmp_path / "a.csv", context)
    assert (asked, summary.gaps) == (2, ())
    assert trace["battery_percent"][-1] == 80
    assert any("last values are kept" in line for line in context.logs)


def test_a_board_without_a_battery_is_on_mains_power(tmp_path: Path) -> None:
    options = VirtualPhoneOptions("jetson_nano", programs=known_programs())
    with VirtualPhone(options) as board:
        summary, trace = record(board, tmp_path / "a.csv", Watcher(5))
    assert {"battery_percent", "charging"} == set(summary.assumed)
    assert trace.info.column_sources["charging"].provenance is Provenance.ABSENT
    assert (trace["battery_percent"][0], trace["charging"][0]) == (100, 1)
    assert "profile jetson_nano" in trace.info.column_sources["free_cache_kib"].story


def test_a_phone_that_denies_the_key_says_what_to_do(phone: VirtualPhone, tmp_path: Path) -> None:
    phone.control("keys deny")
    with pytest.raises(DeviceUnauthorizedError) as caught:
        record(phone, tmp_path / "a.csv", Watcher(3))
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_ended_before_the_first_sample_nothing_is_written(
    phone: VirtualPhone, tmp_path: Path
) -> None:
    with pytest.raises(JobCancelled):
        record(phone, tmp_path / "a.csv", Watcher(0))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_noticed_first(phone: VirtualPhone, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="folder does not exist"):
        record(phone, tmp_path / "nowhere" / "a.csv", Watcher(3))


@pytest.mark.parametrize("rate_hz", [0.05, 20.0])
def test_rates_of_a_phone(rate_hz: float) -> None:
    with pytest.raises(SettingsError, match="Hz"):
        PhoneRecordingSettings(RecordingSettings(rate_hz=rate_hz))


@pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals")
def test_ctrl_c_on_the_command_line_keeps_a_valid_file(phone: VirtualPhone, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    command = [sys.executable, "-m", "workbench", "record", "--device", phone.address]
    process = subprocess.Popen(
        [*command, "--rate", "10", "--out", str(out), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "ANDROID_ADB_SERVER_PORT": "9",
        },
    )
    try:
        assert process.stderr is not None
        while "readings by" not in (line := process.stderr.readline()):
            assert line, "it ended early"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, stderr
    summary = json.loads(stdout)
    assert summary["stopped_early"] is True
    assert len(read_trace(out)) == summary["samples"]


def test_the_command_says_what_was_recorded(
    phone: VirtualPhone,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "9")
    out = tmp_path / "a.csv"
    arguments = ["--device", phone.address, "--rate", "10", "--duration", "1s", "--out", str(out)]
    assert main(["record", *arguments, "--l2-kib", "700"]) == 0
    said = capsys.readouterr().out
    assert "virtual phone (simulated)" in said
    assert "Nothing in it was measured" in said
    assert "the phone's clock is known within" in said
    trace = read_trace(out)
    assert "700 KiB (given by the user)" in trace.info.column_sources["free_cache_kib"].story
    assert main(["record", "--out", str(out), "--l2-kib", "700"]) == 2
