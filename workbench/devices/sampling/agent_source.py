"""Readings by the agent's ``sample`` command."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from types import MappingProxyType

from workbench.devices.agent.protocol import (
    End,
    Info,
    Number,
    Sample,
    Sampler,
    decode,
    sample_arguments,
)
from workbench.devices.agent.remote import AgentStoppedError, RemoteAgent
from workbench.devices.parsers import CpuStat
from workbench.devices.parsers.cpu import cpu_times
from workbench.devices.sampling.device_clock import DeviceTime
from workbench.devices.sampling.readings import PhoneReading

SLOW_HZ = 0.5
"""Memory, temperatures and the power supply's slow values are read so often."""

_SILENCE_S = 5.0
_PERIODS = 4.0
_PROCESSOR_ZONES = ("cpu", "soc", "core", "tsens", "apss", "mtktscpu")


class AgentSource:
    """The agent on a phone as a `PhoneSource`."""

    def __init__(self, agent: RemoteAgent) -> None:
        self._agent = agent

    @property
    def how(self) -> str:
        """What takes the readings."""
        return f"the agent for {self._agent.binary.abi}"

    def clock(self) -> DeviceTime:
        """The phone's time now, by the agent: CLOCK_MONOTONIC and the time of day."""
        result = self._agent.device.shell([self._agent.path, "info"], timeout_s=10.0)
        for line in result.stdout.splitlines():
            record = decode(line) if line.lstrip().startswith(b"{") else None
            if isinstance(record, Info):
                return DeviceTime(record.monotonic_ns / 1e9, record.realtime_ns / 1e9)
        raise AgentStoppedError(result.exit_code, result.stderr)

    def readings(self, rate_hz: float, seconds: float) -> Generator[PhoneReading, None, None]:
        """Readings at a steady rate."""
        arguments = sample_arguments(rate_hz, min(SLOW_HZ, rate_hz), seconds)
        silence_s = _SILENCE_S + _PERIODS / rate_hz
        zones: list[bool] = []
        stream = self._agent.run(arguments, line_timeout_s=silence_s)
        try:
            for record in stream:
                if isinstance(record, Sampler):
                    zones = [_of_processor(zone.get("type", "")) for zone in record.temperatures]
                elif isinstance(record, Sample):
                    yield reading_of(record, zones)
                elif isinstance(record, End):
                    return
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()


def reading_of(sample: Sample, processor_zones: list[bool]) -> PhoneReading:
    """A reading from a line of the agent.

    Args:
        processor_zones: for each temperature whether it is the processor's.
    """
    memory = (sample.memory_kib or {}).get("MemAvailable")
    percent, charging, battery_c = _battery(sample.supplies)
    heat = [
        raw / 1000
        for raw, wanted in zip(sample.temperatures or (), processor_zones)
        # Most kernels give 0.001 degrees; a sensor that is off gives absurd figures.
        if wanted and isinstance(raw, int) and 1_000 < raw < 150_000
    ]
    return PhoneReading(
        time=DeviceTime(sample.monotonic_ns / 1e9, sample.realtime_ns / 1e9),
        cpu=_cpu_stat(sample.cpu_ticks),
        clocks_khz=MappingProxyType(
            {
                name: khz
                for name, khz in sample.clocks_khz.items()
                if isinstance(khz, int) and khz > 0
            }
        ),
        memory_available_mib=None if memory is None else memory / 1024,
        battery_percent=percent,
        charging=charging,
        battery_c=battery_c,
        zone_c=max(heat, default=None),
        own_cpu_s=sample.own_cpu_ns / 1e9,
    )


def _cpu_stat(ticks: Mapping[str, tuple[int, ...]]) -> CpuStat:
    cpus = {}
    total = None
    for name, counters in ticks.items():
        if len(counters) < 4:
            continue
        if name == "cpu":
            total = cpu_times(counters)
        else:
            with contextlib.suppress(ValueError):
                cpus[int(name.removeprefix("cpu"))] = cpu_times(counters)
    return CpuStat(total, MappingProxyType(cpus))


def _battery(
    supplies: Mapping[str, Mapping[str, Number]],
) -> tuple[float | None, bool | None, float | None]:
    """Percent, whether charging, and temperature, where a battery's slow values are there."""
    for values in supplies.values():
        capacity, status = values.get("capacity"), values.get("status")
        if values.get("type") != "Battery" or not isinstance(capacity, int):
            continue
        percent = float(capacity) if 0 <= capacity <= 100 else None
        tenths = values.get("temp")
        known = isinstance(tenths, int) and -400 < tenths < 1300
        return (
            percent,
            status in ("Charging", "Full") if isinstance(status, str) else None,
            tenths / 10 if known and isinstance(tenths, int) else None,
        )
    return None, None, None


def _of_processor(zone_type: str) -> bool:
    return any(word in zone_type.lower() for word in _PROCESSOR_ZONES)
