"""The frame: pages, shortcuts, palette, log, preferences, jobs, errors, what is remembered."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from workbench.core.errors import SettingsError, WorkbenchError
from workbench.core.resources import assets_root
from workbench.gui import settings as declared
from workbench.gui import theme
from workbench.gui.app import make_window
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.registry import PAGES
from workbench.gui.palette import DARK, LIGHT
from workbench.gui.presenters.problem import Problem
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.gui.settings import Settings
from workbench.gui.widgets.command_palette import CommandPalette
from workbench.gui.widgets.help_window import HelpWindow, guide_pages
from workbench.gui.widgets.log_drawer import LogDrawer
from workbench.gui.widgets.preferences import Preferences
from workbench.gui.widgets.states import ErrorDialog
from workbench.jobs import JobContext, run_in_thread

KEYS = [spec.key for spec in PAGES]


def settle(qtbot: QtBot, window: MainWindow) -> None:
    def settled() -> None:
        assert window.settled

    qtbot.waitUntil(settled, timeout=20_000)
    QApplication.processEvents()


@pytest.mark.parametrize(
    ("name", "size"), [("dark", (1024, 700)), ("light", (1440, 900))], ids=["dark", "light"]
)
def test_every_page_is_drawn_in_both_themes(
    qtbot: QtBot, window: MainWindow, name: str, size: tuple[int, int]
) -> None:
    """Qt's warnings fail a test, so drawing without one is the point."""
    theme.manager().choose(name)
    window.resize(*size)
    for key in KEYS:
        window.show_page(key)
        settle(qtbot, window)
        assert window.size().toTuple() == size, f"{key} does not fit"
        picture = window.grab().toImage()
        corner = picture.pixelColor(picture.width() - 4, picture.height() // 2).name()
        assert corner == (DARK if name == "dark" else LIGHT).background


@pytest.mark.parametrize("number", range(1, 8))
def test_a_shortcut_goes_to_each_page(qtbot: QtBot, window: MainWindow, number: int) -> None:
    window.show_page(KEYS[number % 7])
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0.value + number), Qt.KeyboardModifier.ControlModifier)
    assert window.current_page == KEYS[number - 1]


def test_pages_are_made_when_they_are_first_shown(window: MainWindow) -> None:
    window.show_page("compare")
    assert list(window._pages) == ["compare"]


def test_everything_that_takes_the_focus_has_a_name(qtbot: QtBot, window: MainWindow) -> None:
    for key in KEYS:
        window.show_page(key)
        settle(qtbot, window)
    nameless = []
    for widget in window.findChildren(QWidget):
        if not isinstance(widget, QAbstractButton | QComboBox | QLineEdit | QSlider):
            continue
        text = widget.accessibleName() or getattr(widget, "text", str)()
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not text:
            nameless.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    assert nameless == []


# ---- palette, log, preferences, help -----------------------------------------------------------


def test_the_palette_finds_and_runs_a_command(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("compare")
    window.open_palette()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    QTest.keyClicks(palette.focusWidget() or palette._field, "devi")
    assert palette.shown_titles()[0] == "Go to Devices"
    QTest.keyClick(palette._field, Qt.Key.Key_Return)
    assert window.current_page == "devices"


def test_the_palette_offers_the_commands_of_the_page(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("replay")
    settle(qtbot, window)
    window.open_palette()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    assert "Play or pause" in palette.shown_titles()
    palette.reject()


def test_the_log_holds_what_was_said_before_it_was_opened(window: MainWindow) -> None:
    window.notify("first", "warning")
    window.toggle_log()
    window.notify("second", "bad")
    drawer = window.findChild(LogDrawer)
    assert drawer is not None and drawer.isVisible()
    lines = drawer.text().splitlines()
    assert ["warning" in lines[0], "first" in lines[0]] == [True, True]
    assert ["error" in lines[1], "second" in lines[1]] == [True, True]
    window.toggle_log()
    assert not drawer.isVisible()


def test_a_preference_is_applied_and_remembered(window: MainWindow, settings: Settings) -> None:
    window.open_preferences()
    dialog = window.findChild(Preferences)
    assert dialog is not None
    box = next(box for box in dialog._boxes if box.setting is declared.THEME)
    box.setCurrentIndex(box.findData("light"))
    assert theme.tokens() is LIGHT
    assert settings.get(declared.THEME) == "light"
    dialog._restore()
    assert settings.get(declared.THEME) == "system"
    dialog.reject()


def test_the_theme_button_switches_and_is_remembered(
    window: MainWindow, settings: Settings
) -> None:
    window.toggle_theme()
    assert theme.tokens() is LIGHT
    assert settings.get(declared.THEME) == "light"
    window.toggle_theme()
    assert theme.tokens() is DARK


def test_a_stored_value_that_is_not_offered_becomes_the_default(settings: Settings) -> None:
    settings.set(declared.THEME, "purple")
    assert settings.get(declared.THEME) == "system"


def test_help_shows_the_guide(window: MainWindow) -> None:
    window.show_page("traces")
    window.open_help()
    guide = window.findChild(HelpWindow)
    assert guide is not None
    assert guide._view.toPlainText().startswith("The Traces page")
    for row in range(guide._contents.count()):
        guide._contents.setCurrentRow(row)
        assert len(guide._view.toPlainText()) > 200
    guide.close()


def test_the_guide_begins_with_the_window() -> None:
    titles = [title for title, _ in guide_pages()]
    assert titles[0] == "The window"
    assert "The trace format" in titles


# ---- jobs and errors ---------------------------------------------------------------------------


def work(context: JobContext, go_on: threading.Event) -> str:
    context.progress(0.25, "run 3 of 12")
    while not go_on.is_set():
        context.sleep(0.005)
    return "result"


def test_a_running_job_is_shown_and_can_be_cancelled(qtbot: QtBot, window: MainWindow) -> None:
    events: list[object] = []
    job = run_in_thread(work, {"go_on": threading.Event()}, name="Profiling")
    window.shell.bridge.watch(job, events.append)

    def shown() -> None:
        assert "run 3 of 12" in window.bottom_bar._work.text()

    qtbot.waitUntil(shown)
    assert window.bottom_bar._progress.value() == 250
    window.bottom_bar._cancel.click()

    def gone() -> None:
        assert window.bottom_bar._work.isHidden()

    qtbot.waitUntil(gone)
    assert type(events[-1]).__name__ == "Cancelled"


def fail(_context: JobContext) -> None:
    raise WorkbenchError("The device went away.", "Plug it in again.", "adb: closed")


def test_a_failed_job_that_nobody_handles_is_presented(qtbot: QtBot, window: MainWindow) -> None:
    window.shell.bridge.watch(run_in_thread(fail, name="Profile"))

    def shown() -> None:
        assert window.findChild(ErrorDialog) is not None

    qtbot.waitUntil(shown)
    dialog = window.findChild(ErrorDialog)
    dialog._copy_details()
    assert QGuiApplication.clipboard().text() == (
        "The device went away.\nPlug it in again.\nadb: closed"
    )
    dialog.reject()


def test_closing_the_window_stops_what_runs(qtbot: QtBot, window: MainWindow) -> None:
    job = run_in_thread(work, {"go_on": threading.Event()}, name="Endless")
    window.shell.bridge.watch(job)
    window.close()
    assert job.finished


def test_any_exception_becomes_a_problem() -> None:
    assert Problem.of(ValueError("bad")).message == "bad"
    assert Problem.of(ValueError()).message == "ValueError"


# ---- what is chosen and remembered -------------------------------------------------------------


def test_the_first_start_shows_the_sample_project(window: MainWindow) -> None:
    keys = [window.shell.workspace.current(kind).key for kind in ("network", "device", "trace")]
    assert keys == ["fashion_mnist", "redmi_3s", "sample_day"]


def test_a_choice_is_remembered(window: MainWindow, settings: Settings) -> None:
    window.shell.workspace.choose("device", "jetson_nano")
    window.show_page("compare")
    window.close()
    again = make_window(ServicesCatalogue(), settings)
    again.show_last_page()
    assert again.shell.workspace.current("device").key == "jetson_nano"
    assert again.current_page == "compare"
    again.close()
    again.deleteLater()


def test_an_unknown_choice_is_refused_with_what_there_is(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="There is no device called 'nokia'") as caught:
        make_window(ServicesCatalogue(), settings, device="nokia")
    assert "redmi_3s" in caught.value.hint


def test_choosers_show_provenance_with_its_story(qtbot: QtBot, window: MainWindow) -> None:
    window.read_details()
    settle_details(qtbot, window)
    chooser = window.top_bar._choosers["device"]
    assert "estimated" in chooser.accessibleName()
    assert "estimated" in chooser._pill.text()
    assert chooser._pill.toolTip()


def settle_details(qtbot: QtBot, window: MainWindow) -> None:
    def read() -> None:
        assert not window._reading

    qtbot.waitUntil(read, timeout=10_000)


def test_a_file_that_cannot_be_read_is_listed_with_its_error(
    qtbot: QtBot, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.services import catalogue

    (tmp_path / "broken.csv").write_text("not a trace")
    entry = catalogue.Entry("broken", tmp_path / "broken.csv", shipped=False)
    monkeypatch.setattr(catalogue, "list_traces", lambda: (entry,))
    monkeypatch.setattr("workbench.gui.services_catalogue.list_traces", lambda: (entry,))
    (choice,) = ServicesCatalogue().full()["trace"]
    assert choice.detail == "cannot be read"
    assert "broken.csv" in choice.story


def test_the_window_remembers_its_size(qtbot: QtBot, settings: Settings) -> None:
    first = make_window(ServicesCatalogue(), settings)
    first.resize(860, 690)  # the offscreen screen has room for no more
    first.show()
    first.close()
    second = make_window(ServicesCatalogue(), settings)
    assert second.size().toTuple() == (860, 690)
    second.close()
    for window in (first, second):
        window.deleteLater()


def test_a_file_can_be_opened_by_its_path(qtbot: QtBot, settings: Settings, tmp_path: Path) -> None:
    day = tmp_path / "my_day.csv"
    day.write_bytes((assets_root() / "traces" / "sample_day.csv").read_bytes())
    opened = make_window(ServicesCatalogue(), settings, trace=str(day))
    workspace = opened.shell.workspace
    assert workspace.current("trace").label == "my_day"
    workspace.take(ServicesCatalogue().full())
    assert workspace.current("trace").key == str(day)
    opened.show_page("replay")
    settle(qtbot, opened)
    assert opened.page("replay").view is not None
    opened.close()
    opened.deleteLater()


def test_a_file_that_is_no_trace_is_explained_on_the_page(
    qtbot: QtBot, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "notes.csv").write_text("hello")
    opened = make_window(ServicesCatalogue(), settings, trace=str(tmp_path / "notes.csv"))
    opened.show()
    opened.show_page("replay")
    settle(qtbot, opened)
    page = opened.page("replay")
    assert page.ui.error.isVisible()
    assert "notes.csv" in page.ui.error._message.text()
    opened.close()
    opened.deleteLater()


@pytest.mark.parametrize("width", [1600, 1440, 1300, 1100, 1024, 860])
def test_the_choosers_are_never_cut(qtbot: QtBot, window: MainWindow, width: int) -> None:
    window.read_details()
    settle_details(qtbot, window)
    window.resize(width, 700)
    QApplication.processEvents()
    for chooser in window.top_bar._choosers.values():
        assert chooser.width() >= chooser.sizeHint().width()


def test_the_theme_follows_the_system_until_one_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = theme.manager()
    monkeypatch.setattr(manager, "_system_name", lambda: "light")
    manager.choose("system")
    assert theme.tokens() is LIGHT
    monkeypatch.setattr(manager, "_system_name", lambda: "dark")
    manager._on_system_changed(Qt.ColorScheme.Dark)
    assert theme.tokens() is DARK
    manager.choose("light")
    manager._on_system_changed(Qt.ColorScheme.Dark)
    assert theme.tokens() is LIGHT
