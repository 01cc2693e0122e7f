"""The Replay page: what it shows of a real day on the shipped network, and what when that fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from workbench.core.errors import InputFileError
from workbench.gui import theme
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.replay import ReplayPage
from workbench.gui.presenters.replay_view import ReplayView
from workbench.gui.replay_backend import ServicesBackend
from workbench.jobs import JobContext

NINE = 9 * 3600


def lane(page: ReplayPage, key: str):  # type: ignore[no-untyped-def]
    return next(lane for lane in page.ui.stack.lanes if lane.key == key)


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


def test_playing_stops_when_another_page_comes(window: MainWindow, replay: ReplayPage) -> None:
    replay.toggle_play()
    window.show_page("compare")
    assert not replay.playing


def test_a_theme_change_recolours_plots(replay: ReplayPage) -> None:
    QApplication.processEvents()
    dark = replay.ui.stack.grab().toImage().pixelColor(60, 3).name()
    theme.manager().choose("light")
    QApplication.processEvents()
    light = replay.ui.stack.grab().toImage().pixelColor(60, 3).name()
    assert (dark, light) == ("#1b1f26", "#ffffff")


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

    def run(
        self, context: JobContext, policies: Sequence[str], values: Mapping[str, float]
    ) -> ReplayView:
        self._runs += 1
        if self._runs == 3:  # the first two show the day
            raise ZeroDivisionError("a bug")
        view: ReplayView = self._session.run(context, policies, values)
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
