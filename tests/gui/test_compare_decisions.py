"""The Compare page: the times at which two policies, or two settings of one, differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.compare_bench import opened
from tests.gui.waiting import wait_until_settled
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.compare import ComparePage
from workbench.gui.pages.replay import ReplayPage
from workbench.gui.presenters.compare_backend import Contender
from workbench.services.replay_command import ReplayNames
from workbench.services.replay_export import export_replay, replay_report


@pytest.fixture
def decisions(qtbot: QtBot, compare: ComparePage) -> ComparePage:
    compare.show_view("decisions")
    wait_until_settled(qtbot, compare)
    return compare


def test_the_times_at_which_two_policies_differ_are_listed(decisions: ComparePage) -> None:
    view = decisions.ui.decisions.view
    assert view is not None
    assert (view.differing.first.policy, view.differing.second.policy) == ("runtime3c", "static")
    rows = decisions.ui.decisions.list.rows
    assert len(rows) == view.differing.comparison.totals.spans > 3
    assert all(row.operators[0] != row.operators[1] for row in rows)
    assert rows[0].why[0] and not rows[0].why[1]
    assert view.tiles[0].value == f"{100 * view.differing.comparison.totals.time_share:.0f}"


def test_enter_on_a_row_shows_that_moment_on_the_replay_page(
    qtbot: QtBot, window: MainWindow, decisions: ComparePage
) -> None:
    shown = decisions.ui.decisions.list
    QTest.keyClick(shown, Qt.Key.Key_Down)
    QTest.keyClick(shown, Qt.Key.Key_Return)
    page = window.page("replay")
    assert window.current_page == "replay" and isinstance(page, ReplayPage)
    wait_until_settled(qtbot, page)
    assert page.t_s == pytest.approx(shown.rows[1].t_s)
    assert page.ui.chips.primary == "runtime3c"


def test_two_settings_of_one_policy_are_compared(qtbot: QtBot, decisions: ComparePage) -> None:
    bar = decisions.ui.decisions.second
    bar.choose(Contender("runtime3c"))
    decisions.ui.decisions.wanted.emit()
    wait_until_settled(qtbot, decisions)
    assert not decisions.ui.decisions.list.rows
    assert "the same configurations throughout" in decisions.ui.decisions._note.text()
    slider = next(s for s in bar.sliders if s.knob.key == "loss_limit_points")
    slider.set_value(0.5)
    wait_until_settled(qtbot, decisions)
    assert bar._settings.text() == "Loss ≤ 0.5 pp ▾"
    rows = decisions.ui.decisions.list.rows
    assert rows
    # The strict one is never less accurate where the two differ.
    for span in decisions.ui.decisions.view.differing.comparison.spans:  # type: ignore[union-attr]
        assert span.second.accuracy_percent >= span.first.accuracy_percent


def test_swapping_turns_the_sums_around(qtbot: QtBot, decisions: ComparePage) -> None:
    def energy() -> float:
        view = decisions.ui.decisions.view
        assert view is not None
        joules = view.differing.comparison.totals.energy_j
        assert joules is not None
        return joules

    before = energy()
    decisions.ui.decisions.swap.click()
    wait_until_settled(qtbot, decisions)
    assert energy() == pytest.approx(-before)
    assert before < 0


def test_differing_decisions_are_exported(
    decisions: ComparePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "decisions.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    decisions.ask_export()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(decisions.ui.decisions.list.rows)
    assert lines[0].startswith("t_s,time_of_day")


def test_sums_rise_to_what_the_tiles_say(decisions: ComparePage) -> None:
    view = decisions.ui.decisions.view
    assert view is not None
    energy, busy, wrong = view.sums
    totals = view.differing.comparison.totals
    assert (energy.total, busy.total, wrong.total) == pytest.approx(
        (totals.energy_j, totals.busy_s, totals.wrong)
    )
    for running in view.sums:
        times = [t_s for t_s, _ in running.points]
        assert times == sorted(times) and times[-1] == view.end_s
    plots = decisions.ui.decisions.sums
    assert "Energy so far over the trace, in the end −" in plots[0].accessibleName()


def test_the_strip_picks_a_span_and_the_list_copies_all(decisions: ComparePage) -> None:
    strip, shown = decisions.ui.decisions.strip, decisions.ui.decisions.list
    view = decisions.ui.decisions.view
    assert view is not None
    span = view.differing.comparison.spans[2]
    x = round((span.t_s + span.end_s) / 2 / view.end_s * strip.width())
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(x, 6))
    assert shown.currentIndex().row() == 2
    shown.copy_csv()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == len(shown.rows) + 1
    assert lines[0].startswith("t_s,time_of_day,end_s,inferences,first_configuration,first_why")


def test_a_saved_run_is_compared_with_a_new_one(
    qtbot: QtBot, decisions: ComparePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = decisions.ui.decisions
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path))
    view.second._policies.setCurrentIndex(view.second._policies.count() - 1)
    view.second._on_policy(view.second._policies.count() - 1)
    assert "holds no replay" in view.error._message.text()
    assert view.second.contender == Contender("static")
    session = opened("fashion_mnist", "redmi_3s", "sample_day")._comparison
    names = ReplayNames("fashion_mnist", "redmi_3s", "sample_day")
    result = session.replay(("static", "backbone"), session.settings)
    report = replay_report(result, session.deployment, session.trace, names, plots=False)
    export_replay(report, tmp_path, plots=False, force=True)
    before = view.view
    view.second._on_policy(view.second._policies.count() - 1)
    wait_until_settled(qtbot, decisions)
    assert view.second.contender == Contender("static", (), str(tmp_path))
    assert not view.second._settings.isEnabled()
    assert view.view is not None and view.view is not before and before is not None
    assert view.view.differing.comparison.totals.energy_j == pytest.approx(
        before.differing.comparison.totals.energy_j, rel=1e-4
    )
    view.swap.click()
    wait_until_settled(qtbot, decisions)
    assert view.first.contender.folder == str(tmp_path) and not view.second.contender.folder
