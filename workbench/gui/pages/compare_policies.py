"""The Policies view of the Compare page: table, plots, and what is published beside them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from workbench.export.replay_report import Cloud
from workbench.export.study_claims import PUBLISHED_ENERGY_TIMES, PUBLISHED_LATENCY_TIMES
from workbench.export.study_report import StudyRatio
from workbench.gui import theme
from workbench.gui.palette import policy_colour
from workbench.gui.plots.interval_plot import IntervalPlot, IntervalRow, Mark, Reference
from workbench.gui.plots.policy_scatter import PolicyScatter, PolicySpot
from workbench.gui.presenters import published
from workbench.gui.presenters.compare_board import Board
from workbench.gui.presenters.compare_cells import interval_text
from workbench.gui.presenters.compare_columns import COLUMN_OF, PLOTTED, Column, baseline_name
from workbench.gui.presenters.formats import significant
from workbench.gui.presenters.replay_view import pareto_front
from workbench.gui.settings import Settings
from workbench.gui.widgets.basics import Card, label, link_button
from workbench.gui.widgets.compare_table import CompareTable
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.published_strip import PublishedStrip

_TABLE_SHARE = 0.46
"""Of the height, for the table at most, until the user says otherwise."""
_AXES = {
    "energy": ("energy_per_inference_mj", "mJ", "energy per inference, mJ"),
    "latency": ("latency_mean_ms", "ms", "latency mean, ms"),
}


class PoliciesView(QWidget):
    """Shows a `Board`; the page says which policy is in front."""

    front_asked = Signal(str)
    replay_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board = Board()
        self._front = ""
        self._arranged = False
        self._axis = "energy"
        self._measure = COLUMN_OF["latency_mean_ms"]
        self._cloud: Cloud | None = None
        self._name_of: Callable[[int], str] | None = None
        self.table = CompareTable()
        self.dots = IntervalPlot("One figure of each policy")
        self.scatter = PolicyScatter()
        self.times = IntervalPlot("Times better than each baseline")
        self.strip = PublishedStrip()
        self._measure_button = link_button("", "Figure to plot; a click on a column does the same")
        self._axis_button = link_button("", "Switch energy and latency  (X)")
        self._caption = label("", "small")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._times_head = ElidedLabel("")
        self._menu = QMenu(self)
        for column in PLOTTED:
            self._menu.addAction(column.heading).setData(column.key)
        self._build()
        self._connect()

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def board(self) -> Board:
        """What is shown."""
        return self._board

    @property
    def measure(self) -> Column:
        """The figure of the dot plot."""
        return self._measure

    @property
    def axis(self) -> str:
        """What accuracy stands against: ``energy`` or ``latency``."""
        return self._axis

    def show_space(self, cloud: Cloud | None, name_of: Callable[[int], str] | None) -> None:
        """Every configuration held throughout, to stand behind the policies."""
        self._cloud, self._name_of = cloud, name_of
        self._show_cloud()

    def show_board(self, board: Board, front: str) -> None:
        """Show a board with one policy in front."""
        has_energy = any("energy_per_inference_mj" in row.figures for row in board.rows)
        axis = "latency" if board.rows and not has_energy else self._axis
        new_axis = axis != self._axis or board.sources != self._board.sources
        self._axis_button.setEnabled(has_energy)
        self._axis_button.setToolTip(
            "Switch energy and latency  (X)"
            if has_energy
            else "This device profile knows no power, so there is no energy to show."
        )
        self._board, self._front, self._axis = board, front, axis
        if new_axis:
            self._show_cloud()
        self.table.show_board(board, front)
        self._arrange()
        self._show_plots()

    def show_measure(self, key: str) -> None:
        """Plot another figure; figures that are neither good nor bad are not plotted."""
        column = COLUMN_OF.get(key)
        if column in PLOTTED and column is not None:
            self._measure = column
            self._show_dots()

    def switch_axis(self) -> None:
        """Accuracy against the other cost."""
        if self._axis_button.isEnabled():
            self._axis = "latency" if self._axis == "energy" else "energy"
            self._show_cloud()
            self._show_scatter()

    def save(self, settings: Settings) -> None:
        """Remember splitters and what is plotted."""
        if self._arranged:
            settings.set_state("compare/rows", self._rows.saveState())
        settings.set_state("compare/plots", self._plots.saveState())
        settings.set_text("compare/measure", self._measure.key)

    def restore(self, settings: Settings) -> None:
        """Put splitters where they were."""
        self._arranged = self._rows.restoreState(settings.state("compare/rows"))
        self._plots.restoreState(settings.state("compare/plots"))
        self.show_measure(settings.text("compare/measure"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the table as high as its rows."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The table in full where there is room, until the user has moved the line below it."""
        whole = self._rows.height()
        if not self._arranged and self._board.rows:
            table = min(self.table.full_height, round(_TABLE_SHARE * whole))
            self._rows.setSizes([table, whole - table])

    def _on_splitter(self, _position: int, _index: int) -> None:
        self._arranged = True

    # ---- plots ---------------------------------------------------------------------------------

    def _show_plots(self) -> None:
        self._show_dots()
        self._show_scatter()
        self._show_times()
        shown = self._front if self._board.times_of(self._front) else ""
        self.strip.show_claims(published.claims(self._board, shown or self._front), self._front)

    def _show_dots(self) -> None:
        column, tokens = self._measure, theme.tokens()
        self._measure_button.setText(f"{column.title} ▾")
        source = self._board.sources.get(column.origin)
        rows = []
        for row in self.table.rows:
            figure = row.figures.get(column.key)
            if figure is None:
                continue
            colour = policy_colour(row.policy, tokens)
            text = f"{column.text(figure.mean)} {column.half_text(figure)}".rstrip()
            rows.append(
                IntervalRow(
                    row.policy, row.policy, colour, (Mark(column.key, figure, colour),), (text,),
                    row.policy == self._front,
                    f"{row.policy}: {interval_text(figure, column)}"
                    + ("" if source is None else f"\n{source.summary()}"),
                )
            )  # fmt: skip
        mark = "" if source is None else f" ({source.provenance})"
        self.dots.show_rows(rows, column.heading + mark)
        self.dots.choose(self.table.policy or self._front)

    def _show_cloud(self) -> None:
        _, unit, title = _AXES[self._axis]
        cloud, cost = self._cloud, None
        if cloud is not None:
            cost = cloud.energy_mj if self._axis == "energy" else cloud.latency_ms
        self._axis_button.setText(f"accuracy × {self._axis} ▾")
        source = self._board.sources.get(self._axis)
        mark = f" ({source.provenance})" if source is not None else ""
        self._caption.setText(f"{title}{mark}, mean of the trace")
        self._caption.setToolTip("" if source is None else source.summary())
        empty = cloud is None or cost is None
        self.scatter.set_space(
            np.empty(0) if empty else np.asarray(cost),
            np.empty(0) if cloud is None or empty else cloud.accuracy_percent,
            np.empty(0, dtype=np.intp)
            if cloud is None or empty
            else pareto_front(cost, cloud.accuracy_percent),
            title=f"{title}{mark}",
            unit=unit,
            describe=self._describe,
        )

    def _describe(self, index: int) -> str:
        name = "" if self._name_of is None else self._name_of(index)
        return f"{name}\nheld throughout"

    def _show_scatter(self) -> None:
        key = _AXES[self._axis][0]
        tokens = theme.tokens()
        self.scatter.show_policies(
            [
                PolicySpot(
                    row.policy, row.figures[key], row.figures["accuracy_percent"],
                    policy_colour(row.policy, tokens),
                )
                for row in self._board.rows
                if key in row.figures and "accuracy_percent" in row.figures
            ],
            self._front,
        )  # fmt: skip

    def _show_times(self) -> None:
        tokens = theme.tokens()
        rows = [self._times_row(times) for times in self._board.times_of(self._front)]
        if rows:
            self._times_head.setText(f"{self._front} against each")
        elif self._board.row(self._front) is None:
            self._times_head.setText("")
        else:
            self._times_head.setText("choose a policy that adapts, and baselines")
        references = [
            Reference(1.0, "equal", tokens.secondary),
            Reference(
                PUBLISHED_LATENCY_TIMES, f"published {PUBLISHED_LATENCY_TIMES:g}×", tokens.accent
            ),
        ]
        if any(len(row.marks) > 1 for row in rows):
            references.append(
                Reference(PUBLISHED_ENERGY_TIMES, f"{PUBLISHED_ENERGY_TIMES:g}×", tokens.good)
            )
        self.times.show_rows(
            rows, f"times better, {self._front}", log=True, references=references if rows else ()
        )

    def _times_row(self, times: StudyRatio) -> IntervalRow:
        tokens = theme.tokens()
        marks, values, story = [], [], [f"{times.policy} against {times.baseline}"]
        kind = baseline_name(times.baseline)
        story[0] += f" ({kind})" if kind else ""
        for name, interval, colour in (
            ("latency", times.latency_times, tokens.accent),
            ("energy", times.energy_times, tokens.good),
        ):
            if interval is not None:
                marks.append(Mark(f"{name}_times", interval, colour, name == "energy"))
                values.append(f"{significant(interval.mean, 3)}×")
                story.append(f"{name}: {published.times_text(interval)} better")
        points = times.accuracy_points
        story.append(f"accuracy: {points.mean:+.2f} points")
        return IntervalRow(
            times.baseline, times.baseline, policy_colour(times.baseline, tokens),
            tuple(marks), tuple(values), False, "\n".join(story),
        )  # fmt: skip

    # ---- building and wiring -------------------------------------------------------------------

    def _build(self) -> None:
        table = Card()
        table.body.setContentsMargins(2, 2, 2, 2)
        table.body.addWidget(self.table)
        self.table.setStyleSheet("QTableView { border: none; } QTableView:focus { border: none; }")
        dots = Card("By policy")
        dots.head.addStretch(1)
        dots.head.addWidget(self._measure_button)
        dots.body.addWidget(self.dots, 1)
        scatter = Card("Trade-off")
        scatter.head.addStretch(1)
        scatter.head.addWidget(self._axis_button)
        scatter.body.setSpacing(2)
        scatter.body.addWidget(self.scatter, 1)
        scatter.body.addWidget(self._caption)
        times = Card("Times better")
        times.heading.setMinimumHeight(self._axis_button.sizeHint().height())
        times.head.addWidget(self._times_head, 1)
        for mark, word, role in (("●", "latency", "accent"), ("◆", "energy", "good")):
            times.head.addWidget(label(mark, role))
            times.head.addWidget(label(word, "small"))
        times.body.addWidget(self.times, 1)
        self._plots = QSplitter(Qt.Orientation.Horizontal)
        for card in (dots, scatter, times):
            self._plots.addWidget(card)
        self._plots.setSizes([400, 460, 400])
        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.addWidget(table)
        self._rows.addWidget(self._plots)
        self._rows.setStretchFactor(1, 1)
        self._rows.setSizes([264, 380])
        for splitter in (self._plots, self._rows):
            splitter.setHandleWidth(10)
            splitter.setChildrenCollapsible(False)
        self.table.setMinimumHeight(120)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID_PX)
        layout.addWidget(self._rows, 1)
        layout.addWidget(self.strip)

    def _connect(self) -> None:
        self._rows.splitterMoved.connect(self._on_splitter)
        self.table.front_asked.connect(self.front_asked)
        self.table.replay_asked.connect(self.replay_asked)
        self.table.column_chosen.connect(self.show_measure)
        self.table.policy_chosen.connect(self.dots.choose)
        self.dots.picked.connect(self.table.choose_policy)
        self.scatter.policy_picked.connect(self.front_asked)
        self._axis_button.clicked.connect(self.switch_axis)
        self._measure_button.clicked.connect(self._open_measures)
        self._menu.triggered.connect(self._on_measure)
        theme.manager().changed.connect(self._restyle)

    def _open_measures(self) -> None:
        corner = QPoint(0, self._measure_button.height())
        self._menu.popup(self._measure_button.mapToGlobal(corner))

    def _on_measure(self, action: QAction) -> None:
        self.show_measure(str(action.data()))

    def _restyle(self, _tokens: object) -> None:
        self._show_plots()
