"""Stand-ins for a study's cells that run in workers and misbehave on request."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from workbench.core.errors import SettingsError
from workbench.services.study_records import CellResult, CellWork, RunFigures


def quick(work: CellWork) -> CellResult:
    """A result without computing one."""
    runs = tuple(
        RunFigures(run, {"accuracy_percent": 90.0, "latency_mean_ms": 2.0, "violation_percent": 0})
        for run in work.runs
    )
    return CellResult(work.key, work.fingerprint, runs, "", "test", 0.0)


def fail_static(work: CellWork) -> CellResult:
    """Every cell of the policy static fails."""
    if work.key.policy == "static":
        raise SettingsError("No such luck.", "Try another policy.")
    return quick(work)


class KillWorker:
    """Kills its worker at the cells of the policy static, at most `times` times in all."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder, self.times = folder, times

    def __call__(self, work: CellWork) -> CellResult:
        deaths = len(list(self.folder.glob("death*")))
        if work.key.policy == "static" and deaths < self.times:
            (self.folder / f"death{deaths}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.02)
        return quick(work)


class Count:
    """Leaves a file for every cell that is computed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, work: CellWork) -> CellResult:
        (self.folder / f"{work.key.file_name}.{os.getpid()}.{time.monotonic_ns()}").touch()
        return quick(work)
