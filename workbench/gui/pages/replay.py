"""The Replay page: a day of changing context, what each policy did in it, and why."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget

from workbench.gui import settings as declared
from workbench.gui.device_desk import Wanted
from workbench.gui.pages.replay_drawing import ReplayDrawing
from workbench.gui.pages.replay_layout import ReplayLayout
from workbench.gui.presenters.player import Player, faster, slower
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.replay_runner import ReplayRunner, Run
from workbench.gui.presenters.replay_view import (
    ReplayBackend,
    ReplaySession,
    ReplayView,
)
from workbench.gui.shell import Page, Shell
from workbench.gui.workspace import KINDS
from workbench.search.policy_names import SLOW_POLICIES

_REGION_INTERVAL_S = 0.1
_SLOW_MS = 100
_CHIPS = 6
"""Policies offered as chips; the rest is behind the plus."""


class ReplayPage(Page):
    """Shows a replay, plays it, and re-runs it when a slider, a policy or a choice changes."""

    def __init__(
        self, shell: Shell, backend: ReplayBackend | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(shell, parent)
        if backend is None:
            from workbench.gui.replay_backend import ServicesBackend

            backend = ServicesBackend()
        self._runner = ReplayRunner(backend, shell.bridge.watch, self)
        self._player = Player(float(shell.settings.get(declared.SPEED)))
        self._wanted_clock_s: float | None = None
        self._wanted_moment: tuple[float | None, str] | None = None
        self._loaded_for: tuple[object, ...] | None = None
        self._failed = False
        self._region_due_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        # A run that takes longer than this says that it is on.
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW_MS)
        self._slow.timeout.connect(self._on_slow)
        self.ui = ReplayLayout(self)
        self.drawing = ReplayDrawing(self.ui, self._runner, self._player, self)
        self._actions = self._make_actions()
        self._connect()
        self.ui.transport.show_speed(int(self._player.speed))
        self.ui.restore(shell.settings)

    # ---- the page's life -----------------------------------------------------------------------

    def on_shown(self) -> None:
        """Load what is chosen, when it is not what is shown."""
        self._load_if_needed()
        self.ui.stack.setFocus()

    def on_hidden(self) -> None:
        """A replay nobody sees stands still."""
        self.pause()

    def save_state(self) -> None:
        """Remember the splitters."""
        self.ui.save(self.shell.settings)

    def commands(self) -> list[QAction]:
        """What the palette offers for this page."""
        return self._actions

    @property
    def view(self) -> ReplayView | None:
        """The replay that is shown; None before the first."""
        return self.drawing.view

    @property
    def t_s(self) -> float:
        """Where the playhead stands."""
        return self._player.t_s

    @property
    def playing(self) -> bool:
        """Whether the replay runs."""
        return self._player.playing

    @property
    def usable(self) -> bool:
        """Whether the day (or why there is none) is on the screen; more may follow."""
        return self.settled or self.drawing.view is not None

    @property
    def settled(self) -> bool:
        """Whether everything that is to be shown is on the screen."""
        waiting = self.drawing.view is None and self._loaded_for is not None and not self._failed
        return not waiting and not self._runner.busy

    @property
    def busy(self) -> bool:
        """Whether something is loaded or re-run now."""
        return self._runner.busy

    # ---- transport -----------------------------------------------------------------------------

    def toggle_play(self) -> None:
        """Play or pause. On a focused button or list, Space works that one instead."""
        focus = QApplication.focusWidget()
        if isinstance(focus, QAbstractButton) and focus.property("role") == "chip":
            focus.click()
        elif isinstance(focus, QComboBox):
            focus.showPopup()
        elif self._player.playing:
            self.pause()
        elif self.drawing.view is not None:
            self._player.play(time.monotonic())
            self._timer.start(round(1000 / int(self.shell.settings.get(declared.UPDATE_RATE))))
            self.ui.transport.show_playing(True)

    def pause(self) -> None:
        """Stand still."""
        self._player.pause()
        self._timer.stop()
        self.ui.transport.show_playing(False)
        self.drawing.show_region()

    def to_start(self) -> None:
        """Put the playhead at the start."""
        self.seek(self._player.start_s)

    def seek(self, t_s: float) -> None:
        """Put the playhead at a time of the trace."""
        self._player.seek(t_s)
        self.drawing.show_time()
        if not self._player.playing:
            self.drawing.show_region()

    def seek_clock(self, time_of_day_s: float) -> None:
        """Put the playhead at a time of day; before the day is there, as soon as it is."""
        if self.drawing.view is None:
            self._wanted_clock_s = time_of_day_s
        else:
            self.seek((time_of_day_s - self.drawing.view.origin_s) % 86_400)

    def show_moment(self, t_s: float | None, policy: str) -> None:
        """Go to a time of the trace with a policy in front, as soon as the day is there."""
        if self.drawing.view is None:
            self._wanted_moment = (t_s, policy)
            return
        self.pause()
        if policy:
            self.ui.chips.bring(policy)
        if t_s is not None:
            self.seek(t_s)

    def next_decision(self) -> None:
        """Go to the next decision of the policy in front."""
        self._step(1)

    def previous_decision(self) -> None:
        """Go to the decision before this one."""
        self._step(-1)

    def _step(self, direction: int) -> None:
        policy = self.drawing.primary
        if policy is None:
            return
        index = policy.decision_at(self._player.t_s)
        wanted = index + 1 if direction > 0 else index - 1
        at_one = index >= 0 and abs(policy.decision_t_s[index] - self._player.t_s) < 1e-6
        if direction < 0 and not at_one:
            wanted = index
        if 0 <= wanted < len(policy.decision_t_s):
            self.seek(float(policy.decision_t_s[wanted]))

    def _set_speed(self, speed: int) -> None:
        self._player.speed = float(speed)
        self.ui.transport.show_speed(speed)

    def _faster(self) -> None:
        self._set_speed(faster(self._player.speed))

    def _slower(self) -> None:
        self._set_speed(slower(self._player.speed))

    def _on_tick(self) -> None:
        self._player.tick(time.monotonic())
        self.drawing.show_time()
        now_s = time.monotonic()
        if now_s >= self._region_due_s:
            self._region_due_s = now_s + _REGION_INTERVAL_S
            self.drawing.show_region()
        if not self._player.playing:
            self.pause()

    # ---- loading and running -------------------------------------------------------------------

    def _load_if_needed(self) -> None:
        workspace = self.shell.workspace
        chosen = [workspace.current(kind) for kind in KINDS]
        missing = [
            kind
            for kind, choice in zip(("network", "device profile", "trace"), chosen, strict=True)
            if choice is None
        ]
        if missing:
            self.ui.show_missing(missing[0])
            return
        network, device, trace = (choice.key for choice in chosen if choice is not None)
        revisions = tuple(workspace.revision(kind) for kind in KINDS)
        wanted = (network, device, trace, revisions)
        if wanted != self._loaded_for:
            self._loaded_for = wanted
            self.pause()
            self._failed = False
            self.drawing.view = None
            self.ui.show_loading()
            self._runner.load(network, device, trace)

    def on_session(self, session: ReplaySession) -> None:
        """A session was loaded: offer its sliders and policies and run the day."""
        chips = list(session.default_policies)
        chips += [name for name in session.policies if name not in chips]
        offered = chips[:_CHIPS]
        visible = [name for name in session.default_policies if name != "backbone"]
        self.ui.chips.set_policies(offered, visible, session.policies)
        self.ui.what_if.set_knobs(session.knobs)
        self.ui.legend.show_operators(session.space.operators)
        self.drawing.tradeoff.set_space(session.space)
        self.drawing.view = None
        # The policy in front alone is on the screen sooner; the others follow by themselves.
        self._runner.run(visible[:1], self.ui.what_if.values())

    def on_run(self, run: Run) -> None:
        """A day was replayed."""
        first = self.drawing.view is None
        self._slow.stop()
        self.drawing.view = run.view
        self.ui.show_content()
        self.ui.subtitle.setText(run.view.subtitle)
        # The first run also prepares the searchers, so its time says nothing about dragging.
        took = "" if first else f" ({run.took_ms:.0f} ms)"
        self.ui.what_if.show_note(f"the day is re-run while you drag{took}")
        self.ui.transport.show_end(run.view.end_s + run.view.origin_s)
        self._player.set_span(float(run.view.t_s[0]), run.view.end_s)
        focus = QApplication.focusWidget()
        if first and (focus is None or not self.isAncestorOf(focus)):
            self.ui.stack.setFocus()
        if first and self._wanted_clock_s is not None:
            wanted, self._wanted_clock_s = self._wanted_clock_s, None
            self._player.seek((wanted - run.view.origin_s) % 86_400)
        self.drawing.show_run()
        if first and self._wanted_moment is not None:
            moment, self._wanted_moment = self._wanted_moment, None
            self.show_moment(*moment)
        if any(run.view.policy(name) is None for name in self.ui.chips.visible):
            self._run(self.ui.chips.visible)

    def on_stopped(self) -> None:
        """A run that takes long was cancelled: what it would have shown is hidden."""
        self._slow.stop()
        self.ui.what_if.show_note("")
        session, view = self._runner.session, self.drawing.view
        ready = [n for n in self.ui.chips.visible if view is not None and view.policy(n)]
        if not ready and session is not None:
            ready = list(session.default_policies[:1])
        self.ui.chips.show_only(ready)
        self.shell.notify("The replay was stopped; policies that were not ready are hidden.", "")

    def on_problem(self, problem: Problem) -> None:
        """Loading or running failed."""
        self._slow.stop()
        self._failed = True
        self.pause()
        self.ui.show_problem(problem)
        self.shell.notify(problem.message, "bad")

    def _retry(self) -> None:
        self._loaded_for = None
        self._load_if_needed()

    def _rerun(self) -> None:
        visible = self.ui.chips.visible
        # Policies that take long follow when the others are on the screen.
        self._run([name for name in visible if name not in SLOW_POLICIES] or visible)

    def _run(self, policies: Sequence[str]) -> None:
        if self._runner.session is not None:
            self._runner.run(policies, self.ui.what_if.values())
            if not self._slow.isActive():
                self._slow.start()

    def _on_slow(self) -> None:
        if self._runner.busy:
            self.ui.what_if.show_note("running the day…")

    def _on_policies(self) -> None:
        view = self.drawing.view
        if view is not None and all(view.policy(name) for name in self.ui.chips.visible):
            self.drawing.show_run()
        else:
            self._rerun()

    def _on_workspace(self, _kind: str) -> None:
        if self.isVisible():
            self._load_if_needed()

    def measure(self) -> None:
        """Go to the Profile page with what was not measured as a list made by hand."""
        measured = None if self.drawing.view is None else self.drawing.view.measured
        if measured is not None and measured.to_measure:
            self.shell.desk.ask("profile", Wanted("", measured.to_measure))
            self.shell.go_to("profile")

    # ---- wiring --------------------------------------------------------------------------------

    def _make_actions(self) -> list[QAction]:
        return [
            self.add_action("Play or pause", "Space", self.toggle_play),
            self.add_action("Next decision", "N", self.next_decision),
            self.add_action("Previous decision", "P", self.previous_decision),
            self.add_action("To the start of the day", "", self.to_start, show_key="Home"),
            self.add_action("Play faster", "]", self._faster),
            self.add_action("Play slower", "[", self._slower),
            self.add_action("Open or fold the configuration lane", "O", self.drawing.toggle_layers),
            self.add_action("Trade-off: switch energy and latency", "X", self.drawing.switch_axis),
            self.add_action("Show the whole day", "0", self.ui.stack.fit),
            self.add_action("Reset the sliders", "", self.ui.what_if.reset),
            self.add_action("Measure what was extrapolated", "", self.measure),
            self.add_action("Copy the lanes as an image", "", self.ui.stack.copy_image),
            self.add_action("Copy the lanes as CSV", "", self.ui.stack.copy_csv),
            self.add_action("Copy the trade-off as CSV", "", self.ui.tradeoff.copy_csv),
        ]

    def _connect(self) -> None:
        transport = self.ui.transport
        transport.start_asked.connect(self.to_start)
        transport.play_asked.connect(self._on_play_button)
        transport.previous_asked.connect(self.previous_decision)
        transport.next_asked.connect(self.next_decision)
        transport.speed_chosen.connect(self._set_speed)
        transport.time_entered.connect(self.seek_clock)
        self.ui.stack.sought.connect(self.seek)
        self.ui.stack.stepped.connect(self._step)
        self.ui.chips.changed.connect(self._on_policies)
        self.ui.what_if.changed.connect(self._rerun)
        self.ui.axis_button.clicked.connect(self.drawing.switch_axis)
        self.ui.fold_button.clicked.connect(self.drawing.toggle_layers)
        self.ui.error.retried.connect(self._retry)
        self.ui.measure_button.clicked.connect(self.measure)
        self.ui.missing_asked.connect(self._show_guide_page)
        self.shell.workspace.changed.connect(self._on_workspace)

    def _on_play_button(self) -> None:
        self.ui.stack.setFocus()
        self.toggle_play()

    def _show_guide_page(self, key: str) -> None:
        self.shell.go_to(key)
