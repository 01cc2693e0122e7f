"""Offers to go on with a measurement that was broken off."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMessageBox, QPushButton, QWidget

from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.project_contents import when
from workbench.gui.shell import Shell
from workbench.gui.widgets.basics import link_button
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.jobs import Done, Failed, Job, JobContext, JobEvent, TerminalEvent, run_in_thread
from workbench.services.unfinished import Unfinished, discard, unfinished_measurements

Find = Callable[[JobContext], tuple[Unfinished, ...]]


class ResumeBar(QFrame):
    """One line about the latest unfinished measurement; hidden where there is none."""

    go_on_asked = Signal(object)
    """The `Unfinished` to go on with."""

    def __init__(
        self,
        shell: Shell,
        find: Find = unfinished_measurements,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._shell, self._find = shell, find
        self._job: Job | None = None
        self._shown: Unfinished | None = None
        self._text = ElidedLabel("")
        self.go_on = QPushButton("Go on")
        self.discard = link_button("Discard…", "Throw its samples away")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.discard)
        layout.addWidget(self.go_on)
        self.go_on.clicked.connect(self._on_go_on)
        self.discard.clicked.connect(self.ask_discard)
        self.hide()

    @property
    def shown(self) -> Unfinished | None:
        """The measurement that is offered."""
        return self._shown

    @property
    def busy(self) -> bool:
        """Whether the project is looked into now."""
        return self._job is not None

    def refresh(self) -> None:
        """Look into the project again."""
        self._start(run_in_thread(self._find, name="Look for unfinished measurements"))

    def clear(self) -> None:
        """Offer nothing: something is being measured."""
        self._show(())

    def ask_discard(self) -> None:
        """Ask, then throw the measurement away."""
        if self._shown is None:
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText("Throw this unfinished measurement away?")
        box.setInformativeText(f"{_text(self._shown)}. This cannot be undone.")
        box.setStandardButtons(QMessageBox.StandardButton.Cancel | QMessageBox.StandardButton.Yes)
        box.button(QMessageBox.StandardButton.Yes).setText("Throw away")
        box.finished.connect(self._on_confirmed)
        box.open()

    def throw_away(self) -> None:
        """Throw the measurement away."""
        if self._shown is not None:
            arguments = {"run": self._shown.run}
            self._start(run_in_thread(discard, arguments, name="Discard a measurement"))

    def _on_confirmed(self, answer: int) -> None:
        if answer == QMessageBox.StandardButton.Yes:
            self.throw_away()

    def _on_go_on(self) -> None:
        if self._shown is not None:
            self.go_on_asked.emit(self._shown)

    def _start(self, job: Job) -> None:
        self._job = job
        self._shell.bridge.watch(job, self._on_event, background=True)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if not isinstance(event, TerminalEvent):
            return
        self._job = None
        if isinstance(event, Failed):
            self._shell.show_problem(Problem.of(event))
        elif isinstance(event, Done) and event.result is None:
            self._shell.notify("Threw the unfinished measurement away.", "")
            self.refresh()
        elif isinstance(event, Done):
            self._show(event.result)

    def _show(self, found: tuple[Unfinished, ...]) -> None:
        self._shown = found[0] if found else None
        self.setVisible(bool(found))
        if self._shown is None:
            return
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        self._text.setText(f"Unfinished: {_text(self._shown)}{more}")
        reason = self._shown.reason
        self.go_on.setEnabled(not reason)
        self.go_on.setToolTip(f"Not here: {reason}." if reason else "Measure what is missing")


def _text(found: Unfinished) -> str:
    return (
        f"{found.network} on {found.device}, {found.plan}, {found.done:,} of {found.total:,}"
        f" blocks, begun {when(found.began)}"
    )
