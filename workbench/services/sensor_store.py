"""Calibrations of phones' current sensors in the project.

A phone is known by its serial number and the fingerprint of its system: another system may bring
another driver, whose readings mean something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from workbench.profiling.energy.sensor import SensorCalibration
from workbench.storage import Calibration, Project, ProjectError


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """A calibration and when it was made.

    Attributes:
        at: UTC, ISO 8601.
    """

    calibration: SensorCalibration
    at: str


def load_calibration(project: Project, phone: str) -> StoredCalibration | None:
    """The latest that is known of a phone's sensor; None where nothing is.

    Args:
        phone: its identity.

    Raises:
        ProjectError: what is kept cannot be used.
    """
    stored = next(iter(project.calibrations(phone)), None)
    if stored is None:
        return None
    try:
        found = msgspec.convert(stored.values, SensorCalibration)
        if (
            found.discharge_sign not in (-1, 1)
            or found.ma_per_raw not in (1e-3, 1.0)
            or not min(found.period_s, found.poll_s, found.resolution_ma) > 0
        ):
            raise ValueError("values that no calibration gives")
    except (msgspec.ValidationError, ValueError) as error:
        raise ProjectError(
            project.path,
            "holds a calibration of a current sensor that cannot be used",
            "Calibrate the sensor again.",
            detail=str(error),
        ) from error
    return StoredCalibration(found, stored.at)


def save_calibration(project: Project, phone: str, calibration: SensorCalibration) -> None:
    """Keep a calibration; the phone was seen in the project.

    Raises:
        ProjectError: the project cannot be written.
    """
    values = msgspec.to_builtins(calibration)
    project.add_calibration(Calibration(phone, calibration.sensor, values))
