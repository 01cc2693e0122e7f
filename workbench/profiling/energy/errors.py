"""Why energy cannot be measured, each reason with the way out."""

from __future__ import annotations

from workbench.core.errors import WorkbenchError

ESTIMATE_HINT = (
    "Energy can still be estimated from the phone's own power profile; it is marked as estimated."
)


class EnergyError(WorkbenchError):
    """Base of everything that keeps energy from being measured."""


class SensorError(EnergyError):
    """The current sensor is missing, frozen, or says things that cannot be."""

    def __init__(self, message: str, hint: str = ESTIMATE_HINT, detail: str = "") -> None:
        super().__init__(message, hint, detail)


class ChargingError(EnergyError):
    """The battery's current is not the phone's: a charger is plugged in, or the state is faked."""


class SlowSensorError(SensorError):
    """The sensor changed too rarely to be timed; a longer calibration may help."""
