"""The bottom bar: what the program says, what runs, and the way to the log."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from workbench.gui import theme
from workbench.gui.presenters.formats import duration
from workbench.gui.widgets.basics import label
from workbench.jobs import Job


class Dot(QWidget):
    """A small filled circle in one of the theme's tones."""

    def __init__(self, tone: str = "secondary", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self.setFixedSize(QSize(8, 8))

    def set_tone(self, tone: str) -> None:
        """Change the colour: the name of a token."""
        self._tone = tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(theme.tokens(), self._tone)))
        painter.drawEllipse(self.rect())
        painter.end()


class BottomBar(QWidget):
    """One line at the bottom of the window."""

    cancel_asked = Signal(object)
    """The `Job` to cancel."""
    log_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bottombar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(28)
        self._job: Job | None = None
        self._dot = Dot("good")
        self._message = label("Ready", "secondary")
        self._work = label("")
        self._progress = QProgressBar()
        self._progress.setFixedWidth(120)
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._cancel = QPushButton("Cancel")
        self._cancel.setProperty("role", "link")
        self._cancel.clicked.connect(self._on_cancel)
        self._log = QPushButton("Log  Ctrl+L")
        self._log.setProperty("role", "link")
        self._log.setAccessibleName("Show or hide the log")
        self._log.clicked.connect(self.log_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self._dot)
        layout.addWidget(self._message, 1)
        layout.addWidget(self._work)
        layout.addWidget(self._progress)
        layout.addWidget(self._cancel)
        layout.addStretch(1)
        layout.addWidget(self._log)
        self.show_jobs([])

    def show_message(self, text: str, tone: str = "") -> None:
        """Say something; `tone` is good, warning, bad or empty."""
        self._message.setText(text)
        self._message.setToolTip(text)
        self._message.setAccessibleName(f"Message: {text}")
        self._dot.set_tone(tone or "good")

    def show_jobs(self, jobs: list[Job]) -> None:
        """Show the oldest running job and how many more there are."""
        self._job = jobs[0] if jobs else None
        for widget in (self._work, self._progress, self._cancel):
            widget.setVisible(bool(jobs))
        if self._job is None:
            return
        latest = self._job.latest_progress
        parts = [self._job.name]
        if latest is not None and latest.message:
            parts.append(latest.message)
        if latest is not None and latest.eta_s is not None:
            parts.append(f"{duration(latest.eta_s)} left")
        if self._job.cancel_requested:
            parts = [self._job.name, "stopping"]
        if len(jobs) > 1:
            parts.append(f"{len(jobs) - 1} more running")
        text = " · ".join(parts)
        self._work.setText(text)
        fraction = latest.fraction if latest is not None else None
        self._progress.setRange(0, 1000 if fraction is not None else 0)
        if fraction is not None:
            self._progress.setValue(round(fraction * 1000))
        self._progress.setAccessibleName(text)
        self._cancel.setEnabled(not self._job.cancel_requested)
        self._cancel.setAccessibleName(f"Cancel {self._job.name}")

    def _on_cancel(self) -> None:
        if self._job is not None:
            self.cancel_asked.emit(self._job)
