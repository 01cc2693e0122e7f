"""Time on the Replay page: playing, stepping, seeking, and the lanes over it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.gui.pages.replay import ReplayPage
from workbench.gui.plots.lane_stack import LaneStack

NINE = 9 * 3600


def lane(page: ReplayPage, key: str):  # type: ignore[no-untyped-def]
    return next(lane for lane in page.ui.stack.lanes if lane.key == key)


def test_space_plays_and_pauses(qtbot: QtBot, day: ReplayPage) -> None:
    QTest.keyClick(day.ui.stack, Qt.Key.Key_Space)
    assert day.playing

    def moved() -> None:
        assert day.t_s > 0

    qtbot.waitUntil(moved)
    QTest.keyClick(day.ui.stack, Qt.Key.Key_Space)
    assert not day.playing
    stood = day.t_s
    qtbot.wait(60)
    assert day.t_s == stood


def test_playing_stops_at_the_end_of_the_day(qtbot: QtBot, day: ReplayPage) -> None:
    day._set_speed(10_000)
    view = day.view
    assert view is not None
    day.seek(view.end_s - 200)
    day.toggle_play()

    def stopped() -> None:
        assert not day.playing

    qtbot.waitUntil(stopped)
    assert day.t_s == view.end_s


def test_keys_step_from_decision_to_decision(day: ReplayPage) -> None:
    view = day.view
    assert view is not None
    times = view.policies[0].decision_t_s
    QTest.keyClick(day, Qt.Key.Key_N)
    assert day.t_s == times[1]
    QTest.keyClick(day.ui.stack, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert day.t_s == times[2]
    day.seek(float(times[2]) + 1)
    QTest.keyClick(day, Qt.Key.Key_P)
    assert day.t_s == times[2]
    QTest.keyClick(day, Qt.Key.Key_P)
    assert day.t_s == times[1]
    assert day.ui.decision.heading.text().startswith("Decision 2 of ")


def test_a_typed_time_is_gone_to_and_nonsense_is_taken_back(day: ReplayPage) -> None:
    clock = day.ui.transport._clock
    clock.setText("14:19")
    clock.editingFinished.emit()
    assert day.t_s == 14 * 3600 + 19 * 60 - NINE
    clock.setText("tea time")
    clock.editingFinished.emit()
    assert clock.text() == "14:19:00"


def test_a_time_beyond_the_day_is_its_end(day: ReplayPage) -> None:
    day.seek(1e9)
    assert day.view is not None
    assert day.t_s == day.view.end_s
    day.seek(-5)
    assert day.t_s == 0


def test_speed_keys_change_the_speed(day: ReplayPage) -> None:
    QTest.keyClick(day, Qt.Key.Key_BracketRight)
    assert day.ui.transport._speed.currentData() == 1800
    QTest.keyClick(day, Qt.Key.Key_BracketLeft)
    assert day.ui.transport._speed.currentData() == 600


def lane_point(stack: LaneStack, share: float) -> QPoint:
    rect = stack.lanes[0].view.sceneBoundingRect()
    return stack.mapFromScene(QPointF(rect.left() + share * rect.width(), rect.center().y()))


def test_a_click_in_a_lane_seeks(qtbot: QtBot, day: ReplayPage) -> None:
    view = day.view
    assert view is not None
    stack = day.ui.stack
    qtbot.mouseClick(stack.viewport(), Qt.MouseButton.LeftButton, pos=lane_point(stack, 0.5))
    assert day.t_s == pytest.approx(view.end_s / 2, rel=0.01)


def test_the_playhead_can_be_dragged(qtbot: QtBot, day: ReplayPage) -> None:
    view = day.view
    assert view is not None
    stack = day.ui.stack
    day.seek(view.end_s * 0.5)
    start, end = lane_point(stack, 0.5), lane_point(stack, 0.75)
    QTest.mousePress(stack.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for share in (0.55, 0.65, 0.75):
        QTest.mouseMove(stack.viewport(), lane_point(stack, share))
        QApplication.processEvents()
    QTest.mouseRelease(stack.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert day.t_s == pytest.approx(view.end_s * 0.75, rel=0.02)


def test_the_wheel_zooms_around_the_pointer_and_zero_fits(day: ReplayPage) -> None:
    stack = day.ui.stack
    full = stack.shown_span
    spot = lane_point(stack, 0.5)
    centre = (full[0] + full[1]) / 2
    event = QWheelEvent(
        QPointF(spot), QPointF(stack.viewport().mapToGlobal(spot)), QPoint(0, 0), QPoint(0, 480),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(stack.viewport(), event)
    start, end = stack.shown_span
    assert (end - start) == pytest.approx((full[1] - full[0]) * 0.8**4, rel=0.01)
    assert (start + end) / 2 == pytest.approx(centre, rel=0.01)
    QTest.keyClick(stack, Qt.Key.Key_0)
    assert stack.shown_span == full


def test_all_lanes_show_the_same_span(day: ReplayPage) -> None:
    stack = day.ui.stack
    stack.zoom(0.1, 14_000.0)
    stack.pan(100.0)
    ranges = {tuple(lane.view.viewRange()[0]) for lane in stack.lanes}
    assert ranges == {stack.shown_span}


def test_zoom_stays_inside_the_day(day: ReplayPage) -> None:
    stack = day.ui.stack
    full = stack.shown_span
    stack.zoom(50.0, 0.0)
    assert stack.shown_span == full
    stack.zoom(1e-9, 100.0)
    assert stack.shown_span[1] - stack.shown_span[0] >= 1.0
    stack.pan(-1e9)
    assert stack.shown_span[0] == full[0]


def test_the_cross_hair_reads_every_lane(day: ReplayPage) -> None:
    stack = day.ui.stack
    rect = stack._lanes_rect()
    stack._on_mouse_moved(rect.center())
    readings = [words for _, words in stack._cross_hair._readings]
    assert len(readings) == len(stack.lanes)
    assert all(readings)
    assert stack._cross_hair.isVisible()
    QApplication.processEvents()
    stack._on_mouse_moved(QPointF(-5, -5))
    assert not stack._cross_hair.isVisible()


def test_the_configuration_lane_folds_and_opens(day: ReplayPage) -> None:
    QApplication.processEvents()
    spans = lane(day, "configuration")
    before = spans.view.rect().height()
    day.drawing.toggle_layers()
    QApplication.processEvents()
    assert spans.view.rect().height() < before / 1.5
    day.drawing.toggle_layers()
    QApplication.processEvents()
    assert spans.view.rect().height() == pytest.approx(before, abs=1)


def test_what_is_in_view_can_be_copied_as_csv(day: ReplayPage) -> None:
    day.ui.stack.zoom(0.01, 3600.0)
    day.ui.stack.copy_csv()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("t_s,time_of_day,battery [%],free_cache [KiB]")
    assert "latency runtime3c [ms]" in lines[0]
    assert 200 < len(lines) < 400
    day.ui.tradeoff.copy_csv()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 5_185
    day.ui.stack.copy_image()
    assert not QGuiApplication.clipboard().pixmap().isNull()
