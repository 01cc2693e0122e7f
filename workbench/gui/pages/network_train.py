"""The Train view of the Network page: a form, live curves, and the job between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.bridge import JobBridge
from workbench.gui.palette import Tokens
from workbench.gui.plots.training_curves import TONES, TrainingCurves
from workbench.gui.presenters.data_report import DataView, view_of_failure, view_of_report
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.training_run import (
    CURVES,
    TaskChoice,
    TrainingForm,
    TrainingLog,
    free_folder,
    result_text,
    status_text,
)
from workbench.gui.widgets.basics import Card, label, row
from workbench.gui.widgets.data_panel import DataPanel
from workbench.gui.widgets.states import ErrorPanel
from workbench.gui.widgets.train_form import CurveKey, TrainForm
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, Progress

if TYPE_CHECKING:
    from workbench.tasks.options import TaskOptions

_REDRAW_S = 0.1
_FORM_WIDTH_PX = 392

StartTraining = Callable[[TrainingForm], Job]


def start_training(form: TrainingForm) -> Job:
    """Start the training service's job.

    Raises:
        WorkbenchError: when the form makes no sense.
    """
    from workbench.services.training import TrainingRequest
    from workbench.services.training import start_training as start

    return start(
        TrainingRequest(
            task=form.task,
            data=Path(form.data).expanduser(),
            out=Path(form.out).expanduser(),
            minutes=form.minutes,
            resume=form.resume,
            skip_bad_data=form.skip_bad_data,
            options=_options(form),
        )
    )


def _options(form: TrainingForm) -> TaskOptions:
    from workbench.tasks.options import TaskOptions

    return TaskOptions(form.input_size, form.max_classes)


def start_check(form: TrainingForm) -> Job:
    """Start the job that reads the data folder and reports on it.

    Raises:
        WorkbenchError: when the task is unknown.
    """
    from workbench.services.data_check import start_data_check

    return start_data_check(form.task, Path(form.data).expanduser(), _options(form))


def known_tasks() -> tuple[TaskChoice, ...]:
    """The tasks there are."""
    from workbench.tasks.registry import TASKS

    return tuple(
        TaskChoice(
            task.name,
            task.title,
            task.data_hint.replace("`", ""),
            task.usual_folder,
            task.backbone.input_shape[-1] if task.with_options else None,
        )
        for task in TASKS.values()
    )


class NetworkTrain(QWidget):
    """Starts, follows and stops one training run."""

    finished = Signal(str)
    """The folder of a network that was trained."""

    def __init__(
        self,
        bridge: JobBridge,
        start: StartTraining = start_training,
        check: StartTraining = start_check,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._start, self._check = start, check
        self._checking = False
        self._job: Job | None = None
        self._log = TrainingLog()
        self._drawn_s = 0.0
        self._folder = ""
        self.form = TrainForm()
        self.curves = TrainingCurves()
        self.status = label("No training yet.", "secondary")
        self.result = label("", wrap=True)
        self.use = QPushButton("Use this network")
        self.error = ErrorPanel()
        self.data = DataPanel()
        self._key = CurveKey()
        self._curve_note = label("thick: samples kept back · thin: training batches", "small")
        self._plots = QStackedWidget()
        self._hint = label(
            "Loss and accuracy of the largest, a random and the smallest network\n"
            "are drawn here while they learn.",
            "secondary",
        )
        self._progress = QProgressBar()
        self._build()
        self.form.start_asked.connect(self.begin)
        self.form.cancel_asked.connect(self.cancel)
        self.form.check_asked.connect(self.check)
        self.data.train_asked.connect(self._on_train_asked)
        self.data.closed.connect(self._hide_data)
        self.use.clicked.connect(self._on_use)
        self.error.retried.connect(self._on_retry)
        theme.manager().changed.connect(self._restyle)
        self._show_log()

    @property
    def running(self) -> bool:
        """Whether a run goes on."""
        return self._job is not None

    @property
    def log(self) -> TrainingLog:
        """Figures of the newest run."""
        return self._log

    def prepare(self) -> None:
        """Fill the form on first show, and look at the folders again later."""
        if not self.form.form.task:
            from workbench.services.catalogue import user_folder

            networks = user_folder("networks")
            self.form.set_tasks(known_tasks(), lambda name: str(free_folder(networks, name)))
            self.form.set_minutes(20)
        self.form.refresh()

    def begin(self) -> None:
        """Start, or go on."""
        form = self.form.form
        if self.running or self.form.blocked:
            return
        if self._watch(self._start, "Starting the worker process…"):
            if not form.resume:
                self._log = TrainingLog()
            self._folder = form.out
            self._hide_data()

    def check(self) -> None:
        """Read the data folder and show what it holds."""
        if not self.running:
            self._watch(self._check, "Reading the data…")

    def _watch(self, start: StartTraining, status: str) -> bool:
        """Start a job and follow it; False when it could not be started."""
        self.error.hide()
        self._checking = start is self._check
        try:
            self._job = start(self.form.form)
        except (WorkbenchError, OSError) as error:
            self.error.show_problem(Problem.of(error))
            return False
        self.result.hide()
        self.use.hide()
        self.status.setText(status)
        self._progress.setRange(0, 0)
        self._progress.show()
        self.form.show_running(True)
        self._bridge.watch(self._job, self.on_event)
        return True

    def cancel(self) -> None:
        """Ask the run to write a checkpoint and stop."""
        if self._job is not None:
            self._job.cancel()
            self.form.cancel.setEnabled(False)
            writes = "" if self._checking else "; the checkpoint is written"
            self.status.setText(f"Stopping{writes}…")

    def on_event(self, event: JobEvent) -> None:
        """Take one event of the job."""
        if self._job is None or event.job_id != self._job.id:
            return
        match event:
            case Progress():
                self._on_progress(event)
            case Done() if self._checking:
                self._end("The data were read.")
                self._show_data(view_of_report(event.result))
            case Cancelled() if self._checking:
                self._end("Stopped.")
            case Failed() if self._checking:
                self._end("The data could not be read.")
                self.error.show_problem(Problem.of(event))
            case Done():
                self._end("Trained and measured.")
                self.result.setText(result_text(event.result))
                self.result.show()
                self.use.show()
            case Cancelled():
                kept = self.form.form.can_resume
                self._end(f"Stopped.{' Everything up to here is kept in the checkpoint.' * kept}")
                self.form.set_resume(True)
            case Failed() if (view := view_of_failure(event)) is not None:
                self._end("The training has not begun: some of the data cannot be used.")
                self._show_data(view)
            case Failed():
                self._end("The training broke off.")
                self.form.set_resume(True)
                self.error.show_problem(Problem.of(event))

    def _on_progress(self, event: Progress) -> None:
        assert self._job is not None
        if not self._job.cancel_requested:
            self.status.setText(status_text(event.message, self._log, event.fraction, event.eta_s))
        self._progress.setRange(0, 0 if event.fraction is None else 1000)
        if event.fraction is not None:
            self._progress.setValue(round(1000 * event.fraction))
        if self._log.add(event.detail) and time.monotonic() - self._drawn_s > _REDRAW_S:
            self._show_log()

    def _end(self, status: str) -> None:
        self._job = None
        self._progress.hide()
        self.status.setText(status)
        self.form.show_running(False)
        self._show_log()

    def _show_data(self, view: DataView) -> None:
        self.data.show_view(view)
        self._plots.setCurrentWidget(self.data)
        self._key.hide()
        self._curve_note.hide()

    def _hide_data(self) -> None:
        self._plots.setCurrentWidget(self._hint)
        self._show_log()

    def _on_train_asked(self, skip_bad_data: bool) -> None:
        if skip_bad_data:
            self.form.skip_bad_data()
        self.begin()

    def _show_log(self) -> None:
        self._drawn_s = time.monotonic()
        self.curves.show_log(self._log)
        if self._plots.currentWidget() is self.data:
            return
        drawn = self._log.step > 0
        self._plots.setCurrentWidget(self.curves if drawn else self._hint)
        self._key.setVisible(drawn)
        self._curve_note.setVisible(drawn)
        tokens = theme.tokens()
        values = {}
        for name in CURVES:
            kept_back, live = self._log.kept_back[name].last, self._log.live[name].last
            text = "–" if live is None else f"({live:.0f} %)"
            if kept_back is not None:
                text = f"{kept_back:.1f} %"
            values[name] = (text, getattr(tokens, TONES[name]))
        loss = self._log.loss.last
        values["loss"] = ("–" if loss is None else f"{loss:.3f}", tokens.secondary)
        self._key.show_values(values)

    def _build(self) -> None:
        card = Card("Live")
        card.head.addWidget(self._curve_note)
        card.head.addStretch(1)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Progress of the training")
        self._progress.hide()
        self.use.setProperty("role", "primary")
        self.use.hide()
        self.result.hide()
        card.body.addWidget(self._key)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._plots.addWidget(self._hint)
        self._plots.addWidget(self.curves)
        self._plots.addWidget(self.data)
        card.body.addWidget(self._plots, 1)
        card.body.addWidget(self.status)
        card.body.addWidget(self._progress)
        card.body.addWidget(self.result)
        card.body.addLayout(row(self.use, None))
        card.body.addWidget(self.error)
        left = QScrollArea()
        left.setWidgetResizable(True)
        left.setFrameShape(QFrame.Shape.NoFrame)
        left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left.setWidget(self.form)
        left.setFixedWidth(_FORM_WIDTH_PX)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(left)
        layout.addWidget(card, 1)

    def _on_use(self) -> None:
        self.finished.emit(self._folder)

    def _on_retry(self) -> None:
        if self._checking:
            self.check()
        else:
            self.begin()

    def _restyle(self, _tokens: Tokens) -> None:
        self._show_log()
