"""The Compare page: a study as a grid of tasks and platforms."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from tests.helpers.contexts import RecordingContext
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.compare import ComparePage
from workbench.gui.widgets.study_dialog import StudyDialog
from workbench.jobs import Job, run_in_thread
from workbench.services.study_executors import Workers
from workbench.services.study_records import StudyPlan
from workbench.services.study_running import run_study


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
    run_study(RecordingContext(), small_plan(), root, workers=threads)
    (cell,) = (root / "cells").glob("fashion_mnist-jetson_nano-static-*.json")
    cell.unlink()
    return root


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
