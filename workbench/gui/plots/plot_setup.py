"""What plots with axes have in common: figures as they are, colours of the theme, a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens

SIDES = ("left", "bottom")


def set_up(item: pg.PlotItem, *, left: str = "", bottom: str = "") -> None:
    """Prepare a plot, once."""
    item.hideButtons()
    set_titles(item, left=left, bottom=bottom)


def set_titles(item: pg.PlotItem, *, left: str = "", bottom: str = "") -> None:
    """Titles of the axes with their units; figures are never rescaled.

    pyqtgraph would turn 0.25 ms into 250 of an unnamed thousandth, also after
    `enableAutoSIPrefix(False)`: that looks at the range once more. And `setLabel` alone would
    switch it on again.
    """
    for side, title in (("left", left), ("bottom", bottom)):
        if title:
            item.setLabel(side, title)
        item.getAxis(side).setSIPrefixEnableRanges([(0.0, 0.0)])


def style_axes(item: pg.PlotItem, tokens: Tokens, *, left_px: int, lines: bool = True) -> None:
    """Fonts and colours of the theme.

    Args:
        left_px: width of the left axis, so that plots above each other align.
        lines: draw the axes themselves, not their figures alone.
    """
    small = theme.font(theme.SMALL_PX, tabular=True)
    for side in SIDES:
        axis = item.getAxis(side)
        axis.setTickFont(small)
        axis.setPen(pg.mkPen(tokens.line) if lines else pg.mkPen(None))
        axis.setTextPen(tokens.secondary)
        axis.setStyle(tickLength=0, maxTickLevel=0, hideOverlappingLabels=24)
        axis.label.setFont(small)
    item.getAxis("left").setWidth(left_px)


def plot_menu(owner: QWidget, entries: Sequence[tuple[str, Callable[[], None]]]) -> QMenu:
    """The context menu of a plot: (text, bound method) of each entry."""
    menu = QMenu(owner)
    for text, slot in entries:
        action = QAction(text, menu)
        action.triggered.connect(slot)
        menu.addAction(action)
    return menu
