"""Where the Devices page has its devices from; scripted ones stand in for it in tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.jobs import Job, JobContext, run_in_thread
from workbench.services.adb_server import cannot_start, start_adb_server
from workbench.services.computer import watch_computer
from workbench.services.device_watch import run_virtual_phone, watch_phones
from workbench.services.devices import connect_address, disconnect_address, pair
from workbench.services.phone_live import watch_phone


def _start_computer() -> Job:
    return run_in_thread(watch_computer, name="Watch this computer")


def _start_phones(addresses: tuple[str, ...]) -> Job:
    return run_in_thread(watch_phones, {"addresses": addresses}, name="Watch phones")


def _start_virtual(profile: str) -> Job:
    return run_in_thread(run_virtual_phone, {"profile": profile}, name=f"Virtual phone {profile}")


def _start_phone(name: str) -> Job:
    return run_in_thread(watch_phone, {"name": name}, name=f"Watch {name}")


def _pair(_context: JobContext, address: str, code: str) -> str:
    return pair(address, code)


def _connect(_context: JobContext, address: str) -> str:
    return connect_address(address)


def _disconnect(_context: JobContext, address: str) -> str:
    return disconnect_address(address)


def _start_pairing(address: str, code: str) -> Job:
    return run_in_thread(_pair, {"address": address, "code": code}, name="Pair")


def _start_connecting(address: str) -> Job:
    return run_in_thread(_connect, {"address": address}, name="Connect")


def _start_disconnecting(address: str) -> Job:
    return run_in_thread(_disconnect, {"address": address}, name="Disconnect")


def _start_server() -> Job:
    return run_in_thread(start_adb_server, name="Start the ADB server")


def _start_calibration(name: str) -> Job:
    from workbench.services.sensor_calibration import start_sensor_calibration

    return start_sensor_calibration(name)


@dataclass(frozen=True, slots=True)
class DeviceSources:
    """Jobs around devices.

    Attributes:
        computer, phones, phone: watch this computer, the list of phones, one phone.
        virtual: runs a virtual phone of a device profile.
        pair, connect, disconnect: through the ADB server; their results are what it says.
        start_server: starts an ADB server.
        no_start: why none can be started; empty when one can.
        calibrate: calibrates a phone's current sensor.
    """

    computer: Callable[[], Job] = _start_computer
    phones: Callable[[tuple[str, ...]], Job] = _start_phones
    virtual: Callable[[str], Job] = _start_virtual
    phone: Callable[[str], Job] = _start_phone
    pair: Callable[[str, str], Job] = _start_pairing
    connect: Callable[[str], Job] = _start_connecting
    disconnect: Callable[[str], Job] = _start_disconnecting
    start_server: Callable[[], Job] = _start_server
    no_start: Callable[[], str] = cannot_start
    calibrate: Callable[[str], Job] = _start_calibration
