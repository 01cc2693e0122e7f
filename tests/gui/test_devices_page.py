"""The Devices page: this computer live, phones of every state, and device profiles."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from workbench.core.errors import SettingsError, WorkbenchError
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
from workbench.devices.power.rails import ComputeRails, RailReading, RailsPower
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.device_desk import Wanted
from workbench.gui.pages.devices import DevicesPage
from workbench.gui.presenters.device_sources import DeviceSources
from workbench.gui.presenters.phone_live import live_facts
from workbench.gui.presenters.problem import Problem
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.gui.settings import Settings
from workbench.gui.shell import Shell
from workbench.gui.widgets.live_strips import LiveStrips, Strip
from workbench.gui.workspace import Workspace
from workbench.jobs import Job, JobContext, JobManager, run_in_thread
from workbench.profiling.energy.sensor import Confidence, SensorCalibration
from workbench.services.computer import ComputerOverview, ComputerSample
from workbench.services.device_watch import PhoneWaiting, VirtualPhoneStarted
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


def _described(*unavailable: str) -> FoundDevice:
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
        _live(0.0, 0.0).battery, (), ThermalState(None, False, ()),
        RailReading(None, (), (), "", "none"), capabilities,
    )  # fmt: skip
    return dataclasses.replace(_phone("A1", DeviceState.DEVICE, "One"), description=known)


def _reading(load: float) -> LocalReading:
    return LocalReading(1024.0, 0.75, 4096.0, None, None, None, None, load)


def _phone(serial: str, state: DeviceState, model: str = "") -> FoundDevice:
    advice = ADVICE[state]
    return FoundDevice(
        serial, TransportKind.SERVER, state, str(state), advice.meaning, advice.to_do, model
    )


def _live(t_s: float, load: float) -> PhoneLive:
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
        lives = [_live(float(t), 0.1 * t) for t in range(4)]
        return self._job([*lives, PhoneAway("It went away."), _live(5.0, 0.5)])

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


class Stage:
    """A shell around one page."""

    def __init__(self, settings: Settings) -> None:
        self.pages: list[str] = []
        self.messages: list[str] = []
        self.problems: list[Problem] = []
        self.workspace = Workspace(ServicesCatalogue(), settings)
        self.workspace.load()
        self.bridge = JobBridge(JobManager())
        self.shell = Shell(
            workspace=self.workspace,
            bridge=self.bridge,
            settings=settings,
            notify=self._notify,
            show_problem=self.problems.append,
            go_to=self.pages.append,
        )

    def _notify(self, text: str, tone: str) -> None:
        assert tone in ("", "good", "warning", "bad")
        self.messages.append(text)


@pytest.fixture
def stage(settings: Settings, qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(settings)
    yield made
    made.bridge.stop_all()


Make = Callable[..., DevicesPage]


@pytest.fixture
def make(stage: Stage, qtbot: QtBot) -> Make:
    def build(sources: Sources | None = None) -> DevicesPage:
        sources = sources or Sources()
        page = DevicesPage(stage.shell, sources.made())
        qtbot.addWidget(page)
        page.resize(1364, 800)
        page.show()
        page.on_shown()
        qtbot.waitUntil(lambda: page.panel.strips.samples == 5 and page.settled, timeout=20_000)
        return page

    return build


def _texts(page: DevicesPage) -> str:
    from PySide6.QtWidgets import QLabel

    return "\n".join(found.text() for found in page.panel.findChildren(QLabel) if found.text())


# ---- this computer -----------------------------------------------------------------------------


def test_this_computer_is_described_and_live(make: Make) -> None:
    page = make()
    assert [row.title for row in page.devices.rows] == ["This computer"]
    shown = _texts(page)
    for words in ("Plain CPU", "4 physical, 8 logical", "2 × 2 MiB", "48 KiB", "8.0 GiB"):
        assert words in shown
    assert "no counter here" in shown
    strips = page.panel.strips
    assert strips.text("load") == "50 %"
    assert strips.text("share") == "0.75"
    assert strips.text("memory") == "4.0 GiB"
    assert "Load of others 50 %" in strips.accessibleDescription()
    page.grab()


def test_a_hidden_page_watches_nothing(make: Make, qtbot: QtBot) -> None:
    sources = Sources()
    page = make(sources)
    page.on_hidden()
    qtbot.waitUntil(lambda: all(job.finished for job in sources.jobs), timeout=20_000)
    page.on_shown()
    assert len(sources.jobs) == 4
    assert page.panel.strips.samples == 0


def test_watching_shows_in_no_bar(make: Make, stage: Stage) -> None:
    make()
    assert stage.bridge.running() == []


def test_actions_lead_to_the_other_pages(make: Make, stage: Stage, qtbot: QtBot) -> None:
    page = make()
    qtbot.mouseClick(page.panel.buttons["profile"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.panel.buttons["record"], Qt.MouseButton.LeftButton)
    assert stage.pages == ["profile", "traces"]
    assert stage.shell.desk.take("traces") == Wanted("local")
    assert not page.panel.buttons["open"].isEnabled()
    assert "no device profile yet" in page.panel.note


# ---- phones ------------------------------------------------------------------------------------


def test_no_phones_says_why_and_what_is_missing(make: Make) -> None:
    page = make()
    assert "No ADB server answers." in page.phones_note
    assert "no library for USB" in page.phones_note


@pytest.mark.parametrize("state", [s for s in DeviceState if not s.usable])
def test_each_state_says_what_to_do(make: Make, state: DeviceState) -> None:
    page = make(Sources(DeviceOverview(SERVER, USB, (_phone("A1", state, "Phone one"),))))
    _, row = page.devices.rows
    assert (row.state, row.tone) == (str(state), "warning")
    assert row.to_do == ADVICE[state].to_do
    page.select("A1")
    assert page.panel.title == "Phone one"
    assert ADVICE[state].to_do in _texts(page)
    assert not page.panel.buttons["profile"].isEnabled()
    assert not page.panel.buttons["record"].isEnabled()


def test_a_phone_is_watched_live_measured_and_recorded(
    make: Make, stage: Stage, qtbot: QtBot
) -> None:
    sources = Sources(DeviceOverview(SERVER, USB, (_phone("A1", DeviceState.DEVICE, "One"),)))
    page = make(sources)
    page.select("A1")
    qtbot.waitUntil(lambda: page.panel.strips.samples == 5, timeout=20_000)
    assert sources.watched == ["A1"]
    assert page.panel.strips.text("load") == "50 %"
    assert page.panel.strips.text("clock") == "1,400 MHz"
    assert page.panel.strips.text("current") == "250,000 raw"
    shown = _texts(page)
    for words in (
        "2 cores, 1,400 of 2,000 MHz, capped at 1,500 MHz, load 50\N{NO-BREAK SPACE}%",
        "2 cores, 900 of 1,000 MHz",
        "72\N{NO-BREAK SPACE}%, discharging, 3.90 V",
        "CPU0 55.5 °C",
        "moderate",
    ):
        assert words in shown
    assert "It went away." in stage.messages
    page.panel.buttons["profile"].click()
    assert stage.shell.settings.text("profile/device") == "A1"
    page.panel.buttons["record"].click()
    assert stage.shell.desk.take("traces") == Wanted("A1")
    assert stage.pages == ["profile", "traces"]
    page.select("this computer")
    qtbot.waitUntil(lambda: page.watch.watched == "", timeout=5000)
    assert [strip.key for strip in page.panel.strips.strips] == ["load", "share", "memory", "cache"]
    page.grab()


def test_a_phone_at_work_is_left_alone(make: Make, stage: Stage, qtbot: QtBot) -> None:
    page = make(Sources(DeviceOverview(SERVER, USB, (_phone("A1", DeviceState.DEVICE, "One"),))))
    page.select("A1")
    assert page.watch.watched == "A1"
    stage.shell.desk.claim("A1", "being profiled")
    assert page.watch.watched == ""
    assert "It is being profiled." in page.panel.note
    assert not page.panel.buttons["record"].isEnabled()
    stage.shell.desk.release("A1")
    assert page.watch.watched == "A1"
    assert page.panel.buttons["record"].isEnabled()
    page.on_hidden()


def test_a_sensor_is_calibrated_and_then_read_in_milliamperes(
    make: Make, stage: Stage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sources = Sources(DeviceOverview(SERVER, USB, (_described(),)))
    page = make(sources)
    page.select("A1")
    qtbot.waitUntil(lambda: page.panel.strips.samples == 5, timeout=20_000)
    assert "unit and sign not known" in _texts(page)
    page.panel.buttons["calibrate"].click()
    assert sources.calibrated == ["A1"]
    assert stage.shell.desk.use_of("A1") == "being calibrated"
    assert not page.panel.buttons["record"].isEnabled() and page.watch.watched == ""
    sources.go_on.set()
    qtbot.waitUntil(lambda: page.panel.strips.text("current") == "250 mA", timeout=20_000)
    shown = _texts(page)
    assert "250 mA out of the battery" in shown
    assert "the reading went from -100,000 to -400,000" in shown
    assert "µA, negative while discharging, a new reading every 5 s; confidence high" in shown
    assert page.panel.buttons["calibrate"].text() == "Calibrate its sensor again"
    page.on_hidden()


def test_a_calibration_that_fails_says_the_way_out(
    make: Make, stage: Stage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sources = Sources(DeviceOverview(SERVER, USB, (_described(),)))
    page = make(sources)
    sources.charging = True
    sources.go_on.set()
    page.select("A1")
    page.panel.buttons["calibrate"].click()
    qtbot.waitUntil(lambda: bool(stage.problems), timeout=20_000)
    assert stage.problems[0].hint == "Unplug the phone."
    assert stage.shell.desk.use_of("A1") == ""
    page.on_hidden()


@pytest.mark.parametrize("missing", ["battery_current", "energy_now", "agent"])
def test_a_sensor_that_cannot_be_calibrated_says_why(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    page = make(Sources(DeviceOverview(SERVER, USB, (_described(missing),))))
    page.select("A1")
    assert not page.panel.buttons["calibrate"].isEnabled()
    assert "cannot be calibrated: the reason" in page.panel.note
    page.on_hidden()


def test_a_phone_at_an_address_can_be_disconnected(make: Make, stage: Stage, qtbot: QtBot) -> None:
    wireless = _phone("10.0.0.7:40001", DeviceState.DEVICE, "Over Wi-Fi")
    cable = _phone("A1", DeviceState.DEVICE, "On a cable")
    sources = Sources(DeviceOverview(SERVER, USB, (wireless, cable)))
    page = make(sources)
    page.select("10.0.0.7:40001")
    page.panel.buttons["leave"].click()
    assert sources.left == ["10.0.0.7:40001"]
    qtbot.waitUntil(lambda: len(sources.addresses) == 2, timeout=20_000)
    page.select("A1")
    assert not page.panel.buttons["leave"].isVisible()


def test_markup_from_a_phone_stays_text(make: Make) -> None:
    evil = "<b>bold</b><img src=x>"
    page = make(Sources(DeviceOverview(SERVER, USB, (_phone("A1", DeviceState.DEVICE, evil),))))
    page.select("A1")
    assert page.panel.title == evil
    assert page.panel._title.textFormat() == Qt.TextFormat.PlainText


def test_an_address_is_reached_and_remembered(make: Make, stage: Stage, qtbot: QtBot) -> None:
    sources = Sources()
    page = make(sources)
    page.add_button.click()
    dialog = page.links.dialog
    assert dialog is not None and not dialog.connect_button.isEnabled()
    dialog.address.setText("192.168.1.17")
    qtbot.keyClick(dialog.address, Qt.Key.Key_Return)
    assert sources.addresses == [(), ("192.168.1.17:5555",)]
    assert stage.shell.desk.addresses == ("192.168.1.17:5555",)
    assert page.links.remembered == ("192.168.1.17:5555",)
    dialog.remembered.setCurrentRow(0)
    dialog.forget_button.click()
    assert page.links.remembered == () and dialog.remembered.count() == 0
    dialog.reject()
    assert page.links.dialog is None


def test_with_a_server_the_server_connects(make: Make, stage: Stage, qtbot: QtBot) -> None:
    sources = Sources(DeviceOverview(SERVER, USB, ()))
    page = make(sources)
    page.links.connect_to("10.0.0.7:40001")
    qtbot.waitUntil(lambda: len(sources.addresses) == 2, timeout=20_000)
    assert sources.addresses == [(), ()]
    assert "The ADB server is connected to 10.0.0.7:40001." in stage.messages


def test_a_watch_that_fails_says_why(make: Make, qtbot: QtBot) -> None:
    def fail(_context: JobContext) -> None:
        raise SettingsError("ADB_SERVER_SOCKET makes no sense.", "Correct it.")

    page = make()
    page.watch.sources = dataclasses.replace(
        page.watch.sources, phones=lambda _: run_in_thread(fail)
    )
    page.watch.refresh()
    qtbot.waitUntil(lambda: "makes no sense" in page.phones_note, timeout=20_000)


def test_a_virtual_phone_is_started_and_looked_at(make: Make, stage: Stage, qtbot: QtBot) -> None:
    sources = Sources()
    page = make(sources)
    page.select_profile("mi_6")
    qtbot.mouseClick(page.virtual_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(sources.addresses) == 2, timeout=20_000)
    assert sources.addresses[-1] == ("127.0.0.1:5999",)
    (job,) = stage.bridge.running()  # it shows in the bar, where it can be ended
    assert page.links.is_virtual("127.0.0.1:5999")
    job.cancel()
    qtbot.waitUntil(lambda: len(sources.addresses) == 3, timeout=20_000)
    assert sources.addresses[-1] == ()


def test_a_real_virtual_phone_is_described(stage: Stage, qtbot: QtBot) -> None:
    page = DevicesPage(stage.shell)
    qtbot.addWidget(page)
    page.show()
    page.on_shown()
    page.start_virtual()
    qtbot.waitUntil(lambda: len(page.devices.rows) == 2, timeout=60_000)
    assert page.devices.rows[1].state == "simulated"
    shown = _texts(page)
    assert "Android 11" in page.panel.title or "Android" in shown
    assert "battery" in shown.lower()
    page.on_hidden()


def test_a_waiting_phone_is_said(make: Make, stage: Stage) -> None:
    records = Sources()
    records.phones_records.insert(0, PhoneWaiting("Unlock the phone."))
    make(records)
    assert "Unlock the phone." in stage.messages


# ---- device profiles ---------------------------------------------------------------------------


def test_profiles_are_listed_with_their_marks(make: Make, stage: Stage) -> None:
    page = make()
    rows = page.profiles.rows
    assert len(rows) == len(stage.workspace.choices("device"))
    assert rows[0].used
    assert (rows[0].title, rows[0].state, rows[0].tone) == (
        "Xiaomi Redmi 3S",
        "estimated",
        "warning",
    )


def test_a_profile_shows_what_it_rests_on_and_can_be_used(make: Make, stage: Stage) -> None:
    page = make()
    page.select_profile("jetson_nano")
    assert page.panel.title == "NVIDIA Jetson Nano"
    assert "not known: no energy figures" in _texts(page)
    page.panel.buttons["use"].click()
    current = stage.workspace.current("device")
    assert current is not None and current.key == "jetson_nano"
    assert not page.panel.buttons["use"].isEnabled()
    assert next(row for row in page.profiles.rows if row.used).key == "jetson_nano"


def test_enter_uses_a_profile(make: Make, stage: Stage) -> None:
    page = make()
    page.profiles.setCurrentRow(3)
    page.profiles.itemActivated.emit(page.profiles.item(3))
    current = stage.workspace.current("device")
    assert current is not None and current.key == page.profiles.rows[3].key


# ---- strips ------------------------------------------------------------------------------------


def test_strips_forget_what_is_old_and_leave_gaps(qtbot: QtBot) -> None:
    strips = LiveStrips([Strip("a", "A", "%", 0, None, 0, "good")])
    qtbot.addWidget(strips)
    strips.resize(400, 100)
    for t_s in range(300):
        strips.add(float(t_s), {"a": None if t_s % 7 == 0 else float(t_s)})
    assert strips.samples == 126
    assert strips.text("a") == "299 %"
    strips.add(300.0, {})
    assert strips.text("a") == "–"
    assert not strips.grab().isNull()


def test_both_themes_paint(make: Make) -> None:
    page = make()
    pictures = []
    for name in ("dark", "light"):
        theme.manager().choose(name)
        pictures.append(page.grab().toImage())
    assert pictures[0] != pictures[1]


def test_what_the_rails_take_is_told_with_their_names() -> None:
    assert "Rails" not in {fact.name for fact in live_facts(_live(1.0, 0.5))}
    rails = ComputeRails(("S2M_VDD_CPUCL2", "S4M_VDD_CPUCL0"), "the processor's")
    live = dataclasses.replace(_live(1.0, 0.5), rails=RailsPower(rails, 1234.4, 5.2))
    fact = next(fact for fact in live_facts(live) if fact.name == "Rails")
    assert fact.value == "1,234 mW, mean over 5 s: S2M_VDD_CPUCL2 + S4M_VDD_CPUCL0"
