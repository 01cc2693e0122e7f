"""The Replay page: a real day on the shipped network, played, searched and re-run."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from workbench.core.errors import InputFileError
from workbench.gui import theme
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.replay import ReplayPage
from workbench.gui.plots.decimate import Curve
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.plots.lanes import CurveLane, LaneCurve, PolicyLane, SpanLane
from workbench.gui.presenters.replay_view import ReplayView
from workbench.gui.replay_backend import ServicesBackend

NINE = 9 * 3600


def lane(page: ReplayPage, key: str):  # type: ignore[no-untyped-def]
    return next(lane for lane in page.ui.stack.lanes if lane.key == key)


# ---- what is shown -------------------------------------------------------------------------------


def test_the_sample_day_is_shown(replay: ReplayPage) -> None:
    keys = [lane.key for lane in replay.ui.stack.lanes]
    assert keys[:3] == ["battery", "free_cache", "cpu_share"]
    assert keys[-4:] == ["configuration", "accuracy", "latency", "energy"]
    assert replay.view is not None
    assert [policy.name for policy in replay.view.policies] == list(replay.ui.chips.visible)
    assert replay.ui.subtitle.text().startswith("Sample day · 09:00–17:00 · synthetic · seed 7")
    assert replay.ui.transport._end.text() == "/ 17:00"
    assert replay.ui.decision.heading.text().startswith("Decision 1 of ")


def test_lane_labels_show_the_values_at_the_playhead(replay: ReplayPage) -> None:
    replay.seek_clock(NINE + 3600)
    view = replay.view
    assert view is not None
    sample = view.sample_at(3600)
    policy = view.policies[0]
    assert lane(replay, "battery").label.value == (f"{policy.battery_percent[sample]:.0f}", "%")
    assert lane(replay, "accuracy").label.value[0] == f"{policy.accuracy_percent[sample]:.1f}"
    operators = policy.decision_operators[policy.decision_at(3600)]
    assert lane(replay, "configuration").reading(3600) == " · ".join(operators)


def test_screen_readers_are_told_the_values_at_the_playhead(replay: ReplayPage) -> None:
    replay.seek_clock(NINE + 3600)
    spoken = replay.ui.stack.accessibleDescription()
    assert spoken.startswith("10:00:00. Battery ")
    assert all(lane.title in spoken for lane in replay.ui.stack.lanes)


def test_energy_says_that_it_is_estimated(replay: ReplayPage) -> None:
    assert replay.ui.axis_caption.text() == "energy per inference, mJ (estimated)"
    assert replay.ui.axis_caption.toolTip()


def test_the_gap_of_the_exact_policy_is_none(replay: ReplayPage) -> None:
    replay.ui.chips.put_in_front("exact")
    view = replay.view
    assert view is not None
    for policy in view.policies:
        if policy.name == "exact":
            gaps = [policy.describe(index).gap for index in range(len(policy.decision_t_s))]
            assert all(gap is None or gap == pytest.approx(0, abs=1e-9) for gap in gaps)
    assert "optimum" in replay.ui.decision._gap.text()


def test_evolution_is_measured_and_shown_against_the_limit(replay: ReplayPage) -> None:
    assert replay.ui.decision._headline.text().endswith(" ms of 6.2 ms")
    assert replay.ui.decision._evolve.text().startswith("evolve ")
    assert replay.ui.decision._source.text() == "measured here"


# ---- transport -----------------------------------------------------------------------------------


def test_space_plays_and_pauses(qtbot: QtBot, replay: ReplayPage) -> None:
    QTest.keyClick(replay.ui.stack, Qt.Key.Key_Space)
    assert replay.playing

    def moved() -> None:
        assert replay.t_s > 0

    qtbot.waitUntil(moved)
    QTest.keyClick(replay.ui.stack, Qt.Key.Key_Space)
    assert not replay.playing
    stood = replay.t_s
    qtbot.wait(60)
    assert replay.t_s == stood


def test_space_on_a_chip_works_the_chip(replay: ReplayPage) -> None:
    chip = replay.ui.chips._chips["static"]
    chip.setFocus()
    QTest.keyClick(chip, Qt.Key.Key_Space)
    assert "static" not in replay.ui.chips.visible
    assert not replay.playing


def test_playing_stops_when_another_page_comes(window: MainWindow, replay: ReplayPage) -> None:
    replay.toggle_play()
    window.show_page("compare")
    assert not replay.playing


def test_playing_stops_at_the_end_of_the_day(qtbot: QtBot, replay: ReplayPage) -> None:
    replay._set_speed(10_000)
    view = replay.view
    assert view is not None
    replay.seek(view.end_s - 200)
    replay.toggle_play()

    def stopped() -> None:
        assert not replay.playing

    qtbot.waitUntil(stopped)
    assert replay.t_s == view.end_s


def test_keys_step_from_decision_to_decision(replay: ReplayPage) -> None:
    view = replay.view
    assert view is not None
    times = view.policies[0].decision_t_s
    QTest.keyClick(replay, Qt.Key.Key_N)
    assert replay.t_s == times[1]
    QTest.keyClick(replay.ui.stack, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert replay.t_s == times[2]
    replay.seek(float(times[2]) + 1)
    QTest.keyClick(replay, Qt.Key.Key_P)
    assert replay.t_s == times[2]
    QTest.keyClick(replay, Qt.Key.Key_P)
    assert replay.t_s == times[1]
    assert replay.ui.decision.heading.text().startswith("Decision 2 of ")


def test_a_typed_time_is_gone_to_and_nonsense_is_taken_back(replay: ReplayPage) -> None:
    clock = replay.ui.transport._clock
    clock.setText("14:19")
    clock.editingFinished.emit()
    assert replay.t_s == 14 * 3600 + 19 * 60 - NINE
    clock.setText("tea time")
    clock.editingFinished.emit()
    assert clock.text() == "14:19:00"


def test_a_time_beyond_the_day_is_its_end(replay: ReplayPage) -> None:
    replay.seek(1e9)
    assert replay.view is not None
    assert replay.t_s == replay.view.end_s
    replay.seek(-5)
    assert replay.t_s == 0


def test_speed_keys_change_the_speed(replay: ReplayPage) -> None:
    QTest.keyClick(replay, Qt.Key.Key_BracketRight)
    assert replay.ui.transport._speed.currentData() == 1800
    QTest.keyClick(replay, Qt.Key.Key_BracketLeft)
    assert replay.ui.transport._speed.currentData() == 600


# ---- lanes ---------------------------------------------------------------------------------------


def lane_point(stack: LaneStack, share: float) -> QPoint:
    rect = stack.lanes[0].view.sceneBoundingRect()
    return stack.mapFromScene(QPointF(rect.left() + share * rect.width(), rect.center().y()))


def test_a_click_in_a_lane_seeks(qtbot: QtBot, replay: ReplayPage) -> None:
    view = replay.view
    assert view is not None
    stack = replay.ui.stack
    qtbot.mouseClick(stack.viewport(), Qt.MouseButton.LeftButton, pos=lane_point(stack, 0.5))
    assert replay.t_s == pytest.approx(view.end_s / 2, rel=0.01)


def test_the_playhead_can_be_dragged(qtbot: QtBot, replay: ReplayPage) -> None:
    view = replay.view
    assert view is not None
    stack = replay.ui.stack
    replay.seek(view.end_s * 0.5)
    start, end = lane_point(stack, 0.5), lane_point(stack, 0.75)
    QTest.mousePress(stack.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for share in (0.55, 0.65, 0.75):
        QTest.mouseMove(stack.viewport(), lane_point(stack, share))
        QApplication.processEvents()
    QTest.mouseRelease(stack.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert replay.t_s == pytest.approx(view.end_s * 0.75, rel=0.02)


def test_the_wheel_zooms_around_the_pointer_and_zero_fits(replay: ReplayPage) -> None:
    stack = replay.ui.stack
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


def test_all_lanes_show_the_same_span(replay: ReplayPage) -> None:
    stack = replay.ui.stack
    stack.zoom(0.1, 14_000.0)
    stack.pan(100.0)
    ranges = {tuple(lane.view.viewRange()[0]) for lane in stack.lanes}
    assert ranges == {stack.shown_span}


def test_zoom_stays_inside_the_day(replay: ReplayPage) -> None:
    stack = replay.ui.stack
    full = stack.shown_span
    stack.zoom(50.0, 0.0)
    assert stack.shown_span == full
    stack.zoom(1e-9, 100.0)
    assert stack.shown_span[1] - stack.shown_span[0] >= 1.0
    stack.pan(-1e9)
    assert stack.shown_span[0] == full[0]


def test_the_cross_hair_reads_every_lane(replay: ReplayPage) -> None:
    stack = replay.ui.stack
    rect = stack._lanes_rect()
    stack._on_mouse_moved(rect.center())
    readings = [words for _, words in stack._cross_hair._readings]
    assert len(readings) == len(stack.lanes)
    assert all(readings)
    assert stack._cross_hair.isVisible()
    QApplication.processEvents()
    stack._on_mouse_moved(QPointF(-5, -5))
    assert not stack._cross_hair.isVisible()


def test_the_configuration_lane_folds_and_opens(replay: ReplayPage) -> None:
    QApplication.processEvents()
    spans = lane(replay, "configuration")
    before = spans.view.rect().height()
    replay._toggle_layers()
    QApplication.processEvents()
    assert spans.view.rect().height() < before / 1.5
    replay._toggle_layers()
    QApplication.processEvents()
    assert spans.view.rect().height() == pytest.approx(before, abs=1)


def test_what_is_in_view_can_be_copied_as_csv(replay: ReplayPage) -> None:
    replay.ui.stack.zoom(0.01, 3600.0)
    replay.ui.stack.copy_csv()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("t_s,time_of_day,battery [%],free_cache [KiB]")
    assert "latency runtime3c [ms]" in lines[0]
    assert 200 < len(lines) < 400
    replay.ui.tradeoff.copy_csv()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 5_185
    replay.ui.stack.copy_image()
    assert not QGuiApplication.clipboard().pixmap().isNull()


# ---- policies, trade-off, sliders ----------------------------------------------------------------


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
    replay._switch_axis()
    assert replay.ui.axis_caption.text().startswith("latency on an idle device, ms")
    replay._switch_axis()
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


# ---- loading and errors --------------------------------------------------------------------------


def test_another_device_is_loaded_when_it_is_chosen(
    qtbot: QtBot, window: MainWindow, replay: ReplayPage
) -> None:
    before = replay.view
    window.shell.workspace.choose("device", "jetson_nano")
    wait_until_settled(qtbot, replay)
    assert replay.view is not None
    assert replay.view is not before


class BrokenBackend(ServicesBackend):
    """A trace that cannot be read, until it is mended."""

    broken = True

    def open(self, network: str, device: str, trace: str):  # type: ignore[no-untyped-def]
        if self.broken:
            raise InputFileError("day.csv", "time goes back", "Sort the rows.", line=17)
        return super().open(network, device, trace)


def test_a_bad_trace_is_explained_and_can_be_tried_again(qtbot: QtBot, window: MainWindow) -> None:
    backend = BrokenBackend()
    page = ReplayPage(window.shell, backend)
    qtbot.addWidget(page)
    page.show()
    page.on_shown()
    wait_until_settled(qtbot, page)
    assert page.ui.error.isVisible()
    assert page.ui.error._message.text() == "day.csv, line 17: time goes back"
    assert page.ui.error._hint.text() == "Sort the rows."
    backend.broken = False
    page.ui.error.retry.click()
    wait_until_settled(qtbot, page)
    assert page.view is not None
    assert not page.ui.error.isVisible()


class FailingSession:
    """A session whose third run breaks off."""

    def __init__(self, session) -> None:  # type: ignore[no-untyped-def]
        self._session = session
        self._runs = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)

    def run(self, policies: Sequence[str], values: Mapping[str, float]) -> ReplayView:
        self._runs += 1
        if self._runs == 3:  # the first two show the day
            raise ZeroDivisionError("a bug")
        view: ReplayView = self._session.run(policies, values)
        return view


class FailingBackend(ServicesBackend):
    def open(self, network: str, device: str, trace: str):  # type: ignore[no-untyped-def]
        return FailingSession(super().open(network, device, trace))


def test_a_failed_run_leaves_the_page_usable(qtbot: QtBot, window: MainWindow) -> None:
    page = ReplayPage(window.shell, FailingBackend())
    qtbot.addWidget(page)
    page.show()
    page.on_shown()
    wait_until_settled(qtbot, page)
    slider = page.ui.what_if.slider("cache_percent")
    slider.set_value(30)
    wait_until_settled(qtbot, page)
    assert page.ui.error.isVisible()
    slider.set_value(31)
    wait_until_settled(qtbot, page)
    assert not page.ui.error.isVisible()


def test_without_a_trace_the_page_says_what_is_missing(qtbot: QtBot, window: MainWindow) -> None:
    window.shell.workspace.take({"trace": []})
    window.show_page("replay")
    page = window.page("replay")
    assert isinstance(page, ReplayPage)
    assert page.settled
    assert page.ui._empty._heading.text() == "There is no trace to replay with"
    page.ui._empty.acted.emit()
    assert window.current_page == "traces"


# ---- drawing -------------------------------------------------------------------------------------


def test_playing_does_not_use_up_references_to_none(qtbot: QtBot, replay: ReplayPage) -> None:
    """Some PySide6 versions release None with each drawn frame until the program aborts."""
    view = replay.view
    assert view is not None
    frames = 200
    for _ in range(20):
        replay.seek(replay.t_s + 20)
        QApplication.processEvents()
    gc.collect()
    before = sys.getrefcount(None)
    for _ in range(frames):
        replay.seek(replay.t_s + 20)
        QApplication.processEvents()
    gc.collect()
    # An upward leak is harmless; a falling count is what ends the program.
    assert sys.getrefcount(None) > before - frames


def test_a_theme_change_recolours_plots(replay: ReplayPage) -> None:
    QApplication.processEvents()
    dark = replay.ui.stack.grab().toImage().pixelColor(60, 3).name()
    theme.manager().choose("light")
    QApplication.processEvents()
    light = replay.ui.stack.grab().toImage().pixelColor(60, 3).name()
    assert (dark, light) == ("#1b1f26", "#ffffff")


def test_a_day_at_four_hertz_is_drawn_with_few_points(qtbot: QtBot) -> None:
    count = 345_600
    times = np.arange(count) / 4
    rng = np.random.default_rng(0)
    stack = LaneStack("long day")
    qtbot.addWidget(stack)
    battery = CurveLane(
        "battery", "Battery", stack.origin, tone="good", text=lambda v: (f"{v}", "")
    )
    battery.set_curve(Curve(times, rng.normal(size=count)))
    latency = PolicyLane("latency", "Latency", stack.origin, text=lambda v: (f"{v}", "ms"))
    latency.set_curves(
        [
            LaneCurve(
                f"policy {i}", Curve(times, rng.normal(size=count), step=True), "#ff0000", i == 0
            )
            for i in range(6)
        ]
    )
    stack.set_lanes([battery, latency, SpanLane("configuration", "C", stack.origin, rows=4)])
    stack.set_span(0, times[-1], 0)
    stack.resize(1400, 900)
    stack.show()
    stack.redraw()
    for zoom in (1.0, 0.3, 0.1, 0.01, 0.0001):
        stack.fit()
        stack.zoom(zoom, times[-1] / 2)
        stack.pan(10)
        QApplication.processEvents()
        for item in (battery._item, *latency._items.values()):
            assert 0 < item.getData()[0].size <= 4 * 1400
