"""The application with the program's style, and windows on the shipped sample project."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.compare_bench import compare as compare
from tests.gui.devices_bench import devices_stage as devices_stage
from tests.gui.devices_bench import make_devices as make_devices
from tests.gui.profile_bench import make_profile as make_profile
from tests.gui.profile_bench import profile_stage as profile_stage
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


@pytest.fixture(scope="module")
def shared_day(
    styled_application: QApplication, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReplayPage]:
    """The Replay page with the sample day, loaded once for all tests of a module."""
    file = tmp_path_factory.mktemp("window") / "window.ini"
    made = make_window(
        ServicesCatalogue(), Settings(QSettings(str(file), QSettings.Format.IniFormat))
    )
    made.resize(1440, 900)
    made.show()
    made.activateWindow()
    made.show_page("replay")
    page = made.page("replay")
    assert isinstance(page, ReplayPage)
    until_s = time.monotonic() + 20
    while not page.settled:
        assert time.monotonic() < until_s, "the sample day was not drawn"
        styled_application.processEvents()
        time.sleep(0.001)
    yield page
    made.close()
    made.deleteLater()


@pytest.fixture
def day(shared_day: ReplayPage) -> ReplayPage:
    """The same as it was at first: for tests that play, seek and zoom, and change nothing else."""
    page = shared_day
    page.pause()
    page._set_speed(600)
    page.ui.stack.fit()
    if not page.drawing.lanes.opened:
        page.drawing.toggle_layers()
    page.to_start()
    page.ui.stack.setFocus()
    return page
