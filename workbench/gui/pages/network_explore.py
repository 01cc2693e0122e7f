"""The Explore view of the Network page: layers, figures, scatter and details; no behaviour."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.space_scatter import SpaceScatter
from workbench.gui.settings import Settings
from workbench.gui.widgets.basics import Card, label
from workbench.gui.widgets.configuration_bar import ConfigurationBar
from workbench.gui.widgets.figure_tiles import FigureTiles
from workbench.gui.widgets.flow import FlowRow
from workbench.gui.widgets.layer_row import LayerRow
from workbench.gui.widgets.network_details import NetworkDetails
from workbench.gui.widgets.operator_chips import OperatorChips


class NetworkExplore(QWidget):
    """The widgets of the view, by name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = ConfigurationBar()
        self.chips = OperatorChips()
        self.text = label("", "secondary")
        self.copy = QPushButton("Copy")
        self.tiles = FigureTiles()
        self.layers = LayerRow()
        self.base = QComboBox()
        self.scatter = SpaceScatter()
        self.axis = QComboBox()
        self.count = label("", "small")
        self.axis_caption = label("", "small")
        self.details = NetworkDetails()
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._build()

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
        self._columns.setSizes([880, 436])
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
        scroll.setMinimumWidth(440)
        return scroll

    def _configuration_card(self) -> Card:
        card = Card()
        card.setAccessibleName("Configuration")
        self.copy.setProperty("role", "link")
        self.copy.setToolTip("Copy the configuration and its code  (Ctrl+Shift+C)")
        self.copy.setAccessibleName("Copy the configuration and its code")
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPixelSize(theme.SMALL_PX)
        self.text.setFont(mono)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        chosen = QWidget()
        line = QHBoxLayout(chosen)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        self.chips.setMinimumWidth(150)
        line.addWidget(self.chips, 1)
        line.addWidget(self.text)
        line.addWidget(self.copy)
        card.body.addWidget(FlowRow(self.bar, chosen))
        card.body.addWidget(self.tiles)
        return card

    def _layers_card(self) -> Card:
        card = Card("Backbone and operators")
        note = label("accuracy in points, cost of the layer", "small")
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
        card.head.addWidget(note)
        card.head.addStretch(1)
        card.head.addWidget(self.base)
        card.body.addWidget(self.layers, 1)
        return card

    def _scatter_card(self) -> Card:
        card = Card("Whole space")
        self.axis.setAccessibleName("What accuracy is drawn against")
        self.axis.setToolTip("What accuracy is drawn against  (X)")
        card.head.addWidget(self.count)
        card.head.addStretch(1)
        card.head.addWidget(self.axis)
        card.body.setSpacing(2)
        card.body.addWidget(self.scatter, 1)
        self.axis_caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.body.addWidget(self.axis_caption)
        return card
