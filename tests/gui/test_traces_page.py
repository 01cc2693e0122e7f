"""The Traces page: its library, its controls, and how it looks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from tests.gui.traces_bench import OWN, MakeBench, crop
from tests.helpers.traces import make_info, make_trace
from workbench.context import write_trace
from workbench.gui import theme


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
