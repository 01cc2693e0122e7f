"""Drawing a replay: nothing leaks, and a long day needs few points."""

from __future__ import annotations

import gc
import sys

import numpy as np
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.gui.pages.replay import ReplayPage
from workbench.gui.plots.decimate import Curve
from workbench.gui.plots.lane_stack import LaneStack
from workbench.gui.plots.lanes import CurveLane, LaneCurve, PolicyLane, SpanLane


def test_playing_does_not_use_up_references_to_none(qtbot: QtBot, replay: ReplayPage) -> None:
    """Some PySide6 versions release None with each drawn frame until the program aborts."""
    view = replay.view
    assert view is not None
    frames = 200
    for _ in range(20):
        replay.seek(replay.t_s + 20)
        QApplication.processEvents()
    gc.collect()
    before = sys.getrefcount(None)
    for _ in range(frames):
        replay.seek(replay.t_s + 20)
        QApplication.processEvents()
    gc.collect()
    # An upward leak is harmless; a falling count is what ends the program.
    assert sys.getrefcount(None) > before - frames


def test_a_day_at_four_hertz_is_drawn_with_few_points(qtbot: QtBot) -> None:
    count = 345_600
    times = np.arange(count) / 4
    rng = np.random.default_rng(0)
    stack = LaneStack("long day")
    qtbot.addWidget(stack)
    battery = CurveLane(
        "battery", "Battery", stack.origin, tone="good", text=lambda v: (f"{v}", "")
    )
    battery.set_curve(Curve(times, rng.normal(size=count)))
    latency = PolicyLane("latency", "Latency", stack.origin, text=lambda v: (f"{v}", "ms"))
    latency.set_curves(
        [
            LaneCurve(
                f"policy {i}", Curve(times, rng.normal(size=count), step=True), "#ff0000", i == 0
            )
            for i in range(6)
        ]
    )
    stack.set_lanes([battery, latency, SpanLane("configuration", "C", stack.origin, rows=4)])
    stack.set_span(0, times[-1], 0)
    stack.resize(1400, 900)
    stack.show()
    stack.redraw()
    for zoom in (1.0, 0.3, 0.1, 0.01, 0.0001):
        stack.fit()
        stack.zoom(zoom, times[-1] / 2)
        stack.pan(10)
        QApplication.processEvents()
        for item in (battery._item, *latency._items.values()):
            assert 0 < item.getData()[0].size <= 4 * 1400
