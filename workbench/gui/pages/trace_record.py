"""Records a device's context: a short form, then live lanes until it is stopped."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.device_desk import DeviceDesk
from workbench.gui.pages.trace_lanes import TraceLanes
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.recording import (
    COMPUTER_LANES,
    PHONE_LANES,
    LiveRows,
    progress_text,
    result_text,
)
from workbench.gui.presenters.traces import curves_of
from workbench.gui.widgets.basics import Card, label
from workbench.gui.widgets.record_form import RecordForm
from workbench.gui.widgets.states import ErrorPanel
from workbench.jobs import (
    Cancelled,
    Done,
    Failed,
    Job,
    JobEvent,
    Progress,
    run_in_thread,
)
from workbench.services.recording import RecordingSettings
from workbench.services.recording_devices import (
    RecordingDevice,
    find_recording_devices,
    start_recording,
    this_computer,
)
from workbench.services.trace_library import TraceLibrary

_REDRAW_S = 0.25


def _look_for_devices(addresses: tuple[str, ...]) -> Job:
    return run_in_thread(find_recording_devices, {"addresses": addresses}, name="Look for phones")


@dataclass(frozen=True, slots=True)
class RecordingBackend:
    """The services behind the recorder; scripted ones stand in for them in tests.

    Attributes:
        at_once: what can be recorded without looking for it.
        look: a job whose result are all devices, those at addresses among them.
        start: begins to record a device into a file.
    """

    at_once: Callable[[], RecordingDevice] = this_computer
    look: Callable[[tuple[str, ...]], Job] = _look_for_devices
    start: Callable[[str, RecordingSettings, Path], Job] = start_recording


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
        desk: DeviceDesk,
        backend: RecordingBackend | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._library = library
        self._desk = desk
        self._backend = backend or RecordingBackend()
        self._job: Job | None = None
        self._looking: Job | None = None
        self._wanted = ""
        self._device: RecordingDevice | None = None
        self._path = Path()
        self._origin_s = 0.0
        self._rows = LiveRows(2.0)
        self._drawn_s = 0.0
        self.form = RecordForm()
        self.status = label("", "secondary", wrap=True)
        self.progress = QProgressBar()
        self.error = ErrorPanel()
        self.error.retry.hide()
        self.stack = LaneStack("Lanes of the recording that runs")
        self._lanes = TraceLanes(self.stack)
        self._build()
        self.form.begin_button.clicked.connect(self.begin)
        self.form.stop_button.clicked.connect(self.stop)
        self.form.close_button.clicked.connect(self.closed)
        self.form.look_button.clicked.connect(self.look)
        self.form.device_changed.connect(self._show_running)
        desk.changed.connect(self._show_running)
        self._show_running()

    @property
    def running(self) -> bool:
        """Whether a recording goes on."""
        return self._job is not None

    @property
    def settled(self) -> bool:
        """Whether no phones are looked for."""
        return self._looking is None

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Spans of the running recording in which nothing came."""
        return self._rows.gaps

    def open(self, device: str = "") -> None:
        """Show the form, with a name that tells recordings apart.

        Args:
            device: key of the device to choose, now or once it is found.
        """
        if not self.running:
            if not self.form.device_key:
                self.form.set_devices([self._backend.at_once()])
            self._wanted = device
            if device:
                self.form.choose_device(device)
            self.form.name_now()
            self.look()
        self.form.title.setFocus()

    def look(self) -> None:
        """Look for phones."""
        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._backend.look(self._desk.addresses)
        self._bridge.watch(self._looking, self._on_found, background=True)
        self._show_running()

    def _on_found(self, event: JobEvent) -> None:
        if self._looking is None or event.job_id != self._looking.id:
            return
        if not isinstance(event, Done | Failed | Cancelled):
            return
        self._looking = None
        if isinstance(event, Done) and not self.running:
            self.form.set_devices(event.result)
            if self._wanted and self.form.choose_device(self._wanted):
                self._wanted = ""
        elif isinstance(event, Failed):
            self.error.show_problem(Problem.of(event))
        self._show_running()

    def begin(self) -> None:
        """Start recording with what the form says."""
        device = self.form.chosen
        if self.running or self.form.blocked or device is None:
            return
        self.error.hide()
        try:
            settings = self.form.settings()
            self._path = self._library.new_path(self._library.free_id(settings.title))
            job = self._backend.start(device.key, settings, self._path)
        except WorkbenchError as error:
            self.error.show_problem(Problem.of(error))
            return
        self._job, self._device = job, device
        lanes = PHONE_LANES if device.is_phone else COMPUTER_LANES
        self._rows = LiveRows(settings.rate_hz, lanes)
        now = dt.datetime.now()
        self._origin_s = now.hour * 3600.0 + now.minute * 60 + now.second
        self.status.setText("Starting…")
        self.progress.setRange(0, 1000 if settings.duration_s else 0)
        self.progress.setValue(0)
        if device.is_phone:
            self._desk.claim(device.key, "being recorded")
        self._show_running()
        self.form.stop_button.setFocus()
        self._bridge.watch(job, self.on_event)

    def stop(self) -> None:
        """End the recording and keep what there is."""
        if self._job is not None:
            self._job.cancel()
            self.form.stop_button.setEnabled(False)
            self.status.setText("Stopping; what was recorded is kept…")

    def on_event(self, event: JobEvent) -> None:
        """Take one event of the job."""
        if self._job is None or event.job_id != self._job.id:
            return
        match event:
            case Progress():
                self._on_progress(event)
            case Done():
                self._end(result_text(event.result))
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
        self._rows.take(event.detail)
        if not self._job.cancel_requested:
            self.status.setText(progress_text(event, len(self._rows.gaps)))
        if time.monotonic() - self._drawn_s >= _REDRAW_S:
            self._draw()

    def _draw(self) -> None:
        rows = self._rows
        if len(rows) < 2 or not self.isVisible():
            return
        self._drawn_s = time.monotonic()
        self._lanes.draw(curves_of(rows.columns()), rows.lanes, rows.gaps, self._origin_s)
        self.stack.show_at(rows.latest_s)

    def _end(self, text: str) -> None:
        self._job = None
        self.status.setText(text)
        self._draw()
        if self._device is not None:
            self._desk.release(self._device.key)
        self._show_running()

    def _show_running(self) -> None:
        running = self.running
        in_use = self._desk.use_of(self.form.device_key)
        self.form.show_state(running=running, looking=not self.settled, in_use=in_use)
        self.form.stop_button.setEnabled(running)
        self.progress.setVisible(running)
        drawn = running or len(self._rows) > 1
        self.stack.setVisible(drawn)
        self._hint.setVisible(not drawn)
        self.running_changed.emit()

    def _build(self) -> None:
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
        layout.addWidget(self.form)
        layout.addWidget(live, 1)
