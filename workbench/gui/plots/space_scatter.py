"""The whole space as a scatter: the trade-off plot with the configuration built by hand on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QWidget

from workbench.gui import theme
from workbench.gui.plots.pixel_items import PixelItem, polygon, translucent
from workbench.gui.plots.tradeoff import TradeoffPlot
from workbench.gui.plots.tradeoff_layers import PolicyPoint


class _Coloured(PixelItem):
    """All configurations as dots in the colours of one layer's operators."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, -29)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.groups: Sequence[tuple[str, np.ndarray, np.ndarray]] = ()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw group after group."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = sum(x.size for _, x, _ in self.groups)
        for colour, x, y in self.groups:
            pen = QPen(translucent(colour, 0.7), 3.4 if count < 2000 else 2.8)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(polygon(self.x_px(x), self.y_px(y)))


class _Preview(PixelItem):
    """Where the configuration would go: a ring, and a line from where it is."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 15)
        self.start: tuple[float, float] | None = None
        self.end: tuple[float, float] | None = None

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw line and ring."""
        if self.start is None or self.end is None:
            return
        tokens = theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        a, b = (
            QPointF(float(self.x_px(x)), float(self.y_px(y))) for x, y in (self.start, self.end)
        )
        painter.setPen(QPen(QColor(tokens.text), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(a, b)
        painter.setPen(QPen(QColor(tokens.text), 1.8))
        painter.setBrush(QColor(tokens.panel))
        painter.drawEllipse(b, 5, 5)


class SpaceScatter(TradeoffPlot):
    """Adds to the trade-off plot: a preview, and steps along the Pareto front by keyboard."""

    stepped = Signal(str)
    """``cheaper`` or ``better``: the next point of the front is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(
            "All configurations: accuracy against cost. Left and right step along the Pareto front"
        )
        self._region.hide()  # there is no context here, so nothing is feasible or not
        self._coloured = _Coloured(self.getPlotItem().getViewBox())
        self._coloured.hide()
        self._preview = _Preview(self.getPlotItem().getViewBox())
        self._spot: tuple[float, float] | None = None

    def show_current(
        self, x: float, y: float, backbone: tuple[float, float] | None, description: str
    ) -> None:
        """Show the configuration built by hand, and the backbone where that is another one."""
        self._spot = (x, y)
        tokens = theme.tokens()
        others = []
        if backbone is not None:
            others.append(PolicyPoint("backbone", *backbone, tokens.secondary))
        self.set_points(PolicyPoint("current", x, y, tokens.accent), others, [])
        self.show_preview(None)
        self.setAccessibleDescription(description)

    def show_colours(self, groups: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> None:
        """Draw the dots in groups of (colour, x, y); with none they are all grey."""
        self._coloured.groups = groups
        self._coloured.setVisible(bool(groups))
        self._cloud.setVisible(not groups)
        self._coloured.update()

    def show_preview(self, spot: tuple[float, float] | None) -> None:
        """Show where a change would lead; None shows nothing."""
        self._preview.start, self._preview.end = self._spot, spot
        self._preview.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right step along the front."""
        if event.key() == Qt.Key.Key_Left:
            self.stepped.emit("cheaper")
        elif event.key() == Qt.Key.Key_Right:
            self.stepped.emit("better")
        else:
            super().keyPressEvent(event)
