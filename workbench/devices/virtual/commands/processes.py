"""Programs about processes: ps, kill, timeout and the like."""

from __future__ import annotations

import asyncio
import re

from workbench.devices.virtual.commands.arguments import UsageError, split_options
from workbench.devices.virtual.processes import Process
from workbench.devices.virtual.shell.state import Call, CommandFunction

EXIT_TIMED_OUT = 124

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "TERM": 15, "CONT": 18, "STOP": 19}

_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds_of(text: str) -> float:
    """Seconds of a time such as 0.5, 3s or 2m.

    Raises:
        UsageError: when it is none.
    """
    match = re.fullmatch(r"(\d{0,9}(?:\.\d{1,9})?)([smhd]?)", text)
    if match is None or not match[1] or match[1] == ".":
        raise UsageError(f"bad time '{text}'")
    return float(match[1]) * _UNITS_S[match[2]]


async def _sleep(call: Call) -> int:
    if not call.arguments:
        raise UsageError("Needs 1 argument")
    await call.machine.clock.sleep(sum(map(seconds_of, call.arguments)))
    return 0


async def _usleep(call: Call) -> int:
    if not call.arguments or not call.arguments[0].isdecimal():
        raise UsageError("Needs 1 argument")
    await call.machine.clock.sleep(int(call.arguments[0]) / 1e6)
    return 0


async def _timeout(call: Call) -> int:
    arguments = list(call.arguments)
    signal = 15
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option in ("-s", "-k") and arguments:
            value = arguments.pop(0)
            signal = _signal(value) if option == "-s" else signal
    if len(arguments) < 2:
        raise UsageError("Needs 2 arguments")
    limit_s = seconds_of(arguments[0])
    work = asyncio.ensure_future(call.run(arguments[1:], call.files))
    alarm = asyncio.ensure_future(call.machine.clock.sleep(limit_s))
    try:
        await asyncio.wait({work, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        return 128 + signal if signal == 9 else EXIT_TIMED_OUT
    finally:
        for task in (work, alarm):
            task.cancel()
        await asyncio.gather(work, alarm, return_exceptions=True)


def _signal(text: str) -> int:
    name = text.upper().removeprefix("SIG")
    if name in SIGNALS:
        return SIGNALS[name]
    if name.isdecimal() and int(name) < 65:
        return int(name)
    raise UsageError(f"bad signal '{text}'")


async def _kill(call: Call) -> int:
    arguments = list(call.arguments)
    signal = 15
    if arguments and arguments[0] == "-l":
        await call.out(" ".join(SIGNALS) + "\n")
        return 0
    if arguments and arguments[0] == "-s" and len(arguments) > 1:
        signal = _signal(arguments[1])
        del arguments[:2]
    elif arguments and re.fullmatch(r"-\w+", arguments[0]):
        signal = _signal(arguments.pop(0)[1:])
    status = 0
    for word in arguments:
        if not re.fullmatch(r"-?\d{1,9}", word):
            status = await call.fail(f"unknown pid '{word}'")
            continue
        status = max(status, await _kill_one(call, abs(int(word)), word, signal))
    return status


async def _kill_one(call: Call, pid: int, shown: str, signal: int) -> int:
    if call.machine.processes.kill(pid, signal):
        return 0
    found = call.machine.processes.find(pid)
    reason = "Operation not permitted" if found else "No such process"
    return await call.fail(f"{shown}: {reason}")


def _named(call: Call, name: str) -> list[Process]:
    return [process for process in call.machine.processes.all() if process.name == name]


async def _killall(call: Call) -> int:
    options, names = split_options(_numeric_signal(call.arguments), "qiv", "sl")
    signal = _signal(options.get("s", "TERM"))
    status = 0
    for name in names:
        found = _named(call, name)
        if not found and "q" not in options:
            status = await call.fail(f"{name}: No such process")
        for process in found:
            status = max(status, await _kill_one(call, process.pid, name, signal))
    return status


async def _pkill(call: Call) -> int:
    options, patterns = split_options(_numeric_signal(call.arguments), "fxq", "s")
    found = _matching(call, options, patterns)
    signal = _signal(options.get("s", "TERM"))
    for process in found:
        call.machine.processes.kill(process.pid, signal)
    return 0 if found else 1


def _numeric_signal(arguments: list[str]) -> list[str]:
    """``-9`` and ``-KILL`` mean ``-s 9``."""
    return [re.sub(r"^-(\d+|[A-Z]{3,})$", r"-s\1", word) for word in arguments]


async def _pgrep(call: Call) -> int:
    options, patterns = split_options(call.arguments, "flxno")
    found = _matching(call, options, patterns)
    for process in found:
        name = f" {process.command if 'f' in options else process.name}" if "l" in options else ""
        await call.out(f"{process.pid}{name}\n")
    return 0 if found else 1


def _matching(call: Call, options: dict[str, str], patterns: list[str]) -> list[Process]:
    """Processes whose name holds the pattern, taken literally."""
    if len(patterns) != 1:
        raise UsageError("Needs 1 argument")
    found = []
    for process in call.machine.processes.all():
        text = process.command if "f" in options else process.name
        hit = text == patterns[0] if "x" in options else patterns[0] in text
        if hit and process is not call.process:
            found.append(process)
    return found


async def _pidof(call: Call) -> int:
    _, names = split_options(call.arguments, "sx")
    found = [str(process.pid) for name in names for process in _named(call, name)]
    if not found:
        return 1
    await call.out(" ".join(found) + "\n")
    return 0


async def _ps(call: Call) -> int:
    """``ps -A`` and ``ps -o PID,NAME``; without ``-A`` the shell user's own processes."""
    options, _ = split_options(call.arguments, "AefTlwZ", "opP")
    names = [name.strip().upper().split("=")[0] for name in options.get("o", "").split(",") if name]
    names = names or ["USER", "PID", "PPID", "VSZ", "RSS", "WCHAN", "ADDR", "S", "NAME"]
    processes = call.machine.processes.all()
    if not options.keys() & {"A", "e", "p"}:
        processes = [process for process in processes if process.user == "shell"]
    if "p" in options:
        processes = [p for p in processes if str(p.pid) in options["p"].split(",")]
    rows = [names]
    for process in processes:
        values = {
            "USER": process.user,
            "PID": str(process.pid),
            "PPID": str(process.parent),
            "VSZ": str(process.resident_kib * 4),
            "RSS": str(process.resident_kib),
            "WCHAN": "0",
            "ADDR": "0",
            "S": "S",
            "NAME": process.name,
            "CMD": process.name,
            "ARGS": process.command,
            "CMDLINE": process.command,
            "%CPU": "0.0",
            "TIME+": f"{int(process.cpu_s) // 60}:{process.cpu_s % 60:05.2f}",
        }
        rows.append([values.get(name, "-") for name in names])
    widths = [max(len(row[index]) for row in rows) for index in range(len(names))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        await call.out(" ".join(cells).rstrip() + "\n")
    return 0


async def _prefix(call: Call) -> int:
    """``nohup``, ``setsid``, ``nice -n 5``, ``taskset f0``, ``chrt``: run what follows."""
    arguments = list(call.arguments)
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option in ("-n", "-c") and arguments:
            del arguments[0]
    if call.name == "taskset" and arguments:
        if not re.fullmatch(r"(0x)?[0-9a-fA-F]{1,16}", arguments[0]):
            raise UsageError(f"bad mask '{arguments[0]}'")
        del arguments[0]
    if not arguments:
        raise UsageError("Needs 1 argument")
    return await call.run(arguments, call.files)


async def _yes(call: Call) -> int:
    line = (" ".join(call.arguments) or "y") + "\n"
    block = line.encode("utf-8", "surrogateescape") * 512
    while True:
        await call.files.stdout.write(block)
        await call.process.spend(0.001)


COMMANDS: dict[str, CommandFunction] = {
    "sleep": _sleep,
    "usleep": _usleep,
    "timeout": _timeout,
    "kill": _kill,
    "killall": _killall,
    "pkill": _pkill,
    "pgrep": _pgrep,
    "pidof": _pidof,
    "ps": _ps,
    "nohup": _prefix,
    "setsid": _prefix,
    "nice": _prefix,
    "taskset": _prefix,
    "yes": _yes,
}
