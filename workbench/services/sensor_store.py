"""Where calibrations of phones' current sensors are kept: one small file a phone.

A phone is known by its serial number and the fingerprint of its system: another system may bring
another driver, whose readings mean something else.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import platformdirs

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.services.environment import APP_NAME

FORMAT = "adaspring-sensor-calibration"
VERSION = 1
SIZE_LIMIT_BYTES = 1 << 20


class StoredCalibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calibration and what it belongs to.

    Attributes:
        phone: serial number and fingerprint.
        title: what to call the phone.
        calibrated_at: UTC, ISO 8601, to the minute.
    """

    phone: str
    title: str
    calibrated_at: str
    calibration: SensorCalibration
    format: str = FORMAT
    version: int = VERSION


def calibrations_folder() -> Path:
    """Where this user's calibrations lie; it may not exist yet."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "sensor_calibrations"


def calibration_path(phone: str) -> Path:
    """The file of a phone."""
    digest = hashlib.sha256(phone.encode()).hexdigest()[:16]
    return calibrations_folder() / f"{digest}.json"


def load_calibration(phone: str) -> StoredCalibration | None:
    """What is known of a phone's sensor; None where nothing is.

    Raises:
        InputFileError: the file cannot be used.
    """
    path = calibration_path(phone)
    try:
        with open(path, "rb") as stream:
            content = stream.read(SIZE_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unfit(path, f"cannot be read ({error.strerror})", repr(error)) from error
    try:
        found = msgspec.json.decode(content, type=StoredCalibration)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unfit(path, "is no calibration of a sensor", str(error)) from error
    values = found.calibration
    if (
        (found.format, found.version, found.phone) != (FORMAT, VERSION, phone)
        or values.discharge_sign not in (-1, 1)
        or values.ma_per_raw not in (1e-3, 1.0)
        or not values.period_s > 0
    ):
        raise _unfit(path, "is no calibration of this phone's sensor", "")
    return found


def save_calibration(stored: StoredCalibration) -> Path:
    """Keep a calibration; the file appears whole or not at all.

    Raises:
        InputFileError: the folder cannot be written.
    """
    path = calibration_path(stored.phone)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, "wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(stored), indent=1))
    return path


def _unfit(path: Path, what: str, detail: str) -> InputFileError:
    return InputFileError(path, what, "Delete it and calibrate the sensor again.", detail=detail)
