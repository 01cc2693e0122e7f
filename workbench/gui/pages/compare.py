"""The Compare page: policies against outcomes over repeats, with intervals."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui.pages.compare_layout import CompareLayout
from workbench.gui.presenters.compare_backend import CompareBackend, CompareSession
from workbench.gui.presenters.compare_board import Board, build_board
from workbench.gui.presenters.compare_runner import CompareRunner
from workbench.gui.presenters.compare_text import FORMATS, write_board, write_text
from workbench.gui.presenters.formats import duration
from workbench.gui.presenters.problem import Problem
from workbench.gui.shell import Page, Shell
from workbench.gui.workspace import KINDS

if TYPE_CHECKING:
    from workbench.gui.pages.compare_checking import ProxyChecks
    from workbench.gui.pages.compare_differing import Differences
    from workbench.gui.pages.compare_studies import Studies

_REDRAW_MS = 200
"""Outcomes come faster than anybody can read; the page is redrawn so often."""
FIRST_POLICIES = (
    "runtime3c", "exact", "static", "backbone",
    "fixed:fire", "fixed:mbv2", "fixed:svd", "fixed:sparse", "fixed:dwsep", "fixed:ch50",
)  # fmt: skip
REPEATS = (1, 5, 10, 20, 50)


class ComparePage(Page):
    """Replays the day again and again under each policy, and shows what it comes to."""

    def __init__(
        self, shell: Shell, backend: CompareBackend | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(shell, parent)
        if backend is None:
            from workbench.gui.compare_services import ServicesCompare

            backend = ServicesCompare()
        self._runner = CompareRunner(backend, shell.bridge.watch, self)
        self._fed: list[Differences | Studies | ProxyChecks] = []
        self._loaded_for: tuple[object, ...] | None = None
        self._failed = False
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(_REDRAW_MS)
        self._redraw.timeout.connect(self._show_board)
        self.ui = CompareLayout(self, REPEATS)
        self.ui.restore(shell.settings)
        self._actions = self._make_actions()
        self._connect()

    # ---- the page's life -----------------------------------------------------------------------

    def on_shown(self) -> None:
        """Take up what is in use, when it is not what is shown."""
        self._load_if_needed()
        self._wake_view()
        self.ui.policies.table.setFocus()

    def save_state(self) -> None:
        """Remember the layout and what is compared."""
        self.ui.save(self.shell.settings)

    def commands(self) -> list[QAction]:
        """What the palette offers for this page."""
        return self._actions

    @property
    def board(self) -> Board:
        """What is shown."""
        return self.ui.policies.board

    @property
    def runner(self) -> CompareRunner:
        """What runs the repeats."""
        return self._runner

    @property
    def settled(self) -> bool:
        """Whether everything that is wanted is on the screen."""
        working = self._runner.busy or any(view.busy for view in self._fed)
        return not (working or self._redraw.isActive())

    @property
    def usable(self) -> bool:
        """Whether figures (or why there are none) are on the screen; more may follow."""
        return self.settled or bool(self.board.rows)

    # ---- loading and running -------------------------------------------------------------------

    def _load_if_needed(self) -> None:
        workspace = self.shell.workspace
        chosen = [workspace.current(kind) for kind in KINDS]
        for kind, choice in zip(KINDS, chosen, strict=True):
            if choice is None:
                self._loaded_for = None
                self.ui.show_missing(kind)
                return
        network, device, trace = (choice.key for choice in chosen if choice is not None)
        revisions = tuple(workspace.revision(kind) for kind in KINDS)
        wanted = (network, device, trace, revisions)
        if wanted != self._loaded_for:
            self._loaded_for = wanted
            self._failed = False
            self.ui.show_loading()
            self._runner.load(network, device, trace, revisions)

    def on_session(self, session: CompareSession) -> None:
        """A session is there: offer its policies and replay what is missing."""
        self.ui.show_about(session.subtitle)
        remembered = self.shell.settings.text("compare/policies").split()
        shown = [name for name in remembered if name in session.policies]
        chips = [name for name in FIRST_POLICIES if name in session.policies]
        chips += [name for name in shown if name not in chips]
        self.ui.chips.set_policies(chips, shown or chips, session.policies)
        self.ui.policies.show_space(session.held, self._name_of)
        self.ui.show_content()
        self._ask()
        self._wake_view()

    def on_outcomes(self) -> None:
        """Another repeat is known."""
        if not self._redraw.isActive():
            self._redraw.start()

    def on_state(self) -> None:
        """The repeats went on or ended."""
        runner, status = self._runner, self.ui.status
        done = runner.wanted - len(runner.missing)
        counted = f"{done:,} of {runner.wanted:,}"
        if runner.running is not None:
            left = runner.running.eta_s
            words = counted if left is None else f"{counted} · {duration(left)} left"
            status.show_running(words, done / max(1, runner.wanted), runner.running.message)
        elif runner.stopped:
            status.show_stopped(f"stopped at {counted}")
        else:
            known = runner.known
            story = "" if known is None else known.session.repeats_story
            status.show_done(f"{runner.wanted:,} replays", story)
        self.on_outcomes()

    def on_problem(self, problem: Problem) -> None:
        """Loading or replaying failed."""
        self._failed = True
        self.ui.show_problem(problem)
        self.shell.notify(problem.message, "bad")

    def _ask(self) -> None:
        self._runner.ask(self.ui.chips.visible, self.ui.repeats)
        self._show_board()

    def _retry(self) -> None:
        self._loaded_for = None
        self._load_if_needed()

    def _continue(self) -> None:
        self.ui.error.hide()
        self._ask()

    def _on_workspace(self, _kind: str) -> None:
        if self.isVisible():
            self._load_if_needed()
            self._wake_view()

    # ---- views ---------------------------------------------------------------------------------

    @functools.cached_property
    def differences(self) -> Differences:
        """What feeds the Decisions view; made when it is first seen, as the others are."""
        from workbench.gui.pages.compare_differing import Differences

        made = Differences(self.shell, self.ui.decisions, self)
        self._fed.append(made)
        return made

    @functools.cached_property
    def studies(self) -> Studies:
        """What feeds the view of tasks by platforms."""
        from workbench.gui.pages.compare_studies import Studies

        made = Studies(self.shell, self.ui.study, self)
        self._fed.append(made)
        return made

    @functools.cached_property
    def proxy_checks(self) -> ProxyChecks:
        """What feeds the Proxies view."""
        from workbench.gui.pages.compare_checking import ProxyChecks

        made = ProxyChecks(self.shell, self.ui.proxies, self)
        self._fed.append(made)
        return made

    def show_view(self, key: str) -> None:
        """Bring one of the views to the front."""
        self.ui.show_view(key)
        self._wake_view()

    def _wake_view(self) -> None:
        """What the view in front shows is worked out when it is first seen."""
        known = self._runner.known
        if self.ui.view == "study":
            self.studies.on_shown()
        elif self.ui.view == "proxies":
            self.proxy_checks.on_shown()
        elif self.ui.view == "decisions" and known is not None:
            self.differences.take(known.session)
            self.differences.on_shown()

    # ---- showing -------------------------------------------------------------------------------

    def _show_board(self) -> None:
        known = self._runner.known
        if known is None:
            return
        session = known.session
        board = build_board(
            known.outcomes.values(), self.ui.chips.visible, self._runner.repeats,
            session.sources, session.subtitle, session.repeats_story,
        )  # fmt: skip
        self.ui.policies.show_board(board, self.ui.chips.primary)
        self.ui.export.setEnabled(bool(board.rows))

    def _name_of(self, index: int) -> str:
        known = self._runner.known
        return "" if known is None else " · ".join(known.session.operators_of(index))

    def _show_in_replay(self, policy: str) -> None:
        self.shell.replay_at(None, policy)

    def _show_page(self, key: str) -> None:
        self.shell.go_to(key)

    def _open_study(self) -> None:
        self.show_view("study")
        self.studies.ask_open()

    def _run_study(self) -> None:
        self.show_view("study")
        self.studies.ask_run()

    def _switch_axis(self) -> None:
        self.ui.policies.switch_axis()

    # ---- export --------------------------------------------------------------------------------

    def ask_export(self) -> None:
        """Ask for a file and write what is in front into it: a table, or differing decisions."""
        difference = self.differences.view.view if self.ui.view == "decisions" else None
        formats = {"csv": FORMATS["csv"]} if difference is not None else FORMATS
        name = "-".join(str(part) for part in (self._loaded_for or ("comparison",))[:3])
        path = self.ui.ask_file(QFileDialog.getSaveFileName, f"{name}.csv", formats)
        if path is None:
            return
        try:
            if difference is not None:
                write_text(difference.csv(), path)
            else:
                write_board(self._board_in_front(), path)
        except WorkbenchError as error:
            self.shell.show_problem(Problem.of(error))
        else:
            self.shell.notify(f"The comparison is in {path.name}.", "good")

    def _board_in_front(self) -> Board:
        """The place of a study that is looked at, or what is in use."""
        place = self.ui.view == "study" and self.studies.view.place is not None
        return self.studies.view.detail.board if place else self.board

    # ---- wiring --------------------------------------------------------------------------------

    def _make_actions(self) -> list[QAction]:
        table = self.ui.policies.table
        return [
            self.add_action("Trade-off: switch energy and latency", "X", self._switch_axis),
            self.add_action("Stop the repeats", "", self._runner.cancel),
            self.add_action("Continue the repeats", "", self._continue),
            self.add_action("Open a study…", "", self._open_study),
            self.add_action("Run a study…", "", self._run_study),
            self.add_action("Export the comparison…", "Ctrl+E", self.ask_export),
            self.add_action("Copy the comparison as CSV", "", table.copy_csv),
            self.add_action("Copy the comparison as Markdown", "", table.copy_markdown),
            self.add_action("Copy the comparison as LaTeX", "", table.copy_latex),
        ]

    def _connect(self) -> None:
        ui = self.ui
        ui.chips.changed.connect(self._ask)
        ui.repeats_changed.connect(self._ask)
        ui.status.cancel_asked.connect(self._runner.cancel)
        ui.status.continue_asked.connect(self._continue)
        ui.views.chosen.connect(self.show_view)
        ui.policies.front_asked.connect(ui.chips.put_in_front)
        ui.policies.replay_asked.connect(self._show_in_replay)
        ui.export.clicked.connect(self.ask_export)
        ui.error.retried.connect(self._retry)
        ui.missing_asked.connect(self._show_page)
        self.shell.workspace.changed.connect(self._on_workspace)
