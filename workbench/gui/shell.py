"""What the frame gives to every page, and what it asks of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from workbench.gui.bridge import JobBridge
from workbench.gui.device_desk import DeviceDesk
from workbench.gui.presenters.problem import Problem
from workbench.gui.settings import Settings
from workbench.gui.workspace import Workspace


def _no_replay(_t_s: float | None, _policy: str) -> None:
    """Where there is no Replay page, as around a page of its own."""


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame's services for pages."""

    workspace: Workspace
    bridge: JobBridge
    settings: Settings
    notify: Callable[[str, str], None]
    """Show a message in the bottom bar: text, and tone (``""``, good, warning or bad)."""
    show_problem: Callable[[Problem], None]
    """Show an error that belongs to no place on a page."""
    go_to: Callable[[str], None]
    """Show another page, by its key."""
    replay_at: Callable[[float | None, str], None] = _no_replay
    """Show the Replay page at a time of the trace (None: where it stands) with a policy in front;
    an empty name leaves the one that is."""
    desk: DeviceDesk = field(default_factory=DeviceDesk)
    """What the pages know together about devices."""


@runtime_checkable
class Replaying(Protocol):
    """A page that can show a moment of a replay."""

    def show_moment(self, t_s: float | None, policy: str) -> None:
        """Go to a time of the trace, now or once it is loaded, with a policy in front."""
        ...


class Page(QWidget):
    """Base of all pages: made on first show, told when it is shown and hidden."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def on_shown(self) -> None:
        """The page came to the front."""

    def on_hidden(self) -> None:
        """Another page came to the front."""

    def leave_project(self) -> None:
        """Another project is about to be opened: keep in this one what is not saved yet."""

    def enter_project(self) -> None:
        """Another project is in use: read anew what belonged to the one before."""

    def save_state(self) -> None:
        """Remember the layout; called before the window closes."""

    @property
    def settled(self) -> bool:
        """Whether the page shows what it is to show, and nothing is being loaded."""
        return True

    @property
    def usable(self) -> bool:
        """Whether the page can be worked with, though more may still come."""
        return self.settled

    def seek_clock(self, time_of_day_s: float) -> None:
        """Go to a time of day; pages without a time do nothing."""

    def commands(self) -> list[QAction]:
        """Actions for the command palette."""
        return []

    def add_action(
        self, text: str, shortcut: str, slot: Callable[..., None], *, show_key: str = ""
    ) -> QAction:
        """An action with a shortcut that works while this page is shown.

        `slot` must be a bound method: PySide leaks lambdas and partials used as slots.
        """
        action = QAction(text, self)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            # Wherever the focus is: actions of a hidden page are dead, and fields that take text
            # keep their keys.
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setData(show_key or shortcut)
        action.triggered.connect(slot)
        self.addAction(action)
        return action
