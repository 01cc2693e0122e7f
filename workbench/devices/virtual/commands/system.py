"""Programs that tell about the phone: getprop, dumpsys, date, uptime ..."""

from __future__ import annotations

import math
import re
import time

from workbench.devices.virtual import dumpsys as services
from workbench.devices.virtual.commands.arguments import UsageError, split_options
from workbench.devices.virtual.control import ControlError
from workbench.devices.virtual.shell.state import Call, CommandFunction

DUMPSYS_COST_S = 0.015


async def _getprop(call: Call) -> int:
    properties = call.machine.properties
    if not call.arguments:
        for name, value in sorted(properties.items()):
            await call.out(f"[{name}]: [{value}]\n")
        return 0
    default = call.arguments[1] if len(call.arguments) > 1 else ""
    await call.out(properties.get(call.arguments[0], default) + "\n")
    return 0


async def _setprop(call: Call) -> int:
    if len(call.arguments) != 2:
        raise UsageError("Needs 2 arguments")
    name, value = call.arguments
    if not name.startswith(("debug.", "log.")):
        return await call.fail(f"failed to set property '{name}' to '{value}'")
    call.machine.properties[name] = value[:91]
    return 0


async def _dumpsys(call: Call) -> int:
    arguments = list(call.arguments)
    if arguments[:1] == ["-l"]:
        listing = "".join(f"  {name}\n" for name in sorted(services.SERVICES))
        await call.out("Currently running services:\n" + listing)
        return 0
    if arguments[:1] == ["-t"]:
        del arguments[:2]
    names = arguments[:1] or sorted(services.SERVICES)
    await call.process.spend(DUMPSYS_COST_S)
    for name in names:
        make = services.SERVICES.get(name)
        if make is None:
            # The real one says so on standard error and ends well.
            await call.files.stderr.write(
                f"Can't find service: {name}\n".encode("utf-8", "surrogateescape")
            )
            return 0
        call.machine.catch_up()
        if name == "battery" and len(arguments) > 1:
            problem = services.set_battery(call.machine, arguments[1:])
            await call.out(f"{problem}\n" if problem else "")
            continue
        await call.out(make(call.machine))
    return 0


async def _settings(call: Call) -> int:
    """``settings get system screen_brightness`` and the like."""
    if len(call.arguments) < 3 or call.arguments[0] not in ("get", "put"):
        raise UsageError("Needs get or put, a namespace and a name")
    verb, _, name, *rest = call.arguments
    model = call.machine.model
    if verb == "get":
        values = {"screen_brightness": str(model.brightness), "screen_brightness_mode": "0"}
        await call.out(values.get(name, call.machine.settings_table.get(name, "null")) + "\n")
    elif len(rest) != 1:
        raise UsageError("Needs a value")
    elif name == "screen_brightness":
        call.machine.catch_up()
        model.brightness = min(255, max(0, int(rest[0]))) if rest[0].isdecimal() else 128
    elif len(call.machine.settings_table) < 1000:
        call.machine.settings_table[name] = rest[0][:200]
    return 0


async def _date(call: Call) -> int:
    options, words = split_options(call.arguments, "u", "dD")
    if options.keys() & {"d", "D"}:
        raise UsageError("only the current time can be shown")
    now_s = call.machine.wall_s()
    form = words[0][1:] if words and words[0].startswith("+") else "%a %b %e %H:%M:%S UTC %Y"
    if words and not words[0].startswith("+"):
        return await call.fail("cannot set date: Operation not permitted")
    nanos = int(math.modf(now_s)[0] * 1e9)
    form = re.sub(r"%(\d?)N", lambda m: f"{nanos:09}"[: int(m[1] or 9)], form)
    form = form.replace("%s", str(int(now_s)))
    await call.out(time.strftime(form, time.gmtime(now_s)) + "\n")
    return 0


async def _uptime(call: Call) -> int:
    call.machine.catch_up()
    minutes = int(call.machine.uptime_s() // 60)
    load = sum(sum(cluster.busy) for cluster in call.machine.model.clusters)
    clock = time.strftime("%H:%M:%S", time.gmtime(call.machine.wall_s()))
    up = f"{minutes // 60}:{minutes % 60:02}" if minutes >= 60 else f"{minutes} min"
    await call.out(
        f" {clock} up {up},  0 users,  load average: {load:.2f}, {load:.2f}, {load:.2f}\n"
    )
    return 0


async def _uname(call: Call) -> int:
    options, _ = split_options(call.arguments, "asrmnvo")
    abi = call.machine.settings.abis[0] if call.machine.settings.abis else "unknown"
    machine = {"arm64-v8a": "aarch64", "armeabi-v7a": "armv7l"}.get(abi, abi)
    parts = {"s": "Linux", "n": "localhost", "r": "4.9.0-simulated", "v": "#1 SMP", "m": machine}
    wanted = "snrvm" if "a" in options else [k for k in parts if k in options] or "s"
    await call.out(" ".join(parts[letter] for letter in wanted) + "\n")
    return 0


async def _id(call: Call) -> int:
    options, _ = split_options(call.arguments, "ugnGZ")
    if "u" in options:
        text = "shell" if "n" in options else "2000"
    else:
        text = "uid=2000(shell) gid=2000(shell) groups=2000(shell) context=u:r:shell:s0"
    await call.out(text + "\n")
    return 0


async def _whoami(call: Call) -> int:
    await call.out("shell\n")
    return 0


async def _hostname(call: Call) -> int:
    await call.out("localhost\n")
    return 0


async def _env(call: Call) -> int:
    for name, value in call.environment.items():
        await call.out(f"{name}={value}\n")
    return 0


async def _which(call: Call) -> int:
    status = 0
    for name in call.arguments:
        if name in call.machine.program_names:
            await call.out(f"/system/bin/{name}\n")
        else:
            status = 1
    return status


async def _nproc(call: Call) -> int:
    await call.out(f"{call.machine.model.cpus}\n")
    return 0


async def _free(call: Call) -> int:
    options, _ = split_options(call.arguments, "bkmgh")
    unit = {"b": 1 / 1024, "m": 1024, "g": 1 << 20}.get(next(iter(options), "k"), 1)
    total, available = (round(value / unit) for value in call.machine.memory_kib())
    await call.out(f"{'':8}{'total':>12}{'used':>12}{'free':>12}\n")
    await call.out(f"{'Mem:':8}{total:>12}{total - available:>12}{available:>12}\n")
    return 0


async def _sync(call: Call) -> int:
    return 0


async def _virtual_phone(call: Call) -> int:
    """``virtual-phone plug ac``: the phone's own controls, for those who only have a shell."""
    try:
        answer = call.machine.control(" ".join(call.arguments))
    except ControlError as error:
        return await call.fail(error.message)
    await call.out(answer + "\n")
    return 0


COMMANDS: dict[str, CommandFunction] = {
    "getprop": _getprop,
    "setprop": _setprop,
    "dumpsys": _dumpsys,
    "settings": _settings,
    "date": _date,
    "uptime": _uptime,
    "uname": _uname,
    "id": _id,
    "whoami": _whoami,
    "hostname": _hostname,
    "env": _env,
    "printenv": _env,
    "which": _which,
    "nproc": _nproc,
    "free": _free,
    "sync": _sync,
    "virtual-phone": _virtual_phone,
}
