"""Calibrating a virtual phone's sensor over ADB with the real agent, twenty times as fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.contexts import RecordingContext
from workbench.devices.adb.describe import describe_phone
from workbench.devices.device import Device
from workbench.devices.virtual import CurrentUnit, GaugeSettings
from workbench.devices.virtual import PhoneSettings as VirtualSettings
from workbench.jobs import JobCancelled
from workbench.profiling.energy import sensor
from workbench.profiling.energy.errors import ChargingError, SensorError
from workbench.profiling.phone import phone_identity, seen_phone
from workbench.services.devices import open_device
from workbench.services.projects import open_project
from workbench.services.sensor_calibration import (
    FOLDER,
    calibrate_and_keep,
    stored_calibration,
)
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions, known_programs
from workbench.storage import Calibration, Project, ProjectError

SPEED = 20.0


@pytest.fixture(autouse=True)
def _own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "1")
    monkeypatch.delenv("ADB_SERVER_SOCKET", raising=False)
    monkeypatch.setattr(sensor, "PHASE_S", 20.0)
    monkeypatch.setattr(sensor, "BURSTS_S", 30.0)


def _phone(**settings: object) -> VirtualPhone:
    gauge = GaugeSettings(period_s=1.0, unit=CurrentUnit.MILLIAMPERE, sign=1, noise_ma=2.0)
    chosen = replace(VirtualSettings(gauge=gauge), **settings)  # type: ignore[arg-type]
    return VirtualPhone(
        VirtualPhoneOptions(
            "redmi_3s", 0, chosen, SPEED, known_programs(), ("app com.android.launcher3",)
        )
    )


@pytest.fixture
def phone() -> Iterator[VirtualPhone]:
    with _phone() as running:
        yield running


@pytest.fixture
def project() -> Iterator[Project]:
    with open_project() as opened:
        yield opened


def _connect(phone: VirtualPhone) -> Callable[[], Device]:
    return lambda: open_device(phone.address, via="direct")


def _ask(phone: VirtualPhone, line: str) -> str:
    device = _connect(phone)()
    try:
        return device.shell(line).text.strip()
    finally:
        device.close()


def test_a_sensor_is_calibrated_kept_and_the_phone_left_as_it_was(
    phone: VirtualPhone, project: Project
) -> None:
    _ask(phone, "settings put system screen_off_timeout 15000")
    found = calibrate_and_keep(RecordingContext(), _connect(phone), project)
    assert found.simulated
    calibration = found.calibration
    assert (calibration.unit, calibration.discharge_sign) == ("mA", 1)
    assert calibration.period_s == pytest.approx(1.0, rel=0.15)
    device = _connect(phone)()
    stored = stored_calibration(describe_phone(device))
    device.close()
    assert stored is not None
    assert stored.calibration == calibration
    assert _ask(phone, f"ls -d {FOLDER} 2>&1").endswith("No such file or directory")
    assert _ask(phone, "settings get system screen_off_timeout") == "15000"


class _Cancelled(RecordingContext):
    """Asks to stop once the phone idles."""

    @property
    def cancelled(self) -> bool:
        return any("idles" in text for _, text in self.reports)


def test_cancelled_it_keeps_nothing_and_leaves_the_phone_as_it_was(
    phone: VirtualPhone, project: Project
) -> None:
    _ask(phone, "settings put system screen_off_timeout 15000")
    with pytest.raises(JobCancelled):
        calibrate_and_keep(_Cancelled(), _connect(phone), project)
    assert _ask(phone, "settings get system screen_off_timeout") == "15000"
    assert _ask(phone, f"ls -d {FOLDER} 2>&1").endswith("No such file or directory")
    assert project.calibrations() == ()


@pytest.mark.parametrize(
    ("control", "shell", "error", "message", "way_out"),
    [
        ("plug usb", "", ChargingError, "powered by usb", "adb tcpip"),
        ("", "dumpsys battery unplug", ChargingError, "UPDATES STOPPED", "dumpsys battery reset"),
        ("sensor nan", "", SensorError, "reads 'nan'", "estimated"),
    ],
)
def test_refusals_name_the_way_out(
    phone: VirtualPhone,
    project: Project,
    control: str,
    shell: str,
    error: type,
    message: str,
    way_out: str,
) -> None:
    if control:
        phone.control(control)
    if shell:
        _ask(phone, shell)
    with pytest.raises(error, match=message) as caught:
        calibrate_and_keep(RecordingContext(), _connect(phone), project)
    assert way_out in caught.value.hint


def test_a_phone_that_hides_its_sensor(project: Project) -> None:
    refused = pytest.raises(SensorError, match="battery/current_now: Permission denied")
    with _phone(unreadable=("/sys/class/power_supply/battery/current_now",)) as phone, refused:
        calibrate_and_keep(RecordingContext(), _connect(phone), project)


def test_what_is_damaged_is_told(phone: VirtualPhone, project: Project) -> None:
    device = _connect(phone)()
    description = describe_phone(device)
    device.close()
    assert stored_calibration(description) is None
    identity = phone_identity(description.properties, description.info)
    project.see_device(seen_phone(identity, description))
    project.add_calibration(Calibration(identity, "current_now", {"ma_per_raw": 5}))
    with pytest.raises(ProjectError, match="calibration of a current sensor"):
        stored_calibration(description)
