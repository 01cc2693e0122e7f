"""The Decisions view of the Compare page: when two runs chose differently, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.provenance import Source
from workbench.gui import theme
from workbench.gui.palette import policy_colour
from workbench.gui.presenters.compare_backend import Contender
from workbench.gui.presenters.compare_differences import DifferenceView, Tile
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.replay_view import Knob
from workbench.gui.widgets.basics import Card, label
from workbench.gui.widgets.contender_bar import ContenderBar
from workbench.gui.widgets.difference_list import DifferenceList
from workbench.gui.widgets.difference_strip import DifferenceStrip
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.flow import FlowRow
from workbench.gui.widgets.states import ErrorPanel
from workbench.gui.widgets.sum_plot import SumPlot
from workbench.gui.widgets.tips import plain_tip
from workbench.gui.widgets.value_tile import ValueTile

_SUMS_ABOVE_PX = 640
"""Height from which on there is room for the sums below the list."""


class DecisionsView(QWidget):
    """Emits what is to be compared; shows a `DifferenceView`."""

    wanted = Signal()
    """Two other runs are chosen: look at `contenders`."""
    moment_asked = Signal(float)
    saved_asked = Signal(object)
    """A `ContenderBar` is to take a saved run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first = ContenderBar("First")
        self.second = ContenderBar("Second")
        self.swap = QPushButton("Swap")
        self.swap.setToolTip("Exchange the two runs")
        self.list = DifferenceList()
        self.strip = DifferenceStrip()
        self._sources = ElidedLabel("")
        self.error = ErrorPanel()
        self._note = label("", "secondary")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._tiles = [ValueTile() for _ in range(5)]
        self.sums = [SumPlot() for _ in range(3)]
        self._view: DifferenceView | None = None
        self._build()
        for bar in (self.first, self.second):
            bar.changed.connect(self._on_changed)
            bar.saved_asked.connect(self.saved_asked)
        self.swap.clicked.connect(self._on_swap)
        self.list.moment_asked.connect(self.moment_asked)
        self.list.current_changed.connect(self.strip.show_row)
        self.strip.picked.connect(self.list.choose)
        theme.manager().changed.connect(self._restyle)

    @property
    def view(self) -> DifferenceView | None:
        """What is shown."""
        return self._view

    @property
    def contenders(self) -> tuple[Contender, Contender]:
        """The two runs that are chosen."""
        return self.first.contender, self.second.contender

    def offer(self, policies: Sequence[str], knobs: Sequence[Knob]) -> None:
        """Offer policies and settings; the choice stays where it can."""
        chosen = [bar.contender.policy for bar in (self.first, self.second)]
        usual = [name for name in ("runtime3c", "static") if name in policies] or list(policies)
        for bar, name, default in zip(
            (self.first, self.second), chosen, (usual[0], usual[-1]), strict=True
        ):
            bar.offer(policies, knobs, name if name in policies else default)
        self._view = None

    def show_sources(self, sources: Mapping[str, Source]) -> None:
        """Say where the figures come from."""
        shown = {
            name: sources[name] for name in ("accuracy", "latency", "energy") if name in sources
        }
        self._sources.setText(
            ", ".join(f"{name} {source.provenance}" for name, source in shown.items())
        )
        self._sources.setToolTip(
            plain_tip("\n".join(f"{name}: {source.summary()}" for name, source in shown.items()))
        )

    def show_running(self) -> None:
        """Say that the two are replayed, where there is nothing to show yet."""
        if self._view is None:
            self._note.setText("Replaying both…")
            self._states.setCurrentWidget(self._note)

    def show_problem(self, problem: Problem) -> None:
        """Show an error above what was shown before."""
        self._note.setText("")
        self.error.show_problem(problem)

    def show_view(self, view: DifferenceView) -> None:
        """Show where two runs differ."""
        self._view = view
        tokens = theme.tokens()
        differing = view.differing
        self.list.show_view(
            view,
            (
                policy_colour(differing.first.policy, tokens),
                policy_colour(differing.second.policy, tokens),
            ),
        )
        self.strip.show_view(view)
        self.strip.show_row(0 if view.rows else -1)
        self._show_tiles(view.tiles)
        sums = view.sums
        for index, plot in enumerate(self.sums):
            plot.setVisible(index < len(sums))
            if index < len(sums):
                plot.show_sum(sums[index], view.end_s, differing.origin_s)
        if not view.rows:
            self._note.setText("The two run the same configurations throughout.")
        self._states.setCurrentWidget(self.list if view.rows else self._note)

    def _show_tiles(self, tiles: Sequence[Tile]) -> None:
        for index, widget in enumerate(self._tiles):
            widget.setVisible(index < len(tiles))
            if index < len(tiles):
                tile = tiles[index]
                widget.show_value(
                    tile.caption, tile.value, tile.unit, tile.note, tile.tone, tile.story
                )

    def _build(self) -> None:
        runs = QWidget()
        line = QHBoxLayout(runs)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.first)
        line.addWidget(self.swap)
        sums = Card()
        row = QHBoxLayout()
        row.setSpacing(2 * theme.GRID_PX)
        for tile in self._tiles:
            row.addWidget(tile, 1)
        sums.body.addLayout(row)
        sums.body.addWidget(self.strip)
        spans = Card()
        spans.body.setContentsMargins(2, 2, 2, 2)
        self._states = QStackedWidget()
        self._states.addWidget(self.list)
        self._states.addWidget(self._note)
        spans.body.addWidget(self._states)
        self.list.setStyleSheet("QTableView { border: none; } QTableView:focus { border: none; }")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID_PX)
        second = QWidget()
        line = QHBoxLayout(second)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        line.addWidget(self.second)
        line.addWidget(self._sources)
        layout.addWidget(FlowRow(runs, second))
        layout.addWidget(self.error)
        layout.addWidget(sums)
        layout.addWidget(spans, 1)
        self._below = Card()
        row = QHBoxLayout()
        row.setSpacing(2 * theme.GRID_PX)
        for plot in self.sums:
            row.addWidget(plot, 1)
        self._below.body.addLayout(row)
        layout.addWidget(self._below)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list comes first: the sums need room below it."""
        super().resizeEvent(event)
        self._below.setVisible(self.height() >= _SUMS_ABOVE_PX)

    def _on_changed(self) -> None:
        self.wanted.emit()

    def _on_swap(self) -> None:
        first, second = self.contenders
        self.first.choose(second)
        self.second.choose(first)
        self.wanted.emit()

    def _restyle(self, _tokens: object) -> None:
        if self._view is not None:
            self.show_view(self._view)
