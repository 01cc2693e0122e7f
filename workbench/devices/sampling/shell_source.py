"""Readings by a loop in the phone's shell, for phones that let no pushed program run."""

from __future__ import annotations

import re
from collections.abc import Generator
from types import MappingProxyType

from workbench.core.errors import SettingsError
from workbench.devices.device import Device
from workbench.devices.errors import DeviceError, clean
from workbench.devices.parsers import parse_cpu_stat, parse_listing, parse_meminfo
from workbench.devices.parsers.text import whole
from workbench.devices.sampling.device_clock import DeviceTime
from workbench.devices.sampling.readings import PhoneReading

MAX_RATE_HZ = 2.0
"""Each sample starts several programs on the phone, so more would be felt there."""

TICKS_PER_S = 100.0
"""What Android's kernels report processor time in."""

_SILENCE_S = 5.0
_PERIODS = 4.0
_MAX_LINES = 1000
_END = b"end-of-sample"
_UPTIME = re.compile(r"(\d{1,12}\.\d{1,3}) \d+\.\d+", re.ASCII)
_CLOCK = re.compile(r"/sys/devices/system/cpu/cpufreq/(policy\d{1,4})/scaling_cur_freq", re.ASCII)
_PROCESS = re.compile(r"\d+ \(.{0,64}\) [A-Za-z] (.*)", re.ASCII)

_BODY = (
    "cat /proc/uptime; grep '^cpu' /proc/stat; grep -E '^(MemTotal|MemFree|MemAvailable|Cached):'"
    " /proc/meminfo; grep '' /sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq /dev/null;"
    " cat /proc/$$/stat; echo end-of-sample"
)


class ShellSource:
    """A bounded shell loop on a phone as a `PhoneSource`.

    Args:
        why: why it is not the agent that reads.
    """

    def __init__(self, device: Device, why: str) -> None:
        self._device = device
        self._why = why

    @property
    def how(self) -> str:
        """What takes the readings, and why not the agent."""
        return f"a shell loop, since the agent cannot be used: {self._why}"

    def clock(self) -> DeviceTime:
        """The phone's time since its start, to 0.01 s."""
        found = _UPTIME.match(self._device.shell("cat /proc/uptime", timeout_s=10.0).text.strip())
        if found is None:
            raise DeviceError("The phone does not tell its time since start.", "", "/proc/uptime")
        return DeviceTime(float(found[1]), None, resolution_s=0.01)

    def readings(self, rate_hz: float, seconds: float) -> Generator[PhoneReading, None, None]:
        """Readings at a rate of up to `MAX_RATE_HZ`; what reading takes comes on top of the pause.

        Raises:
            SettingsError: a higher rate.
        """
        if rate_hz > MAX_RATE_HZ:
            raise SettingsError(
                f"{rate_hz:g} Hz is too fast without the agent on the phone: {self._why}.",
                f"Choose {MAX_RATE_HZ:g} Hz or less.",
            )
        # Bounded by its count: a loop outlives its connection.
        count = max(1, round(seconds * rate_hz))
        line = (
            f"n=0; while [ $n -lt {count} ]; do {_BODY}; sleep {1 / rate_hz:.3f};"
            " n=$((n+1)); done 2>/dev/null"
        )
        with self._device.stream(line) as stream:
            block: list[bytes] = []
            for found in stream.lines(_SILENCE_S + _PERIODS / rate_hz):
                if found.strip() != _END:
                    block.append(found)
                    if len(block) > _MAX_LINES:
                        raise DeviceError("The phone's shell answers something else than asked.")
                    continue
                reading = parse_block(b"\n".join(block))
                block = []
                if reading is not None:
                    yield reading
            if stream.exit_code != 0:
                said = clean(stream.stderr_tail.decode("utf-8", "replace"))
                raise DeviceError(
                    f"The loop on the phone ended early{': ' + said if said else '.'}",
                    "Keep the phone awake and try again.",
                )


def parse_block(block: bytes) -> PhoneReading | None:
    """A reading from what one turn of the loop printed; None where it does not say when."""
    uptime_s = own_cpu_s = None
    for line in block.decode("utf-8", "replace").split("\n"):
        if found := _UPTIME.fullmatch(line.strip()):
            uptime_s = float(found[1])
        elif found := _PROCESS.fullmatch(line.strip()):
            # utime, stime and those of children that ended: fields 14 to 17 of proc(5).
            ticks = [whole(word) for word in found[1].split()[10:14]]
            own_cpu_s = sum(count or 0 for count in ticks) / TICKS_PER_S
    if uptime_s is None:
        return None
    clocks = {}
    for match, text in parse_listing(block).matching(_CLOCK):
        khz = whole(text)
        if khz is not None and khz > 0:
            clocks[match[1]] = khz
    available = parse_meminfo(block).available_kib
    return PhoneReading(
        time=DeviceTime(uptime_s, None),
        cpu=parse_cpu_stat(block),
        clocks_khz=MappingProxyType(clocks),
        memory_available_mib=None if available is None else available / 1024,
        own_cpu_s=own_cpu_s,
    )
