"""Draws a replay on the Replay page: the day of its policies, and the moment at the playhead."""

from __future__ import annotations

from PySide6.QtCore import QObject

from workbench.gui import theme
from workbench.gui.pages.replay_lanes import ReplayLanes
from workbench.gui.pages.replay_layout import ReplayLayout
from workbench.gui.pages.replay_tradeoff import ReplayTradeoff
from workbench.gui.presenters.decision import MEASURE_TIP, build_card, measured_text
from workbench.gui.presenters.player import Player
from workbench.gui.presenters.replay_runner import ReplayRunner
from workbench.gui.presenters.replay_view import PolicyView, ReplayView


class ReplayDrawing(QObject):
    """Lanes, trade-off and decision card of the replay in `view`; None before the first."""

    def __init__(
        self, ui: ReplayLayout, runner: ReplayRunner, player: Player, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._ui, self._runner, self._player = ui, runner, player
        self.view: ReplayView | None = None
        self.lanes = ReplayLanes(ui.stack)
        self.tradeoff = ReplayTradeoff(ui.tradeoff, ui.axis_button, ui.axis_caption)
        self._shown_decision: tuple[object, ...] = ()
        theme.manager().changed.connect(self._on_theme)

    @property
    def primary(self) -> PolicyView | None:
        """The policy in front, where it was replayed."""
        return None if self.view is None else self.view.policy(self._ui.chips.primary)

    def show_run(self) -> None:
        """Draw the day and the moment at the playhead."""
        view, primary = self.view, self.primary
        if view is None or primary is None:
            return
        self.lanes.show(view, primary, self._others(view))
        self.tradeoff.set_sources(view.energy_source, view.latency_source)
        self._shown_decision = ()
        self._show_measured(view, primary)
        self.show_time()
        self.show_region()

    def show_time(self) -> None:
        """Draw the playhead; the card and the policies' points only where a decision changed."""
        view, primary = self.view, self.primary
        if view is None or primary is None:
            return
        t_s = self._player.t_s
        self._ui.transport.show_time(t_s + view.origin_s)
        self._ui.stack.show_at(t_s)
        others = self._others(view)
        shown = (view, primary.name, *(p.decision_at(t_s) for p in (primary, *others)))
        if shown != self._shown_decision:
            self._shown_decision = shown
            card = build_card(view, primary, others, t_s)
            source = "" if card.evolution.total_ms is None else "measured here"
            self._ui.decision.show_card(card, source)
            self.tradeoff.show_policies(primary, others, t_s)

    def show_region(self) -> None:
        """Draw what could be chosen at the playhead; where it stands, say the lanes' values."""
        session, view, primary = self._runner.session, self.view, self.primary
        if session is not None and view is not None and primary is not None:
            t_s, values = self._player.t_s, self._ui.what_if.values()
            self.tradeoff.show_region(session.region(view, primary, t_s, values))
        if not self._player.playing:
            self._ui.stack.describe()

    def toggle_layers(self) -> None:
        """Open or fold the lane of the configuration."""
        self.lanes.set_opened(not self.lanes.opened)
        self._ui.fold_button.setText("Fold layers" if self.lanes.opened else "Open layers")

    def switch_axis(self) -> None:
        """Show accuracy against latency in the place of energy, or back."""
        self.tradeoff.switch_axis()
        self._shown_decision = ()
        self.show_time()
        self.show_region()

    def _others(self, view: ReplayView) -> list[PolicyView]:
        chips = self._ui.chips
        names = [name for name in chips.visible if name != chips.primary]
        return [policy for name in names if (policy := view.policy(name)) is not None]

    def _show_measured(self, view: ReplayView, primary: PolicyView) -> None:
        """How much of the day rests on nothing measured, and the offer to measure it."""
        button = self._ui.measure_button
        text = measured_text(view.measured, primary.name)
        button.setVisible(bool(text))
        button.setText(text)
        if view.measured is not None:
            button.setToolTip("\n".join([*view.measured.summary, MEASURE_TIP]))

    def _on_theme(self, _tokens: object) -> None:
        self.show_run()
