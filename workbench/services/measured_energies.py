"""Energies that were measured beside a fitted table, found again in the project."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from workbench.core.errors import InputFileError
from workbench.devices.profile import Calibration
from workbench.profiling.energy.repeats import Readings
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.profiling.energy.session import put_together
from workbench.profiling.energy.summary import EnergySummary
from workbench.profiling.kept_samples import table_sha256
from workbench.services.projects import open_project, project_in_use
from workbench.space.tables import FloatArray
from workbench.storage import Project, Run


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredEnergies:
    """Energies of some of the configurations that a table was fitted to.

    Attributes:
        t_s, power_mw: readings by a clock that begins at 0 and never goes back.
        loads: (start, end, position among the latency measurement's configurations).
    """

    summary: EnergySummary
    t_s: FloatArray
    power_mw: FloatArray
    loads: tuple[tuple[float, float, int], ...]


def measured_energies(table: Calibration) -> MeasuredEnergies | None:
    """The latest that was measured beside a table; None where the project has none that can be
    read."""
    file = project_in_use()
    if not file.exists():
        return None
    wanted = table_sha256(table)
    try:
        with open_project(file) as project:
            for run in project.runs.list(kind="energy"):
                if run.result.get("table_sha256") == wanted:
                    return _energies(project, run)
    except InputFileError:
        return None  # the latencies are there all the same, and say more
    return None


def _energies(project: Project, run: Run) -> MeasuredEnergies:
    try:
        summary = msgspec.convert(run.result["energy"], EnergySummary)
        sensor = msgspec.convert(run.plan.details["calibration"], SensorCalibration)
    except (msgspec.ValidationError, KeyError) as error:
        raise InputFileError(
            project.path, f"holds energies in run {run.id} that cannot be read", detail=str(error)
        ) from error
    whole = put_together(project.runs.blocks(run.id), str(project.path))
    readings = Readings(whole.stream, sensor)
    start_s = float(readings.t_s[0])
    positions = [figure.position for figure in summary.figures]
    loads = tuple(
        (block.start_s - start_s, block.end_s - start_s, positions[block.configuration])
        for block in whole.blocks
        if block.configuration is not None and block.configuration < len(positions)
    )
    return MeasuredEnergies(
        summary, readings.t_s - start_s, np.asarray(readings.current_ma * readings.volts), loads
    )
