"""The top bar: the project, the network, the device profile, and the way to every command."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.chooser import Chooser
from workbench.gui.workspace import Choice, Workspace

_LEVELS = (
    (True, True, True, "Search commands…      Ctrl+K"),
    (True, True, True, "Ctrl+K"),
    (True, False, True, "Ctrl+K"),
    (False, False, True, "Ctrl+K"),
    (False, False, False, "Ctrl+K"),
)
"""From much room to little: captions shown, details shown, the program's name shown, words on the
command button."""


class TopBar(QWidget):
    """One line at the top of the window."""

    commands_asked = Signal()
    theme_asked = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setProperty("role", "topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(44)
        self._brand = label("AdaSpring Workbench", "brand")
        self.project = Chooser("project", "Project")
        self._choosers = {
            "trace": Chooser("trace", "Trace"),
            "network": Chooser("network", "Network"),
            "device": Chooser("device", "Device"),
        }
        self._search = QPushButton("Search commands…      Ctrl+K")
        self._search.setAccessibleName("Search commands, Ctrl+K")
        self._search.clicked.connect(self.commands_asked)
        self._theme = QToolButton()
        self._theme.setIconSize(QSize(18, 18))
        self._theme.setAccessibleName("Switch between light and dark")
        self._theme.setToolTip("Light or dark  (Ctrl+T)")
        self._theme.clicked.connect(self.theme_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 12, 0)
        layout.setSpacing(8)
        layout.addWidget(self._brand)
        layout.addSpacing(24)
        layout.addWidget(self.project)
        for chooser in self._choosers.values():
            chooser.chosen.connect(workspace.choose)
            layout.addWidget(chooser)
        layout.addStretch(1)
        layout.addWidget(self._search)
        layout.addWidget(self._theme)
        workspace.changed.connect(self._refresh)
        workspace.relisted.connect(self._refresh)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())
        self.refresh_all()

    def refresh_all(self) -> None:
        """Show the choices again, after the catalogue was read."""
        for kind in self._choosers:
            self._refresh(kind)

    def show_projects(self, projects: Sequence[Choice], current: Choice) -> None:
        """Say which project is in use, and which others were lately."""
        self.project.show_choices(projects, current)
        self._fit()

    def _refresh(self, kind: str) -> None:
        chooser = self._choosers[kind]
        chooser.show_choices(self._workspace.choices(kind), self._workspace.current(kind))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Say as much as there is room for: details go first, then captions, then the name."""
        for caption, detail, brand, words in _LEVELS:
            self._search.setText(words)
            self._brand.setVisible(brand)
            every = (self.project, *self._choosers.values())
            for chooser in every:
                chooser.set_room(caption=caption, detail=detail)
            choosers = sum(one.sizeHint().width() + 8 for one in every)
            others = (*((self._brand,) if brand else ()), self._search, self._theme)
            if choosers + sum(one.sizeHint().width() + 8 for one in others) + 64 <= self.width():
                return

    def _restyle(self, tokens: Tokens) -> None:
        self._search.setIcon(theme.manager().icon("search"))
        self._theme.setIcon(theme.manager().icon("moon" if tokens.is_dark else "sun"))
