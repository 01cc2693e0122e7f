"""Lanes under one another on one time axis, with one playhead and one cross-hair.

The stack owns the visible span and sets it on all views itself: linked pyqtgraph views drift by a
pixel when their sizes differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens
from workbench.gui.plots import clipboard, ticks
from workbench.gui.plots.lane_label import LABEL_WIDTH_PX, LaneRule
from workbench.gui.plots.lanes import Lane
from workbench.gui.plots.markers import CrossHair, Playhead
from workbench.gui.plots.plot_setup import plot_menu
from workbench.gui.presenters.formats import clock

_AXIS_HEIGHT_PX = 26
_SHORTEST_SPAN_S = 1.0


class _TimeAxis(pg.AxisItem):
    """Time of day along the bottom."""

    def __init__(self) -> None:
        super().__init__("bottom", showValues=True)
        self.origin_s = 0.0
        self._step_s = 3600.0
        self.setHeight(_AXIS_HEIGHT_PX)
        self.setStyle(tickLength=0, tickAlpha=0, tickTextOffset=6, hideOverlappingLabels=24)

    def restyle(self) -> None:
        """Take up the theme's colours."""
        font = QFont(theme.font(theme.SMALL_PX, tabular=True))
        self.setTickFont(font)
        self.setPen(pg.mkPen(None))
        self.setTextPen(theme.tokens().secondary)

    def tickValues(self, minVal, maxVal, size):  # type: ignore[no-untyped-def]
        """Ticks on round times of day."""
        self._step_s = ticks.step_for(maxVal - minVal, size)
        return [(self._step_s, ticks.positions(minVal, maxVal, self._step_s, self.origin_s))]

    def tickStrings(self, values, scale, spacing):  # type: ignore[no-untyped-def]
        """Times of day."""
        return [ticks.text(value, self._step_s, self.origin_s) for value in values]


class LaneStack(pg.GraphicsLayoutWidget):
    """Shows lanes; reports where the user wants the playhead."""

    sought = Signal(float)
    """The time in seconds that the user asked for."""
    stepped = Signal(int)
    """Go to the next (+1) or previous (-1) decision."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(320)
        self._lanes: list[Lane] = []
        self._full = (0.0, 1.0)
        self._shown = (0.0, 1.0)
        self._t_s = 0.0
        self._axis = _TimeAxis()
        self._playhead = Playhead()
        self._cross_hair = CrossHair()
        self.scene().addItem(self._playhead)
        self.scene().addItem(self._cross_hair)
        self._playhead.dragged.connect(self._on_playhead_dragged)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.ci.layout.setContentsMargins(0, 4, 20, 0)
        self.ci.layout.setSpacing(0)
        self.ci.layout.setColumnFixedWidth(0, LABEL_WIDTH_PX)
        self._menu = self._make_menu()
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    # ---- content -------------------------------------------------------------------------------

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes from top to bottom."""
        return tuple(self._lanes)

    @property
    def shown_span(self) -> tuple[float, float]:
        """The visible span of time in seconds."""
        return self._shown

    @property
    def t_s(self) -> float:
        """Where the playhead stands."""
        return self._t_s

    def origin(self) -> float:
        """Time of day at t = 0, in seconds."""
        return self._axis.origin_s

    def set_lanes(self, lanes: Sequence[Lane]) -> None:
        """Show these lanes instead of those before."""
        self.ci.clear()
        self._lanes = list(lanes)
        row = 0
        for lane in lanes:
            if row:
                self.ci.addItem(LaneRule(), row=row, col=0, colspan=2)
                row += 1
            self.ci.addItem(lane.label, row=row, col=0)
            self.ci.addItem(lane.view, row=row, col=1)
            lane.view.zoomed.connect(self.zoom)
            lane.view.panned.connect(self.pan)
            lane.view.fit_asked.connect(self.fit)
            lane.view.sought.connect(self._on_sought)
            lane.view.menu_asked.connect(self._menu.popup)
            row += 1
        self.ci.addItem(LaneRule(), row=row, col=0, colspan=2)
        self._axis = _TimeAxis()
        self._axis.restyle()
        self.ci.addItem(self._axis, row=row + 1, col=1)
        if lanes:
            self._axis.linkToView(lanes[0].view)
        # While there were no lanes the grid was as narrow as its column of labels.
        self.ci.setGeometry(QRectF(self.viewport().rect()))
        self.fit_heights()

    def fit_heights(self) -> None:
        """Give the lanes their shares of the height; call it after a lane changed its own."""
        for index, lane in enumerate(self._lanes):
            self.ci.layout.setRowStretchFactor(2 * index, lane.stretch)
            self.ci.layout.setRowMinimumHeight(2 * index, lane.min_height_px)
        rest = _AXIS_HEIGHT_PX + 8 + len(self._lanes)
        self.setMinimumHeight(sum(lane.min_height_px for lane in self._lanes) + rest)
        self.ci.layout.activate()
        self._place_markers()

    def set_span(self, start_s: float, end_s: float, origin_s: float) -> None:
        """The whole span of time there is, and the time of day at t = 0; call `redraw` after it."""
        # Numpy's numbers would end up in Qt's calls, which refuse its truth values.
        start_s, end_s = float(start_s), float(end_s)
        whole_was_shown = self._shown == self._full
        self._axis.origin_s = origin_s
        changed = self._full != (start_s, end_s)
        self._full = (start_s, end_s)
        if changed and (whole_was_shown or not start_s <= self._shown[0] < self._shown[1] <= end_s):
            self._shown = self._full

    def redraw(self) -> None:
        """Draw the lanes again after their data changed."""
        self._apply()
        self.show_at(self._t_s)

    # ---- time ----------------------------------------------------------------------------------

    def show_at(self, t_s: float) -> None:
        """Put the playhead at a time and show the values there."""
        self._t_s = float(t_s)
        for lane in self._lanes:
            lane.show_at(t_s)
        self._place_markers()

    def describe(self) -> None:
        """Say the values at the playhead to screen readers; not at every frame of a replay."""
        values = [f"{lane.title} {lane.reading(self._t_s)}" for lane in self._lanes]
        self.setAccessibleDescription(f"{clock(self._t_s + self.origin())}. {', '.join(values)}")

    def zoom(self, factor: float, centre_s: float) -> None:
        """Make the visible span `factor` times as long, with `centre_s` where it is."""
        start, end = self._shown
        longest = self._full[1] - self._full[0]
        span = min(longest, max(_SHORTEST_SPAN_S, (end - start) * factor))
        share = (centre_s - start) / ((end - start) or 1.0)
        self._show(centre_s - share * span, span)

    def pan(self, seconds: float) -> None:
        """Move the visible span."""
        start, end = self._shown
        self._show(start + seconds, end - start)

    def fit(self) -> None:
        """Show the whole span."""
        self._show(self._full[0], self._full[1] - self._full[0])

    def _show(self, start_s: float, span_s: float) -> None:
        low, high = self._full
        start_s = max(low, min(start_s, high - span_s))
        self._shown = (start_s, min(high, start_s + span_s))
        self._apply()

    def _apply(self) -> None:
        start, end = self._shown
        for lane in self._lanes:
            lane.view.setXRange(start, end, padding=0)
            lane.draw_range(start, end, max(50, int(lane.view.rect().width())))
        self._place_markers()

    # ---- markers -------------------------------------------------------------------------------

    def _lanes_rect(self) -> QRectF:
        if not self._lanes:
            return QRectF()
        first = self._lanes[0].view.sceneBoundingRect()
        return first.united(self._lanes[-1].view.sceneBoundingRect())

    def _place_markers(self) -> None:
        rect = self._lanes_rect()
        start, end = self._shown
        inside = bool(self._lanes and start <= self._t_s <= end)
        self._playhead.setVisible(inside)
        if inside:
            share = (self._t_s - start) / ((end - start) or 1.0)
            self._playhead.set_span(rect.top() - 2, rect.bottom() + 4)
            self._playhead.setX(rect.left() + share * rect.width())

    def _time_at(self, scene_x: float) -> float:
        rect = self._lanes_rect()
        start, end = self._shown
        share = (scene_x - rect.left()) / max(1.0, rect.width())
        return min(self._full[1], max(self._full[0], start + share * (end - start)))

    def _on_playhead_dragged(self, scene_x: float) -> None:
        self.sought.emit(self._time_at(scene_x))

    def _on_sought(self, t_s: float) -> None:
        self.setFocus()
        self.sought.emit(min(self._full[1], max(self._full[0], t_s)))

    def _on_mouse_moved(self, position: QPointF) -> None:
        rect = self._lanes_rect()
        if not rect.contains(position):
            self._cross_hair.hide()
            return
        t_s = self._time_at(position.x())
        readings = [
            (lane.view.sceneBoundingRect().top() + 3, lane.reading(t_s)) for lane in self._lanes
        ]
        self._cross_hair.show_at(position.x(), rect, readings, clock(t_s + self.origin()))

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Take the cross-hair away with the pointer."""
        self._cross_hair.hide()
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Thin the curves for the new width."""
        super().resizeEvent(event)
        # It also comes while pyqtgraph's constructor runs, and while it takes the scene apart.
        if hasattr(self, "_lanes") and not self.closed:
            self.ci.layout.activate()
            self._apply()

    def sizeHint(self) -> QSize:
        """As much as there is."""
        return QSize(800, 520)

    # ---- keyboard and menu ---------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the playhead, with Shift to the next decision, with Ctrl the view."""
        span = self._shown[1] - self._shown[0]
        direction = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        modifiers = event.modifiers()
        if direction and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.pan(direction * 0.1 * span)
        elif direction and modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.stepped.emit(direction)
        elif direction:
            self._on_sought(self._t_s + direction * span / 200)
        elif event.key() == Qt.Key.Key_Home:
            self._on_sought(self._full[0])
        elif event.key() == Qt.Key.Key_End:
            self._on_sought(self._full[1])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(0.8, self._t_s)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom(1.25, self._t_s)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _make_menu(self) -> QMenu:
        return plot_menu(
            self,
            (
                ("Fit the whole time  (0 or double click)", self.fit),
                ("Copy as image", self.copy_image),
                ("Copy as CSV (what is in view)", self.copy_csv),
            ),
        )

    def copy_image(self) -> None:
        """Copy the lanes as a picture."""
        clipboard.copy_image(self)

    def copy_csv(self) -> None:
        """Copy the visible part of all curves as comma-separated values."""
        columns = [column for lane in self._lanes for column in lane.columns()]
        clipboard.copy_text(clipboard.curves_csv(columns, *self._shown, self.origin()))

    def _restyle(self, tokens: Tokens) -> None:
        self.setBackground(tokens.panel)
        self._axis.restyle()
        for lane in self._lanes:
            lane.restyle()
        self.show_at(self._t_s)
        self.viewport().update()
