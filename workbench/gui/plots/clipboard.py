"""Plots as pictures and as comma-separated values on the clipboard."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workbench.gui.plots.decimate import Curve
from workbench.gui.presenters.formats import clock
from workbench.gui.presenters.formats import table_csv as table_csv


def copy_image(widget: QWidget) -> None:
    """Copy a widget as it looks now."""
    QGuiApplication.clipboard().setPixmap(widget.grab())


def copy_text(text: str) -> None:
    """Copy text."""
    QGuiApplication.clipboard().setText(text)


def curves_csv(
    columns: Sequence[tuple[str, Curve]], start_s: float, end_s: float, origin_s: float
) -> str:
    """Curves between two times as a table: one row for each time at which any has a sample."""
    if not columns:
        return ""
    times = np.unique(np.concatenate([curve.t_s for _, curve in columns]))
    times = times[(times >= start_s) & (times <= end_s)]
    parts = []
    for _, curve in columns:
        index = np.searchsorted(curve.t_s, times, side="right") - 1
        parts.append(np.where(index >= 0, curve.values[np.maximum(index, 0)], np.nan))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["t_s", "time_of_day", *(heading for heading, _ in columns)])
    for row, t_s in enumerate(times):
        cells = ["" if np.isnan(part[row]) else f"{part[row]:.6g}" for part in parts]
        writer.writerow([f"{t_s:.3f}", clock(t_s + origin_s), *cells])
    return out.getvalue()
