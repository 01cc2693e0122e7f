"""The Plan view of the Profile page: the plan, and the runs that it consists of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.provenance import Provenance
from workbench.gui.presenters.profiling_runs import RunBoard
from workbench.gui.widgets.basics import Card, ProvenancePill, label, row
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.power_strip import PowerStrip
from workbench.gui.widgets.profile_form import ProfileForm
from workbench.gui.widgets.run_table import RunTable
from workbench.gui.widgets.states import ErrorPanel

_FORM_WIDTH_PX = 320
_STRIP_WORDS = "shaded: a configuration runs, by its number; between: the phone idles"


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
        self.strip = PowerStrip()
        self._strip_words = label("", "small")
        self._strip_card = Card("Power")
        self._build()

    def show_board(self, board: RunBoard) -> None:
        """Show the rows of a plan or of a measurement."""
        self.table.show_board(board)
        self.show_strip(board.has_energy)
        self._stack.setCurrentWidget(self.table if board.rows else self._waiting)
        self.show_summary()

    def show_strip(self, shown: bool, words: str = "") -> None:
        """Show the strip of power, or hide it where no energy is measured."""
        self._strip_card.setVisible(shown)
        self._strip_words.setText(words or _STRIP_WORDS)

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
        self._strip_card.head.addWidget(label("mW", "small"))
        self._strip_card.head.addStretch(1)
        self._strip_card.head.addWidget(self._strip_words)
        self._strip_card.body.addWidget(self.strip)
        self._strip_card.hide()
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(card, 1)
        column.addWidget(self._strip_card)
        layout.addWidget(self.form)
        layout.addLayout(column, 1)
