"""Feeds the scatter of the Network page: its axis, its colours, and what stands below it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QLabel

from workbench.gui.palette import operator_colour
from workbench.gui.plots.space_scatter import SpaceScatter
from workbench.gui.presenters.network_space import SpaceCloud
from workbench.space.design_space import Configuration


class NetworkScatter:
    """Accuracy against one cost, all grey or in the colours of one layer's operators."""

    def __init__(self, plot: SpaceScatter, axis: QComboBox, caption: QLabel, key: str) -> None:
        self._plot = plot
        self._combo = axis
        self._caption = caption
        self._key = key
        self._cloud: SpaceCloud | None = None
        self._coloured: int | None = None

    @property
    def axis(self) -> str:
        """Key of the cost along x."""
        return self._key

    @property
    def coloured(self) -> int | None:
        """The decision whose operators give the colours; None while all dots are grey."""
        return self._coloured

    def set_cloud(self, cloud: SpaceCloud, *, same_space: bool) -> None:
        """Show another space; the axis stays where the new one has it."""
        self._cloud = cloud
        if not same_space:
            self._coloured = None
        with QSignalBlocker(self._combo):
            self._combo.clear()
            for axis in cloud.axes:
                self._combo.addItem(f"accuracy × {axis.key}", axis.key)
            self._combo.setCurrentIndex(max(0, self._combo.findData(self._key)))
        self.take_axis()

    def take_axis(self) -> None:
        """Draw against the cost that is chosen."""
        cloud = self._cloud
        if cloud is None:
            return
        self._key = str(self._combo.currentData())
        self._plot.set_space(
            cloud.every(self._key),
            cloud.accuracy,
            cloud.front(self._key),
            title=cloud.axis_title(self._key),
            unit=cloud.unit(self._key),
            describe=cloud.describe,
        )
        self._caption.setToolTip(cloud.axis_story(self._key))
        self._show_colours()

    def next_axis(self) -> None:
        """Draw accuracy against the next cost."""
        if self._combo.count():
            self._combo.setCurrentIndex((self._combo.currentIndex() + 1) % self._combo.count())

    def colour_by(self, decision: int | None) -> None:
        """Colour the dots by a layer's operators; the same layer again: all grey."""
        self._coloured = None if decision == self._coloured else decision
        self._show_colours()

    def next_colours(self) -> None:
        """Colour the dots by the next layer; after the last: all grey."""
        if self._cloud is not None:
            following = 0 if self._coloured is None else self._coloured + 1
            self._coloured = following if following < self._cloud.space.decisions else None
            self._show_colours()

    def show_current(self, configuration: Configuration) -> None:
        """Show the configuration built by hand, and the backbone where that is another one."""
        cloud = self._cloud
        if cloud is None:
            return
        backbone = cloud.space.backbone_configuration
        cost, accuracy = cloud.point(configuration, self._key)
        self._plot.show_current(
            cost,
            accuracy,
            None if configuration == backbone else cloud.point(backbone, self._key),
            f"{cloud.space.text(configuration)}: {accuracy:.1f} %, {cost:.3g}"
            f" {cloud.unit(self._key)}",
        )

    def show_preview(self, configuration: Configuration | None) -> None:
        """Show where a configuration lies; None shows nothing."""
        if self._cloud is None or configuration is None:
            self._plot.show_preview(None)
        else:
            self._plot.show_preview(self._cloud.point(configuration, self._key))

    def _show_colours(self) -> None:
        cloud, decision = self._cloud, self._coloured
        if cloud is None:
            return
        what, groups = cloud.count_text, []
        if decision is not None:
            x, y = cloud.every(self._key), cloud.accuracy
            groups = [
                (operator_colour(name), x[rows], y[rows])
                for name, rows in cloud.operators_at(decision)
            ]
            what = f"colours of {cloud.space.backbone.layers[decision + 1].name}"
        self._plot.show_colours(groups)
        self._caption.setText(f"{cloud.axis_title(self._key)} · {what}")
