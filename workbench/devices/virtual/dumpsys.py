"""What ``dumpsys`` prints: the services that tools ask, in the form that Android 11 gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.devices.virtual.simulation.settings import Charger

if TYPE_CHECKING:
    from workbench.devices.virtual.machine import Machine

_STATUS = {"Discharging": 3, "Charging": 2, "Not charging": 4, "Full": 5}
_BATTERY_FIELDS = ("ac", "usb", "wireless", "status", "level", "temp", "present", "counter")


def battery(machine: Machine) -> str:
    """``dumpsys battery``; values that were set by hand hide the real ones."""
    state = machine.model.battery
    if state is None:
        return "Current Battery Service state:\n  present: false\n"
    status = _STATUS[state.status]
    values = {
        "ac": str(state.charger is Charger.AC).lower(),
        "usb": str(state.charger is Charger.USB).lower(),
        "wireless": "false",
        "status": str(status),
        "level": str(state.percent),
        "temp": str(round(machine.model.thermal.case_c * 10)),
        "present": "true",
        "counter": str(round(state.charge * state.capacity_mah * 1000)),
    }
    faked = machine.faked_battery
    stopped = "  (UPDATES STOPPED -- use 'reset' to restart)\n" if faked is not None else ""
    values.update(faked or {})
    return (
        f"Current Battery Service state:\n{stopped}"
        f"  AC powered: {values['ac']}\n  USB powered: {values['usb']}\n"
        f"  Wireless powered: {values['wireless']}\n"
        "  Max charging current: 0\n  Max charging voltage: 0\n"
        f"  Charge counter: {values['counter']}\n  status: {values['status']}\n  health: 2\n"
        f"  present: {values['present']}\n  level: {values['level']}\n  scale: 100\n"
        f"  voltage: {round(state.voltage_v * 1000)}\n  temperature: {values['temp']}\n"
        "  technology: Li-ion\n"
    )


def set_battery(machine: Machine, arguments: list[str]) -> str | None:
    """``dumpsys battery unplug | reset | set NAME VALUE``; the error, or None."""
    if arguments == ["reset"]:
        machine.faked_battery = None
        return None
    if arguments == ["unplug"]:
        plugged = dict.fromkeys(("ac", "usb", "wireless"), "false")
        machine.faked_battery = {**(machine.faked_battery or {}), **plugged, "status": "3"}
        return None
    if len(arguments) == 3 and arguments[0] == "set" and arguments[1] in _BATTERY_FIELDS:
        name, value = arguments[1:]
        if name in ("ac", "usb", "wireless", "present"):
            value = str(value not in ("0", "false")).lower()
        elif not value.isdecimal():
            return f"Bad value: {value}"
        machine.faked_battery = {**(machine.faked_battery or {}), name: value}
        return None
    return f"Unknown set option: {' '.join(arguments)}"


def thermal(machine: Machine) -> str:
    """``dumpsys thermalservice``."""
    heat = machine.model.thermal
    rows = [("CPU0", 0, heat.chip_c, heat.status), ("BATTERY", 2, heat.case_c, 0)]
    rows.append(("SKIN", 3, heat.case_c, heat.status))

    def temperatures() -> str:
        return "".join(
            f"\tTemperature{{mValue={value:.3f}, mType={kind}, mName={name}, mStatus={status}}}\n"
            for name, kind, value, status in rows
        )

    return (
        "IsStatusOverride: false\nThermalEventListeners:\n\tcallbacks: 0\n"
        "ThermalStatusListeners:\n\tcallbacks: 0\n"
        f"Thermal Status: {heat.status}\n"
        f"Cached temperatures:\n{temperatures()}"
        "HAL Ready: true\nHAL connection:\n\tThermalHAL 2.0 connected: yes\n"
        f"Current temperatures from HAL:\n{temperatures()}"
        "Current cooling devices from HAL:\n"
        f"\tCoolingDevice{{mValue={heat.steps_down}, mType=2, mName=thermal-cpufreq-0}}\n"
    )


def power(machine: Machine) -> str:
    """``dumpsys power``, the lines about the screen."""
    awake = machine.model.screen_on
    state = machine.model.battery
    powered = state is not None and state.charger is not Charger.NONE
    return (
        "POWER MANAGER (dumpsys power)\n\nPower Manager State:\n"
        f"  mIsPowered={str(powered).lower()}\n"
        f"  mWakefulness={'Awake' if awake else 'Asleep'}\n"
        f"Display Power: state={'ON' if awake else 'OFF'}\n"
    )


def window(machine: Machine) -> str:
    """``dumpsys window``, the lines about the focus."""
    package = machine.model.app.package
    return (
        "WINDOW MANAGER WINDOWS (dumpsys window windows)\n"
        f"  mCurrentFocus=Window{{a1b2c3d u0 {package}/{package}.MainActivity}}\n"
        f"  mFocusedApp=ActivityRecord{{d4e5f6a u0 {package}/.MainActivity t12}}\n"
    )


def activity(machine: Machine) -> str:
    """``dumpsys activity activities``, the line about what is in front."""
    package = machine.model.app.package
    return (
        "ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)\n"
        f"    mResumedActivity: ActivityRecord{{d4e5f6a u0 {package}/.MainActivity t12}}\n"
    )


def display(machine: Machine) -> str:
    """``dumpsys display``, the lines about state and brightness."""
    state = "ON" if machine.model.screen_on else "OFF"
    share = machine.model.brightness / 255
    return (
        "DISPLAY MANAGER (dumpsys display)\n"
        f"  mGlobalDisplayState={state}\n  mScreenState={state}\n  mScreenBrightness={share:.6f}\n"
    )


SERVICES: dict[str, Callable[[Machine], str]] = {
    "activity": activity,
    "battery": battery,
    "display": display,
    "power": power,
    "thermalservice": thermal,
    "window": window,
}
"""Name of the service -> what it prints."""
