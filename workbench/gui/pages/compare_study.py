"""The study view of the Compare page: tasks by platforms, and the policies of one place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.export.study_claims import SEARCHER, claims
from workbench.export.study_report import StudyReport
from workbench.gui import theme
from workbench.gui.pages.compare_policies import PoliciesView
from workbench.gui.presenters import published
from workbench.gui.presenters.compare_board import board_of_study
from workbench.gui.presenters.formats import significant
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.study_grid import MEASURES, GridCell, baselines, build_grid
from workbench.gui.widgets.basics import Card, label, link_button
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.flow import FlowRow
from workbench.gui.widgets.run_status import RunStatus
from workbench.gui.widgets.states import CommandLine, EmptyState, ErrorPanel
from workbench.gui.widgets.study_grid import StudyGrid
from workbench.gui.widgets.tips import plain_tip
from workbench.gui.widgets.value_tile import ValueTile
from workbench.gui.widgets.view_chips import ViewChips

_COMMAND = "adaspring-workbench study --out study"


class StudyView(QWidget):
    """Shows a `StudyReport`; emits what the user wants."""

    open_asked = Signal()
    run_asked = Signal()
    replay_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: StudyReport | None = None
        self._place: tuple[str, str] | None = None
        self._front = SEARCHER
        self.open = QPushButton("Open…")
        self.open.setToolTip("Open a folder that a study wrote")
        self.run = QPushButton("Run a study…")
        self.status = RunStatus()
        self.error = ErrorPanel()
        self.error.retry.hide()
        self.measures = ViewChips([(key, key.capitalize(), tip) for key, tip in MEASURES.items()])
        self._measure = "latency"
        self._scenarios, self._baselines = QComboBox(), QComboBox()
        self._scenarios.setAccessibleName("Scenario")
        self._baselines.setAccessibleName("Baseline")
        self._baselines.setToolTip("What the searcher is set against")
        self.grid = StudyGrid()
        self.detail = PoliciesView()
        self.back = link_button("‹ All tasks and platforms", "Back to the grid  (Esc)")
        self._place_words = label("", "heading")
        self._claims = [ValueTile() for _ in range(3)]
        self._command: CommandLine | None = None
        self._command_place = QVBoxLayout()
        self._build()
        self._connect()

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def report(self) -> StudyReport | None:
        """What is shown."""
        return self._report

    @property
    def place(self) -> tuple[str, str] | None:
        """Task and platform whose policies are shown; None for the grid."""
        return self._place

    def show_report(self, report: StudyReport) -> None:
        """Show a study; scenario, baseline and place stay where they can."""
        self._report = report
        self._offer(self._scenarios, [(s.title, s.id) for s in report.scenarios])
        self._offer(self._baselines, [(f"against {n}", n) for n in baselines(report)])
        self._refresh()

    def show_nothing(self) -> None:
        """There is no study."""
        self._report, self._place = None, None
        self._refresh()

    def show_problem(self, problem: Problem) -> None:
        """Show an error above what is shown."""
        self.error.show_problem(problem)

    def show_place(self, task: str, platform: str) -> None:
        """Show the policies of one place."""
        self._place = (task, platform)
        self._refresh()
        self.detail.table.setFocus()

    def show_grid(self) -> None:
        """Back to the grid."""
        self._place = None
        self._refresh()
        self.grid.setFocus()

    def set_running(self, running: bool) -> None:
        """While one is computed no other is opened or started."""
        reason = "A study is running: cancel it first" if running else ""
        self.open.setEnabled(not running)
        self.run.setEnabled(not running)
        self.open.setToolTip(reason or "Open a folder that a study wrote")
        self.run.setToolTip(reason or "Choose tasks, platforms and runs, and compute")

    def _refresh(self) -> None:
        report = self._report
        grid = report is not None and self._place is None
        self.measures.setVisible(grid)
        self._baselines.setVisible(grid and self._baselines.count() > 0)
        self._scenarios.setVisible(report is not None)
        if report is None:
            self._states.setCurrentWidget(self._empty)
            return
        scenario = str(self._scenarios.currentData() or "")
        baseline = str(self._baselines.currentData() or "")
        if self._place is not None:
            board = board_of_study(report, *self._place, scenario)
            self._place_words.setText(board.about)
            front = self._front if board.row(self._front) else ""
            self.detail.show_board(board, front)
            self._states.setCurrentWidget(self._detail_page)
            return
        self.grid.show_grid(build_grid(report, scenario, baseline), self._measure)
        self._show_claims(report)
        self._states.setCurrentWidget(self._grid_page)

    def _show_claims(self, report: StudyReport) -> None:
        words = (
            "Latency: published up to",
            "Energy: published up to",
            "Evolution: published at most",
        )
        for claim, word, tile in zip(claims(report), words, self._claims, strict=True):
            value = "–" if claim.found is None else significant(claim.found, 3)
            unit = "" if claim.found is None else claim.unit
            note = claim.story.split(", with ")[0].split(". ")[0].removeprefix("That is ")
            caption = f"{word} {claim.published:g} {claim.unit}, here"
            tile.show_value(caption, value, unit, note, story=plain_tip(claim.text))

    def _offer(self, box: QComboBox, items: list[tuple[str, str]]) -> None:
        if [box.itemData(i) for i in range(box.count())] == [key for _, key in items]:
            return
        chosen = box.currentData()
        box.blockSignals(True)
        box.clear()
        for words, key in items:
            box.addItem(words, key)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        box.blockSignals(False)

    # ---- building and wiring -------------------------------------------------------------------

    def _build(self) -> None:
        self._empty = EmptyState(
            "compare",
            "No study is open",
            "A study replays every policy on every task and platform, over the day and over"
            " generated contexts, with repeats. It runs in worker processes, can be stopped and"
            " goes on where it was; what the command line computed opens here too.",
            action="Run a study…",
            command=_COMMAND,
        )
        files = QWidget()
        line = QHBoxLayout(files)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for button in (self.run, self.open):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            line.addWidget(button)
        line.addWidget(self.status)
        line.addStretch(1)
        choice = QWidget()
        line = QHBoxLayout(choice)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for box in (self._scenarios, self._baselines):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            line.addWidget(box)
        line.addWidget(self.measures)
        self._grid_page = QWidget()
        column = QVBoxLayout(self._grid_page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID_PX)
        card = Card()
        card.body.addWidget(self.grid, 1)
        card.body.addLayout(self._command_place)
        column.addWidget(card, 1)
        below = Card("Beside what is published")
        below.head.addWidget(ElidedLabel(published.SOURCE + "; nothing of it was measured here"), 1)
        line = QHBoxLayout()
        line.setSpacing(2 * theme.GRID_PX)
        for tile in self._claims:
            line.addWidget(tile, 1)
        below.body.addLayout(line)
        column.addWidget(below)
        self._detail_page = QWidget()
        column = QVBoxLayout(self._detail_page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID_PX)
        head = QHBoxLayout()
        head.addWidget(self.back)
        head.addWidget(self._place_words)
        head.addStretch(1)
        column.addLayout(head)
        column.addWidget(self.detail, 1)
        self._states = QStackedWidget()
        for page in (self._empty, self._grid_page, self._detail_page):
            self._states.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID_PX)
        layout.addWidget(FlowRow(files, choice, push=True))
        layout.addWidget(self.error)
        layout.addWidget(self._states, 1)
        self.set_running(False)
        self._refresh()

    def _connect(self) -> None:
        self.open.clicked.connect(self.open_asked)
        self.run.clicked.connect(self.run_asked)
        self._empty.acted.connect(self.run_asked)
        self._scenarios.activated.connect(self._on_choice)
        self._baselines.activated.connect(self._on_choice)
        self.measures.chosen.connect(self._on_measure)
        self.grid.chosen.connect(self.show_place)
        self.grid.looked_at.connect(self._on_cell)
        self.back.clicked.connect(self.show_grid)
        self.detail.front_asked.connect(self._on_front)
        self.detail.replay_asked.connect(self.replay_asked)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Escape goes back to the grid."""
        if event.key() == Qt.Key.Key_Escape and self._place is not None:
            self.show_grid()
        else:
            super().keyPressEvent(event)

    def _on_choice(self, _index: int) -> None:
        self._refresh()

    def _on_measure(self, key: str) -> None:
        self._measure = key
        self._refresh()

    def _on_front(self, policy: str) -> None:
        self._front = policy
        self._refresh()

    def _on_cell(self, cell: GridCell | None) -> None:
        """Offer the command that makes a place possible, where there is one."""
        if self._command is not None:
            self._command_place.removeWidget(self._command)
            self._command.hide()  # it is deleted later, and would be painted until then
            self._command.deleteLater()
            self._command = None
        if cell is not None and cell.command:
            self._command = CommandLine(cell.command)
            self._command_place.addWidget(self._command, 0, Qt.AlignmentFlag.AlignLeft)
