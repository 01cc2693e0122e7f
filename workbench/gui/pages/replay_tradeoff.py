"""Feeds the trade-off plot of the Replay page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QLabel, QPushButton

from workbench.core.provenance import Source
from workbench.gui import theme
from workbench.gui.palette import policy_colour
from workbench.gui.plots.tradeoff import TradeoffPlot
from workbench.gui.plots.tradeoff_layers import PolicyPoint
from workbench.gui.presenters.replay_view import PolicyView, Region, SpaceView

_TRAIL = 7
"""Configurations of the trail, the current one included."""
_UNITS = {"energy": "mJ", "latency": "ms"}
_TITLES = {"energy": "energy per inference, mJ", "latency": "latency on an idle device, ms"}


class ReplayTradeoff:
    """Accuracy against energy or latency, on an idle device, so that points do not jump."""

    def __init__(self, plot: TradeoffPlot, axis_button: QPushButton, caption: QLabel) -> None:
        self._plot = plot
        self._button = axis_button
        self._caption = caption
        self._space: SpaceView | None = None
        self._axis = "energy"
        self._sources: dict[str, Source] = {}

    @property
    def axis(self) -> str:
        """What stands along x: ``energy`` or ``latency``."""
        return self._axis

    def set_space(self, space: SpaceView) -> None:
        """Show another space."""
        self._space = space
        self._sources = {}
        if space.energy_mj is None:
            self._axis = "latency"
        self._button.setEnabled(space.energy_mj is not None)
        self._button.setToolTip(
            "Switch between energy and latency  (X)"
            if space.energy_mj is not None
            else "This device profile knows no power, so there is no energy to show."
        )
        self._show_space()

    def set_sources(self, energy: Source, latency: Source) -> None:
        """Where the costs come from; stands beside the axis."""
        sources = {"energy": energy, "latency": latency}
        if sources != self._sources:
            self._sources = sources
            self._show_space()

    def switch_axis(self) -> None:
        """The other cost along x."""
        if self._space is not None and self._space.energy_mj is not None:
            self._axis = "latency" if self._axis == "energy" else "energy"
            self._show_space()

    def show_region(self, region: Region) -> None:
        """Show what is feasible now."""
        self._plot.set_region(region.feasible, region.accuracy_floor_percent)

    def show_policies(self, primary: PolicyView, others: Sequence[PolicyView], t_s: float) -> None:
        """Show where the policies are at a time, and where the primary one came from."""
        tokens = theme.tokens()
        points = [
            PolicyPoint(
                policy.name,
                *self._spot(_operators_at(policy, t_s)),
                policy_colour(policy.name, tokens),
            )
            for policy in others
        ]
        trail = [self._spot(operators) for operators in _trail(primary, t_s)]
        front = PolicyPoint(primary.name, *trail[-1], policy_colour(primary.name, tokens))
        self._plot.set_points(front, points, trail)

    def _spot(self, operators: tuple[str, ...]) -> tuple[float, float]:
        assert self._space is not None
        figures = self._space.point_of(operators)
        cost = figures.energy_mj if self._axis == "energy" else figures.latency_ms
        return (float("nan") if cost is None else cost), figures.accuracy_percent

    def _show_space(self) -> None:
        space = self._space
        if space is None:
            return
        cost = space.cost(self._axis)
        assert cost is not None
        source = self._sources.get(self._axis)
        mark = f" ({source.provenance})" if source is not None else ""
        self._button.setText(f"accuracy × {self._axis} ▾")
        self._plot.set_space(
            np.asarray(cost),
            space.accuracy_percent,
            space.front(self._axis),
            title=_TITLES[self._axis] + mark,
            unit=_UNITS[self._axis],
            describe=self._describe,
        )
        self._caption.setText(_TITLES[self._axis] + mark)
        self._caption.setToolTip("" if source is None else source.summary())

    def _describe(self, index: int) -> str:
        assert self._space is not None
        return " · ".join(self._space.operators_of(index))


def _operators_at(policy: PolicyView, t_s: float) -> tuple[str, ...]:
    return policy.decision_operators[max(0, policy.decision_at(t_s))]


def _trail(policy: PolicyView, t_s: float) -> list[tuple[str, ...]]:
    """The last distinct configurations up to a time, oldest first."""
    trail: list[tuple[str, ...]] = []
    for index in range(max(0, policy.decision_at(t_s)), -1, -1):
        operators = policy.decision_operators[index]
        if not trail or operators != trail[-1]:
            trail.append(operators)
        if len(trail) == _TRAIL:
            break
    return trail[::-1]
