"""Start of the window: application, theme, workspace, frame."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QCoreApplication,
    QEventLoop,
    QIODevice,
    QSettings,
)
from PySide6.QtWidgets import QApplication

from workbench import __version__
from workbench.core.errors import WorkbenchError
from workbench.core.files import atomic_write
from workbench.gui import icons, theme
from workbench.gui import settings as declared
from workbench.gui.bridge import JobBridge
from workbench.gui.collector import GuiThreadCollector
from workbench.gui.main_window import MainWindow
from workbench.gui.palette import DARK
from workbench.gui.settings import Settings
from workbench.gui.workspace import Catalogue, Workspace
from workbench.jobs import JobManager


def make_application(argv: Sequence[str] = ()) -> QApplication:
    """The QApplication, with style and fonts set; the running one if there is one."""
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication([sys.argv[0], *argv])
    QCoreApplication.setOrganizationName("adaspring-workbench")
    QCoreApplication.setApplicationName("window")
    QCoreApplication.setApplicationVersion(__version__)
    app.setApplicationDisplayName("AdaSpring Workbench")
    app.setStyle("Fusion")
    theme.install_fonts(app)
    app.setWindowIcon(icons.icon("app", DARK.accent))
    if app.findChild(GuiThreadCollector) is None:
        GuiThreadCollector(app)
    return app


def default_settings() -> Settings:
    """Settings in the user's configuration folder."""
    return Settings(
        QSettings(
            QSettings.Format.IniFormat,
            QSettings.Scope.UserScope,
            QCoreApplication.organizationName(),
            QCoreApplication.applicationName(),
        )
    )


def memory_settings() -> Settings:
    """Settings that start from the defaults and are forgotten at the end."""
    folder = tempfile.TemporaryDirectory(prefix="adaspring-window-")
    store = QSettings(str(Path(folder.name) / "window.ini"), QSettings.Format.IniFormat)
    return Settings(store, keep_alive=folder)


def run_once(app: QApplication, window: MainWindow, picture: Path | None, deadline_s: float) -> int:
    """Wait until the page in front is drawn, save its picture if wanted, and close.

    Raises:
        WorkbenchError: when the page has not settled before the deadline, or the picture cannot
            be written.
    """
    until_s = time.monotonic() + deadline_s
    while not (window.settled if picture is not None else window.usable):
        if time.monotonic() > until_s:
            raise WorkbenchError(f"The page was not drawn within {deadline_s:g} s.")
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
        time.sleep(0.001)
    app.processEvents()
    if picture is not None:
        save_picture(window, picture)
    else:
        print("usable", flush=True)
    window.close()
    return 0


def save_picture(window: MainWindow, path: Path) -> None:
    """Save the window as a PNG file.

    Raises:
        InputFileError: when the file cannot be written.
    """
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    buffer.close()
    with atomic_write(path, "wb") as stream:
        stream.write(data.data())


def make_window(
    catalogue: Catalogue, settings: Settings, *, theme_name: str = "", **wanted: str
) -> MainWindow:
    """Build the window, not yet shown.

    Args:
        theme_name: a theme for this run only, instead of the remembered one.
        wanted: kind -> key of what to choose first (``network``, ``device``, ``trace``).

    Raises:
        WorkbenchError: when the catalogue cannot be read or lacks what is wanted.
    """
    theme.manager().choose(theme_name or settings.get(declared.THEME))
    workspace = Workspace(catalogue, settings)
    workspace.load(**{kind: key for kind, key in wanted.items() if key})
    bridge = JobBridge(JobManager(), int(settings.get(declared.UPDATE_RATE)))
    window = MainWindow(workspace, bridge, settings)
    workspace.setParent(window)
    bridge.setParent(window)
    return window
