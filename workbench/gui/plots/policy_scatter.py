"""Policies by accuracy and cost over a whole trace, among configurations held throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from workbench.export.study_report import Interval
from workbench.gui.palette import Tokens
from workbench.gui.plots import clipboard
from workbench.gui.plots.pixel_items import PixelItem
from workbench.gui.plots.tradeoff import TradeoffPlot
from workbench.gui.plots.tradeoff_layers import PolicyPoint

_NEAR_PX = 10


@dataclass(frozen=True, slots=True)
class PolicySpot:
    """A policy with its intervals along both axes."""

    name: str
    cost: Interval
    accuracy: Interval
    colour: str


class _Whiskers(PixelItem):
    """Intervals of the policies, along both axes."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view, 19)
        self.spots: tuple[PolicySpot, ...] = ()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw a cross for each policy that has intervals."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for spot in self.spots:
            painter.setPen(QPen(QColor(spot.colour), 1.6))
            x, y = float(self.x_px(spot.cost.mean)), float(self.y_px(spot.accuracy.mean))
            if spot.cost.low is not None and spot.cost.high is not None:
                low, high = self.x_px(np.array([spot.cost.low, spot.cost.high]))
                painter.drawLine(QPointF(low, y), QPointF(high, y))
            if spot.accuracy.low is not None and spot.accuracy.high is not None:
                low, high = self.y_px(np.array([spot.accuracy.low, spot.accuracy.high]))
                painter.drawLine(QPointF(x, low), QPointF(x, high))


class PolicyScatter(TradeoffPlot):
    """Adds to the trade-off plot: intervals, and policies that can be picked."""

    policy_picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(
            "Policies by accuracy and cost. Left and right go through the policies"
        )
        self._region.hide()  # a whole trace has no one context in which something is feasible
        self._chosen.names_primary = True
        self._whiskers = _Whiskers(self.getPlotItem().getViewBox())
        self._front_policy = ""

    @property
    def spots(self) -> tuple[PolicySpot, ...]:
        """The policies that are shown."""
        return self._whiskers.spots

    def show_policies(self, spots: Sequence[PolicySpot], front: str) -> None:
        """Show policies, one of them set off."""
        refit = {spot.name for spot in spots} != {spot.name for spot in self.spots}
        self._whiskers.spots = tuple(spots)
        self._whiskers.update()
        self._front_policy = front
        points = {
            spot.name: PolicyPoint(spot.name, spot.cost.mean, spot.accuracy.mean, spot.colour)
            for spot in spots
        }
        primary = points.pop(front, None)
        self.set_points(primary, tuple(points.values()), [])
        self.setAccessibleDescription(
            "; ".join(
                f"{spot.name} {spot.accuracy.mean:.2f} %, {spot.cost.mean:.3g} {self._unit}"
                for spot in spots
            )
        )
        if refit:
            self.fit()

    def fit(self) -> None:
        """Show all policies, and what of the cloud is near them."""
        x = [spot.cost.mean for spot in self.spots]
        y = [spot.accuracy.mean for spot in self.spots]
        cloud = self._cloud
        if cloud.x.size:
            x.append(float(np.percentile(cloud.x, 90)))
            y += [float(np.percentile(cloud.y, 20)), float(cloud.y.max())]
        if x:
            margin = 0.08 * ((max(y) - min(y)) or 1.0)
            self._view.setRange(
                xRange=(0.0, max(x) * 1.12), yRange=(min(y) - margin, max(y) + margin), padding=0
            )

    def copy_csv(self) -> None:
        """Copy the policies with their intervals."""
        rows = []
        for spot in self.spots:
            figures = (spot.cost, spot.accuracy)
            bounds = [value for f in figures for value in (f.mean, f.low, f.high)]
            rows.append((spot.name, *("" if v is None else f"{v:.6g}" for v in bounds)))
        heading = ["policy"]
        for name in (self._title, "accuracy, %"):
            heading += [name, f"{name} low", f"{name} high"]
        clipboard.copy_text(clipboard.table_csv(heading, rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go through the policies by cost."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        names = [spot.name for spot in sorted(self.spots, key=lambda spot: spot.cost.mean)]
        if step is not None and names:
            now = names.index(self._front_policy) if self._front_policy in names else -1
            self.policy_picked.emit(names[min(max(0, now + step), len(names) - 1)])
        else:
            super().keyPressEvent(event)

    def _on_mouse_clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        name = self._policy_at(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and name and not event.double():
            self.policy_picked.emit(name)
        else:
            super()._on_mouse_clicked(event)

    def _policy_at(self, position: QPointF) -> str:
        if not self.spots or not self._view.sceneBoundingRect().contains(position):
            return ""
        local = self._view.mapFromScene(position)
        distances = [
            float(
                np.hypot(
                    self._whiskers.x_px(spot.cost.mean) - local.x(),
                    self._whiskers.y_px(spot.accuracy.mean) - local.y(),
                )
            )
            for spot in self.spots
        ]
        nearest = int(np.argmin(distances))
        return self.spots[nearest].name if distances[nearest] < _NEAR_PX else ""

    def _restyle(self, tokens: Tokens) -> None:
        super()._restyle(tokens)
        self.viewport().update()
