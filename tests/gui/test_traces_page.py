"""The Traces page: library, edits with undo, recording, import, composing, replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from tests.helpers.traces import make_info, make_trace
from workbench.context import read_trace, write_trace
from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance, Source
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.traces import TracesPage
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.gui.settings import Settings
from workbench.gui.shell import Shell
from workbench.gui.workspace import Workspace
from workbench.jobs import Job, JobContext, JobManager, run_in_thread
from workbench.services.recording import RecordingSettings, RecordingSummary
from workbench.services.trace_library import TraceLibrary

OWN = "my_walk"
PHONE_LOG = """Time,Level,Temp,Current_uA,CPU_Sum
23:58:00,91,305,N/A,40
23:59:00,N/A,N/A,N/A,0
00:00:00,90,311,N/A,160
00:01:00,90,318,N/A,80
"""


class Recorder:
    """Stands for the recording service: reports until it is stopped, then writes."""

    def __init__(self) -> None:
        self.settings: RecordingSettings | None = None

    def __call__(self, settings: RecordingSettings, path: Path) -> Job:
        self.settings = settings
        return run_in_thread(self._record, {"path": path}, name="record")

    @staticmethod
    def _record(context: JobContext, path: Path) -> RecordingSummary:
        number = 0
        while not context.cancelled:
            number += 1
            detail = {
                "t_s": float(number), "battery_percent": 80.0, "free_cache_kib": 900.0,
                "cpu_share": 0.9, "memory_available_mib": 2000.0,
            }  # fmt: skip
            context.progress(min(1.0, number / 100), f"{number} samples", detail)
            context.wait(0.01)
        write_trace(make_trace(info=make_info(title="Kept", origin="recorded")), path)
        return RecordingSummary(str(path), 5, 4.0, True, 0.1, 0.01, {})


class Bench:
    """A page in a shell, and what it said."""

    def __init__(self, page: TracesPage, folder: Path, recorder: Recorder, bot: QtBot) -> None:
        self.page = page
        self.folder = folder
        self.recorder = recorder
        self.went_to: list[str] = []
        self.said: list[str] = []
        self._bot = bot

    def settle(self) -> None:
        """Wait until nothing is read, written or previewed."""
        page = self.page
        self._bot.waitUntil(lambda: not page.busy and not page.compose.busy, timeout=10_000)
        # One more turn of the loop: what ended may have started something.
        QApplication.processEvents()
        self._bot.waitUntil(lambda: not page.busy and not page.compose.busy, timeout=10_000)

    def select(self, trace_id: str) -> None:
        self.page.select(trace_id)
        self.settle()

    def own_files(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.csv"))


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeBench]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "adaspring-workbench" / "traces"
    folder.mkdir(parents=True)
    managers: list[JobManager] = []

    def make(own: bool = True, size: tuple[int, int] = (1360, 820), trace: str = "") -> Bench:
        if own:
            story = {"temperature_c": Source(Provenance.ABSENT, "no sensor; 25 assumed")}
            info = make_info(title="My walk", origin="recorded", column_sources=story)
            write_trace(make_trace(200, info), folder / f"{OWN}.csv")
        settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
        workspace = Workspace(ServicesCatalogue(), settings)
        workspace.load(trace=trace)
        managers.append(JobManager())
        bridge = JobBridge(managers[-1])
        recorder = Recorder()
        went_to: list[str] = []
        said: list[str] = []
        shell = Shell(
            workspace, bridge, settings, notify=lambda text, tone="": said.append(text),
            show_problem=lambda problem: None, go_to=went_to.append,
        )  # fmt: skip
        page = TracesPage(shell, start=recorder)
        workspace.setParent(page)
        bridge.setParent(page)
        qtbot.addWidget(page)
        page.resize(*size)
        page.show()
        page.on_shown()
        bench = Bench(page, folder, recorder, qtbot)
        bench.went_to, bench.said = went_to, said
        bench.settle()
        return bench

    yield make
    for manager in managers:
        assert manager.stop_all() == ()


# ---- library -----------------------------------------------------------------------------------


def test_the_library_lists_own_and_shipped_traces(make_bench: MakeBench) -> None:
    page = make_bench().page
    assert page.ui.list.ids[0] == OWN
    assert "sample_day" in page.ui.list.ids
    assert page.selected == "sample_day"  # the one in use
    assert page.ui.origin_pill.text() == "synthetic"
    assert "28,800 samples" in page.ui.facts.text()


def test_choosing_a_trace_shows_its_lanes_and_where_its_columns_come_from(
    make_bench: MakeBench,
) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    assert page.ui.state_name == "trace"
    assert [lane.key for lane in page.ui.stack.lanes] == [
        "battery_percent", "free_cache_kib", "cpu_share",
    ]  # fmt: skip
    table = page.ui.details.columns
    texts = {table.item(row, 0).text(): table.item(row, 6).text() for row in range(9)}
    assert texts["Battery"] == "a test"
    assert texts["Temperature"] == "no sensor; 25 assumed"


def test_a_broken_file_is_listed_and_says_what_is_wrong(make_bench: MakeBench) -> None:
    bench = make_bench()
    (bench.folder / "broken.csv").write_text("<b>nonsense</b>\n")
    bench.page.refresh()
    bench.settle()
    bench.select("broken")
    assert bench.page.ui.state_name == "nothing"
    assert bench.page.ui.error.isVisibleTo(bench.page)
    assert not bench.page.ui.crop_button.isEnabled()
    bench.select(OWN)
    assert bench.page.ui.state_name == "trace"


def test_text_of_a_file_is_never_read_as_markup(make_bench: MakeBench) -> None:
    bench = make_bench(own=False)
    info = make_info(title="<b>bold</b>", device="<img src=x>")
    write_trace(make_trace(info=info), bench.folder / "markup.csv")
    bench.page.refresh("markup")
    bench.settle()
    assert bench.page.ui.heading.textFormat() == Qt.TextFormat.PlainText
    assert bench.page.ui.heading.text() == "<b>bold</b>"
    items = bench.page.ui.list.findItems("<b>bold</b>", Qt.MatchFlag.MatchContains)
    assert "<b>bold" not in items[0].toolTip()


def test_replay_uses_the_trace_and_goes_to_replay(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    bench.page.ui.replay_button.click()
    bench.settle()
    current = bench.page.shell.workspace.current("trace")
    assert current is not None and current.key == OWN
    assert bench.went_to == ["replay"]


# ---- edits -------------------------------------------------------------------------------------


def crop(bench: Bench, low: float, high: float) -> None:
    bench.page.editing.begin_crop()
    bench.page.editing.set_region(low, high)
    bench.page.ui.edit_bar.apply.click()
    bench.settle()


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
    assert len(read_trace(bench.folder / f"{OWN}.csv")) == 200  # nothing is written yet


def test_saving_an_own_trace_replaces_it(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    crop(bench, 20, 59)
    bench.page.ui.save_button.click()
    bench.settle()
    assert len(read_trace(bench.folder / f"{OWN}.csv")) == 40
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
    assert len(read_trace(bench.folder / "sample_day_copy.csv")) == 3601
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
    assert read_trace(bench.folder / f"{OWN}.csv").info.title == "My walk"
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


# ---- recording ---------------------------------------------------------------------------------


def test_a_recording_is_stopped_kept_and_shown(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench()
    page = bench.page
    page.open_record()
    page.record.title.setText("Kept")
    page.record.minutes.setValue(0)
    page.record.begin_button.click()
    qtbot.waitUntil(lambda: "samples" in page.record.status.text(), timeout=5000)
    assert page.record.running and not page.record.begin_button.isEnabled()
    assert bench.recorder.settings is not None and bench.recorder.settings.duration_s is None
    page.record.stop_button.click()
    qtbot.waitUntil(lambda: not page.record.running, timeout=5000)
    bench.settle()
    assert page.selected == "kept" and page.ui.origin_pill.text() == "recorded"
    assert "Stopped and kept" in page.record.status.text()


# ---- composing ---------------------------------------------------------------------------------


def test_a_scenario_is_previewed_and_made(make_bench: MakeBench) -> None:
    bench = make_bench(own=False)
    page = bench.page
    page.open_compose()
    bench.settle()
    assert page.ui.state_name == "compose" and page.compose.stack.lanes
    page.compose.title.setText("Busy hour")
    page.compose.hours.setValue(1)
    page.compose.bursts.setValue(3)
    bench.settle()
    page.compose.create_button.click()
    bench.settle()
    assert bench.own_files() == ["busy_hour"]
    made = read_trace(bench.folder / "busy_hour.csv")
    assert made.info.origin == "synthetic" and len(made) == 3600
    assert page.selected == "busy_hour" and page.ui.state_name == "trace"


def test_a_wrong_time_of_charging_is_said_at_once(make_bench: MakeBench) -> None:
    bench = make_bench(own=False)
    page = bench.page
    page.open_compose()
    page.compose.charge_from.setText("12:00")
    page.compose.charge_to.setText("11:00")
    bench.settle()
    assert page.compose.problem.isVisible()
    assert not page.compose.create_button.isEnabled()
    page.compose.charge_to.setText("13:00")
    bench.settle()
    assert page.compose.create_button.isEnabled()


# ---- import ------------------------------------------------------------------------------------


def open_log(bench: Bench, qtbot: QtBot, text: str = PHONE_LOG):  # type: ignore[no-untyped-def]
    path = bench.folder.parent / "log_2026-01-31.csv"
    path.write_text(text)
    bench.page.importing.open_empty()
    dialog = bench.page.importing.dialog
    assert dialog is not None
    dialog.open_path(path)
    qtbot.waitUntil(lambda: not dialog.busy, timeout=5000)
    return dialog


def test_a_phone_log_is_imported(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench(own=False)
    dialog = open_log(bench, qtbot)
    assert dialog.mapping("temperature_c")[0].currentText() == "Temp"
    assert dialog.mapping("temperature_c")[1].currentText() == "0.1 °C"
    assert dialog.problems.item(0).text() == "line 3: no value in 'Level' ('N/A'), left out"
    dialog.title.setText("Phone")
    qtbot.waitUntil(lambda: not dialog.busy, timeout=5000)
    dialog.import_button.click()
    bench.settle()
    assert bench.own_files() == ["phone"]
    trace = read_trace(bench.folder / "phone.csv")
    assert trace.t_s.tolist() == [0.0, 120.0, 180.0]
    assert bench.page.selected == "phone" and bench.page.importing.dialog is None


def test_the_mapping_is_checked_while_it_is_changed(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench(own=False)
    dialog = open_log(bench, qtbot)
    columns, _units = dialog.mapping("battery_percent")
    columns.setCurrentIndex(columns.findText("Current_uA"))
    assert not dialog.import_button.isEnabled()
    qtbot.waitUntil(lambda: not dialog.busy, timeout=5000)
    assert "nothing that can be read as battery_percent" in dialog.problems.item(0).text()
    assert not dialog.import_button.isEnabled()
    columns.setCurrentIndex(columns.findText("Level"))
    qtbot.waitUntil(lambda: not dialog.busy, timeout=5000)
    assert dialog.import_button.isEnabled()
    dialog.reject()


def test_cores_and_formula_change_the_share(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench(own=False)  # held: collecting it would take the dialog with it
    dialog = open_log(bench, qtbot)
    dialog.cores.setValue(4)
    dialog.formula.setCurrentIndex(dialog.formula.findData("rest"))
    qtbot.waitUntil(lambda: not dialog.busy, timeout=5000)
    assert dialog.state.result.trace["cpu_share"].tolist() == [0.9, 0.6, 0.8]
    dialog.reject()


def test_what_is_no_table_is_an_error_in_the_dialog(make_bench: MakeBench, qtbot: QtBot) -> None:
    dialog = open_log(make_bench(own=False), qtbot, "one\ntwo\n")
    assert dialog.error.isVisibleTo(dialog)
    assert not dialog.import_button.isEnabled()
    dialog.reject()


# ---- the page as a whole -----------------------------------------------------------------------


def test_every_control_has_a_name(make_bench: MakeBench) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit

    page = make_bench().page
    for kind in (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit):
        for widget in page.findChildren(kind):
            if isinstance(widget.parent(), QAbstractSpinBox | QMessageBox):
                continue
            if widget.parent() is not None and "QTable" in type(widget.parent()).__name__:
                continue
            named = widget.accessibleName() or getattr(widget, "text", str)()
            assert named or widget.toolTip(), widget


def test_it_fits_a_small_window_and_follows_the_theme(make_bench: MakeBench) -> None:
    bench = make_bench(size=(948, 628))
    page = bench.page
    assert page.minimumSizeHint().width() <= 948
    assert page.ui.heading.width() > 0
    theme.manager().choose("light")
    QApplication.processEvents()
    assert page.grab().toImage().pixelColor(2, 2).lightness() > 200


def test_a_trace_of_the_workbench_needs_no_mapping(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench(own=False)
    path = bench.folder.parent / "given.csv"
    write_trace(make_trace(info=make_info(title="Given")), path)
    bench.page.importing.open(str(path))
    qtbot.waitUntil(lambda: bench.page.importing.dialog is None, timeout=5000)
    bench.settle()
    assert bench.own_files() == ["given"]


def test_the_ends_of_a_crop_can_be_put_at_the_playhead(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.ui.stack.show_at(20.0)
    page.editing.crop_from()
    page.ui.stack.show_at(60.0)
    page.editing.crop_to()
    assert page.ui.stack.region == (20.0, 60.0)


def test_a_file_opened_by_its_path_is_listed_and_left_as_it_is(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = tmp_path / "elsewhere.csv"
    write_trace(make_trace(50, make_info(title="Elsewhere")), path)
    before = path.read_bytes()
    bench = make_bench(own=False, trace=str(path))
    assert bench.page.selected == str(path)
    crop(bench, 10, 19)
    bench.page.save()
    bench.settle()
    assert path.read_bytes() == before
    assert bench.own_files() == ["elsewhere_copy"]


def test_a_list_that_comes_late_does_not_close_a_form(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.page.open_compose()
    bench.settle()
    bench.page.on_shown()
    bench.settle()
    assert bench.page.ui.state_name == "compose"


def test_a_broken_own_file_can_be_deleted(make_bench: MakeBench) -> None:
    bench = make_bench(own=False)
    (bench.folder / "broken.csv").write_text("nonsense\n")
    bench.page.refresh("broken")
    bench.settle()
    bench.page.delete()
    assert bench.page.confirmation is not None
    bench.page.confirmation.button(QMessageBox.StandardButton.Yes).click()
    bench.settle()
    assert bench.own_files() == []


def test_what_was_read_too_late_does_not_take_the_page_back(make_bench: MakeBench) -> None:
    bench = make_bench()
    (bench.folder / "other.csv").write_bytes((bench.folder / f"{OWN}.csv").read_bytes())
    bench.page.refresh()
    bench.settle()
    bench.page.select(OWN)
    bench.page.select("other")
    bench.settle()
    assert bench.page.selected == "other"


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


def test_the_keyboard_reaches_lists_tools_and_lanes_in_order(
    make_bench: MakeBench, qtbot: QtBot
) -> None:
    bench = make_bench()
    bench.select(OWN)
    page = bench.page
    page.ui.list.setFocus()
    reached = []
    for _ in range(6):
        qtbot.keyClick(QApplication.focusWidget() or page, Qt.Key.Key_Tab)
        reached.append(QApplication.focusWidget())
    assert page.ui.crop_button in reached and page.ui.replay_button in reached
    assert reached.index(page.ui.crop_button) < reached.index(page.ui.replay_button)
    assert page.ui.stack in reached


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
