"""Start of the window: application, theme, workspace, frame."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QApplication

from workbench import __version__
from workbench.gui import settings as declared
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.main_window import MainWindow
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
