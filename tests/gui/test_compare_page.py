"""The Compare page: real replays on the shipped network, sorted, plotted and exported."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance
from workbench.export.proxy_report import ProxyCheck, ProxyRank, Tau
from workbench.gui import theme
from workbench.gui.compare_services import ServicesCompare, ServicesSession
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.compare import ComparePage
from workbench.gui.pages.replay import ReplayPage
from workbench.gui.presenters.compare_backend import Contender
from workbench.gui.widgets.study_dialog import StudyDialog
from workbench.jobs import Job, JobContext, run_in_thread
from workbench.services.comparing import Comparison, RepeatOutcome
from workbench.services.replay_command import ReplayNames
from workbench.services.replay_export import export_replay, replay_report
from workbench.services.study_executors import Workers
from workbench.services.study_records import StudyPlan
from workbench.services.study_running import run_study

POLICIES = ("runtime3c", "static", "fixed:ch50")


@functools.cache
def opened(network: str, device: str, trace: str) -> ServicesSession:
    """Opened once for all tests, each replay once: they are about the page."""
    comparison = Comparison.open(network, device, trace)
    once = functools.cache(comparison.outcome)

    def outcome(policy: str, repeat: int, _context: object = None) -> RepeatOutcome:
        return once(policy, repeat)

    comparison.outcome = outcome  # type: ignore[method-assign]
    return ServicesSession(comparison)


class CachedBackend(ServicesCompare):
    def open(self, network: str, device: str, trace: str) -> ServicesSession:
        return opened(network, device, trace)


@pytest.fixture
def compare(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> ComparePage:
    """The page with three policies, replayed five times each."""
    monkeypatch.setattr("workbench.gui.compare_services.ServicesCompare", CachedBackend)
    window.shell.settings.set_text("compare/policies", " ".join(POLICIES))
    window.shell.settings.set_text("compare/repeats", "5")
    window.show_page("compare")
    page = window.page("compare")
    assert isinstance(page, ComparePage)
    wait_until_settled(qtbot, page)
    return page


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


# ---- decisions -----------------------------------------------------------------------------------


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


# ---- tasks x platforms ---------------------------------------------------------------------------


@functools.cache
def small_plan() -> StudyPlan:
    return StudyPlan(
        ("fashion_mnist",), ("redmi_3s", "jetson_nano"), ("runtime3c", "static", "fixed:fire"),
        repeats=2, contexts=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two platforms; the static policy is missing on one."""
    root = tmp_path_factory.mktemp("study")
    run_study(JobContextStub(), small_plan(), root, workers=threads)
    (cell,) = (root / "cells").glob("fashion_mnist-jetson_nano-static-*.json")
    cell.unlink()
    return root


class JobContextStub(JobContext):
    """A context that nobody listens to."""

    def progress(self, fraction, message="", detail=None) -> None:  # type: ignore[no-untyped-def]
        ...

    def log(self, text, level="info") -> None:  # type: ignore[no-untyped-def]
        ...

    cancelled = False

    def wait(self, seconds: float) -> bool:
        return False


def threads() -> Workers:
    """Cells on a thread: worker processes would take seconds to start."""
    return Workers(lambda: ThreadPoolExecutor(1), 1, "a thread")


@pytest.fixture
def study(qtbot: QtBot, window: MainWindow, folder: Path, compare: ComparePage) -> ComparePage:
    window.shell.settings.set_text("compare/study", str(folder))
    compare.show_view("study")
    wait_until_settled(qtbot, compare)
    return compare


def test_the_study_that_was_open_last_is_shown_as_a_grid(study: ComparePage) -> None:
    view = study.ui.study
    assert [row.paper for row in view.grid.grid.rows] == ["D1", "D2", "D3", "D4", "D5"]
    first = view.grid.grid.rows[0]
    assert [cell.state for cell in first.cells] == ["done", "done"]
    assert first.cells[0].provenance == "estimated"
    assert "fixed:fire" in first.cells[0].story and "estimated" in first.cells[0].story
    untrained = view.grid.grid.rows[1].cells[0]
    assert untrained.command == "adaspring-workbench train --task imagenet --data DIR --out DIR"
    assert view.status.text.endswith("5 of 6 cells")


def test_a_cell_shows_its_policies_and_escape_goes_back(study: ComparePage) -> None:
    view = study.ui.study
    view.grid.setFocus()
    QTest.keyClick(view.grid, Qt.Key.Key_Right)
    QTest.keyClick(view.grid, Qt.Key.Key_Return)
    assert view.place == ("fashion_mnist", "jetson_nano")
    assert [row.policy for row in view.detail.table.rows] == ["runtime3c", "fixed:fire"]
    assert view._place_words.text().startswith("Clothes (Fashion-MNIST) on NVIDIA Jetson Nano")
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.place is None


def test_a_policy_of_a_place_is_replayed_there(
    window: MainWindow, study: ComparePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = study.ui.study
    view.show_place("fashion_mnist", "jetson_nano")
    path = tmp_path / "place.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    study.ask_export()
    assert [line.split(",")[0] for line in path.read_text().splitlines()[1:]] == [
        row.policy for row in view.detail.table.rows
    ]
    view.detail.table.replay_asked.emit("fixed:fire")
    device = window.shell.workspace.current("device")
    assert window.current_page == "replay" and device is not None and device.key == "jetson_nano"


def test_a_cell_without_a_network_offers_the_command_that_makes_one(study: ComparePage) -> None:
    grid = study.ui.study.grid
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert "imagenet" in grid.accessibleDescription()
    assert study.ui.study._command is not None
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert study.ui.study.place is None


def test_the_grid_is_coloured_by_what_is_chosen_and_copied_whole(study: ComparePage) -> None:
    view = study.ui.study
    view.measures.chip("energy").click()
    assert view.grid._measure == "energy"
    view.grid.copy_csv()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 1 + 5 * 2
    assert lines[1].startswith("D1,Clothes (Fashion-MNIST),Xiaomi Redmi 3S,")


def test_a_study_goes_on_where_it_was(
    qtbot: QtBot, study: ComparePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(plan: StudyPlan, folder: Path) -> Job:
        arguments = {"plan": plan, "folder": folder, "workers": threads}
        return run_in_thread(run_study, arguments, name="study")

    monkeypatch.setattr(study.studies.runner, "_start", start)
    study.ui.study.status.continue_asked.emit()
    assert study.studies.runner.running and not study.ui.study.run.isEnabled()
    wait_until_settled(qtbot, study)
    assert study.ui.study.status.text.endswith("6 cells")
    assert study.ui.study.run.isEnabled()


def test_a_folder_without_a_study_is_explained(
    qtbot: QtBot, study: ComparePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path))
    study.studies.ask_open()
    wait_until_settled(qtbot, study)
    view = study.ui.study
    assert "is no study" in view.error._message.text()
    assert view.report is None and view._states.currentWidget() is view._empty


def test_the_dialog_counts_what_there_is_to_do_and_refuses_foreign_folders(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    workspace = window.shell.workspace
    dialog = StudyDialog(
        workspace.choices("network"), workspace.choices("device"), "sample_day", tmp_path / "new"
    )
    qtbot.addWidget(dialog)
    plan = dialog.plan()
    assert set(plan.platforms) == {"redmi_3s", "mi_5s", "jetson_nano"}
    assert (plan.repeats, plan.contexts, plan.trace) == (5, 20, "sample_day")
    assert dialog.size_label.text().startswith(f"{3 * len(plan.tasks)} places of the grid")
    (tmp_path / "mine.txt").write_text("mine")
    dialog._folder.setText(str(tmp_path))
    dialog._on_accept()
    assert "holds files" in dialog._problem.text()
    for spin in (dialog._repeats, dialog._contexts):
        spin.setValue(0)
    assert not dialog._run.isEnabled()
    assert "nothing to run" in dialog.size_label.text()


# ---- proxies -------------------------------------------------------------------------------------


def test_without_measurements_the_proxies_say_where_to_measure(
    qtbot: QtBot, window: MainWindow, compare: ComparePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare.proxy_checks.runner, "_check", lambda: ())
    compare.show_view("proxies")
    wait_until_settled(qtbot, compare)
    view = compare.ui.proxies
    assert view._states.currentWidget() is view.empty
    view.empty.acted.emit()
    assert window.current_page == "profile"


def test_each_measured_device_has_a_card_of_rank_correlations(
    qtbot: QtBot, compare: ComparePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = (
        ProxyRank("macs", "C", "more is slower", Tau(0.5, 0.3, 0.7, 16), Tau(0.6, 0.5, 0.7, 76)),
        ProxyRank("latency_table", "table", "more is slower", Tau(0.9, 0.8, 0.95, 16), None),
    )
    found = ProxyCheck(
        "mine", "My phone", "invented", Provenance.MEASURED, "quick", "2026-01-02", (), ranks
    )
    monkeypatch.setattr(compare.proxy_checks.runner, "_check", lambda: (found, found))
    compare.show_view("proxies")
    wait_until_settled(qtbot, compare)
    cards = compare.ui.proxies.cards
    assert len(cards) == 2
    assert [row.values for row in cards[0].plot.rows] == [("0.50", "0.60"), ("0.90", "–")]
    compare.ui.proxies.copy_csv()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 1 + 2 * 3
    assert compare.ui.subtitle.text() == ""


def test_measurements_that_cannot_be_read_can_be_tried_again(
    qtbot: QtBot, compare: ComparePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> tuple[ProxyCheck, ...]:
        raise InputFileError("my.adaspring", "is damaged", "Restore a copy.")

    monkeypatch.setattr(compare.proxy_checks.runner, "_check", broken)
    compare.show_view("proxies")
    wait_until_settled(qtbot, compare)
    view = compare.ui.proxies
    assert view.error._message.text() == "my.adaspring: is damaged"
    monkeypatch.setattr(compare.proxy_checks.runner, "_check", lambda: ())
    view.error.retry.click()
    wait_until_settled(qtbot, compare)
    assert not view.error.isVisible() and not view.checks
