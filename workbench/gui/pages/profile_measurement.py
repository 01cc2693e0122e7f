"""The measurement of the Profile page: begun, followed in the Plan view, and broken off."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.gui.pages.profile_runs import ProfileRuns
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.profiling_plan import ended_text
from workbench.gui.presenters.profiling_runs import board_of, status_text
from workbench.gui.shell import Shell
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent, Partial, Progress
from workbench.profiling.energy.live import (
    EnergyBlock,
    EnergyMeasured,
    EnergyPlanned,
    PowerReadings,
)
from workbench.profiling.live import RunMeasured, RunsPlanned, RunStarted
from workbench.services.profiling_setup import ProfilingPreview, ProfilingRequest


class Measurement(QObject):
    """At most one at a time; the device is claimed while it runs."""

    begun = Signal()
    ended = Signal(bool)
    """Whether a profile was written."""

    def __init__(
        self,
        shell: Shell,
        start: Callable[[ProfilingRequest], Job],
        runs: ProfileRuns,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._shell, self._start, self._runs = shell, start, runs
        self._job: Job | None = None
        self._device = ""
        self._preview: ProfilingPreview | None = None

    @property
    def job(self) -> Job | None:
        """The job while it runs."""
        return self._job

    @property
    def running(self) -> bool:
        """Whether a measurement goes on."""
        return self._job is not None

    def begin(self, request: ProfilingRequest, preview: ProfilingPreview | None) -> None:
        """Start measuring what the preview shows."""
        self._runs.error.hide()
        try:
            job = self._start(request)
        except (WorkbenchError, OSError) as error:
            self._runs.error.show_problem(Problem.of(error))
            return
        self._job, self._device, self._preview = job, request.device, preview
        self._shell.desk.claim(request.device, "being profiled")
        if preview is not None:
            self._runs.show_board(board_of(preview, preview.planned))
        self._runs.show_progress("Starting the worker process…", None)
        self.begun.emit()
        self._shell.bridge.watch(job, self.on_event)

    def cancel(self) -> None:
        """Break the measurement off."""
        if self._job is not None:
            self._job.cancel()
            self._runs.form.cancel.setEnabled(False)
            self._runs.show_progress("Breaking off…", None)

    def on_event(self, event: JobEvent) -> None:
        """Take one event of the measurement."""
        if self._job is None or event.job_id != self._job.id:
            return
        match event:
            case Partial():
                self._take(event.record)
            case Progress():
                if not self._job.cancel_requested:
                    text = status_text(event.message, event.fraction, event.eta_s)
                    self._runs.show_progress(text, event.fraction)
            case Done():
                self._end("Measured. The profile stands among your device profiles.")
                self.ended.emit(True)
            case Cancelled():
                self._end(ended_text("cancelled"))
                self.ended.emit(False)
            case Failed():
                self._end(ended_text("failed"))
                self._runs.error.show_problem(Problem.of(event))
                self.ended.emit(False)

    def _take(self, record: object) -> None:
        """Show one record of the worker."""
        runs = self._runs
        board = runs.table.board
        match record:
            case RunsPlanned():
                runs.show_board(board_of(self._preview, record))
            case RunStarted() | RunMeasured():
                runs.table.touch(board.take(record))
                if isinstance(record, RunMeasured) and record.complete:
                    runs.show_summary()
            case EnergyPlanned():
                runs.table.touch(board.plan_energy(record))
                runs.table.show_energy(True)
                runs.strip.clear()
                runs.show_strip(True)
            case EnergyBlock():
                changed = board.take_energy(record)
                numbers = [board.rows[p].number for p in changed if board.rows[p].running]
                runs.strip.begin_block(numbers[0] if numbers else 0)
                runs.table.touch(changed)
            case PowerReadings():
                runs.strip.add(record.t_s, record.power_mw)
            case EnergyMeasured():
                runs.table.touch(board.take_energy(record))
                runs.show_summary()

    def _end(self, status: str) -> None:
        self._job = None
        self._shell.desk.release(self._device)
        self._runs.table.touch(self._runs.table.board.stop())
        self._runs.show_ended(status)
        self._runs.show_summary()
