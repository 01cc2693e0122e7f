"""The virtual phone: the device side of ADB in front of a simulated phone.

`PhoneServer` listens, `Machine` is the phone behind it, `simulation` its physics without any
protocol. Everything it reports is simulated and says so.
"""

from workbench.devices.virtual.clock import Clock, ManualClock, RunningClock
from workbench.devices.virtual.control import HELP, ControlError
from workbench.devices.virtual.machine import Machine
from workbench.devices.virtual.server import EMULATOR_PORTS, HOST, PhoneServer
from workbench.devices.virtual.simulation.model import PhoneModel, Truth
from workbench.devices.virtual.simulation.settings import (
    AppUse,
    Charger,
    CurrentUnit,
    GaugeSettings,
    PhoneSettings,
)

__all__ = [
    "EMULATOR_PORTS",
    "HELP",
    "HOST",
    "AppUse",
    "Charger",
    "Clock",
    "ControlError",
    "CurrentUnit",
    "GaugeSettings",
    "Machine",
    "ManualClock",
    "PhoneModel",
    "PhoneServer",
    "PhoneSettings",
    "RunningClock",
    "Truth",
]
