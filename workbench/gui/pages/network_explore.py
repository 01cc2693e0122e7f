"""The Explore view of the Network page: layers, figures, scatter and details; no behaviour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.space_scatter import SpaceScatter
from workbench.gui.settings import Settings
from workbench.gui.widgets.basics import Card
from workbench.gui.widgets.code_font import mono
from workbench.gui.widgets.configuration_bar import ConfigurationBar
from workbench.gui.widgets.elided_label import ElidedLabel
from workbench.gui.widgets.figure_tiles import FigureTiles
from workbench.gui.widgets.flow import FlowRow
from workbench.gui.widgets.layer_row import LayerRow
from workbench.gui.widgets.network_details import NetworkDetails
from workbench.gui.widgets.operator_chips import OperatorChips

_WIDEST_CHIPS_PX = 420
_LONGEST_CODE = 24
_MOST_CHIPS = 6


class _Line(QWidget):
    """One line: its chips may wrap, but must not make the whole page as high as it likes to be."""

    def hasHeightForWidth(self) -> bool:
        """Height does not depend on width."""
        return False


class NetworkExplore(QWidget):
    """The widgets of the view, by name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.bar = ConfigurationBar()
        self.chips = OperatorChips()
        self.code = QPushButton("")
        self.tiles = FigureTiles()
        self.layers = LayerRow()
        self.base = QComboBox()
        self.scatter = SpaceScatter()
        self.axis = QComboBox()
        self.axis_caption = ElidedLabel("")
        self.details = NetworkDetails()
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._build()

    def show_configuration(self, names: Sequence[str], code: str, total: int) -> None:
        """Show a configuration as chips, and its shortest binary code."""
        self.chips.show_operators(names)
        metrics = QFontMetricsF(theme.font(theme.SMALL_PX, bold=True))
        self.chips.setVisible(len(names) <= _MOST_CHIPS)
        wide = sum(metrics.horizontalAdvance(name) + 16 for name in names)
        self.chips.setMinimumWidth(min(_WIDEST_CHIPS_PX, int(wide) + 2))
        shown = code if len(code) <= _LONGEST_CODE else f"{code[:_LONGEST_CODE]}…"
        self.code.setText(shown)
        text = f"{'/'.join(names)}\n{code}: shortest binary code, {len(code)} bits for {total:,}"
        self.code.setToolTip(f"{text}\nClick copies both  (Ctrl+Shift+C)")
        self.code.setAccessibleName(f"Copy the configuration and its code {code}")

    def save(self, settings: Settings) -> None:
        """Remember the splitters."""
        settings.set_state("network/columns", self._columns.saveState())
        settings.set_state("network/right", self._right.saveState())

    def restore(self, settings: Settings) -> None:
        """Put the splitters where they were."""
        self._columns.restoreState(settings.state("network/columns"))
        self._right.restoreState(settings.state("network/right"))

    def _build(self) -> None:
        self._right.addWidget(self._scatter_card())
        self._right.addWidget(self.details)
        self._right.setStretchFactor(0, 3)
        self._right.setStretchFactor(1, 2)
        self._right.setSizes([430, 300])
        self._columns.addWidget(self._left())
        self._columns.addWidget(self._right)
        self._columns.setStretchFactor(0, 3)
        self._columns.setStretchFactor(1, 1)
        self._columns.setSizes([880, 420])
        for splitter in (self._right, self._columns):
            splitter.setHandleWidth(10)
            splitter.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._columns)

    def _left(self) -> QWidget:
        inner = QWidget()
        inner.setProperty("role", "ground")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._configuration_card())
        column.addWidget(self._layers_card(), 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        scroll.setMinimumWidth(560)
        return scroll

    def _configuration_card(self) -> Card:
        card = Card()
        card.setAccessibleName("Configuration")
        self.code.setProperty("role", "link")
        self.code.setFont(mono())
        chosen = _Line()
        line = QHBoxLayout(chosen)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        level = QVBoxLayout()
        level.setContentsMargins(0, 5, 0, 5)
        level.addWidget(self.chips)
        line.addLayout(level, 1)
        line.addWidget(self.code, 0, Qt.AlignmentFlag.AlignVCenter)
        card.body.addWidget(FlowRow(self.bar, chosen))
        card.body.addWidget(self.tiles)
        return card

    def _layers_card(self) -> Card:
        card = Card("Backbone and operators")
        note = ElidedLabel("accuracy in points, cost of the layer")
        note.setToolTip(
            "On each card: what the accuracy gains or loses by this one change, in percentage"
            " points (≈ is predicted), and the layer's multiply-accumulates and parameters. The"
            " bar is its multiply-accumulates against those at full size."
        )
        self.base.setAccessibleName("What a change is compared with")
        self.base.addItem("change one of the backbone", "backbone")
        self.base.addItem("change one of this configuration", "current")
        self.base.setToolTip(
            "Costs and losses of the cards: taking that one operator in the backbone, or in the"
            " configuration that is shown  (B)"
        )
        card.head.addWidget(note, 1)
        card.head.addWidget(self.base)
        card.body.addWidget(self.layers, 1)
        return card

    def _scatter_card(self) -> Card:
        card = Card("Whole space")
        self.axis.setAccessibleName("What accuracy is drawn against")
        self.axis.setToolTip("What accuracy is drawn against  (X)")
        card.head.addStretch(1)
        card.head.addWidget(self.axis)
        card.body.setSpacing(2)
        card.body.addWidget(self.scatter, 1)
        self.axis_caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.body.addWidget(self.axis_caption)
        return card
