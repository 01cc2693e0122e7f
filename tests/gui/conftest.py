"""The application with the program's style, and windows on the shipped sample project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.traces_bench import make_bench as make_bench
from tests.gui.waiting import wait_until_settled
from workbench.gui import theme
from workbench.gui.app import make_application, make_window
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.replay import ReplayPage
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.gui.settings import Settings


@pytest.fixture(scope="session", autouse=True)
def styled_application(qapp: QApplication) -> QApplication:
    """pytest-qt's application with the fonts and the style of the program."""
    return make_application()


@pytest.fixture(autouse=True)
def dark_again(styled_application: QApplication) -> Iterator[None]:
    """Each test starts in the dark theme."""
    theme.manager().choose("dark")
    yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings in a file of their own."""
    return Settings(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))


MakeWindow = Callable[..., MainWindow]


@pytest.fixture
def window(qtbot: QtBot, settings: Settings) -> Iterator[MainWindow]:
    """The window on the sample project, shown, without a page."""
    made = make_window(ServicesCatalogue(), settings)
    made.resize(1440, 900)
    with qtbot.waitActive(made):  # shortcuts work in the active window only
        made.show()
        made.activateWindow()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def replay(qtbot: QtBot, window: MainWindow) -> ReplayPage:
    """The Replay page with the sample day loaded and drawn."""
    window.show_page("replay")
    page = window.page("replay")
    assert isinstance(page, ReplayPage)
    wait_until_settled(qtbot, page)
    return page
