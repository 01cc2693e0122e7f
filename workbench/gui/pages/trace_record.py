"""Records this computer's context: a short form, then live lanes until it is stopped."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QPushButton, QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.trace_lanes import TraceLanes
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.presenters.formats import duration
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.traces import curves_of
from workbench.gui.widgets.basics import Card, label, row
from workbench.gui.widgets.forms import FormGrid, number_box
from workbench.gui.widgets.states import ErrorPanel
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, Progress, run_in_thread
from workbench.services.recording import RecordingSettings, RecordingSummary, record_local
from workbench.services.trace_library import TraceLibrary

StartRecording = Callable[[RecordingSettings, Path], Job]
LIVE = ("battery_percent", "free_cache_kib", "cpu_share", "memory_available_mib")
MAX_LIVE = 20_000
"""Samples drawn live; beyond it every second one of the older half goes."""
_REDRAW_S = 0.25


def start_recording(settings: RecordingSettings, path: Path) -> Job:
    """Record this computer on a thread."""
    return run_in_thread(
        record_local, {"settings": settings, "path": path}, name="Record this computer"
    )


class RecordPanel(QWidget):
    """Starts, follows and stops one recording."""

    finished = Signal(str)
    """The id of the trace that was recorded."""
    closed = Signal()
    """The user wants to see the traces again; a recording goes on."""
    running_changed = Signal()

    def __init__(
        self,
        bridge: JobBridge,
        library: TraceLibrary,
        start: StartRecording = start_recording,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._library = library
        self._start = start
        self._job: Job | None = None
        self._path = Path()
        self._origin_s = 0.0
        self._rows: list[list[float]] = []
        self._drawn_s = 0.0
        self.title = QLineEdit()
        self.title.setMaxLength(80)
        self.title.setAccessibleName("Name of the recording")
        self.minutes = number_box("Minutes to record", 0, 30 * 1440, 10, decimals=1, suffix=" min")
        self.minutes.setSpecialValueText("until stopped")
        self.rate = number_box("Samples a second", 0.01, 50, 2, decimals=2, suffix=" Hz")
        self.event_rate = number_box("Inferences a second", 0, 1000, 1, decimals=2, suffix=" /s")
        self.begin_button = QPushButton("Start recording")
        self.begin_button.setProperty("role", "primary")
        self.stop_button = QPushButton("Stop and keep")
        self.close_button = QPushButton("Back to the traces")
        self.status = label("", "secondary")
        self.progress = QProgressBar()
        self.error = ErrorPanel()
        self.error.retry.hide()
        self.stack = LaneStack("Lanes of the recording that runs")
        self._lanes = TraceLanes(self.stack)
        self._build()
        self.begin_button.clicked.connect(self.begin)
        self.stop_button.clicked.connect(self.stop)
        self.close_button.clicked.connect(self.closed)
        self._show_running()

    @property
    def running(self) -> bool:
        """Whether a recording goes on."""
        return self._job is not None

    def open(self) -> None:
        """Show the form, with a name that tells recordings apart."""
        if not self.running:
            self.title.setText(f"Computer, {dt.datetime.now():%d %b %H:%M}")
            self.title.setCursorPosition(0)
        self.title.setFocus()

    def begin(self) -> None:
        """Start recording with what the form says."""
        if self.running:
            return
        self.error.hide()
        minutes = self.minutes.value()
        try:
            settings = RecordingSettings(
                rate_hz=self.rate.value(),
                duration_s=60.0 * minutes if minutes else None,
                event_rate_hz=self.event_rate.value(),
                title=self.title.text().strip() or "This computer",
            )
            self._path = self._library.new_path(self._library.free_id(settings.title))
            job = self._start(settings, self._path)
        except WorkbenchError as error:
            self.error.show_problem(Problem.of(error))
            return
        self._job = job
        self._rows = []
        now = dt.datetime.now()
        self._origin_s = now.hour * 3600.0 + now.minute * 60 + now.second
        self.status.setText("Starting…")
        self.progress.setRange(0, 1000 if minutes else 0)
        self.progress.setValue(0)
        self._show_running()
        self.stop_button.setFocus()
        self._bridge.watch(job, self.on_event)

    def stop(self) -> None:
        """End the recording and keep what there is."""
        if self._job is not None:
            self._job.cancel()
            self.stop_button.setEnabled(False)
            self.status.setText("Stopping; what was recorded is kept…")

    def on_event(self, event: JobEvent) -> None:
        """Take one event of the job."""
        if self._job is None or event.job_id != self._job.id:
            return
        match event:
            case Progress():
                self._on_progress(event)
            case Done():
                self._end(_result_text(event.result))
                self.finished.emit(self._path.stem)
            case Cancelled():
                self._end("Stopped before anything was recorded.")
            case Failed():
                self._end("The recording broke off.")
                self.error.show_problem(Problem.of(event))

    def _on_progress(self, event: Progress) -> None:
        assert self._job is not None
        if event.fraction is not None:
            self.progress.setValue(round(1000 * event.fraction))
        if not self._job.cancel_requested:
            parts = [event.message, f"{duration(event.elapsed_s)} so far"]
            if event.eta_s is not None:
                parts.append(f"{duration(event.eta_s)} left")
            self.status.setText(" · ".join(parts))
        if "t_s" in event.detail:
            self._rows.append([event.detail[name] for name in ("t_s", *LIVE)])
            if len(self._rows) > MAX_LIVE:
                half = len(self._rows) // 2
                self._rows[:half] = self._rows[:half:2]
        if time.monotonic() - self._drawn_s >= _REDRAW_S:
            self._draw()

    def _draw(self) -> None:
        self._drawn_s = time.monotonic()
        if len(self._rows) < 2 or not self.isVisible():
            return
        table = np.array(self._rows)
        columns = {name: table[:, index] for index, name in enumerate(("t_s", *LIVE))}
        self._lanes.draw(curves_of(columns), LIVE, (), self._origin_s)
        self.stack.show_at(float(table[-1, 0]))

    def _end(self, text: str) -> None:
        self._job = None
        self.status.setText(text)
        self._draw()
        self._show_running()

    def _show_running(self) -> None:
        running = self.running
        for field in (self.title, self.minutes, self.rate, self.event_rate):
            field.setEnabled(not running)
        self.begin_button.setEnabled(not running)
        self.stop_button.setEnabled(running)
        self.progress.setVisible(running)
        drawn = running or bool(self._rows)
        self.stack.setVisible(drawn)
        self._hint.setVisible(not drawn)
        self.running_changed.emit()

    def _build(self) -> None:
        form = Card("Record this computer")
        form.setFixedWidth(320)
        grid = FormGrid(96)
        grid.add("Name", self.title)
        grid.add("Length", self.minutes, "0: until it is stopped")
        grid.add("Rate", self.rate, "Samples a second")
        grid.add(
            "Event rate",
            self.event_rate,
            "Inferences a second of an application; a computer that runs none cannot tell them",
        )
        form.body.addLayout(grid)
        form.body.addLayout(row(self.begin_button, self.stop_button, None))
        form.body.addWidget(
            label(
                "Processor load, memory, and battery and temperature where there are such, are "
                "read; the free cache is estimated from the load. It goes on while you work on "
                "other pages, and is written once a minute.",
                "small",
                wrap=True,
            )
        )
        form.body.addStretch(1)
        form.body.addLayout(row(self.close_button, None))
        live = Card("Live")
        live.head.addWidget(self.status, 1)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the recording")
        self._hint = label("The recording is drawn here while it runs.", "secondary")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        live.body.addWidget(self.progress)
        live.body.addWidget(self.error)
        live.body.addWidget(self._hint, 1)
        live.body.addWidget(self.stack, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID_PX)
        layout.addWidget(form)
        layout.addWidget(live, 1)


def _result_text(summary: RecordingSummary) -> str:
    ended = "Stopped and kept" if summary.stopped_early else "Recorded"
    return (
        f"{ended}: {summary.samples:,} samples over {duration(summary.duration_s)}; the sampler "
        f"took {summary.cost_percent_of_core:.2f} % of a core (measured)."
    )
