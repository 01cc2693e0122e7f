"""Editing traces on the Traces page: crop, resample, save, rename, delete, undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from tests.gui.traces_bench import OWN, MakeBench, crop
from workbench.context import read_trace
from workbench.core.errors import InputFileError
from workbench.services.trace_library import TraceLibrary


def test_a_crop_can_be_undone_and_done_again(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    crop(bench, 20, 59)
    assert page.view is not None and len(page.view.trace) == 40
    assert page.edited_ids == [OWN]
    assert "cropped to 09:00:20-09:00:59" in page.view.trace.info.notes["edits"]
    page.store.undo()
    assert len(page.view.trace) == 200 and page.edited_ids == []
    page.store.redo()
    assert len(page.view.trace) == 40
    assert len(read_trace(bench.path(OWN))) == 200  # nothing is written yet


def test_saving_an_own_trace_replaces_it(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    crop(bench, 20, 59)
    bench.page.ui.save_button.click()
    bench.settle()
    assert len(read_trace(bench.path(OWN))) == 40
    assert bench.page.edited_ids == []
    assert not bench.page.ui.save_button.isEnabled()


def test_saving_the_trace_in_use_says_that_it_changed(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    bench.page.shell.workspace.choose("trace", OWN)
    before = bench.page.shell.workspace.revision("trace")
    crop(bench, 20, 59)
    bench.page.save()
    bench.settle()
    assert bench.page.shell.workspace.revision("trace") == before + 1


def test_an_edit_of_a_shipped_trace_is_saved_as_a_copy(make_bench: MakeBench) -> None:
    bench = make_bench(own=False)
    bench.select("sample_day")
    crop(bench, 3600, 7200)
    bench.page.save()
    bench.settle()
    assert bench.own_files() == ["sample_day_copy"]
    assert bench.page.selected == "sample_day_copy"
    assert len(read_trace(bench.path("sample_day_copy"))) == 3601
    bench.select("sample_day")
    assert bench.page.view is not None and len(bench.page.view.trace) == 28_800


def test_resampling_keeps_states_and_says_how_many_samples_there_will_be(
    make_bench: MakeBench,
) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.editing.begin_resample()
    page.ui.edit_bar.rate.setValue(0.1)
    assert "20 samples instead of 200" in page.ui.edit_bar._outcome.text()
    page.ui.edit_bar.apply.click()
    bench.settle()
    assert page.view is not None and len(page.view.trace) == 20


def test_a_crop_of_nothing_or_everything_cannot_be_applied(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.editing.begin_crop()
    page.editing.set_region(-100, 1e6)
    assert not page.ui.edit_bar.apply.isEnabled()
    page.editing.set_region(10.2, 10.8)
    assert not page.ui.edit_bar.apply.isEnabled()
    page.editing.set_region(10, 20)
    assert page.ui.edit_bar.apply.isEnabled()


def test_crop_times_can_be_typed(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench()
    bench.select(OWN)
    bar = bench.page.ui.edit_bar
    bench.page.editing.begin_crop()
    bar.from_edit.setText("09:00:30")
    bar.from_edit.editingFinished.emit()
    region = bench.page.ui.stack.region
    assert region is not None and region[0] == 30.0
    bar.to_edit.setText("soon")
    bar.to_edit.editingFinished.emit()
    assert not bar.apply.isEnabled()
    bench.page._escape()
    assert bench.page.ui.stack.region is None and not bar.isVisible()


def test_deleting_asks_and_can_be_undone(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.delete()
    assert page.confirmation is not None
    page.confirmation.button(QMessageBox.StandardButton.Cancel).click()
    bench.settle()
    assert bench.own_files() == [OWN]
    page.delete()
    assert page.confirmation is not None
    page.confirmation.button(QMessageBox.StandardButton.Yes).click()
    bench.settle()
    assert bench.own_files() == [] and OWN not in page.ui.list.ids
    page.store.undo()
    bench.settle()
    assert bench.own_files() == [OWN] and page.selected == OWN


def test_renaming_and_duplicating_can_be_undone(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.begin_rename()
    page.ui.edit_bar.name_edit.setText("Another walk")
    page.ui.edit_bar.apply.click()
    bench.settle()
    assert page.ui.heading.text() == "Another walk"
    page.store.undo()
    bench.settle()
    assert read_trace(bench.path(OWN)).info.title == "My walk"
    page.duplicate()
    bench.settle()
    assert bench.own_files() == [OWN, "my_walk_copy"]
    page.store.undo()
    bench.settle()
    assert bench.own_files() == [OWN]


def test_a_shipped_trace_cannot_be_renamed_or_deleted(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select("sample_day")
    page = bench.page
    page.delete()
    assert page.confirmation is None
    names = {action.text() for action in page.commands()}
    assert "Duplicate" in names and "Delete" not in names and "Rename" not in names


def test_edits_that_were_not_saved_are_kept_as_copies(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    crop(bench, 20, 59)
    bench.page.save_state()
    assert bench.own_files() == [OWN, "my_walk_edited"]


def test_the_ends_of_a_crop_can_be_put_at_the_playhead(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.ui.stack.show_at(20.0)
    page.editing.crop_from()
    page.ui.stack.show_at(60.0)
    page.editing.crop_to()
    assert page.ui.stack.region == (20.0, 60.0)


def test_an_edit_survives_that_its_copy_cannot_be_written(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(own=False)
    bench.select("sample_day")
    crop(bench, 3600, 7200)

    def full(_library: TraceLibrary, _trace: object) -> str:
        raise InputFileError("x.csv", "cannot be written (No space left on device)")

    with monkeypatch.context() as patch:
        patch.setattr(TraceLibrary, "add", full)
        bench.page.save()
        bench.settle()
    assert "No space left" in bench.said[-1]
    assert bench.page.edited_ids == ["sample_day"]
    bench.page.save()
    bench.settle()
    assert bench.own_files() == ["sample_day_copy"]


def test_dragging_an_edge_changes_what_a_crop_keeps(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    page, stack = bench.page, bench.page.ui.stack
    page.editing.begin_crop()
    lanes = stack._lanes_rect()
    left, right = stack._edges
    left.dragged.emit(left, lanes.left() + 0.5 * lanes.width())
    assert stack.region is not None
    assert stack.region[0] == pytest.approx(99.5, abs=1.0)
    assert page.ui.edit_bar.from_edit.text() == "09:01:39"
    right.dragged.emit(right, lanes.left())  # past the other edge: nothing is left, not a swap
    assert stack.region[0] == stack.region[1]
    page.ui.edit_bar.cancel.click()
    assert stack.region is None and not left.isVisible()


def test_keys_crop_save_and_undo(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.ui.stack.setFocus()
    qtbot.keyClick(page.ui.stack, Qt.Key.Key_C)
    assert page.ui.edit_bar.mode == "crop"
    qtbot.keyClick(page.ui.stack, Qt.Key.Key_Escape)
    assert not page.editing.open
    crop(bench, 20, 59)
    qtbot.keyClick(page.ui.stack, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    bench.settle()
    assert page.edited_ids == []
