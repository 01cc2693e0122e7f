"""A Devices page whose devices are scripted: jobs publish records and then wait."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.gui.stage import Stage
from tests.gui.waiting import wait_until
from workbench.core.errors import WorkbenchError
from workbench.core.provenance import Provenance
from workbench.devices.adb.describe import PhoneDescription
from workbench.devices.adb.states import ADVICE, DeviceState
from workbench.devices.capabilities import Capability
from workbench.devices.computer import Cache, ComputerDescription
from workbench.devices.device import DeviceInfo, TransportKind
from workbench.devices.local import LocalReading
from workbench.devices.parsers import (
    BatteryState,
    CpuCluster,
    CpuStat,
    MemoryInfo,
    ThermalState,
    parse_properties,
)
from workbench.devices.parsers.thermal import Temperature
from workbench.devices.power.rails import RailReading
from workbench.gui.pages.devices import DevicesPage
from workbench.gui.presenters.device_sources import DeviceSources
from workbench.gui.settings import Settings
from workbench.jobs import Job, JobContext, run_in_thread
from workbench.profiling.energy.sensor import Confidence, SensorCalibration
from workbench.services.computer import ComputerOverview, ComputerSample
from workbench.services.device_watch import VirtualPhoneStarted
from workbench.services.devices import DeviceOverview, FoundDevice, ServerStatus
from workbench.services.phone_live import PhoneAway, PhoneLive
from workbench.services.sensor_calibration import SensorCalibrated

OVERVIEW = ComputerOverview(
    ComputerDescription(
        "Plain CPU", 8, 4, 8192, "Linux 6", "x86_64",
        (Cache(2, "Unified", 2048, (0,)), Cache(2, "Unified", 2048, (1,)),
         Cache(1, "Data", 48, (0,))),
    ),
    (Capability("latency", True, "an engine"), Capability("energy", False, "no counter here")),
)  # fmt: skip
NO_SERVER = ServerStatus("127.0.0.1:5037", False, None, "No ADB server answers.", "Start one.")
SERVER = ServerStatus("127.0.0.1:5037", True, 41, "", "")
USB = Capability("usb", False, "no library for USB")
CALIBRATION = SensorCalibration(
    "/sys/class/power_supply/battery/current_now", 1e-3, -1, 5.0, 0.2, 1.0,
    ("the reading went from -100,000 to -400,000",), (), Confidence.HIGH, Provenance.MEASURED,
)  # fmt: skip


def described_phone(*unavailable: str) -> FoundDevice:
    """A phone that was asked; what is named cannot be had."""
    info = DeviceInfo("A1", TransportKind.SERVER, "device")
    empty = parse_properties(b"")
    capabilities = tuple(
        Capability(
            name, name not in unavailable, "here" if name not in unavailable else "the reason"
        )
        for name in ("agent", "battery_current", "energy_now")
    )
    known = PhoneDescription(
        info, empty, (), (), CpuStat(None, {}), MemoryInfo(None, None, None),
        live_at(0.0, 0.0).battery, (), ThermalState(None, False, ()),
        RailReading(None, (), (), "", "none"), capabilities,
    )  # fmt: skip
    return dataclasses.replace(found_phone("A1", DeviceState.DEVICE, "One"), description=known)


def _reading(load: float) -> LocalReading:
    return LocalReading(1024.0, 0.75, 4096.0, None, None, None, None, load)


def found_phone(serial: str, state: DeviceState, model: str = "") -> FoundDevice:
    advice = ADVICE[state]
    return FoundDevice(
        serial, TransportKind.SERVER, state, str(state), advice.meaning, advice.to_do, model
    )


def live_at(t_s: float, load: float) -> PhoneLive:
    fast = CpuCluster((0, 1), 2_000_000, 300_000, 1_500_000, 1_400_000, "schedutil", ())
    slow = CpuCluster((2, 3), 1_000_000, 300_000, 1_000_000, 900_000, "schedutil", ())
    battery = BatteryState(72.0, "discharging", (), 3900.0, 31.5, None, None, faked=False)
    thermal = ThermalState(2, False, (Temperature("CPU0", "cpu", 55.5, 0),))
    return PhoneLive(
        t_s, (fast, slow), (load, None), 700.0, -250_000, 3_900_000, battery, thermal, None
    )


def _play(context: JobContext, records: list[object]) -> None:
    for record in records:
        context.publish(record)
    while not context.wait(10.0):
        pass


class Sources:
    """Jobs that publish what they are told and then wait."""

    def __init__(self, *phones: DeviceOverview) -> None:
        self.phones_records = list(phones) or [DeviceOverview(NO_SERVER, USB, ())]
        self.addresses: list[tuple[str, ...]] = []
        self.watched: list[str] = []
        self.left: list[str] = []
        self.calibrated: list[str] = []
        self.charging = False
        self.go_on = threading.Event()
        self.jobs: list[Job] = []

    def computer(self) -> Job:
        samples = [ComputerSample(t / 2, _reading(t / 10)) for t in range(1, 6)]
        return self._job([OVERVIEW, *samples])

    def phones(self, addresses: tuple[str, ...]) -> Job:
        self.addresses.append(addresses)
        return self._job(list(self.phones_records))

    def phone(self, name: str) -> Job:
        self.watched.append(name)
        lives = [live_at(float(t), 0.1 * t) for t in range(4)]
        return self._job([*lives, PhoneAway("It went away."), live_at(5.0, 0.5)])

    def connect(self, address: str) -> Job:
        return run_in_thread(lambda _: f"connected to {address}", name="connect")

    def disconnect(self, address: str) -> Job:
        self.left.append(address)
        return run_in_thread(lambda _: f"disconnected {address}", name="disconnect")

    def calibrate(self, device: str) -> Job:
        self.calibrated.append(device)

        def work(context: JobContext) -> SensorCalibrated:
            while not self.go_on.is_set():
                context.sleep(0.01)
            if self.charging:
                raise WorkbenchError("The battery is charging.", "Unplug the phone.")
            return SensorCalibrated("One", CALIBRATION, Path("kept.json"), False)

        return run_in_thread(work, name="calibrate")

    def made(self) -> DeviceSources:
        return DeviceSources(
            self.computer, self.phones, self.virtual, self.phone,
            connect=self.connect, disconnect=self.disconnect, no_start=lambda: "no adb here",
            calibrate=self.calibrate,
        )  # fmt: skip

    def virtual(self, profile: str) -> Job:
        return self._job([VirtualPhoneStarted("127.0.0.1:5999", profile)])

    def _job(self, records: list[object]) -> Job:
        self.jobs.append(run_in_thread(_play, {"records": records}, name="script"))
        return self.jobs[-1]


MakeDevices = Callable[..., DevicesPage]


@pytest.fixture
def devices_stage(settings: Settings, qtbot: QtBot) -> Iterator[Stage]:
    """The shell around the page."""
    made = Stage(settings)
    yield made
    made.stop()


@pytest.fixture
def make_devices(devices_stage: Stage, qtbot: QtBot) -> MakeDevices:
    """Makes the page with scripted sources, and waits until this computer was read five times."""

    def build(sources: Sources | None = None) -> DevicesPage:
        page = DevicesPage(devices_stage.shell, (sources or Sources()).made())
        devices_stage.show(qtbot, page)
        wait_until(qtbot, lambda: page.panel.strips.samples == 5 and page.settled)
        return page

    return build


def texts_of(page: DevicesPage) -> str:
    """All that the panel says."""
    return "\n".join(found.text() for found in page.panel.findChildren(QLabel) if found.text())
