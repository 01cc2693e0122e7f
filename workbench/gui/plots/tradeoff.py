"""The trade-off plot: accuracy against cost, with the whole space behind what policies chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.plots import clipboard
from workbench.gui.plots.plot_setup import plot_menu, set_up, style_axes
from workbench.gui.plots.tradeoff_layers import (
    Chosen,
    Cloud,
    Front,
    Hover,
    Levels,
    PolicyPoint,
    RegionBox,
    RegionName,
)
from workbench.gui.presenters.formats import significant


class TradeoffPlot(pg.PlotWidget):
    """Accuracy in percent against energy or latency."""

    hovered = Signal(int)
    """Index of the configuration under the pointer; -1 for none."""
    picked = Signal(int)
    """Index of the configuration that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False)
        self.setAccessibleName("Trade-off of accuracy and cost")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(220, 160)
        item = self.getPlotItem()
        set_up(item)
        self._view = item.getViewBox()
        self._view.disableAutoRange()
        self._levels = Levels(self._view, item.getAxis("left"))
        self._cloud = Cloud(self._view)
        self._region = RegionBox(self._view)
        self._region_name = RegionName(self._view, self._region)
        self._front = Front(self._view)
        self._chosen = Chosen(self._view)
        self._hover = Hover(self._view)
        self._describe: Callable[[int], str] | None = None
        self._unit = ""
        self._title = ""
        self._menu = plot_menu(
            self,
            (
                ("Fit", self.fit),
                ("Copy as image", self.copy_image),
                ("Copy as CSV (all configurations)", self.copy_csv),
            ),
        )
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.scene().sigMouseClicked.connect(self._on_mouse_clicked)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    def set_space(
        self,
        x: np.ndarray,
        y: np.ndarray,
        front: np.ndarray,
        *,
        title: str,
        unit: str,
        describe: Callable[[int], str] | None = None,
    ) -> None:
        """Show these configurations, shape (k,); `front` holds indices by rising cost.

        Args:
            title: what stands along x, with its unit.
            describe: what the tool tip says of a configuration.
        """
        self._cloud.x, self._cloud.y = x, y
        self._cloud.feasible = np.zeros(x.size, dtype=bool)
        self._cloud.update()
        self._front.x, self._front.y = x[front], y[front]
        self._describe = describe
        self._title, self._unit = title, unit
        self.fit()

    def set_region(self, feasible: np.ndarray, floor: float) -> None:
        """Show what is feasible now: shape (k,), and the least accuracy allowed."""
        if not np.array_equal(feasible, self._cloud.feasible):
            self._cloud.feasible = feasible
            self._cloud.update()
        self._region.known = True
        if feasible.any():
            right = float(self._cloud.x[feasible].max())
            top = float(self._cloud.y[feasible].max())
            self._region.limits = (right, floor, top)
        else:
            self._region.limits = None
        self._region.update()
        self._region_name.update()

    def set_points(
        self,
        primary: PolicyPoint | None,
        others: Sequence[PolicyPoint],
        trail: Sequence[tuple[float, float]],
    ) -> None:
        """Show where the policies are; `trail` ends at the primary one."""
        self._chosen.primary = primary
        self._chosen.points = tuple(others)
        self._chosen.trail = list(trail)
        self._chosen.update()

    def fit(self) -> None:
        """Show all configurations."""
        x, y = self._cloud.x, self._cloud.y
        if x.size:
            # A few hopeless configurations far below must not squeeze the rest together.
            low = float(np.percentile(y, 2))
            high = float(y.max())
            margin = 0.06 * ((high - low) or 1.0)
            self._view.setRange(
                xRange=(0.0, float(x.max()) * 1.04),
                yRange=(low - margin, high + margin),
                padding=0,
            )

    def copy_image(self) -> None:
        """Copy the plot as a picture."""
        clipboard.copy_image(self)

    def copy_csv(self) -> None:
        """Copy all configurations as comma-separated values."""
        describe = self._describe
        rows = [
            (describe(i).split("\n")[0] if describe else i, f"{x:.6g}", f"{y:.6g}", int(ok))
            for i, (x, y, ok) in enumerate(
                zip(self._cloud.x, self._cloud.y, self._cloud.feasible, strict=True)
            )
        ]
        headings = ("configuration", self._title, "accuracy, %", "feasible now")
        clipboard.copy_text(clipboard.table_csv(headings, rows))

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """0 fits."""
        if event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def _nearest(self, position: QPointF) -> int:
        if not self._cloud.x.size or not self._view.sceneBoundingRect().contains(position):
            return -1
        local = self._view.mapFromScene(position)
        distance = np.hypot(
            self._cloud.x_px(self._cloud.x) - local.x(), self._cloud.y_px(self._cloud.y) - local.y()
        )
        index = int(distance.argmin())
        return index if distance[index] < 8 else -1

    def _on_mouse_moved(self, position: QPointF) -> None:
        index = self._nearest(position)
        spot = None if index < 0 else (float(self._cloud.x[index]), float(self._cloud.y[index]))
        if spot == self._hover.spot:
            return
        self._hover.spot = spot
        self._hover.update()
        if index >= 0:
            cost = significant(float(self._cloud.x[index]), 3)
            words = [f"{self._cloud.y[index]:.1f} %   {cost} {self._unit}"]
            if self._describe is not None:
                words.insert(0, self._describe(index))
            self.setToolTip("\n".join(words))
        else:
            self.setToolTip("")
        self.hovered.emit(index)

    def _on_mouse_clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.button() == Qt.MouseButton.RightButton:
            self._menu.popup(event.screenPos().toPoint())
        elif event.double():
            self.fit()
        else:
            index = self._nearest(event.scenePos())
            if index >= 0:
                self.picked.emit(index)

    def _restyle(self, tokens: Tokens) -> None:
        self.setBackground(tokens.panel)
        self._cloud.update()
        style_axes(self.getPlotItem(), tokens, left_px=34, lines=False)
        self.viewport().update()
