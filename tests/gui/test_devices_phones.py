"""The Devices page: phones of every state, watched live and calibrated."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.gui.devices_bench import (
    SERVER,
    USB,
    MakeDevices,
    Sources,
    described_phone,
    found_phone,
    texts_of,
)
from tests.gui.stage import Stage
from tests.gui.waiting import wait_until
from workbench.core.errors import SettingsError
from workbench.devices.adb.states import ADVICE, DeviceState
from workbench.gui.device_desk import Wanted
from workbench.jobs import JobContext, run_in_thread
from workbench.services.device_watch import PhoneWaiting
from workbench.services.devices import DeviceOverview


def test_no_phones_says_why_and_what_is_missing(make_devices: MakeDevices) -> None:
    page = make_devices()
    assert "No ADB server answers." in page.phones_note
    assert "no library for USB" in page.phones_note


@pytest.mark.parametrize("state", [s for s in DeviceState if not s.usable])
def test_each_state_says_what_to_do(make_devices: MakeDevices, state: DeviceState) -> None:
    page = make_devices(
        Sources(DeviceOverview(SERVER, USB, (found_phone("A1", state, "Phone one"),)))
    )
    _, row = page.devices.rows
    assert (row.state, row.tone) == (str(state), "warning")
    assert row.to_do == ADVICE[state].to_do
    page.select("A1")
    assert page.panel.title == "Phone one"
    assert ADVICE[state].to_do in texts_of(page)
    assert not page.panel.buttons["profile"].isEnabled()
    assert not page.panel.buttons["record"].isEnabled()


def test_a_phone_is_watched_live_measured_and_recorded(
    make_devices: MakeDevices, devices_stage: Stage, qtbot: QtBot
) -> None:
    sources = Sources(DeviceOverview(SERVER, USB, (found_phone("A1", DeviceState.DEVICE, "One"),)))
    page = make_devices(sources)
    page.select("A1")
    wait_until(qtbot, lambda: page.panel.strips.samples == 5)
    assert sources.watched == ["A1"]
    assert page.panel.strips.text("load") == "50 %"
    assert page.panel.strips.text("clock") == "1,400 MHz"
    assert page.panel.strips.text("current") == "250,000 raw"
    shown = texts_of(page)
    for words in (
        "2 cores, 1,400 of 2,000 MHz, capped at 1,500 MHz, load 50\N{NO-BREAK SPACE}%",
        "2 cores, 900 of 1,000 MHz",
        "72\N{NO-BREAK SPACE}%, discharging, 3.90 V",
        "CPU0 55.5 °C",
        "moderate",
    ):
        assert words in shown
    assert "It went away." in devices_stage.messages
    page.panel.buttons["profile"].click()
    assert devices_stage.shell.settings.text("profile/device") == "A1"
    page.panel.buttons["record"].click()
    assert devices_stage.shell.desk.take("traces") == Wanted("A1")
    assert devices_stage.pages == ["profile", "traces"]
    page.select("this computer")
    qtbot.waitUntil(lambda: page.watch.watched == "", timeout=5000)
    assert [strip.key for strip in page.panel.strips.strips] == ["load", "share", "memory", "cache"]
    page.grab()


def test_a_phone_at_work_is_left_alone(
    make_devices: MakeDevices, devices_stage: Stage, qtbot: QtBot
) -> None:
    page = make_devices(
        Sources(DeviceOverview(SERVER, USB, (found_phone("A1", DeviceState.DEVICE, "One"),)))
    )
    page.select("A1")
    assert page.watch.watched == "A1"
    devices_stage.shell.desk.claim("A1", "being profiled")
    assert page.watch.watched == ""
    assert "It is being profiled." in page.panel.note
    assert not page.panel.buttons["record"].isEnabled()
    devices_stage.shell.desk.release("A1")
    assert page.watch.watched == "A1"
    assert page.panel.buttons["record"].isEnabled()
    page.on_hidden()


def test_markup_from_a_phone_stays_text(make_devices: MakeDevices) -> None:
    evil = "<b>bold</b><img src=x>"
    page = make_devices(
        Sources(DeviceOverview(SERVER, USB, (found_phone("A1", DeviceState.DEVICE, evil),)))
    )
    page.select("A1")
    assert page.panel.title == evil
    assert page.panel._title.textFormat() == Qt.TextFormat.PlainText


def test_a_watch_that_fails_says_why(make_devices: MakeDevices, qtbot: QtBot) -> None:
    def fail(_context: JobContext) -> None:
        raise SettingsError("ADB_SERVER_SOCKET makes no sense.", "Correct it.")

    page = make_devices()
    page.watch.sources = dataclasses.replace(
        page.watch.sources, phones=lambda _: run_in_thread(fail)
    )
    page.watch.refresh()
    wait_until(qtbot, lambda: "makes no sense" in page.phones_note)


def test_a_waiting_phone_is_said(make_devices: MakeDevices, devices_stage: Stage) -> None:
    records = Sources()
    records.phones_records.insert(0, PhoneWaiting("Unlock the phone."))
    make_devices(records)
    assert "Unlock the phone." in devices_stage.messages


def test_a_sensor_is_calibrated_and_then_read_in_milliamperes(
    make_devices: MakeDevices,
    devices_stage: Stage,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sources = Sources(DeviceOverview(SERVER, USB, (described_phone(),)))
    page = make_devices(sources)
    page.select("A1")
    wait_until(qtbot, lambda: page.panel.strips.samples == 5)
    assert "unit and sign not known" in texts_of(page)
    page.panel.buttons["calibrate"].click()
    assert sources.calibrated == ["A1"]
    assert devices_stage.shell.desk.use_of("A1") == "being calibrated"
    assert not page.panel.buttons["record"].isEnabled() and page.watch.watched == ""
    sources.go_on.set()
    wait_until(qtbot, lambda: page.panel.strips.text("current") == "250 mA")
    shown = texts_of(page)
    assert "250 mA out of the battery" in shown
    assert "the reading went from -100,000 to -400,000" in shown
    assert "µA, negative while discharging, a new reading every 5 s; confidence high" in shown
    assert page.panel.buttons["calibrate"].text() == "Calibrate its sensor again"
    page.on_hidden()


def test_a_calibration_that_fails_says_the_way_out(
    make_devices: MakeDevices,
    devices_stage: Stage,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sources = Sources(DeviceOverview(SERVER, USB, (described_phone(),)))
    page = make_devices(sources)
    sources.charging = True
    sources.go_on.set()
    page.select("A1")
    page.panel.buttons["calibrate"].click()
    wait_until(qtbot, lambda: bool(devices_stage.problems))
    assert devices_stage.problems[0].hint == "Unplug the phone."
    assert devices_stage.shell.desk.use_of("A1") == ""
    page.on_hidden()


@pytest.mark.parametrize("missing", ["battery_current", "energy_now", "agent"])
def test_a_sensor_that_cannot_be_calibrated_says_why(
    make_devices: MakeDevices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    page = make_devices(Sources(DeviceOverview(SERVER, USB, (described_phone(missing),))))
    page.select("A1")
    assert not page.panel.buttons["calibrate"].isEnabled()
    assert "cannot be calibrated: the reason" in page.panel.note
    page.on_hidden()
