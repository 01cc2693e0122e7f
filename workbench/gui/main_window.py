"""The frame: rail, top bar, bottom bar, log drawer, palette, and the pages in the middle."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import settings as declared
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.registry import PAGES, PageSpec
from workbench.gui.presenters.problem import Problem
from workbench.gui.project_actions import ProjectActions
from workbench.gui.project_desk import ProjectDesk
from workbench.gui.settings import Setting, Settings
from workbench.gui.shell import Page, Replaying, Shell
from workbench.gui.widgets.bottom_bar import BottomBar
from workbench.gui.widgets.rail import Rail
from workbench.gui.widgets.states import ErrorDialog
from workbench.gui.widgets.top_bar import TopBar
from workbench.gui.workspace import Choices, Workspace
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, TerminalEvent, run_in_thread

DEFAULT_PAGE = "replay"

_GUIDE_OF = {
    "replay": "window",
    "network": "network",
    "devices": "devices",
    "profile": "profile",
    "traces": "traces",
    "compare": "compare",
}
"""The page of the guide that belongs to a page of the window."""


class _PageAction(QAction):
    """Goes to one page."""

    def __init__(self, spec: PageSpec, number: int, window: MainWindow) -> None:
        super().__init__(f"Go to {spec.word}", window)
        self._key = spec.key
        self._window = window
        self.setShortcut(QKeySequence(f"Ctrl+{number}"))
        self.triggered.connect(self._go)

    def _go(self) -> None:
        self._window.show_page(self._key)


class MainWindow(QMainWindow):
    """The window of the workbench."""

    def __init__(
        self,
        workspace: Workspace,
        bridge: JobBridge,
        settings: Settings,
        pages: tuple[PageSpec, ...] = PAGES,
    ) -> None:
        super().__init__()
        self.setWindowTitle("AdaSpring Workbench")
        self.setMinimumSize(860, 640)
        self._settings = settings
        self._bridge = bridge
        self._specs = pages
        self._pages: dict[str, Page] = {}
        self._current = ""
        self._reading = False
        self.shell = Shell(
            workspace=workspace,
            bridge=bridge,
            settings=settings,
            notify=self.notify,
            show_problem=self.show_problem,
            go_to=self.show_page,
            replay_at=self.replay_at,
        )
        self.projects = ProjectDesk(workspace, bridge, settings, self)
        self.top_bar = TopBar(workspace)
        self.project_actions = ProjectActions(self.projects, self.top_bar, bridge, self)
        self.rail = Rail(
            [(spec.icon, spec.word, f"Ctrl+{i}") for i, spec in enumerate(pages, start=1)]
        )
        self.bottom_bar = BottomBar()
        self._stack = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(self._stack)
        self._splitter.setChildrenCollapsible(False)
        # Imported on first use: together they take a third of the window's start.
        self._log: QWidget | None = None
        self._log_lines: list[tuple[str, str]] = []
        self._help: QWidget | None = None
        self._build_layout()
        self._actions = self._make_actions()
        self._connect()
        self.restoreGeometry(settings.state("window/geometry")) or self.resize(1440, 900)

    # ---- pages ---------------------------------------------------------------------------------

    @property
    def page_keys(self) -> tuple[str, ...]:
        """Keys of all pages in the order of the rail."""
        return tuple(spec.key for spec in self._specs)

    @property
    def current_page(self) -> str:
        """Key of the page in front; empty before the first."""
        return self._current

    def page(self, key: str) -> Page:
        """A page; it is made when it is first asked for."""
        if key not in self._pages:
            spec = next(spec for spec in self._specs if spec.key == key)
            self._pages[key] = spec.make(self.shell)
            self._stack.addWidget(self._pages[key])
        return self._pages[key]

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        if key not in self.page_keys or key == self._current:
            return
        if self._current:
            self._pages[self._current].on_hidden()
        page = self.page(key)
        self._current = key
        self._stack.setCurrentWidget(page)
        self.rail.show_current(self.page_keys.index(key))
        self._settings.set_text("window/page", key)
        page.on_shown()

    def show_last_page(self) -> None:
        """Bring the page to the front that was shown when the program ended last."""
        key = self._settings.text("window/page", DEFAULT_PAGE)
        self.show_page(key if key in self.page_keys else DEFAULT_PAGE)

    def read_details(self) -> None:
        """Read the details of what can be chosen, on a worker thread."""
        job = run_in_thread(_read_catalogue, {"workspace": self.shell.workspace}, name="Catalogue")
        self._reading = True
        self._bridge.watch(job, self._on_catalogue, quiet=True)

    def _on_catalogue(self, event: JobEvent) -> None:
        if isinstance(event, TerminalEvent):
            self._reading = False
        if isinstance(event, Done):
            self.shell.workspace.take(event.result)
        elif isinstance(event, Failed):
            self.show_problem(Problem.of(event))

    @property
    def settled(self) -> bool:
        """Whether the page in front shows what it is to show, and its choosers say what it is."""
        return not self._reading and self.page(self._current).settled

    @property
    def usable(self) -> bool:
        """Whether the page in front can be worked with."""
        return self.page(self._current).usable

    def seek_replay(self, time_of_day_s: float) -> None:
        """Put the replay's playhead at a time of day, now or once the day is there."""
        self.page("replay").seek_clock(time_of_day_s)

    def replay_at(self, t_s: float | None, policy: str) -> None:
        """Show the Replay page at a time of the trace, with a policy in front."""
        self.show_page("replay")
        page = self.page("replay")
        assert isinstance(page, Replaying)
        page.show_moment(t_s, policy)

    # ---- messages ------------------------------------------------------------------------------

    def notify(self, text: str, tone: str = "") -> None:
        """Say something in the bottom bar and the log."""
        self.bottom_bar.show_message(text, tone)
        self.log({"bad": "error", "warning": "warning"}.get(tone, "info"), text)

    def log(self, level: str, text: str) -> None:
        """Add a line to the log."""
        from workbench.gui.widgets.log_drawer import MAX_LINES, LogDrawer

        if isinstance(self._log, LogDrawer):
            self._log.add(level, text)
        else:
            self._log_lines.append((level, text))
            del self._log_lines[:-MAX_LINES]

    def show_problem(self, problem: Problem) -> None:
        """Show an error in a dialog of its own; it does not stop the program."""
        self.notify(problem.message, "bad")
        dialog = ErrorDialog(problem, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # ---- what the frame can do -----------------------------------------------------------------

    def open_palette(self) -> None:
        """Show the command palette."""
        from workbench.gui.widgets.command_palette import CommandPalette

        actions = list(self._actions)
        if self._current:
            actions = self._pages[self._current].commands() + actions
        palette = CommandPalette(actions, self)
        centre = self.mapToGlobal(self.rect().center())
        top = self.mapToGlobal(self.rect().topLeft()).y() + 48
        palette.move(centre.x() - palette.width() // 2, top)
        palette.open()

    def toggle_log(self) -> None:
        """Show or hide the log drawer."""
        from workbench.gui.widgets.log_drawer import LogDrawer

        if self._log is None:
            drawer = LogDrawer()
            for level, text in self._log_lines:
                drawer.add(level, text)
            self._log_lines.clear()
            self._log = drawer
            self._splitter.addWidget(drawer)
            self._splitter.setSizes([self.height() - 200, 200])
            self._splitter.restoreState(self._settings.state("window/log"))
            drawer.show()
        else:
            self._log.setVisible(not self._log.isVisible())
        if self._log.isVisible():
            self._log.setFocus()

    def toggle_theme(self) -> None:
        """Change between light and dark, and remember it."""
        self._settings.set(declared.THEME, theme.manager().toggle())

    def open_preferences(self) -> None:
        """Show the preferences."""
        from workbench.gui.widgets.preferences import Preferences

        dialog = Preferences(self._settings, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setting_changed.connect(self._on_setting)
        dialog.open()

    def open_help(self) -> None:
        """Show the guide at the page that belongs to what is in front."""
        from workbench.gui.widgets.help_window import HelpWindow

        if not isinstance(self._help, HelpWindow):
            self._help = HelpWindow(self)
        self._help.open_page(_GUIDE_OF.get(self._current, "window"))
        self._help.show()
        self._help.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout and stop what runs."""
        for page in self._pages.values():
            page.on_hidden()
            page.save_state()
        self._settings.set_state("window/geometry", self.saveGeometry())
        if self._log is not None:
            self._settings.set_state("window/log", self._splitter.saveState())
        self._settings.flush()
        self._bridge.stop_all()
        super().closeEvent(event)

    # ---- building ------------------------------------------------------------------------------

    def _build_layout(self) -> None:
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._splitter, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        column.addLayout(middle, 1)
        column.addWidget(self.bottom_bar)
        self.setCentralWidget(body)

    def _make_actions(self) -> list[QAction]:
        actions: list[QAction] = [
            _PageAction(spec, number, self) for number, spec in enumerate(self._specs, start=1)
        ]
        for text, keys, slot in (
            ("Command palette", "Ctrl+K", self.open_palette),
            ("Show or hide the log", "Ctrl+L", self.toggle_log),
            ("Switch between light and dark", "Ctrl+T", self.toggle_theme),
            ("Preferences", "Ctrl+,", self.open_preferences),
            ("Guide", "F1", self.open_help),
            ("Full screen", "F11", self._toggle_full_screen),
            ("Quit", "Ctrl+Q", self.close),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(slot)
            actions.append(action)
        actions += self.project_actions.actions
        self.addActions(actions)
        return actions

    def _connect(self) -> None:
        self.rail.chosen.connect(self._on_rail)
        self.top_bar.commands_asked.connect(self.open_palette)
        self.top_bar.theme_asked.connect(self.toggle_theme)
        self.bottom_bar.log_asked.connect(self.toggle_log)
        self.bottom_bar.cancel_asked.connect(self._on_cancel)
        self._bridge.jobs_changed.connect(self._on_jobs)
        self._bridge.logged.connect(self.log)
        self._bridge.failed.connect(self._on_failed)
        self.projects.leaving.connect(self._on_project_left)
        self.projects.switched.connect(self._on_project_entered)
        self.projects.said.connect(self.notify)
        self.projects.failed.connect(self.show_problem)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _on_rail(self, index: int) -> None:
        self.show_page(self.page_keys[index])

    def _on_jobs(self) -> None:
        self.bottom_bar.show_jobs(self._bridge.running())

    def _on_cancel(self, job: Job) -> None:
        job.cancel()
        self._on_jobs()

    def _on_failed(self, event: Failed) -> None:
        self.show_problem(Problem.of(event))

    def _on_project_left(self) -> None:
        for page in self._pages.values():
            page.leave_project()

    def _on_project_entered(self) -> None:
        for page in self._pages.values():
            page.enter_project()

    def _on_setting(self, setting: Setting, value: str) -> None:
        if setting is declared.THEME:
            theme.manager().choose(value)
        elif setting is declared.UPDATE_RATE:
            self._bridge.set_rate(int(value))


def _read_catalogue(_context: JobContext, workspace: Workspace) -> Choices:
    return workspace.catalogue.full()
