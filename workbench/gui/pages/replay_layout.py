"""How the Replay page is laid out; no behaviour of its own."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.plots.tradeoff import TradeoffPlot
from workbench.gui.presenters.problem import Problem
from workbench.gui.settings import Settings
from workbench.gui.widgets.basics import Card, label, link_button
from workbench.gui.widgets.decision_card import DecisionCard
from workbench.gui.widgets.flow import FlowRow
from workbench.gui.widgets.operator_chips import OperatorLegend
from workbench.gui.widgets.policy_chips import PolicyChips
from workbench.gui.widgets.states import EmptyState, ErrorPanel
from workbench.gui.widgets.transport import Transport
from workbench.gui.widgets.what_if import WhatIf

_CARD_PX = 348
_LEAST_PLOT_PX = 172
_PAGE_OF = {"network": "network", "device profile": "devices", "trace": "traces"}


class ReplayLayout(QWidget):
    """The widgets of the page, by name."""

    missing_asked = Signal(str)
    """The page that can help with what is missing."""

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self.title = label("Replay", "title")
        self.subtitle = label("", "secondary")
        self.transport = Transport()
        self.chips = PolicyChips()
        self.stack = LaneStack("Lanes of the replay over the time of day")
        self.legend = OperatorLegend()
        self.what_if = WhatIf()
        self.tradeoff = TradeoffPlot()
        self.decision = DecisionCard()
        self.error = ErrorPanel()
        self.axis_button = link_button("accuracy × energy ▾", "Switch energy and latency")
        self.fold_button = link_button("Fold layers", "Open or fold the configuration lane  (O)")
        self.axis_caption = label("", "small")
        self.measure_button = link_button("", "Measure the configurations that nobody measured")
        self.measure_button.hide()
        self._missing = ""
        self._arranged = False
        self._empty = EmptyState("replay", "", "", action="Show me", parent=self)
        self._empty.acted.connect(self._on_missing)
        self._loading = label("Loading the network, the device profile and the day…", "secondary")
        self._loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body = self._build_body()
        self._states = QStackedWidget()
        for widget in (self._body, self._loading, self._empty):
            self._states.addWidget(widget)
        outer = QVBoxLayout(page)
        outer.setContentsMargins(20, 12, 16, 12)
        outer.setSpacing(theme.GRID_PX)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.title)
        head.addWidget(self.subtitle, 1)
        head.addWidget(self.measure_button)
        self.subtitle.setMinimumWidth(60)
        outer.addLayout(head)
        outer.addWidget(FlowRow(self.transport, self.chips))
        outer.addWidget(self.error)
        outer.addWidget(self._states, 1)
        self._states.setCurrentWidget(self._loading)

    # ---- states --------------------------------------------------------------------------------

    def show_content(self) -> None:
        """Show the replay."""
        self.error.hide()
        self._set_controls(True)
        self._states.setCurrentWidget(self._body)
        if not self._arranged:
            self._arranged = True
            self._arrange()

    def show_loading(self) -> None:
        """Say that something is read."""
        self.error.hide()
        self._set_controls(False)
        self._states.setCurrentWidget(self._loading)

    def show_missing(self, what: str) -> None:
        """Say that there is no network, device profile or trace."""
        self._missing = _PAGE_OF[what]
        self._empty.set_texts(
            f"There is no {what} to replay with",
            "A replay walks a trace of changing context with a network on a device, and shows "
            f"what each policy does. There is no {what} yet.",
        )
        self.error.hide()
        self._set_controls(False)
        self._states.setCurrentWidget(self._empty)

    def show_problem(self, problem: Problem) -> None:
        """Show an error above what was shown before."""
        if self._states.currentWidget() is self._loading:
            self._loading.setVisible(False)
        self.error.show_problem(problem)

    def save(self, settings: Settings) -> None:
        """Remember the splitters."""
        settings.set_state("replay/columns", self._columns.saveState())
        settings.set_state("replay/right", self._right.saveState())

    def restore(self, settings: Settings) -> None:
        """Put the splitters where they were."""
        self._columns.restoreState(settings.state("replay/columns"))
        self._arranged = self._right.restoreState(settings.state("replay/right"))

    def _arrange(self) -> None:
        """The decision card in full where there is room; the plot takes the rest."""
        whole = self._right.height()
        card = min(_CARD_PX, whole - _LEAST_PLOT_PX)
        self._right.setSizes([whole - card, card])

    # ---- building ------------------------------------------------------------------------------

    def _build_body(self) -> QSplitter:
        lanes = Card()
        lanes.setAccessibleName("Lanes")
        lanes.body.setContentsMargins(2, 2, 2, 2)
        lanes.body.addWidget(self.stack)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.legend, 1)
        below.addWidget(self.fold_button)
        left = QWidget()
        left_column = QVBoxLayout(left)
        left_column.setContentsMargins(0, 0, 0, 0)
        left_column.setSpacing(6)
        left_column.addWidget(lanes, 1)
        left_column.addLayout(below)
        left_column.addWidget(self.what_if)
        tradeoff = Card("Trade-off")
        tradeoff.head.addStretch(1)
        tradeoff.head.addWidget(self.axis_button)
        tradeoff.body.setSpacing(2)
        tradeoff.body.addWidget(self.tradeoff, 1)
        self.axis_caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        tradeoff.body.addWidget(self.axis_caption)
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._right.addWidget(tradeoff)
        self._right.addWidget(self.decision)
        self._right.setStretchFactor(0, 1)
        self._right.setStretchFactor(1, 0)
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.addWidget(left)
        self._columns.addWidget(self._right)
        self._columns.setStretchFactor(0, 3)
        self._columns.setStretchFactor(1, 1)
        self._columns.setSizes([860, 456])
        for splitter in (self._right, self._columns):
            splitter.setHandleWidth(10)
            splitter.setChildrenCollapsible(False)
        return self._columns

    def _set_controls(self, enabled: bool) -> None:
        self.transport.setEnabled(enabled)
        self.chips.setEnabled(enabled)

    def _on_missing(self) -> None:
        self.missing_asked.emit(self._missing)
