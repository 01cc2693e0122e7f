"""The Qt binding itself: versions of it have broken programs that did nothing wrong."""

from __future__ import annotations

import sys

import pyqtgraph as pg
from pytestqt.qtbot import QtBot

FRAMES = 300


def test_drawing_does_not_use_up_references_to_none(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 released None until the program aborted within seconds.

    An upward leak is harmless; before Python 3.12 only a falling count ends the program. From 3.12
    on None is immortal and its count never moves.
    """
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.plot(range(1000))
    plot.show()
    qtbot.waitExposed(plot)
    before = sys.getrefcount(None)
    for frame in range(FRAMES):
        plot.setXRange(frame, frame + 100, padding=0)
        pg.QtWidgets.QApplication.processEvents()
    # A broken binding takes several references a frame; single ones come and go with caches.
    assert sys.getrefcount(None) > before - FRAMES
