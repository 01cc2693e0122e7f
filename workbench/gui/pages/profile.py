"""The Profile page: plan a measurement, follow it, and see what it came to."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.gui.pages.profile_export import SampleExport
from workbench.gui.pages.profile_history import PlanHistory
from workbench.gui.pages.profile_layout import ProfileLayout
from workbench.gui.pages.profile_list import ListByHand
from workbench.gui.pages.profile_look import PlanLook
from workbench.gui.pages.profile_measurement import Measurement
from workbench.gui.pages.profile_result import ProfileResult
from workbench.gui.pages.profile_resume import ResumeBar
from workbench.gui.pages.profile_runs import ProfileRuns
from workbench.gui.pages.profile_search import DeviceSearch
from workbench.gui.presenters import profiling_plan
from workbench.gui.presenters.profiling_backend import (
    DEVICE_KEY,
    Loaded,
    ProfilingBackend,
    presets,
    usual_configurations,
)
from workbench.gui.presenters.profiling_result import ResultView
from workbench.gui.presenters.profiling_runs import RunBoard, board_of, measured_board
from workbench.gui.shell import Page, Shell
from workbench.gui.widgets.profile_form import PlanState
from workbench.jobs import Failed
from workbench.services.profiling_setup import ProfilingDevice, ProfilingPreview, ProfilingRequest
from workbench.services.unfinished import Unfinished


class ProfilePage(Page):
    """Plans, follows and shows measurements of one device."""

    def __init__(
        self, shell: Shell, backend: ProfilingBackend | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(shell, parent)
        self._backend = backend or ProfilingBackend()
        self._preview: ProfilingPreview | None = None
        self._problem = ""
        self._opens_result = True
        self._stale = True
        self._goes_on = False
        self._loaded_key = ("", "", "")
        self.runs = ProfileRuns(presets())
        self.form = self.runs.form
        self.by_hand = ListByHand(shell, self.form, self._backend.space, self)
        self.result = ProfileResult()
        self.resume = ResumeBar(shell, self._backend.unfinished)
        self.exporter = SampleExport(shell, self._backend.export, self)
        self.measurement = Measurement(shell, self._backend.start, self.runs, self)
        self._search = DeviceSearch(shell, self._backend, self.form, self)
        self._look = PlanLook(shell, self._backend, self)
        self.ui = ProfileLayout(self, self.resume, self.runs, self.result)
        self._connect()
        self._usual = usual_configurations(self.form.plan)
        self.form.set_usual(self._usual)
        self.history = PlanHistory(self.form, self)
        self._actions = [
            self.add_action("Profile: start measuring", "Ctrl+Return", self.begin),
            self.add_action("Profile: cancel the measurement", "", self.measurement.cancel),
            self.add_action("Profile: choose configurations by hand", "", self.by_hand.edit),
            self.add_action("Profile: plan and runs", "", self.show_plan),
            self.add_action("Profile: result", "", self.show_result),
            self.add_action("Profile: use this profile", "", self.use),
            self.add_action("Profile: export raw samples", "", self.export),
            self.add_action(
                "Profile: undo the last change of the plan", "Ctrl+Z", self.history.undo
            ),
            self.add_action(
                "Profile: redo the change of the plan", "Ctrl+Shift+Z", self.history.redo
            ),
        ]
        self.result.splitter.restoreState(shell.settings.state("profile/splitter"))
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
            self._search.begin()
            if self._stale or self._key() != self._loaded_key:
                self._load()
        self._show_state()

    def on_hidden(self) -> None:
        """A measurement goes on; a preview that was about to be made is made later."""
        if self._look.put_off():
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
        return self._look.ready and not self._search.busy and not self.resume.busy

    @property
    def running(self) -> bool:
        """Whether a measurement goes on."""
        return self.measurement.running

    @property
    def board(self) -> RunBoard:
        """The runs that are shown."""
        return self.runs.table.board

    @property
    def view(self) -> str:
        """``plan`` or ``result``."""
        return self.ui.view

    # ---- what the user can do ------------------------------------------------------------------

    def begin(self) -> None:
        """Start measuring."""
        request = self._request()
        ready = self._look.ready and not self.running and not self.form.blocked
        if ready and request is not None:
            self.measurement.begin(request, self._preview)

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
        self.ui.show_view("plan")

    def show_result(self) -> None:
        """Show what was measured, where something was."""
        if self.result.view is not None:
            self.ui.show_view("result")

    # ---- the measurement -----------------------------------------------------------------------

    def _on_begun(self) -> None:
        self.resume.clear()
        self.show_plan()
        self._show_state()

    def _on_ended(self, written: bool) -> None:
        self.resume.refresh()
        self._show_state()
        if written:
            self.form.set_listed(())
            self._opens_result = True
            self._renew_profiles()
            self._load()

    def _renew_profiles(self) -> None:
        """Offer the profile that was written; where it is the one in use it is read again."""
        workspace, device = self.shell.workspace, self.form.device
        workspace.take({"device": workspace.catalogue.quick()["device"]})
        current = workspace.current("device")
        if device is not None and current is not None and current.key == device.profile_id:
            workspace.touch("device")

    def _on_phones(self, phones: tuple[ProfilingDevice, ...]) -> None:
        if self.running:
            return
        self.form.set_devices([*self._backend.devices(), *phones])
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
        self._look.stop()
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
        self._look.begin(request, device, None if profile is None else profile.key)
        self._show_state()

    def _on_look_failed(self, event: Failed) -> None:
        self._preview = None
        self._problem = event.message
        self._stale = True
        self.runs.show_waiting(f"{event.message} {event.hint}")
        self._show_state()

    def _take(self, loaded: Loaded) -> None:
        self._preview, self._problem = loaded.preview, loaded.problem
        device, preview = self.form.device, loaded.preview
        if preview is not None and device is not None and not self.running:
            self.runs.show_board(board_of(preview, preview.planned))
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
        if self.running or self._request() is None:
            return
        # The plan that was measured shows its figures; any other plan shows what it would take.
        board = measured_board(self._preview, view.result)
        if board is not None:
            self.runs.show_board(board)
            energy = view.result.energy
            if energy is not None:
                loads = [(start, end, position + 1) for start, end, position in energy.loads]
                self.runs.strip.show_run(energy.t_s.tolist(), energy.power_mw.tolist(), loads)

    # ---- showing -------------------------------------------------------------------------------

    def _show_state(self) -> None:
        device, network = self.form.device, self.shell.workspace.current("network")
        key = "" if network is None else network.key
        problem = self._problem if self._look.ready else "Choosing configurations…"
        blocked = profiling_plan.blocked_reason(device, key, problem, self.running)
        running = self.shell.bridge.running()
        others = [job.name for job in running if job is not self.measurement.job]
        self.form.show_state(blocked, profiling_plan.advice(device, others), running=self.running)
        self.form.show_network(
            "none" if network is None else network.label, "" if network is None else network.detail
        )
        self.runs.show_simulated(device is not None and device.simulated)
        view = self.result.view
        self.ui.chips.chip("result").setEnabled(view is not None)
        used = self.shell.workspace.current("device")
        self.result.show_used(
            view is not None and used is not None and used.key == view.result.profile.id
        )
        self.ui.subtitle.setText(self._subtitle_text(device))

    def _subtitle_text(self, device: ProfilingDevice | None) -> str:
        view = self.result.view
        if self.view == "result" and view is not None:
            return view.subtitle
        return "" if device is None else f"{device.title} · {device.detail}"

    # ---- wiring --------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.ui.chips.chosen.connect(self._on_chip)
        self.exporter.running_changed.connect(self.result.show_exporting)
        self._look.due.connect(self._load)
        self._look.loaded.connect(self._take)
        self._look.failed.connect(self._on_look_failed)
        self._search.found.connect(self._on_phones)
        self.measurement.begun.connect(self._on_begun)
        self.measurement.ended.connect(self._on_ended)
        self.form.changed.connect(self._on_form)
        self.form.start_asked.connect(self.begin)
        self.form.cancel_asked.connect(self.measurement.cancel)
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
            self._look.come_due()
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
