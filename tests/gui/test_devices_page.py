"""The Devices page: this computer live, and the device profiles."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.gui.devices_bench import MakeDevices, Sources, live_at, texts_of
from tests.gui.stage import Stage
from tests.gui.waiting import wait_until
from workbench.devices.power.rails import ComputeRails, RailsPower
from workbench.gui import theme
from workbench.gui.device_desk import Wanted
from workbench.gui.presenters.phone_live import live_facts
from workbench.gui.widgets.live_strips import LiveStrips, Strip


def test_this_computer_is_described_and_live(make_devices: MakeDevices) -> None:
    page = make_devices()
    assert [row.title for row in page.devices.rows] == ["This computer"]
    shown = texts_of(page)
    for words in ("Plain CPU", "4 physical, 8 logical", "2 × 2 MiB", "48 KiB", "8.0 GiB"):
        assert words in shown
    assert "no counter here" in shown
    strips = page.panel.strips
    assert strips.text("load") == "50 %"
    assert strips.text("share") == "0.75"
    assert strips.text("memory") == "4.0 GiB"
    assert "Load of others 50 %" in strips.accessibleDescription()
    page.grab()


def test_a_hidden_page_watches_nothing(make_devices: MakeDevices, qtbot: QtBot) -> None:
    sources = Sources()
    page = make_devices(sources)
    page.on_hidden()
    wait_until(qtbot, lambda: all(job.finished for job in sources.jobs))
    page.on_shown()
    assert len(sources.jobs) == 4
    assert page.panel.strips.samples == 0


def test_watching_shows_in_no_bar(make_devices: MakeDevices, devices_stage: Stage) -> None:
    make_devices()
    assert devices_stage.bridge.running() == []


def test_actions_lead_to_the_other_pages(
    make_devices: MakeDevices, devices_stage: Stage, qtbot: QtBot
) -> None:
    page = make_devices()
    qtbot.mouseClick(page.panel.buttons["profile"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.panel.buttons["record"], Qt.MouseButton.LeftButton)
    assert devices_stage.pages == ["profile", "traces"]
    assert devices_stage.shell.desk.take("traces") == Wanted("local")
    assert not page.panel.buttons["open"].isEnabled()
    assert "no device profile yet" in page.panel.note


def test_profiles_are_listed_with_their_marks(
    make_devices: MakeDevices, devices_stage: Stage
) -> None:
    page = make_devices()
    rows = page.profiles.rows
    assert len(rows) == len(devices_stage.workspace.choices("device"))
    assert rows[0].used
    assert (rows[0].title, rows[0].state, rows[0].tone) == (
        "Xiaomi Redmi 3S",
        "estimated",
        "warning",
    )


def test_a_profile_shows_what_it_rests_on_and_can_be_used(
    make_devices: MakeDevices, devices_stage: Stage
) -> None:
    page = make_devices()
    page.select_profile("jetson_nano")
    assert page.panel.title == "NVIDIA Jetson Nano"
    assert "not known: no energy figures" in texts_of(page)
    page.panel.buttons["use"].click()
    current = devices_stage.workspace.current("device")
    assert current is not None and current.key == "jetson_nano"
    assert not page.panel.buttons["use"].isEnabled()
    assert next(row for row in page.profiles.rows if row.used).key == "jetson_nano"


def test_enter_uses_a_profile(make_devices: MakeDevices, devices_stage: Stage) -> None:
    page = make_devices()
    page.profiles.setCurrentRow(3)
    page.profiles.itemActivated.emit(page.profiles.item(3))
    current = devices_stage.workspace.current("device")
    assert current is not None and current.key == page.profiles.rows[3].key


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


def test_both_themes_paint(make_devices: MakeDevices) -> None:
    page = make_devices()
    pictures = []
    for name in ("dark", "light"):
        theme.manager().choose(name)
        pictures.append(page.grab().toImage())
    assert pictures[0] != pictures[1]


def test_what_the_rails_take_is_told_with_their_names() -> None:
    assert "Rails" not in {fact.name for fact in live_facts(live_at(1.0, 0.5))}
    rails = ComputeRails(("S2M_VDD_CPUCL2", "S4M_VDD_CPUCL0"), "the processor's")
    live = dataclasses.replace(live_at(1.0, 0.5), rails=RailsPower(rails, 1234.4, 5.2))
    fact = next(fact for fact in live_facts(live) if fact.name == "Rails")
    assert fact.value == "1,234 mW, mean over 5 s: S2M_VDD_CPUCL2 + S4M_VDD_CPUCL0"
