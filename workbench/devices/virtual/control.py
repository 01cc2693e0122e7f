"""Commands that change the simulated phone while it runs: what is plugged in, what goes wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from workbench.core.errors import WorkbenchError
from workbench.devices.virtual.auth import KeyPolicy
from workbench.devices.virtual.simulation.settings import Charger, SensorFault

if TYPE_CHECKING:
    from workbench.devices.virtual.machine import Machine

DEFAULT_REBOOT_S = 5.0

HELP = """\
plug usb|ac, unplug         plug a charger in, or pull it out
app PACKAGE|auto            bring an app to the front, or let the day's apps take turns
screen on|off               switch the screen
throttle 0-6|off            force a thermal status and lower clocks
sensor frozen|nan|ok        freeze the fuel gauge, let it say nan, or cure it
clock-jump SECONDS          put the phone's wall clock forward or back
disk-full, disk BYTES       let the disk be full, or give it another size
no-exec on|off              forbid to run pushed programs
wrong-abi on|off            run no pushed program, as if built for another processor
kill-agent                  end pushed programs that run now
reboot [SECONDS]            start anew; connections are refused meanwhile
drop N                      break the link at the N-th packet from now
stall, resume               stop answering, and go on
garbage [N]                 send N packets of random bytes
truncate BYTES              break off the next file transfer after so many bytes
key-delay SECONDS           how long the phone's user takes to answer for a new key
keys accept|deny|revoke     what happens to hosts' keys; revoke forgets those that are known
state recovery|sideload|device   what it says that it is; connections end
clear                       end all that goes wrong
truth                       energy and temperatures as they really are, as JSON"""


class ControlError(WorkbenchError):
    """A command that the phone does not know, or that lacks something."""


def apply(machine: Machine, line: str) -> str:
    """Carry out one command such as ``plug ac``; returns an answer for its user.

    Raises:
        ControlError: when the line is no command.
    """
    verb, *arguments = line.split() or [""]
    if verb == "help":
        return HELP
    action = _ACTIONS.get(verb)
    if action is None:
        raise ControlError(f"There is no command {verb!r}.", "`help` lists them.")
    machine.catch_up()
    return action(machine, arguments) or "done"


Action = Callable[["Machine", list[str]], "str | None"]


def _word(arguments: list[str], allowed: tuple[str, ...]) -> str:
    if len(arguments) != 1 or arguments[0] not in allowed:
        raise ControlError(f"This needs one of: {', '.join(allowed)}.")
    return arguments[0]


def _number(arguments: list[str], low: float, high: float, default: float | None = None) -> float:
    if not arguments and default is not None:
        return default
    try:
        (text,) = arguments
        value = float(text)
    except ValueError:
        raise ControlError("This needs one number.") from None
    if not low <= value <= high or math.isnan(value):
        raise ControlError(f"The number must lie between {low:g} and {high:g}.")
    return value


def _plug(machine: Machine, arguments: list[str]) -> str | None:
    charger = Charger(_word(arguments, ("usb", "ac", "none")))
    if machine.model.battery is None:
        raise ControlError("This phone has no battery.")
    machine.model.plug(charger)
    return None


def _unplug(machine: Machine, arguments: list[str]) -> str | None:
    return _plug(machine, ["none"])


def _app(machine: Machine, arguments: list[str]) -> str | None:
    if len(arguments) != 1:
        raise ControlError("This needs the name of a package, or auto.")
    machine.model.forced_app = None if arguments[0] == "auto" else arguments[0][:100]
    return None


def _screen(machine: Machine, arguments: list[str]) -> str | None:
    machine.model.screen_on = _word(arguments, ("on", "off")) == "on"
    return None


def _throttle(machine: Machine, arguments: list[str]) -> str | None:
    off = arguments == ["off"]
    machine.model.thermal.forced_status = None if off else int(_number(arguments, 0, 6))
    return None


def _sensor(machine: Machine, arguments: list[str]) -> str | None:
    word = _word(arguments, ("frozen", "nan", "ok"))
    if machine.model.gauge is None:
        raise ControlError("This phone has no fuel gauge.")
    machine.model.gauge.fault = SensorFault.NONE if word == "ok" else SensorFault(word)
    return None


def _clock_jump(machine: Machine, arguments: list[str]) -> str | None:
    machine.clock_jump_s += _number(arguments, -1e8, 1e8)
    return None


def _disk(machine: Machine, arguments: list[str]) -> str | None:
    machine.files.capacity_bytes = int(_number(arguments, 0, 2**40))
    return None


def _disk_full(machine: Machine, arguments: list[str]) -> str | None:
    machine.files.capacity_bytes = machine.files.used_bytes
    return None


def _no_exec(machine: Machine, arguments: list[str]) -> str | None:
    machine.execution_denied = _word(arguments, ("on", "off")) == "on"
    return None


def _wrong_abi(machine: Machine, arguments: list[str]) -> str | None:
    machine.native.wrong_abi = _word(arguments, ("on", "off")) == "on"
    return None


def _kill_agent(machine: Machine, arguments: list[str]) -> str | None:
    return f"ended {machine.native.kill_all()}"


def _reboot(machine: Machine, arguments: list[str]) -> str | None:
    machine.reboot(_number(arguments, 0, 3600, DEFAULT_REBOOT_S))
    return None


def _drop(machine: Machine, arguments: list[str]) -> str | None:
    machine.faults.drop_at(int(_number(arguments, 1, 1e9)))
    return None


def _stall(machine: Machine, arguments: list[str]) -> str | None:
    machine.faults.stall()
    return None


def _resume(machine: Machine, arguments: list[str]) -> str | None:
    machine.faults.resume()
    return None


def _garbage(machine: Machine, arguments: list[str]) -> str | None:
    machine.faults.send_garbage(int(_number(arguments, 1, 1e6, 1)))
    return None


def _truncate(machine: Machine, arguments: list[str]) -> str | None:
    machine.faults.truncate_sync(int(_number(arguments, 0, 2**40)))
    return None


def _keys(machine: Machine, arguments: list[str]) -> str | None:
    word = _word(arguments, ("accept", "deny", "revoke"))
    if word == "revoke":
        machine.authenticator.policy = KeyPolicy.DENY
        machine.authenticator.revoke()
        machine.drop_connections()
    else:
        machine.authenticator.policy = KeyPolicy(word)
    return None


def _key_delay(machine: Machine, arguments: list[str]) -> str | None:
    machine.authenticator.delay_s = _number(arguments, 0, 3600)
    return None


def _state(machine: Machine, arguments: list[str]) -> str | None:
    machine.state = _word(arguments, ("device", "recovery", "sideload"))
    machine.drop_connections()
    return None


def _clear(machine: Machine, arguments: list[str]) -> str | None:
    machine.faults.clear()
    machine.authenticator.policy = KeyPolicy.ACCEPT
    machine.execution_denied = machine.native.wrong_abi = False
    machine.model.thermal.forced_status = None
    machine.files.capacity_bytes = machine.settings.storage_bytes
    machine.state = "device"
    if machine.model.gauge is not None:
        machine.model.gauge.fault = SensorFault.NONE
    return None


def _truth(machine: Machine, arguments: list[str]) -> str | None:
    return json.dumps({"provenance": "simulated", **asdict(machine.model.truth())})


_ACTIONS: dict[str, Action] = {
    "plug": _plug,
    "unplug": _unplug,
    "app": _app,
    "screen": _screen,
    "throttle": _throttle,
    "sensor": _sensor,
    "clock-jump": _clock_jump,
    "disk": _disk,
    "disk-full": _disk_full,
    "no-exec": _no_exec,
    "wrong-abi": _wrong_abi,
    "kill-agent": _kill_agent,
    "reboot": _reboot,
    "drop": _drop,
    "stall": _stall,
    "resume": _resume,
    "garbage": _garbage,
    "truncate": _truncate,
    "key-delay": _key_delay,
    "keys": _keys,
    "clear": _clear,
    "state": _state,
    "truth": _truth,
}
