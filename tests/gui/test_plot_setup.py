"""What plots have in common."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.plots.prediction_scatter import PredictionScatter
from workbench.gui.presenters.profiling_result import Points


def test_figures_of_an_axis_are_never_rescaled(qtbot: QtBot) -> None:
    plot = PredictionScatter()
    qtbot.addWidget(plot)
    small_ms = np.array([0.05, 0.25])
    plot.show_points(Points(small_ms, small_ms, np.array([True, False]), ("a", "b")))
    plot.show()
    for name in ("light", "dark"):
        theme.manager().choose(name)
        for side in ("left", "bottom"):
            # 250 beside "ms" would be read as a quarter of a second.
            assert plot.getPlotItem().getAxis(side).autoSIPrefixScale == 1.0
