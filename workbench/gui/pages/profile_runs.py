"""The Plan view of the Profile page: the plan, and the runs that it consists of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QWidget,
)

from workbench.core.provenance import Provenance
from workbench.gui.presenters.profiling_runs import RunBoard
from workbench.gui.widgets.basics import Card, ProvenancePill, label, row
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.profile_form import ProfileForm
from workbench.gui.widgets.run_table import RunTable
from workbench.gui.widgets.states import ErrorPanel

_FORM_WIDTH_PX = 320


class ProfileRuns(QWidget):
    """Form on the left, progress and the table of runs on the right."""

    def __init__(self, presets: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = ProfileForm(presets)
        self.table = RunTable()
        self.error = ErrorPanel()
        self.status = label("", "secondary")
        self.progress = QProgressBar()
        self._summary = ElidedLabel("")
        self._mark = ProvenancePill()
        self._mark.show_provenance(Provenance.SIMULATED, "The device is a virtual phone.")
        self._mark.hide()
        self._waiting = label("Choosing configurations…", "secondary")
        self._stack = QStackedWidget()
        self._build()

    def show_board(self, board: RunBoard) -> None:
        """Show the rows of a plan or of a measurement."""
        self.table.show_board(board)
        self._stack.setCurrentWidget(self.table if board.rows else self._waiting)
        self.show_summary()

    def show_simulated(self, simulated: bool) -> None:
        """Mark the rows where the device is a virtual one."""
        self._mark.setVisible(simulated)

    def show_waiting(self, text: str) -> None:
        """There are no rows yet, because of this."""
        self._waiting.setText(text)
        self._stack.setCurrentWidget(self._waiting)
        self._summary.setText("")

    def show_summary(self) -> None:
        """Count the rows again."""
        self._summary.setText(self.table.board.summary())
        self._summary.setAccessibleName(self._summary.text())

    def show_progress(self, text: str, fraction: float | None) -> None:
        """Say what is being done, and how far it is."""
        self.status.setText(text)
        self.status.setVisible(bool(text))
        self.progress.setRange(0, 0 if not fraction else 1000)
        if fraction:
            self.progress.setValue(round(1000 * fraction))
        self.progress.show()

    def show_ended(self, text: str) -> None:
        """Nothing is being measured; `text` says how it ended."""
        self.progress.hide()
        self.status.setText(text)
        self.status.setVisible(bool(text))

    def _build(self) -> None:
        card = Card("Runs")
        card.head.addWidget(self._mark)
        card.head.addWidget(self._summary, 1)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the measurement")
        self.status.setMinimumWidth(40)
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(self.table)
        line = row(self.status)
        card.body.addLayout(line)
        card.body.addWidget(self.progress)
        card.body.addWidget(self.error)
        card.body.addWidget(self._stack, 1)
        self.show_ended("")
        self.form.setFixedWidth(_FORM_WIDTH_PX)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.form)
        layout.addWidget(card, 1)
