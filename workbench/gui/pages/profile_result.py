"""The Result view of the Profile page: figures, predicted against measured, the table, trust."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.prediction_scatter import PredictionScatter
from workbench.gui.presenters.profiling_result import ResultView
from workbench.gui.widgets.basics import (
    Card,
    Pill,
    ProvenancePill,
    label,
    row,
)
from workbench.gui.widgets.heat_map import HeatMap
from workbench.gui.widgets.value_tile import ValueTile


class _Key(QWidget):
    """The words beside the scatter: which mark is which."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._held = label("held out")
        self._fitted = label("fitted", "small")
        self._held.setStyleSheet("font-size: 11px;")
        line = row(label("○", "accent"), self._held, label("●", "small"), self._fitted, spacing=4)
        line.insertSpacing(2, 8)
        self.setLayout(line)

    def show_counts(self, held_out: int, fitted: int) -> None:
        """Say how many there are of each."""
        self._held.setText(f"{held_out} held out")
        self._fitted.setText(f"{fitted} fitted")


class ProfileResult(QWidget):
    """Shows one `ResultView`; emits what the user wants to do with it."""

    use_asked = Signal()
    export_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ResultView | None = None
        self._tiles = [ValueTile() for _ in range(4)]
        self._pill = ProvenancePill()
        self._doubt = Pill("questionable", "warning")
        self.use = QPushButton("Use this profile")
        self.use.setProperty("role", "primary")
        self.export = QPushButton("Export raw samples…")
        self.scatter = PredictionScatter()
        self._key = _Key()
        self._no_runs = label("", "secondary", wrap=True)
        self._no_runs.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.heat = HeatMap()
        self.after = QComboBox()
        self._what = QComboBox()
        self._heat_note = label("", "small", wrap=True)
        self._trust = QGridLayout()
        self._trust_words: list[QLabel] = []
        self._build()
        self.use.clicked.connect(self.use_asked)
        self.export.clicked.connect(self.export_asked)
        self.after.currentIndexChanged.connect(self._on_after)
        self._what.currentIndexChanged.connect(lambda _: self._show_points())

    @property
    def view(self) -> ResultView | None:
        """What is shown."""
        return self._view

    def show_result(self, view: ResultView) -> None:
        """Show a result."""
        self._view = view
        tiles = view.tiles()
        for index, widget in enumerate(self._tiles):
            widget.setVisible(index < len(tiles))
            if index < len(tiles):
                tile = tiles[index]
                widget.show_value(
                    tile.caption, tile.value, tile.unit, tile.note, tile.tone, tile.story
                )
        calibration = view.result.calibration
        self._pill.show_provenance(calibration.provenance, calibration.story)
        self._doubt.setVisible(not view.trusted)
        what, finding, _ = view.trust_lines()[0]
        self._doubt.show_state("questionable", "warning", f"{what}: {finding}")
        self._what.setVisible(view.energy_points is not None)
        if view.energy_points is None:
            self._what.setCurrentIndex(0)
        self._show_points()
        self.after.blockSignals(True)
        self.after.clear()
        for name in view.predecessors():
            self.after.addItem(f"after {name}", name)
        self.after.blockSignals(False)
        self.after.setVisible(self.after.count() > 0)
        self._show_heat()
        self._show_trust(view.trust_lines())
        self.export.setEnabled(view.result.runs is not None)
        self.export.setToolTip(
            view.result.runs_missing or "Every single inference as a row of a CSV file"
        )

    def clear(self) -> None:
        """There is no result."""
        self._view = None
        self.scatter.show_points(None)

    def show_used(self, used: bool) -> None:
        """Say whether this profile is the one in use."""
        self.use.setEnabled(not used)
        self.use.setText("In use" if used else "Use this profile")
        self.use.setToolTip(
            "Replay, Network and searches use this profile."
            if used
            else "Choose this profile, so that Replay, Network and searches use it."
        )

    def show_exporting(self, running: bool) -> None:
        """Lock the export while it runs."""
        kept = self._view is not None and self._view.result.runs is not None
        self.export.setEnabled(not running and kept)

    def _show_heat(self) -> None:
        view = self._view
        if view is None:
            return
        names = view.predecessors() or ("identity",)
        scale_ms = max(view.heat(name).largest_ms for name in names)
        self.heat.show_table(view.heat(str(self.after.currentData() or names[0])), scale_ms)
        measured, known = self.heat.table.measured_share
        model = f", {known - measured} from the model (≈, dashed)" if measured < known else ""
        self._heat_note.setText(
            f"{measured} of {known} cells measured: n fitted configurations held them{model}."
            f" {view.heat_note()}."
        )

    def _show_trust(self, lines: Sequence[tuple[str, str, str]]) -> None:
        for widget in self._trust_words:
            self._trust.removeWidget(widget)
            widget.hide()  # it is deleted later, and would be painted until then
            widget.deleteLater()
        self._trust_words.clear()
        for number, (what, finding, tone) in enumerate(lines):
            name = label(what, "secondary")
            words = label(finding, tone, wrap=True)
            words.setAccessibleName(f"{what}: {finding}")
            top = Qt.AlignmentFlag.AlignTop
            self._trust.addWidget(name, number, 0, top)
            self._trust.addWidget(words, number, 1, top)
            self._trust_words += [name, words]

    def _show_points(self) -> None:
        view = self._view
        if view is None:
            return
        points = view.energy_points if self._what.currentIndex() else view.points
        self.scatter.setVisible(points is not None)
        self._key.setVisible(points is not None)
        self._no_runs.setVisible(points is None)
        self._no_runs.setText(view.result.runs_missing)
        self.scatter.show_points(points)
        if points is not None:
            fitted = int(points.fitted.sum())
            self._key.show_counts(len(points.names) - fitted, fitted)

    def _on_after(self, _index: int) -> None:
        self._show_heat()

    def _build(self) -> None:
        figures = Card()
        line = QHBoxLayout()
        line.setSpacing(2 * theme.GRID_PX)
        for tile in self._tiles:
            line.addWidget(tile, 1)
        line.addWidget(self._pill, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self._doubt, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.export, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.use, 0, Qt.AlignmentFlag.AlignVCenter)
        figures.body.addLayout(line)
        scatter = Card("Predicted against measured")
        scatter.head.addStretch(1)
        scatter.head.addWidget(self._key)
        scatter.head.addWidget(self._what)
        self._what.addItems(["latency", "energy"])
        self._what.setAccessibleName("What is compared")
        scatter.body.addWidget(self.scatter, 1)
        scatter.body.addWidget(self._no_runs, 1)
        heat = Card("Latency by operator and layer")
        heat.head.addWidget(label("ms", "small"))
        heat.head.addStretch(1)
        heat.head.addWidget(self.after)
        self.after.setAccessibleName("Operator of the layer before")
        self.after.setToolTip("A layer costs less after one that left fewer channels")
        heat.body.addWidget(self.heat, 1)
        heat.body.addWidget(self._heat_note)
        trust = Card("How far to trust it")
        self._trust.setHorizontalSpacing(2 * theme.GRID_PX)
        self._trust.setVerticalSpacing(4)
        self._trust.setColumnStretch(1, 1)
        trust.body.addLayout(self._trust)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(heat, 1)
        column.addWidget(trust)
        # In a small window the figures and the reasons do not fit below each other.
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(right)
        splitter = self.splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(10)
        splitter.addWidget(scatter)
        splitter.addWidget(scroll)
        splitter.setSizes([540, 620])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(10)
        outer.addWidget(figures)
        outer.addWidget(splitter, 1)
