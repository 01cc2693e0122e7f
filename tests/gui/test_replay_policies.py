"""Policies, trade-off and sliders of the Replay page."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.replay import ReplayPage


def lane(page: ReplayPage, key: str):  # type: ignore[no-untyped-def]
    return next(lane for lane in page.ui.stack.lanes if lane.key == key)


def test_hiding_a_policy_needs_no_new_run_and_showing_a_new_one_does(
    qtbot: QtBot, replay: ReplayPage
) -> None:
    before = replay.view
    replay.ui.chips.show_policy("static", False)
    assert replay.view is before
    assert [curve.name for curve in lane(replay, "latency")._curves][-1] == "runtime3c"
    replay.ui.chips.show_policy("backbone", True)
    wait_until_settled(qtbot, replay)
    assert replay.view is not before
    assert replay.view is not None and replay.view.policy("backbone") is not None


def test_a_policy_that_takes_long_can_be_stopped_and_is_hidden_then(
    qtbot: QtBot, window: MainWindow, replay: ReplayPage
) -> None:
    before = replay.ui.chips.visible
    replay.ui.chips.bring("ofa")
    qtbot.waitUntil(lambda: bool(replay.shell.bridge.running()), timeout=20_000)
    (job,) = replay.shell.bridge.running()
    qtbot.waitUntil(lambda: job.latest_progress is not None, timeout=20_000)
    window.bottom_bar.cancel_asked.emit(job)
    qtbot.waitUntil(lambda: "ofa" not in replay.ui.chips.visible, timeout=20_000)
    qtbot.waitUntil(lambda: not replay.shell.bridge.running(), timeout=20_000)
    assert replay.ui.chips.visible == before
    assert replay.view is not None


def test_the_last_policy_cannot_be_hidden(replay: ReplayPage) -> None:
    for name in replay.ui.chips.visible:
        replay.ui.chips.show_policy(name, False)
    assert len(replay.ui.chips.visible) == 1
    assert replay.ui.chips.primary == replay.ui.chips.visible[0]


def test_enter_on_a_chip_puts_its_policy_in_front(replay: ReplayPage) -> None:
    QTest.keyClick(replay.ui.chips._chips["static"], Qt.Key.Key_Return)
    assert replay.ui.chips.primary == "static"
    assert replay.ui.decision.heading.text() == "Decision 1 of 1"


def test_the_trade_off_switches_between_energy_and_latency(replay: ReplayPage) -> None:
    replay.drawing.switch_axis()
    assert replay.ui.axis_caption.text().startswith("latency on an idle device, ms")
    replay.drawing.switch_axis()
    assert replay.ui.axis_caption.text().startswith("energy per inference, mJ")


def test_the_feasible_region_follows_the_context(replay: ReplayPage) -> None:
    view = replay.view
    assert view is not None
    cache = view.context["free_cache_kib"]
    counts = []
    for sample in (int(cache.argmin()), int(cache.argmax())):
        replay.seek(float(view.t_s[sample]))
        counts.append(int(replay.ui.tradeoff._cloud.feasible.sum()))
    assert counts[0] < counts[1]


def test_dragging_a_slider_runs_the_day_again(qtbot: QtBot, replay: ReplayPage) -> None:
    before = replay.view
    assert before is not None
    slider = replay.ui.what_if.slider("loss_limit_points")
    slider.set_value(0.5)
    wait_until_settled(qtbot, replay)
    after = replay.view
    assert after is not before
    assert after is not None
    lowest = [view.policies[0].accuracy_percent.min() for view in (before, after)]
    assert lowest[1] > lowest[0]
    assert "ms)" in replay.ui.what_if._note.text()
    replay.ui.what_if.reset()
    wait_until_settled(qtbot, replay)
    assert replay.view is not None
    again = replay.view.policies[0].accuracy_percent.min()
    assert again == lowest[0]


def test_of_many_slider_positions_the_last_is_shown(qtbot: QtBot, replay: ReplayPage) -> None:
    slider = replay.ui.what_if.slider("latency_budget_ms")
    knob = slider.knob
    for step in range(5, 30):
        slider.set_value(knob.low + step * knob.step)
    wait_until_settled(qtbot, replay)
    assert replay.view is not None
    assert replay.view.budget_ms[0] == pytest.approx(slider.value)


def test_a_slider_can_be_worked_with_keys(qtbot: QtBot, replay: ReplayPage) -> None:
    slider = replay.ui.what_if.slider("cache_percent")
    before = slider.value
    QTest.keyClick(slider._slider, Qt.Key.Key_Right)
    assert slider.value == before + slider.knob.step
    wait_until_settled(qtbot, replay)


def test_space_on_a_chip_works_the_chip(replay: ReplayPage) -> None:
    chip = replay.ui.chips._chips["static"]
    chip.setFocus()
    QTest.keyClick(chip, Qt.Key.Key_Space)
    assert "static" not in replay.ui.chips.visible
    assert not replay.playing
