"""Energy of a virtual phone's configurations: calibrated, measured and fitted over ADB with the
real agent, against what the phone really spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.contexts import RecordingContext
from tests.helpers.random_network import write_random_network
from workbench.core.provenance import Provenance
from workbench.devices.adb.describe import describe_phone
from workbench.devices.agent.protocol import Info
from workbench.devices.device import Device
from workbench.devices.power.vendor_profile import VendorCluster, VendorPower
from workbench.devices.profile_file import load_profile
from workbench.devices.virtual import CurrentUnit, GaugeSettings
from workbench.devices.virtual import PhoneSettings as VirtualSettings
from workbench.profiling.energy import plan as energy_plan
from workbench.profiling.energy.errors import ChargingError
from workbench.profiling.energy.live import EnergyMeasured, EnergyPlanned, PowerReadings
from workbench.profiling.energy.sensor import Confidence, SensorCalibration
from workbench.profiling.phone import PhoneSettings, phone_identity, seen_phone
from workbench.profiling.run_rules import Plan, RunRules
from workbench.services import phone_energy
from workbench.services.device_profiles import find_profile
from workbench.services.devices import open_device
from workbench.services.phone_parts import phone_parts
from workbench.services.phone_profiling import measure_and_write
from workbench.services.projects import open_project
from workbench.services.sensor_store import save_calibration
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions, known_programs
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.description import Network, read_network
from workbench.space.design_space import DesignSpace
from workbench.storage import Project

SPEED = 12.0
RULES = RunRules("quick", min_s=0.0, rounds=3, mirrored=False, min_runs=30, warm_up_runs=2)
CALIBRATION = SensorCalibration(
    "/sys/class/power_supply/battery/current_now", 1.0, 1, 0.4, 0.2, 1.0, (), (),
    Confidence.HIGH, Provenance.SIMULATED,
)  # fmt: skip
AGENT = Info(
    abi="x86_64", ncnn="1.0", kernel="", machine="", cpu_model=None, features=(), clusters=(),
    allowed_cpus=(), online=None, memory_total_kib=None, memory_available_kib=None, page_bytes=4096,
    clock_resolution_ns=1, monotonic_ns=1, realtime_ns=1,
)  # fmt: skip
_CHOICES = ("identity", "fire", "ch50")
SPACE = DesignSpace(
    Backbone(
        "small",
        (3, 32, 32),
        (
            ConvLayer("conv1", 32),
            ConvLayer("conv2", 64, stride=(2, 2), operators=_CHOICES),
            ConvLayer("conv3", 64, operators=_CHOICES),
        ),
        5,
    )
)


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "1")
    monkeypatch.delenv("ADB_SERVER_SOCKET", raising=False)
    monkeypatch.setattr(energy_plan, "MIN_BLOCK_S", 4.0)
    monkeypatch.setattr(energy_plan, "PERIODS", 10)
    monkeypatch.setattr(phone_energy, "COUNTS", {"quick": (1, 1)})


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("networks") / "small"
    return read_network(write_random_network(folder, SPACE))


@pytest.fixture
def project() -> Iterator[Project]:
    with open_project() as opened:
        yield opened


@pytest.fixture
def phone() -> Iterator[VirtualPhone]:
    gauge = GaugeSettings(period_s=0.4, unit=CurrentUnit.MILLIAMPERE, sign=1, noise_ma=2.0)
    options = VirtualPhoneOptions(
        "redmi_3s", 0, VirtualSettings(gauge=gauge), SPEED, known_programs(),
        ("app com.android.launcher3",),
    )  # fmt: skip
    with VirtualPhone(options) as running:
        yield running


def test_energy_is_what_the_phone_spent_and_the_profile_says_so(
    phone: VirtualPhone, network: Network, project: Project
) -> None:
    def connect() -> Device:
        return open_device(phone.address, via="direct")

    device = connect()
    description = describe_phone(device)
    device.close()
    identity = phone_identity(description.properties, description.info)
    project.see_device(seen_phone(identity, description))
    save_calibration(project, identity, CALIBRATION)
    context = RecordingContext()
    summary = measure_and_write(
        context, connect, network, Plan(RULES, 5, 3), PhoneSettings(), None, project, energy=True
    )
    energy = summary.energy
    if energy is None and "readings are missing" in summary.power:
        pytest.skip("this computer is too busy to play a phone that runs faster than real time")
    assert energy is not None, summary.power
    assert energy.provenance == "simulated"
    assert [figure.held_out for figure in energy.figures] == [False, True]
    # The agent keeps one fast core busy, which takes what the imitated phone's profile says.
    told = find_profile("redmi_3s").power
    assert told is not None
    seconds, inferences = {0: 0.0, 1: 0.0}, {0: 0, 1: 0}
    for block in project.runs.blocks(energy.run):
        if block.position >= 0 and block.part == "turn":
            start_s, end_s = block.facts["load"]
            seconds[block.position] += end_s - start_s
            inferences[block.position] += block.facts["inferences"]
    for number, figure in enumerate(energy.figures):
        truth_mj = told.active_mw[-1] * seconds[number] / inferences[number]
        # Roughly: at twelve times the speed a stall of this computer is one of a second there. How
        # exact it is, is tested on the phone's physics (`test_session`), which wait for nothing.
        assert figure.energy_mj == pytest.approx(truth_mj, rel=0.35)
        assert figure.low_mj < figure.energy_mj < figure.high_mj
    profile = load_profile(summary.path)
    assert profile.power is not None
    assert profile.power.provenance is Provenance.SIMULATED
    assert profile.power.active_mw[-1] == pytest.approx(energy.active_mw, rel=0.01)
    assert len(profile.power.frequency_ratio) > 1  # the chip's own curve at the measured level
    assert "busy core" in summary.power
    run = project.runs.get(energy.run)
    assert run.finished
    assert run.result["energy"]["figures"][0]["position"] == 0
    kinds = {type(record) for record in context.records}
    assert {EnergyPlanned, PowerReadings, EnergyMeasured} <= kinds
    device = connect()
    assert device.shell("ls /data/local/tmp").text.strip() == ""
    device.close()


def test_a_charging_phone_is_refused_before_anything_is_measured(
    phone: VirtualPhone, network: Network, project: Project
) -> None:
    phone.control("plug ac")
    context = RecordingContext()
    with pytest.raises(ChargingError, match="powered by ac"):
        measure_and_write(
            context, lambda: open_device(phone.address, via="direct"), network,
            Plan(RULES, 5, 3), PhoneSettings(), None, project, energy=True,
        )  # fmt: skip
    assert context.records == []
    assert project.runs.list() == ()


def test_a_charger_after_the_latencies_leaves_them_and_says_why(
    phone: VirtualPhone, network: Network, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plugged_in_later(*_: object) -> SensorCalibration:
        phone.control("plug usb")
        return CALIBRATION

    monkeypatch.setattr("workbench.services.phone_profiling.ready_for_energy", plugged_in_later)
    summary = measure_and_write(
        RecordingContext(), lambda: open_device(phone.address, via="direct"), network,
        replace(Plan(RULES, 5, 3)), PhoneSettings(), None, project, energy=True,
    )  # fmt: skip
    assert summary.energy is None
    assert "powered by usb" in summary.power
    assert load_profile(summary.path).power is not None


def test_the_phones_own_power_profile_gives_the_curve(phone: VirtualPhone) -> None:
    device = open_device(phone.address, via="direct")
    description = describe_phone(device)
    device.close()
    full_khz = description.clusters[0].max_khz
    assert full_khz is not None
    slow = VendorCluster((300e3, 900e3), (5.0, 20.0))
    vendor = VendorPower((slow, VendorCluster((full_khz / 2, full_khz), (50.0, 200.0))), "/x.apk")
    model = phone_parts(description, AGENT, 0, vendor).power
    assert model is not None
    assert model.frequency_ratio == (0.5, 1.0)
    assert model.active_mw == (192.5, 770.0)
    assert "phone's own power profile, in /x.apk" in model.story
    other = phone_parts(description, AGENT, 0, VendorPower((slow,), "/x.apk")).power
    assert other is not None
    assert "shipped profile of the chip" in other.story
