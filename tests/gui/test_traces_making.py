"""Making traces on the Traces page: recording, composing, import."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.gui.traces_bench import PHONE_LOG, Bench, MakeBench
from tests.helpers.traces import make_info, make_trace
from workbench.context import read_trace, write_trace
from workbench.gui.device_desk import Wanted

# ---- recording ---------------------------------------------------------------------------------


def test_a_recording_is_stopped_kept_and_shown(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench()
    page = bench.page
    page.open_record()
    page.record.form.title.setText("Kept")
    page.record.form.minutes.setValue(0)
    page.record.form.begin_button.click()
    qtbot.waitUntil(lambda: "samples" in page.record.status.text(), timeout=5000)
    assert page.record.running and not page.record.form.begin_button.isEnabled()
    assert bench.recorder.settings is not None and bench.recorder.settings.duration_s is None
    page.record.form.stop_button.click()
    qtbot.waitUntil(lambda: not page.record.running, timeout=5000)
    bench.settle()
    assert page.selected == "kept" and page.ui.origin_pill.text() == "recorded"
    assert "Stopped and kept" in page.record.status.text()


def test_a_phone_is_recorded_with_its_gap_marked(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench()
    page, form = bench.page, bench.page.record.form
    bench.shell.desk.addresses = ("127.0.0.1:5801",)
    bench.shell.desk.ask("traces", Wanted("A1"))
    page.on_shown()
    qtbot.waitUntil(lambda: page.record.settled, timeout=5000)
    assert bench.recorder.addresses == [("127.0.0.1:5801",)]
    assert form.device_key == "A1" and form.title.text().startswith("Phone one, ")
    assert form.rate.maximum() == 10.0
    form.minutes.setValue(0)
    form.rate.setValue(10)
    form.begin_button.click()
    qtbot.waitUntil(lambda: bool(page.record.gaps), timeout=5000)
    assert bench.recorder.device == "A1"
    assert page.record.gaps == ((3.0, 64.0),)
    assert bench.shell.desk.use_of("A1") == "being recorded"
    qtbot.waitUntil(lambda: "sampler 0.25 % of a core" in page.record.status.text(), timeout=5000)
    assert "1 gap" in page.record.status.text()
    qtbot.waitUntil(lambda: bool(page.record.stack.lanes), timeout=5000)
    assert [lane.key for lane in page.record.stack.lanes][-1] == "temperature_c"
    form.stop_button.click()
    qtbot.waitUntil(lambda: not page.record.running, timeout=5000)
    bench.settle()
    said = page.record.status.text()
    for words in ("sampler took 0.25 %", "within 1.2 ms", "1 gap of 61 s", "simulated"):
        assert words in said
    assert bench.shell.desk.use_of("A1") == ""
    assert page.selected.startswith("phone_one_")


def test_a_phone_that_cannot_be_recorded_says_why(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench()
    record = bench.page.record
    bench.page.open_record()
    qtbot.waitUntil(lambda: record.settled, timeout=5000)
    assert record.form.begin_button.isEnabled()
    assert record.form.choose_device("B2")
    assert "accept the key" in record.form.blocked
    assert not record.form.begin_button.isEnabled()
    assert record.form.choose_device("A1") and record.form.begin_button.isEnabled()
    bench.shell.desk.claim("A1", "being profiled")
    assert record.form.blocked == "Phone one is being profiled."
    assert not record.form.begin_button.isEnabled()
    bench.shell.desk.release("A1")
    assert record.form.begin_button.isEnabled()


def test_the_recorder_takes_the_librarys_room_in_a_small_window(
    make_bench: MakeBench, qtbot: QtBot
) -> None:
    page = make_bench().page
    page.open_record()
    assert page.ui.list.isVisible()
    page.resize(960, 640)
    qtbot.waitUntil(lambda: not page.ui.list.isVisible(), timeout=5000)
    page.resize(1360, 820)
    qtbot.waitUntil(page.ui.list.isVisible, timeout=5000)
    qtbot.waitUntil(lambda: page.record.settled, timeout=5000)


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
    made = read_trace(bench.path("busy_hour"))
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
    trace = read_trace(bench.path("phone"))
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


def test_a_trace_of_the_workbench_needs_no_mapping(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench(own=False)
    path = bench.folder.parent / "given.csv"
    write_trace(make_trace(info=make_info(title="Given")), path)
    bench.page.importing.open(str(path))
    qtbot.waitUntil(lambda: bench.page.importing.dialog is None, timeout=5000)
    bench.settle()
    assert bench.own_files() == ["given"]
