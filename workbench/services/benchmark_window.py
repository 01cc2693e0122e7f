"""How long the window takes to start, against a bare window of the same libraries.

Both run as processes of their own, in turn, on the offscreen platform, so that nothing but the
program differs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np

from workbench.core.errors import WorkbenchError
from workbench.services.benchmarks import BenchFigure, Progress

_BARE = """
import sys
from PySide6.QtWidgets import QApplication
import pyqtgraph
app = QApplication([])
window = pyqtgraph.PlotWidget()
window.resize(1400, 900)
window.plot(range(100))
window.show()
for _ in range(3):
    app.processEvents()
print("usable", flush=True)
"""
_LIMIT_S = 120.0


def bench_window(runs: int, progress: Progress) -> list[BenchFigure]:
    """Median time from process start to a usable window, and the ratio to a bare one.

    Raises:
        WorkbenchError: when a window cannot be started.
    """
    commands = {
        "bare": [sys.executable, "-c", _BARE],
        "workbench": [sys.executable, "-m", "workbench", "gui", "--exit-when-usable"],
    }
    for command in commands.values():
        _start(command)  # once to warm the file cache
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(runs):
        for name, command in commands.items():
            taken[name].append(_start(command))
        progress(f"window: {number + 1} of {runs} starts")
    ratios = np.array(taken["workbench"]) / np.array(taken["bare"])
    ratio = float(np.median(ratios))
    where = f"{runs} starts of each in turn, offscreen, 1400x900"
    bare = float(np.median(taken["bare"]))
    return [
        BenchFigure(
            "start to usable window", float(np.median(taken["workbench"])), "s",
            f"{where}; the sample day is on screen",
        ),
        BenchFigure("start of a bare PySide6 + pyqtgraph window", bare, "s", where),
        BenchFigure(
            "start against the bare window", ratio, "times", where, "<= 2 times", ratio <= 2
        ),
    ]  # fmt: skip


def _start(command: list[str]) -> float:
    """Seconds until the process says that its window is usable."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    # Both start from compiled bytecode, as an installed program does.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        taken = time.perf_counter() - started
        try:
            process.wait(_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
        if line.strip() != "usable":
            raise WorkbenchError(
                "The window could not be started.",
                "Run `adaspring-workbench gui` to see why.",
                process.stderr.read()[-2000:],
            )
    return taken
