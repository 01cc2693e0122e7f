"""The Profile page: plan a measurement, follow it, and see what it came to."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.pages.profile_export import SampleExport
from workbench.gui.pages.profile_history import PlanHistory
from workbench.gui.pages.profile_list import ListByHand
from workbench.gui.pages.profile_result import ProfileResult
from workbench.gui.pages.profile_resume import ResumeBar
from workbench.gui.pages.profile_runs import ProfileRuns
from workbench.gui.presenters import profiling_plan
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.profiling_backend import (
    DEVICE_KEY,
    Loaded,
    ProfilingBackend,
    look,
    presets,
    usual_configurations,
)
from workbench.gui.presenters.profiling_result import ResultView
from workbench.gui.presenters.profiling_runs import RunBoard, same_plan, status_text
from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.profile_form import PlanState
from workbench.gui.widgets.view_chips import ViewChips
from workbench.jobs import (
    Cancelled,
    Done,
    Failed,
    Job,
    JobEvent,
    Partial,
    Progress,
    run_in_thread,
)
from workbench.profiling.energy.live import (
    EnergyBlock,
    EnergyMeasured,
    EnergyPlanned,
    PowerReadings,
)
from workbench.profiling.live import RunMeasured, RunsPlanned, RunStarted
from workbench.services.profiling_setup import ProfilingDevice, ProfilingPreview, ProfilingRequest
from workbench.services.unfinished import Unfinished

_PREVIEW_DELAY_MS = 150


class ProfilePage(Page):
    """Plans, follows and shows measurements of one device."""

    def __init__(
        self, shell: Shell, backend: ProfilingBackend | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(shell, parent)
        self._backend = backend or ProfilingBackend()
        self._job: Job | None = None
        self._loading: Job | None = None
        self._searching: Job | None = None
        self._preview: ProfilingPreview | None = None
        self._problem = ""
        self._claimed = ""
        self._opens_result = True
        self._stale = True
        self._goes_on = False
        self._board = RunBoard()
        self._loaded_key = ("", "", "")
        self.runs = ProfileRuns(presets())
        self.form = self.runs.form
        self.by_hand = ListByHand(shell, self.form, self._backend.space, self)
        self.result = ProfileResult()
        self.resume = ResumeBar(shell, self._backend.unfinished)
        self.exporter = SampleExport(shell, self._backend.export, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PREVIEW_DELAY_MS)
        self._build()
        self._actions = [
            self.add_action("Profile: start measuring", "Ctrl+Return", self.begin),
            self.add_action("Profile: cancel the measurement", "", self.cancel),
            self.add_action("Profile: choose configurations by hand", "", self.by_hand.edit),
            self.add_action("Profile: plan and runs", "", self.show_plan),
            self.add_action("Profile: result", "", self.show_result),
            self.add_action("Profile: use this profile", "", self.use),
            self.add_action("Profile: export raw samples", "", self.export),
        ]
        self._connect()
        self._actions += [
            self.add_action("Profile: undo the last change of the plan", "Ctrl+Z", self._undo),
            self.add_action("Profile: redo the change of the plan", "Ctrl+Shift+Z", self._redo),
        ]
        self.result.splitter.restoreState(shell.settings.state("profile/splitter"))
        self._usual = usual_configurations(self.form.plan)
        self.form.set_usual(self._usual)
        self.history = PlanHistory(self.form, self)
        self._show_state()

    # ---- the page's life -----------------------------------------------------------------------

    def on_shown(self) -> None:
        """Look at the devices and at what was measured of them."""
        wanted = self.shell.desk.take("profile")
        if wanted is not None and not self.running:
            self.by_hand.take(wanted)
            self._opens_result = not wanted.configurations
            self.show_plan()
        if not self.running:
            self.resume.refresh()
            self._search()
            if self._stale or self._key() != self._loaded_key:
                self._load()
        self._show_state()

    def on_hidden(self) -> None:
        """A measurement goes on; a preview that was about to be made is made later."""
        if self._timer.isActive():
            self._timer.stop()
            self._stale = True

    def enter_project(self) -> None:
        """Read anew what was measured; it is another project's."""
        self._stale = True
        if self.isVisible():
            self.on_shown()

    def save_state(self) -> None:
        """Remember the splitter."""
        self.shell.settings.set_state("profile/splitter", self.result.splitter.saveState())

    def commands(self) -> list[QAction]:
        """What the palette offers for this page."""
        return [action for action in self._actions if action.isEnabled()]

    @property
    def settled(self) -> bool:
        """Whether nothing is being read and no preview is due."""
        return self._ready and self._searching is None and not self.resume.busy

    @property
    def _ready(self) -> bool:
        return self._loading is None and not self._timer.isActive()

    @property
    def running(self) -> bool:
        """Whether a measurement goes on."""
        return self._job is not None

    @property
    def board(self) -> RunBoard:
        """The runs that are shown."""
        return self._board

    @property
    def view(self) -> str:
        """``plan`` or ``result``."""
        return "result" if self._stack.currentWidget() is self.result else "plan"

    # ---- what the user can do ------------------------------------------------------------------

    def begin(self) -> None:
        """Start measuring."""
        request = self._request()
        if self.running or self.form.blocked or request is None or not self._ready:
            return
        self.runs.error.hide()
        try:
            job = self._backend.start(request)
        except (WorkbenchError, OSError) as error:
            self.runs.error.show_problem(Problem.of(error))
            return
        self._job = job
        self.resume.clear()
        self.shell.desk.claim(request.device, "being profiled")
        self._claimed = request.device
        if self._preview is not None:
            self._set_board(self._fresh_board(self._preview.planned))
        self.show_plan()
        self.runs.show_progress("Starting the worker process…", None)
        self._show_state()
        self.shell.bridge.watch(job, self.on_event)

    def go_on(self, found: Unfinished) -> None:
        """Go on with a measurement that was broken off."""
        device = next((d for d in self.form.devices if d.profile_id == found.profile_id), None)
        if self.running or device is None:
            where = f"{found.device} is not there: connect it first."
            self.shell.notify("A measurement is running." if self.running else where, "warning")
            return
        self.shell.workspace.choose("network", found.network)
        count = found.configurations or usual_configurations(found.plan)
        self._goes_on = True
        energy = self.form.phone.energy  # latencies come first: nothing tells what was to follow
        self.form.set_state(
            PlanState(
                device.key, found.plan, count, found.seed, found.chosen, found.threads,
                found.cores, energy,
            )
        )  # fmt: skip
        self._load()

    def _undo(self) -> None:
        self.history.undo()

    def _redo(self) -> None:
        self.history.redo()

    def cancel(self) -> None:
        """Break the measurement off."""
        if self._job is not None:
            self._job.cancel()
            self.form.cancel.setEnabled(False)
            self.runs.show_progress("Breaking off…", None)

    def use(self) -> None:
        """Choose the profile that is shown, so that the other pages use it."""
        view = self.result.view
        if view is None:
            return
        workspace, key = self.shell.workspace, view.result.profile.id
        if not any(choice.key == key for choice in workspace.choices("device")):
            # It was measured from a terminal since the window opened.
            workspace.take({"device": workspace.catalogue.quick()["device"]})
        workspace.choose("device", key)
        self.shell.notify(f"Replays and searches now use {view.result.profile.title}.", "good")
        self._show_state()

    def export(self) -> None:
        """Ask for a file and write the raw samples into it."""
        view = self.result.view
        if view is not None and view.result.runs is not None:
            self.exporter.ask(view, self)

    def show_plan(self) -> None:
        """Show the plan and its runs."""
        self._chips.show_view("plan")
        self._stack.setCurrentWidget(self.runs)

    def show_result(self) -> None:
        """Show what was measured, where something was."""
        if self.result.view is not None:
            self._chips.show_view("result")
            self._stack.setCurrentWidget(self.result)

    # ---- the measurement -----------------------------------------------------------------------

    def on_event(self, event: JobEvent) -> None:
        """Take one event of the measurement."""
        if self._job is None or event.job_id != self._job.id:
            return
        match event:
            case Partial(record=RunsPlanned() as planned):
                self._set_board(self._fresh_board(planned))
            case Partial(record=RunStarted() | RunMeasured() as record):
                self.runs.table.touch(self._board.take(record))
                if isinstance(record, RunMeasured) and record.complete:
                    self.runs.show_summary()
            case Partial(record=EnergyPlanned() as energies):
                self.runs.table.touch(self._board.plan_energy(energies))
                self.runs.table.show_energy(True)
                self.runs.strip.clear()
                self.runs.show_strip(True)
            case Partial(record=EnergyBlock() as block):
                changed = self._board.take_energy(block)
                numbers = [
                    self._board.rows[p].number for p in changed if self._board.rows[p].running
                ]
                self.runs.strip.begin_block(numbers[0] if numbers else 0)
                self.runs.table.touch(changed)
            case Partial(record=PowerReadings() as readings):
                self.runs.strip.add(readings.t_s, readings.power_mw)
            case Partial(record=EnergyMeasured() as energies):
                self.runs.table.touch(self._board.take_energy(energies))
                self.runs.show_summary()
            case Progress():
                if not self._job.cancel_requested:
                    text = status_text(event.message, event.fraction, event.eta_s)
                    self.runs.show_progress(text, event.fraction)
            case Done():
                self._end("Measured. The profile stands among your device profiles.")
                self.form.set_listed(())
                self._opens_result = True
                self._renew_profiles()
                self._load()
            case Cancelled():
                self._end(profiling_plan.ended_text("cancelled"))
            case Failed():
                self._end(profiling_plan.ended_text("failed"))
                self.runs.error.show_problem(Problem.of(event))

    def _renew_profiles(self) -> None:
        """Offer the profile that was written; where it is the one in use it is read again."""
        workspace, device = self.shell.workspace, self.form.device
        workspace.take({"device": workspace.catalogue.quick()["device"]})
        current = workspace.current("device")
        if device is not None and current is not None and current.key == device.profile_id:
            workspace.touch("device")

    def _end(self, status: str) -> None:
        self._job = None
        self.resume.refresh()
        self.shell.desk.release(self._claimed)
        self.runs.table.touch(self._board.stop())
        self.runs.show_ended(status)
        self.runs.show_summary()
        self._show_state()

    # ---- devices -------------------------------------------------------------------------------

    def _search(self) -> None:
        """Offer this computer at once, and phones when they are found."""
        known = {device.key: device for device in self.form.devices}
        at_once = self._backend.devices()
        self.form.set_devices([*at_once, *(d for d in known.values() if d not in at_once)])
        arguments = {"addresses": self.shell.desk.addresses}
        if self._searching is not None:
            self._searching.cancel()
        self._searching = run_in_thread(self._backend.phones, arguments, name="Look for phones")
        self.shell.bridge.watch(self._searching, self._on_phones, background=True)

    def _on_phones(self, event: JobEvent) -> None:
        if self._searching is None or event.job_id != self._searching.id:
            return
        if isinstance(event, Done | Failed | Cancelled):
            self._searching = None
        if isinstance(event, Done) and not self.running:
            self.form.set_devices([*self._backend.devices(), *event.result])
            self.form.choose_device(self.shell.settings.text(DEVICE_KEY))
            self.by_hand.choose()
            if self._key() != self._loaded_key:
                self._load()
            self._show_state()

    # ---- plan and result -----------------------------------------------------------------------

    def _key(self) -> tuple[str, str, str]:
        workspace = self.shell.workspace
        network, device = workspace.current("network"), workspace.current("device")
        return (
            "" if network is None else network.key,
            "" if device is None else device.key,
            self.form.device_key,
        )

    def _request(self) -> ProfilingRequest | None:
        network = self.shell.workspace.current("network")
        if network is None or self.form.device is None:
            return None
        return ProfilingRequest(
            device=self.form.device.key,
            network=network.key,
            plan=self.form.plan,
            configurations=self.form.configurations,
            seed=self.form.seed,
            chosen=self.form.listed,
            threads=self.form.phone.threads,
            cores=self.form.phone.cores,
            energy=self.form.phone.energy,
        )

    def _load(self) -> None:
        """Choose the configurations of the plan, and read what was measured, on a thread."""
        self._timer.stop()
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        before, self._loaded_key = self._loaded_key, self._key()
        if before[0] != self._loaded_key[0] or before[2] != self._loaded_key[2]:
            self._opens_result = True
        self._stale = False
        request, device = self._request(), self.form.device
        if request is None or device is None:
            self._preview = None
            self.runs.show_waiting("There is no network to measure.")
            self._show_state()
            return
        profile = self.shell.workspace.current("device")
        arguments = {
            "backend": self._backend,
            "request": request,
            "device": device,
            "profile": None if profile is None else profile.key,
        }
        self._loading = run_in_thread(look, arguments, name="Plan a measurement")
        self.shell.bridge.watch(self._loading, self._on_loaded, quiet=True)
        self._show_state()

    def _on_loaded(self, event: JobEvent) -> None:
        if self._loading is None or event.job_id != self._loading.id:
            return
        if isinstance(event, Done):
            self._loading = None
            self._take(event.result)
        elif isinstance(event, Failed):
            self._loading = None
            self._preview = None
            self._problem = event.message
            self._stale = True
            self.runs.show_waiting(f"{event.message} {event.hint}")
            self._show_state()

    def _take(self, loaded: Loaded) -> None:
        self._preview, self._problem = loaded.preview, loaded.problem
        device, preview = self.form.device, loaded.preview
        if preview is not None and device is not None and not self.running:
            self._set_board(self._fresh_board(preview.planned))
            self.form.show_plan(
                profiling_plan.duration_text(preview),
                profiling_plan.measured_items(preview, device),
                profiling_plan.command(preview.request),
                f"{preview.least} to {preview.most:,}",
            )
        elif preview is None:
            self.runs.show_waiting(loaded.problem)
        if loaded.result is None:
            self.result.clear()
            self.show_plan()
        else:
            self._take_result(ResultView(loaded.result))
            if self._opens_result and not self.running:
                self.show_result()
        self._opens_result = False
        self._show_state()
        if self._goes_on:
            self._goes_on = False
            self.begin()

    def _take_result(self, view: ResultView) -> None:
        self.result.show_result(view)
        runs, request = view.result.runs, self._request()
        if runs is None or self.running or request is None:
            return
        # The plan that was measured shows its figures; any other plan shows what it would take.
        planned = RunsPlanned(runs.configurations, runs.fitted, runs.runs[0].rounds)
        preview = self._preview
        if preview is not None and same_plan(preview.planned, planned):
            board = self._fresh_board(planned)
            board.fill(runs.runs)
            energy = view.result.energy
            if energy is not None:
                board.fill_energy(energy.summary.figures)
            self._set_board(board)
            if energy is not None:
                loads = [(start, end, position + 1) for start, end, position in energy.loads]
                self.runs.strip.show_run(energy.t_s.tolist(), energy.power_mw.tolist(), loads)

    def _fresh_board(self, planned: RunsPlanned) -> RunBoard:
        preview = self._preview
        if preview is None:
            return RunBoard()
        same = same_plan(preview.planned, planned)
        expected = preview.expected_ms if same and preview.expected_ms is not None else None
        return RunBoard.of(
            preview.network.space, planned, None if expected is None else expected.tolist()
        )

    def _set_board(self, board: RunBoard) -> None:
        self._board = board
        self.runs.show_board(board)

    # ---- showing -------------------------------------------------------------------------------

    def _show_state(self) -> None:
        device, network = self.form.device, self.shell.workspace.current("network")
        key = "" if network is None else network.key
        problem = self._problem if self._ready else "Choosing configurations…"
        blocked = profiling_plan.blocked_reason(device, key, problem, self.running)
        others = [job.name for job in self.shell.bridge.running() if job is not self._job]
        self.form.show_state(blocked, profiling_plan.advice(device, others), running=self.running)
        self.form.show_network(
            "none" if network is None else network.label, "" if network is None else network.detail
        )
        self.runs.show_simulated(device is not None and device.simulated)
        view = self.result.view
        self._chips.chip("result").setEnabled(view is not None)
        used = self.shell.workspace.current("device")
        self.result.show_used(
            view is not None and used is not None and used.key == view.result.profile.id
        )
        self._subtitle.setText(self._subtitle_text(device))

    def _subtitle_text(self, device: ProfilingDevice | None) -> str:
        view = self.result.view
        if self.view == "result" and view is not None:
            return view.subtitle
        return "" if device is None else f"{device.title} · {device.detail}"

    # ---- wiring --------------------------------------------------------------------------------

    def _build(self) -> None:
        self._subtitle = label("", "secondary")
        self._subtitle.setMinimumWidth(60)
        self._chips = ViewChips(
            (
                ("plan", "Plan and runs", "What is measured, and the runs"),
                ("result", "Result", "The calibrated profile, and how well it predicts"),
            )
        )
        head = QHBoxLayout()
        head.setSpacing(theme.GRID_PX)
        head.addWidget(label("Profile", "title"))
        head.addSpacing(8)
        head.addWidget(self._subtitle, 1)
        head.addWidget(self._chips)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.runs)
        self._stack.addWidget(self.result)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 12, 16, 12)
        outer.setSpacing(theme.GRID_PX)
        outer.addLayout(head)
        outer.addWidget(self.resume)
        outer.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self._chips.chosen.connect(self._on_chip)
        self.exporter.running_changed.connect(self.result.show_exporting)
        self._timer.timeout.connect(self._load)
        self.form.changed.connect(self._on_form)
        self.form.start_asked.connect(self.begin)
        self.form.cancel_asked.connect(self.cancel)
        self.resume.go_on_asked.connect(self.go_on)
        self.runs.error.retried.connect(self.begin)
        self.result.use_asked.connect(self.use)
        self.result.export_asked.connect(self.export)
        self.shell.workspace.changed.connect(self._on_workspace)
        self.shell.bridge.jobs_changed.connect(self._on_jobs)

    def _on_chip(self, key: str) -> None:
        if key == "result":
            self.show_result()
        else:
            self.show_plan()
        self._show_state()

    def _on_form(self) -> None:
        self.shell.settings.set_text(DEVICE_KEY, self.form.device_key)
        usual = usual_configurations(self.form.plan)
        if self._usual != usual:
            self._usual = usual
            self.form.set_usual(usual)
        if not self.running:
            self._timer.start()
            self._show_state()

    def _on_workspace(self, kind: str) -> None:
        if kind == "trace":
            return
        self._stale = True
        if self.isVisible() and not self.running:
            self._load()

    def _on_jobs(self) -> None:
        if self.isVisible():
            self._show_state()
