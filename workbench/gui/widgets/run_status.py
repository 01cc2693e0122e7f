"""How far repeats are: a slim bar, time left, and cancel or go on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from workbench.gui.widgets.basics import link_button, value_label


class RunStatus(QWidget):
    """Shows progress; emits what the user wants."""

    cancel_asked = Signal()
    continue_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = QProgressBar()
        self._bar.setFixedWidth(88)
        self._bar.setRange(0, 1000)
        self._words = value_label(bold=False)
        self._words.setProperty("role", "secondary")
        self._cancel = link_button("Cancel", "Stop; what is known stays")
        self._cancel.clicked.connect(self.cancel_asked)
        self._continue = link_button("Continue", "Compute what is missing")
        self._continue.clicked.connect(self.continue_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self._bar, self._words, self._cancel, self._continue):
            layout.addWidget(widget)
        self.show_done("")

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def show_running(self, words: str, share: float, story: str = "") -> None:
        """Show how far it is: a share of 0 to 1, and words."""
        self._show(words, story, running=True, stopped=False)
        self._bar.setValue(round(1000 * share))

    def show_done(self, words: str, story: str = "") -> None:
        """Say that everything is there."""
        self._show(words, story, running=False, stopped=False)

    def show_stopped(self, words: str, story: str = "") -> None:
        """Say that something is missing, and offer to go on."""
        self._show(words, story, running=False, stopped=True)

    def _show(self, words: str, story: str, *, running: bool, stopped: bool) -> None:
        self._words.setText(words)
        self._words.setToolTip(story)
        self._bar.setVisible(running)
        self._bar.setAccessibleName(words)
        self._cancel.setVisible(running)
        self._continue.setVisible(stopped)
