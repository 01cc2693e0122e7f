"""A view box on the shared time axis: the wheel zooms time, a drag pans it, a click seeks."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal


class TimeView(pg.ViewBox):
    """Reports what the user does; the stack moves all views together."""

    zoomed = Signal(float, float)
    """Factor of the visible span (below 1 zooms in) and the time that stays where it is."""
    panned = Signal(float)
    """Seconds to move the view by."""
    fit_asked = Signal()
    sought = Signal(float)
    """The time that was clicked."""
    menu_asked = Signal(object)
    """Position on the screen."""

    def __init__(self, key: str) -> None:
        super().__init__(enableMenu=False, border=None, defaultPadding=0)
        self.key = key
        self.disableAutoRange()
        self.setMouseEnabled(x=True, y=False)

    def wheelEvent(self, ev, axis=None) -> None:  # type: ignore[no-untyped-def]
        """Zoom around the pointer; with Shift pan instead."""
        ev.accept()
        notches = ev.delta() / 120.0
        start, end = self.viewRange()[0]
        if ev.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.panned.emit(-notches * 0.1 * (end - start))
            return
        centre = self.mapSceneToView(ev.scenePos()).x()
        self.zoomed.emit(0.8**notches, centre)

    def mouseDragEvent(self, ev, axis=None) -> None:  # type: ignore[no-untyped-def]
        """Pan along the time."""
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()
            return
        ev.accept()
        moved_px = ev.pos().x() - ev.lastPos().x()
        start, end = self.viewRange()[0]
        self.panned.emit(-moved_px * (end - start) / max(1.0, self.rect().width()))

    def mouseClickEvent(self, ev) -> None:  # type: ignore[no-untyped-def]
        """Seek on a click, fit on a double click, menu on the right button."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.accept()
            self.menu_asked.emit(ev.screenPos().toPoint())
        elif ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            if ev.double():
                self.fit_asked.emit()
            else:
                self.sought.emit(self.mapSceneToView(ev.scenePos()).x())
