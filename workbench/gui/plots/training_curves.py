"""Live curves of a training run: accuracy of largest, random and smallest, and the loss."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.plots import clipboard
from workbench.gui.plots.pixel_items import translucent
from workbench.gui.plots.plot_setup import plot_menu, set_up, style_axes
from workbench.gui.presenters.training_run import CURVES, TrainingLog

TONES = {"largest": "accent", "random": "good", "smallest": "warning"}
_AXIS_WIDTH_PX = 40


class TrainingCurves(pg.GraphicsLayoutWidget):
    """Two plots over the training steps: accuracy above, loss below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curves of the training: accuracy and loss over steps")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(280, 220)
        self._log = TrainingLog()
        self._follows = True
        self._accuracy = self._plot(0, "accuracy, %")
        self._loss = self._plot(1, "loss", "step")
        self._loss.setXLink(self._accuracy)
        self.ci.layout.setRowStretchFactor(0, 3)
        self.ci.layout.setRowStretchFactor(1, 2)
        self.ci.layout.setContentsMargins(0, 0, 8, 0)
        self._accuracy.getViewBox().sigRangeChangedManually.connect(self._on_zoomed)
        self._live = {name: self._accuracy.plot(antialias=True) for name in CURVES}
        self._kept_back = {
            name: self._accuracy.plot(antialias=True, symbol="o", symbolSize=4, symbolPen=None)
            for name in CURVES
        }
        self._loss_curve = self._loss.plot(antialias=True)
        self._menu = plot_menu(
            self,
            (
                ("Fit", self.fit),
                ("Copy as image", self.copy_image),
                ("Copy as CSV", self.copy_csv),
            ),
        )
        self.scene().sigMouseClicked.connect(self._on_clicked)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    def show_log(self, log: TrainingLog) -> None:
        """Show the figures so far."""
        self._log = log
        for name in CURVES:
            live, kept = log.live[name], log.kept_back[name]
            self._live[name].setData(live.steps, live.values)
            self._kept_back[name].setData(kept.steps, kept.values)
        self._loss_curve.setData(log.loss.steps, log.loss.values)
        if self._follows and log.steps:
            self._accuracy.setXRange(0, log.steps, padding=0.01)

    def fit(self) -> None:
        """Show all steps, and follow new ones."""
        self._follows = True
        self._accuracy.enableAutoRange()
        self._loss.enableAutoRange()
        self.show_log(self._log)

    def copy_image(self) -> None:
        """Copy the plots as a picture."""
        clipboard.copy_image(self)

    def copy_csv(self) -> None:
        """Copy all points as comma-separated values."""
        curves = [("training loss", self._log.loss)]
        for name in CURVES:
            curves.append((f"{name}, training, %", self._log.live[name]))
            curves.append((f"{name}, kept back, %", self._log.kept_back[name]))
        rows = [
            (title, f"{step:.0f}", f"{value:.6g}")
            for title, curve in curves
            for step, value in zip(curve.steps, curve.values, strict=True)
        ]
        clipboard.copy_text(clipboard.table_csv(("curve", "step", "value"), rows))

    def _plot(self, row: int, title: str, below: str = "") -> pg.PlotItem:
        plot = self.addPlot(row=row, col=0, enableMenu=False)
        set_up(plot, left=title, bottom=below)
        plot.setDownsampling(auto=True, mode="peak")
        plot.setClipToView(True)
        return plot

    def _on_zoomed(self, _axes: object) -> None:
        self._follows = False

    def _on_clicked(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.button() == Qt.MouseButton.RightButton:
            self._menu.popup(event.screenPos().toPoint())
        elif event.double():
            self.fit()

    def _restyle(self, tokens: Tokens) -> None:
        self.setBackground(tokens.panel)
        for plot in (self._accuracy, self._loss):
            plot.showGrid(x=False, y=True, alpha=0.12)
            style_axes(plot, tokens, left_px=_AXIS_WIDTH_PX)
        for name, tone in TONES.items():
            colour = getattr(tokens, tone)
            self._live[name].setPen(pg.mkPen(translucent(colour, 0.55), width=1))
            self._kept_back[name].setPen(pg.mkPen(colour, width=2))
            self._kept_back[name].setSymbolBrush(colour)
        self._loss_curve.setPen(pg.mkPen(tokens.secondary, width=1))
