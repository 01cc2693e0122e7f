"""Predicted against measured latency, with the bands of +-5 % and +-10 %."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens, mix
from workbench.gui.plots import clipboard
from workbench.gui.plots.pixel_items import PixelItem, translucent
from workbench.gui.plots.plot_setup import plot_menu, set_titles, set_up, style_axes
from workbench.gui.presenters.profiling_result import Points

BANDS = (0.10, 0.05)
_NEAR_PX = 9
_MARGIN = 1.08


class _Bands(PixelItem):
    """The identity line and the bands around it, with their names."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, -40)

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw bands from wide to narrow, then the line."""
        tokens = theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.boundingRect())
        low, high = self.view.viewRange()[0]
        low = max(0.0, low)
        for bound, alpha in zip(BANDS, (0.10, 0.15), strict=True):
            corners = [
                (low, low * (1 - bound)), (high, high * (1 - bound)),
                (high, high * (1 + bound)), (low, low * (1 + bound)),
            ]  # fmt: skip
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(translucent(tokens.good, alpha))
            painter.drawPolygon(QPolygonF([self._pixel(x, y) for x, y in corners]))
        painter.setPen(QPen(QColor(mix(tokens.secondary, tokens.panel, 0.2)), 1))
        painter.drawLine(self._pixel(low, low), self._pixel(high, high))
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(QColor(mix(tokens.good, tokens.secondary, 0.3)))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for bound in BANDS:
            # The lower edges leave the picture at its right, with room for words below them.
            below = self._pixel(high, high * (1 - bound))
            box = QRectF(self.boundingRect().right() - 64, below.y() + 3, 60, 14)
            painter.drawText(box, right, f"±{100 * bound:.0f} %")

    def _pixel(self, x: float, y: float) -> QPointF:
        return QPointF(float(self.x_px(x)), float(self.y_px(y)))


class _Dots(PixelItem):
    """Fitted configurations as small dots, held-out ones as rings that stand out."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 10)
        self.points: Points | None = None
        self.hovered = -1

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw the dots, then the rings, then the one under the pointer."""
        if self.points is None:
            return
        tokens = theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self.x_px(self.points.measured_ms), self.y_px(self.points.predicted_ms)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(translucent(tokens.secondary, 0.75))
        for index in np.flatnonzero(self.points.fitted):
            painter.drawEllipse(QPointF(x[index], y[index]), 2.8, 2.8)
        painter.setPen(QPen(QColor(tokens.accent), 1.8))
        painter.setBrush(QColor(mix(tokens.panel, tokens.accent, 0.35)))
        for index in np.flatnonzero(~self.points.fitted):
            painter.drawEllipse(QPointF(x[index], y[index]), 4.2, 4.2)
        if self.hovered >= 0:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text), 1.4))
            painter.drawEllipse(QPointF(x[self.hovered], y[self.hovered]), 7, 7)


class PredictionScatter(pg.PlotWidget):
    """Configurations by measured and predicted latency; arrows step through them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(220, 180)
        item = self.getPlotItem()
        set_up(item, left="predicted, ms", bottom="measured median, ms")
        self._view = item.getViewBox()
        self._view.disableAutoRange()
        self._bands = _Bands(self._view)
        self._dots = _Dots(self._view)
        self._menu = plot_menu(
            self,
            (
                ("Fit", self.fit),
                ("Copy as image", self.copy_image),
                ("Copy as CSV", self.copy_csv),
            ),
        )
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.scene().sigMouseClicked.connect(self._on_mouse_clicked)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    @property
    def points(self) -> Points | None:
        """What is shown."""
        return self._dots.points

    def show_points(self, points: Points | None) -> None:
        """Show these configurations."""
        self._dots.points = points
        self._dots.hovered = -1
        count = 0 if points is None else len(points.names)
        energy = points is not None and points.unit == "mJ"
        item = self.getPlotItem()
        set_titles(
            item,
            left="predicted, mJ" if energy else "predicted, ms",
            bottom="measured, mJ" if energy else "measured median, ms",
        )
        self.setAccessibleName(
            f"Predicted against measured {'energy' if energy else 'latency'} of {count}"
            " configurations; "
            "left and right step through them"
        )
        self.fit()
        self._dots.update()

    def fit(self) -> None:
        """Show all configurations, both axes alike."""
        points = self._dots.points
        if points is not None:
            every = np.concatenate([points.measured_ms, points.predicted_ms])
            low, high = float(every.min()) / _MARGIN, float(every.max()) * _MARGIN
            self._view.setRange(xRange=(low, high), yRange=(low, high), padding=0)

    def copy_image(self) -> None:
        """Copy the plot as a picture."""
        clipboard.copy_image(self)

    def copy_csv(self) -> None:
        """Copy all configurations as comma-separated values."""
        points = self._dots.points
        if points is None:
            return
        rows = [
            (name, "fit" if fitted else "held out", f"{measured:.6g}", f"{predicted:.6g}")
            for name, fitted, measured, predicted in zip(
                points.names, points.fitted, points.measured_ms, points.predicted_ms, strict=True
            )
        ]
        unit = points.unit.lower()
        headings = ("configuration", "set", f"measured_{unit}", f"predicted_{unit}")
        clipboard.copy_text(clipboard.table_csv(headings, rows))

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """0 fits; left and right go through the configurations by what was measured."""
        points = self._dots.points
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() == Qt.Key.Key_0:
            self.fit()
        elif points is not None and event.key() in steps:
            order = np.argsort(points.measured_ms)
            now = (
                int(np.flatnonzero(order == self._dots.hovered)[0])
                if self._dots.hovered >= 0
                else -1
            )
            following = min(max(0, now + steps[event.key()]), len(order) - 1)
            self._show_hovered(int(order[following]))
        else:
            super().keyPressEvent(event)

    def _show_hovered(self, index: int) -> None:
        points = self._dots.points
        if index == self._dots.hovered or points is None:
            return
        self._dots.hovered = index
        self._dots.update()
        story = points.describe(index) if index >= 0 else ""
        self.setToolTip(story)
        self.setAccessibleDescription(story)

    def _on_mouse_moved(self, position: QPointF) -> None:
        points = self._dots.points
        if points is None or not self._view.sceneBoundingRect().contains(position):
            return
        local = self._view.mapFromScene(position)
        distance = np.hypot(
            self._dots.x_px(points.measured_ms) - local.x(),
            self._dots.y_px(points.predicted_ms) - local.y(),
        )
        index = int(distance.argmin())
        self._show_hovered(index if distance[index] < _NEAR_PX else -1)

    def _on_mouse_clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.button() == Qt.MouseButton.RightButton:
            self._menu.popup(event.screenPos().toPoint())
        elif event.double():
            self.fit()

    def _restyle(self, tokens: Tokens) -> None:
        self.setBackground(tokens.panel)
        item = self.getPlotItem()
        item.showGrid(x=True, y=True, alpha=0.08)
        style_axes(item, tokens, left_px=52)
        self.viewport().update()
