"""The Compare page: real replays on the shipped network, sorted, plotted and exported."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.compare_bench import POLICIES, opened
from tests.gui.waiting import wait_until_settled
from workbench.core.errors import InputFileError
from workbench.gui import theme
from workbench.gui.compare_services import ServicesCompare, ServicesSession
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.compare import ComparePage
from workbench.gui.pages.replay import ReplayPage


def names(page: ComparePage) -> list[str]:
    return [row.policy for row in page.ui.policies.table.rows]


def test_remembered_policies_are_replayed_as_often_as_wanted(compare: ComparePage) -> None:
    assert names(compare) == list(POLICIES)
    assert {row.runs for row in compare.board.rows} == {5}
    assert compare.ui.status.text == "15 replays"
    assert compare.ui.subtitle.text().startswith("Clothes (Fashion-MNIST) on Xiaomi Redmi 3S")
    figure = compare.board.rows[0].figures["latency_mean_ms"]
    assert figure.low is not None and figure.high is not None
    assert figure.low < figure.mean < figure.high


def test_another_policy_needs_only_its_own_replays(qtbot: QtBot, compare: ComparePage) -> None:
    before = dict(compare.runner.known.outcomes)  # type: ignore[union-attr]
    compare.ui.chips.bring("backbone")
    wait_until_settled(qtbot, compare)
    assert "backbone" in names(compare)
    known = compare.runner.known
    assert known is not None
    assert len(known.outcomes) == 20
    assert all(known.outcomes[key] is outcome for key, outcome in before.items())


def test_a_click_on_a_heading_sorts_and_plots_the_column(compare: ComparePage) -> None:
    table = compare.ui.policies.table
    header = table.horizontalHeader()
    keys = [column.key for column in compare.board.columns]
    section = keys.index("accuracy_percent") + 1
    spot = QPoint(header.sectionViewportPosition(section) + 5, 8)
    for wanted in (("accuracy_percent", True), ("accuracy_percent", False), ("", False)):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        assert table.sorted_by == wanted
    assert compare.ui.policies.measure.key == "accuracy_percent"


def test_keys_sort_copy_and_put_a_policy_in_front(compare: ComparePage) -> None:
    table = compare.ui.policies.table
    keys = [column.key for column in compare.board.columns]
    table.setCurrentIndex(table.model().index(0, keys.index("latency_mean_ms") + 1))
    QTest.keyClick(table, Qt.Key.Key_S)
    means = [row.figures["latency_mean_ms"].mean for row in table.rows]
    assert means == sorted(means)
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert compare.ui.chips.primary == table.policy == names(compare)[1]
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["policy", *names(compare)]


def test_screen_readers_hear_figure_interval_and_mark(compare: ComparePage) -> None:
    table = compare.ui.policies.table
    index = table.model().index(0, 2)
    spoken = str(table.model().data(index, Qt.ItemDataRole.AccessibleTextRole))
    assert spoken.startswith("runtime3c, latency mean: ")
    assert "95 %" in spoken and spoken.endswith("estimated")


def test_plots_follow_the_table(compare: ComparePage) -> None:
    policies = compare.ui.policies
    assert [row.key for row in policies.dots.rows] == list(POLICIES)
    assert [row.key for row in policies.times.rows] == ["static", "fixed:ch50"]
    assert {spot.name for spot in policies.scatter.spots} == set(POLICIES)
    QTest.keyClick(policies.dots, Qt.Key.Key_Down)
    assert policies.table.policy == policies.dots.chosen
    policies.switch_axis()
    assert policies.axis == "latency"
    assert policies.scatter.spots[0].cost.mean == pytest.approx(
        compare.board.rows[0].figures["latency_mean_ms"].mean
    )


def test_a_policy_without_baselines_to_beat_says_what_is_missing(compare: ComparePage) -> None:
    compare.ui.chips.put_in_front("static")
    assert not compare.ui.policies.times.rows
    assert "choose a policy that adapts" in compare.ui.policies._times_head.text()


def test_published_figures_are_told_apart_from_what_was_obtained(compare: ComparePage) -> None:
    latency, energy, _ = compare.ui.policies.strip.claims
    assert (latency.published, energy.published) == ("up to 3.1×", "up to 4.2×")
    assert latency.provenance == "estimated"
    assert "Nothing of it was measured" in compare.ui.policies.strip._published.toolTip()


def test_another_device_is_replayed_and_the_first_comes_back_at_once(
    qtbot: QtBot, window: MainWindow, compare: ComparePage
) -> None:
    first = compare.board.rows[0].figures["latency_mean_ms"].mean
    window.shell.workspace.choose("device", "jetson_nano")
    wait_until_settled(qtbot, compare)
    assert compare.board.rows[0].figures["latency_mean_ms"].mean != first
    assert compare.ui.policies.axis == "latency"  # that profile knows no power
    window.shell.workspace.choose("device", "redmi_3s")
    assert not compare.runner.busy
    assert compare.board.rows[0].figures["latency_mean_ms"].mean == first


def test_the_table_is_exported_in_the_format_of_its_name(
    compare: ComparePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_args: (str(path), "Markdown (*.md)")
    )
    compare.ask_export()
    assert "`runtime3c`" in (tmp_path / "table.md").read_text(encoding="utf-8")


def test_a_policy_can_be_looked_at_on_the_replay_page(
    qtbot: QtBot, window: MainWindow, compare: ComparePage
) -> None:
    compare.ui.policies.table.replay_asked.emit("fixed:ch50")
    page = window.page("replay")
    assert window.current_page == "replay" and isinstance(page, ReplayPage)
    wait_until_settled(qtbot, page)
    assert page.ui.chips.primary == "fixed:ch50"


class BrokenBackend(ServicesCompare):
    broken = True

    def open(self, network: str, device: str, trace: str) -> ServicesSession:
        if self.broken:
            raise InputFileError("day.csv", "time goes back", "Sort the rows.", line=17)
        return opened(network, device, trace)


def test_a_bad_trace_is_explained_and_can_be_tried_again(qtbot: QtBot, window: MainWindow) -> None:
    window.shell.settings.set_text("compare/policies", "static")
    window.shell.settings.set_text("compare/repeats", "1")
    backend = BrokenBackend()
    page = ComparePage(window.shell, backend)
    qtbot.addWidget(page)
    page.show()
    page.on_shown()
    wait_until_settled(qtbot, page)
    assert page.ui.error._message.text() == "day.csv, line 17: time goes back"
    backend.broken = False
    page.ui.error.retry.click()
    wait_until_settled(qtbot, page)
    assert page.board.rows and not page.ui.error.isVisible()


def test_without_a_trace_the_page_says_what_is_missing(window: MainWindow) -> None:
    window.shell.workspace.take({"trace": []})
    window.show_page("compare")
    page = window.page("compare")
    assert isinstance(page, ComparePage)
    assert page.ui._empty._heading.text() == "There is no trace to compare with"
    page.ui._empty.acted.emit()
    assert window.current_page == "traces"


def test_a_theme_change_recolours_the_table_and_the_plots(compare: ComparePage) -> None:
    QApplication.processEvents()
    grounds = []
    for name in ("dark", "light"):
        theme.manager().choose(name)
        QApplication.processEvents()
        picture = compare.ui.policies.table.grab().toImage()
        grounds.append(picture.pixelColor(picture.width() - 8, 4).name())
    assert grounds == ["#1b1f26", "#ffffff"]


def test_chips_go_on_in_the_next_line_where_there_is_no_room(
    window: MainWindow, compare: ComparePage
) -> None:
    window.resize(1024, 700)
    for name in compare.runner.known.session.policies:  # type: ignore[union-attr]
        compare.ui.chips._append(name) if name not in compare.ui.chips._chips else None
    QApplication.processEvents()
    chips = compare.ui.chips
    assert window.width() == 1024
    assert all(chip.geometry().right() <= chips.width() for chip in chips._chips.values())
    assert len({chip.y() for chip in chips._chips.values()}) > 1
