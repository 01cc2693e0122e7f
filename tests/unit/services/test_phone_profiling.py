"""Profiling a virtual phone with the real agent, and everything that may go wrong meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.contexts import RecordingContext
from tests.helpers.random_network import write_random_network
from workbench.core.errors import InputFileError, SettingsError, WorkbenchError
from workbench.core.provenance import Provenance
from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.describe import describe_phone
from workbench.devices.adb.keys import load_keys
from workbench.devices.device import Device
from workbench.devices.errors import DeviceUnauthorizedError
from workbench.devices.profile import calibration_of
from workbench.devices.profile_file import load_profile
from workbench.devices.virtual import PhoneSettings as VirtualSettings
from workbench.jobs import JobCancelled
from workbench.jobs.events import LogLevel
from workbench.profiling.live import RunMeasured, RunStarted
from workbench.profiling.phone import PhoneSettings, measure_phone
from workbench.profiling.phone_conditions import chosen_cluster
from workbench.profiling.run_rules import Plan, RunRules
from workbench.services import phone_profiling
from workbench.services.devices import open_device
from workbench.services.measured_samples import measured_samples
from workbench.services.phone_profiling import measure_and_write, start_phone_profiling
from workbench.services.profiling import ProfilingSummary
from workbench.services.profiling_results import open_result
from workbench.services.projects import open_project
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions, known_programs
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import Network, read_network
from workbench.space.design_space import DesignSpace
from workbench.storage import Run

RULES = RunRules("test", min_s=0.0, rounds=3, mirrored=False, min_runs=6, warm_up_runs=2)
PLAN = Plan(RULES, 5, 2)
COUNT = 7
BLOCKS = 3 * COUNT
BIG = PhoneSettings()
WORK = "/data/local/tmp"

_CHOICES = ("identity", "fire", "ch50")
SPACE = DesignSpace(
    Backbone(
        "tiny",
        (1, 13, 11),
        (
            ConvLayer("conv1", 8),
            ConvLayer("conv2", 16, stride=(2, 2), operators=_CHOICES),
            ConvLayer("conv3", 16, operators=_CHOICES),
        ),
        5,
    )
)

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and profiles of this test alone."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "1")
    monkeypatch.delenv("ADB_SERVER_SOCKET", raising=False)
    (tmp_path / "home").mkdir()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("networks") / "small"
    return read_network(write_random_network(folder, SPACE))


def _phone(**settings: object) -> VirtualPhone:
    chosen = replace(VirtualSettings(), **settings)  # type: ignore[arg-type]
    return VirtualPhone(VirtualPhoneOptions("redmi_3s", 0, chosen, programs=known_programs()))


@pytest.fixture
def phone() -> Iterator[VirtualPhone]:
    with _phone() as running:
        yield running


class At(RecordingContext):
    """Does something when the so-many-th block starts."""

    def __init__(self, block: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._left, self._act = block, act
        self.started: list[tuple[int, int]] = []
        self.warnings: list[str] = []

    def publish(self, record: object) -> None:
        super().publish(record)
        if isinstance(record, RunStarted):
            self.started.append((record.position, record.round))
            self._left -= 1
            if self._left == 0:
                self._act()

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)  # a phone that boots does so in real time
        return self.cancelled

    def log(self, text: str, level: LogLevel = "info") -> None:
        if level != "info":
            self.warnings.append(text)


class Stop(At):
    """Asks to stop when the so-many-th block starts."""

    def __init__(self, block: int) -> None:
        self.stopped = False
        super().__init__(block, self._stop)

    def _stop(self) -> None:
        self.stopped = True

    @property
    def cancelled(self) -> bool:
        return self.stopped


def _profile(
    context: RecordingContext,
    phone: VirtualPhone,
    network: Network,
    out: Path | None,
    settings: PhoneSettings = BIG,
    plan: Plan = PLAN,
) -> ProfilingSummary:
    def connect() -> Device:
        return open_device(phone.address, via="direct")

    with open_project() as project:
        return measure_and_write(
            context, connect, network, plan, settings, out, project, patience_s=5.0
        )


def _unfinished() -> list[Run]:
    with open_project() as project:
        return list(project.runs.list(unfinished=True))


def _left_on(phone: VirtualPhone) -> list[str]:
    device = open_device(phone.address, via="direct")
    try:
        return [entry.name for entry in device.list_folder(WORK)]
    finally:
        device.close()


def test_a_profile_of_a_virtual_phone_is_simulated_in_every_part(
    phone: VirtualPhone, network: Network
) -> None:
    context = RecordingContext()
    summary = _profile(context, phone, network, None)
    profile = load_profile(summary.path)
    assert summary.provenance == "simulated"
    assert profile.id.startswith("simulated_")
    assert profile.title.startswith("Simulated: ")
    assert profile.battery is not None
    parts = (*profile.clusters, profile.memory, profile.latency, profile.battery)
    mine = calibration_of(profile, network.space)
    assert mine is not None
    assert {part.provenance for part in (*parts, mine)} == {Provenance.SIMULATED}
    assert profile.power is not None
    assert profile.power.provenance is Provenance.SIMULATED
    assert "shipped profile of the chip" in profile.power.story
    assert profile.notes[0].startswith("SIMULATED")
    found = measured_samples(mine)
    assert found is not None and found[1].provenance is Provenance.SIMULATED
    assert [c.max_mhz for c in profile.clusters] == [1401.0, 1094.4]
    assert [c.l2_kib for c in profile.clusters] == [1024.0, 512.0]
    for text in ("simulated by", "ncnn", "1 thread on the big cores", "plan test"):
        assert text in mine.story
    assert sum("Conditions" in note and "not charging" in note for note in profile.notes) == 2
    assert summary.runs == COUNT * 6
    complete = [r for r in context.records if isinstance(r, RunMeasured) and r.complete]
    assert sorted(r.position for r in complete) == list(range(COUNT))
    assert _left_on(phone) == []
    assert _unfinished() == []
    result = open_result(RecordingContext(), network.folder, summary.path)
    assert result is not None
    assert result.runs is not None


def test_a_dropped_link_is_made_anew_and_no_block_is_measured_twice(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    context = At(9, lambda: phone.control("drop 3"))
    summary = _profile(context, phone, network, tmp_path / "mine.toml")
    assert summary.runs == COUNT * 6
    assert len(context.started) == len(set(context.started)) == BLOCKS
    assert any("connection to the phone was lost" in text for text in context.warnings)
    assert "connected anew 1 times" in load_profile(summary.path).calibrations[0].story
    assert _left_on(phone) == []


def test_a_reboot_is_waited_for(phone: VirtualPhone, network: Network, tmp_path: Path) -> None:
    context = At(5, lambda: phone.control("reboot 1"))
    assert _profile(context, phone, network, tmp_path / "mine.toml").runs == COUNT * 6


@pytest.mark.parametrize("fault", ["garbage 2", "drop 1", "drop 25", "truncate 20"])
def test_a_bad_link_costs_a_block_at_most(
    phone: VirtualPhone, network: Network, tmp_path: Path, fault: str
) -> None:
    context = At(5, lambda: phone.control(fault))
    assert _profile(context, phone, network, tmp_path / "mine.toml").runs == COUNT * 6
    assert len(context.warnings) == 1
    assert _left_on(phone) == []


def test_a_cancelled_measurement_goes_on_where_it_stopped(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    out = tmp_path / "mine.toml"
    first = Stop(9)
    with pytest.raises(JobCancelled):
        _profile(first, phone, network, out)
    assert not out.exists()
    assert _left_on(phone) == []
    (kept,) = _unfinished()
    assert (kept.blocks, kept.plan.total_blocks, kept.profile) == (8, BLOCKS, "mine")
    second = At(0, lambda: None)
    summary = _profile(second, phone, network, out)
    assert len(second.started) == BLOCKS - 8
    assert not set(first.started[:8]) & set(second.started)
    assert summary.runs == COUNT * 6
    assert "8 blocks from an earlier session" in load_profile(out).calibrations[0].story
    assert _unfinished() == []


def test_another_measurement_does_not_take_over_what_was_kept(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    out = tmp_path / "mine.toml"
    with pytest.raises(JobCancelled):
        _profile(Stop(9), phone, network, out)
    other = At(0, lambda: None)
    _profile(other, phone, network, out, PhoneSettings(cores="little"))
    assert len(other.started) == BLOCKS
    assert [run.blocks for run in _unfinished()] == [8]
    profile = load_profile(out)
    assert [c.name for c in profile.clusters] == ["little", "big"]
    assert profile.latency.cluster == "little"


def test_damaged_kept_runs_are_refused(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    out = tmp_path / "mine.toml"
    with pytest.raises(JobCancelled):
        _profile(Stop(4), phone, network, out)
    with open_project() as project, project._connection.writing() as rows:
        rows.execute("UPDATE array SET data = x'00', dtype = '<i2', shape = '1'")
    with pytest.raises(InputFileError, match="damaged block"):
        _profile(RecordingContext(), phone, network, out)


def test_the_same_measurement_twice_at_once_is_refused(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    out, refused = tmp_path / "mine.toml", []

    def again() -> None:
        with pytest.raises(InputFileError, match="is running") as caught:
            _profile(RecordingContext(), phone, network, out)
        refused.append(caught)

    assert _profile(At(3, again), phone, network, out).runs == COUNT * 6
    assert refused


def test_a_phone_that_stays_away_leaves_what_was_measured(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    context = At(9, phone.close)
    with pytest.raises(WorkbenchError) as caught:
        _profile(context, phone, network, tmp_path / "mine.toml")
    assert f"8 of {BLOCKS} blocks are kept" in caught.value.hint
    assert [run.blocks for run in _unfinished()] == [8]


def test_a_killed_agent_is_started_again(network: Network, tmp_path: Path) -> None:
    slow = Plan(replace(RULES, min_s=0.3), 5, 2)
    with _phone() as phone:

        def kill() -> None:
            while phone.control("kill-agent") == "ended 0":
                time.sleep(0.005)

        killer = threading.Thread(target=kill)
        context = At(4, killer.start)
        summary = _profile(context, phone, network, tmp_path / "mine.toml", plan=slow)
        killer.join()
    assert summary.runs >= COUNT * 6
    assert any("was ended on the phone" in text for text in context.warnings)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("no-exec on", "does not let programs run"),
        ("wrong-abi on", "cannot run the agent that is built for"),
        ("disk-full", "No space left"),
        ("disk 100000", "No space left"),
    ],
)
def test_faults_say_what_to_do(
    phone: VirtualPhone, network: Network, tmp_path: Path, fault: str, message: str
) -> None:
    phone.control(fault)
    with pytest.raises(WorkbenchError, match=message) as caught:
        _profile(RecordingContext(), phone, network, tmp_path / "mine.toml")
    assert caught.value.hint
    phone.control("clear")
    assert _left_on(phone) == []
    assert _unfinished() == []


def test_a_phone_without_an_agent_for_its_processor(network: Network, tmp_path: Path) -> None:
    with _phone(abis=("riscv64",)) as phone, pytest.raises(WorkbenchError, match="no agent"):
        _profile(RecordingContext(), phone, network, tmp_path / "mine.toml")


def test_an_unauthorized_computer(phone: VirtualPhone, network: Network, tmp_path: Path) -> None:
    phone.control("keys deny")

    def connect() -> Device:
        return connect_tcp("127.0.0.1", phone.port, load_keys(), timeout_s=2.0, approval_s=0.3)

    out = tmp_path / "mine.toml"
    with open_project() as project, pytest.raises(DeviceUnauthorizedError) as caught:
        measure_and_write(RecordingContext(), connect, network, PLAN, BIG, out, project)
    assert caught.value.hint


def test_configurations_take_turns_on_a_nearly_full_phone(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    def nearly_full() -> None:
        device = open_device(phone.address, via="direct")
        used = int(device.shell(f"du -s {WORK}").stdout.split()[0]) * 1024
        device.close()
        phone.control(f"disk {used + 40_000}")

    summary = _profile(At(3, nearly_full), phone, network, tmp_path / "mine.toml")
    assert summary.runs == COUNT * 6


@pytest.mark.parametrize(
    ("control", "reason"),
    [
        ("plug usb", "being charged (usb)"),
        ("throttle 3", "throttled"),
    ],
)
def test_what_speaks_against_a_measurement(
    phone: VirtualPhone, network: Network, tmp_path: Path, control: str, reason: str
) -> None:
    context = At(9, lambda: phone.control(control))
    assert reason in _profile(context, phone, network, tmp_path / "mine.toml").trust


def test_a_cap_that_moves_and_too_few_runs_are_told(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    def connect() -> Device:
        return open_device(phone.address, via="direct")

    context = At(9, lambda: phone.control("throttle 3"))
    with open_project() as project:
        measured = measure_phone(
            context, connect, network, PLAN, PhoneSettings(), project, lambda _: "mine"
        )
    assert any("cap on the processor" in reason for reason in measured.trust.reasons)


def test_clusters_are_chosen_by_speed(phone: VirtualPhone) -> None:
    device = open_device(phone.address, via="direct")
    clusters = describe_phone(device).clusters
    device.close()
    assert [chosen_cluster(clusters, cores) for cores in ("big", "little", "all")] == [0, 1, None]
    with pytest.raises(SettingsError):
        chosen_cluster((), "big")


def test_as_a_job_with_wrong_and_right_requests(
    phone: VirtualPhone, network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (PhoneSettings(threads=0), PhoneSettings(cores="huge")):
        with pytest.raises(SettingsError):
            start_phone_profiling(phone.address, network.folder, settings=wrong)
    with pytest.raises(SettingsError):
        start_phone_profiling(phone.address, network.folder, "thorough")
    with pytest.raises(InputFileError):
        start_phone_profiling(phone.address, network.folder, out=tmp_path / "no" / "mine.toml")
    monkeypatch.setattr(phone_profiling, "plan_of", lambda *_: PLAN)
    out = str(tmp_path / "mine.toml")
    summary = phone_profiling.profile_phone(
        RecordingContext(), phone.address, str(network.folder), "quick", out, None, 1, 2, "all"
    )
    story = load_profile(summary.path).calibrations[0].story
    assert "2 threads on any cores" in story
    assert load_profile(summary.path).latency.threads == 2


def test_a_sustained_run_tells_when_the_phone_throttled(
    phone: VirtualPhone, network: Network, tmp_path: Path
) -> None:
    rules = replace(RULES, rounds=4, min_runs=8, sustained=True)
    context = At(2 * COUNT + 3, lambda: phone.control("throttle 3"))
    summary = _profile(
        context, phone, network, tmp_path / "mine.toml", plan=replace(PLAN, rules=rules)
    )
    report = summary.sustained
    assert report is not None
    assert len(report.rounds) == 4
    caps = [each.cap_mhz for each in report.rounds]
    assert caps[0] == max(caps) > min(caps)
    assert "throttled from minute" in report.text()
    notes = load_profile(summary.path).notes
    assert any(note.startswith("Sustained: over") for note in notes)
