"""A phone as a `Rig`: the agent makes the load, a loop in its shell reads the sensor."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.devices.adb.sections import run_sections
from workbench.devices.agent.installed import InstalledAgent
from workbench.devices.agent.protocol import (
    AgentRecord,
    Bench,
    BenchOptions,
    End,
    Info,
    Latencies,
    bench_arguments,
    decode,
)
from workbench.devices.device import Device
from workbench.devices.errors import DeviceError, DeviceTimeoutError
from workbench.devices.parsers import BatteryState, parse_battery
from workbench.devices.power.gauges import BatteryGauge
from workbench.devices.power.sampler import PowerRow, PowerSampler
from workbench.network.ncnn_files import NcnnFiles
from workbench.profiling.energy.rig import BURNER, COLUMNS, Tick, Work
from workbench.profiling.energy.streams import FloatArray
from workbench.profiling.phone_conditions import cap_of

SILENCE_S = 20.0
"""Longest time without a reading before the link is taken as lost; in real time."""
MARGIN_S = 60.0
"""For starting the agent, loading and warming up."""
SLEPT_S = 0.5
"""A clock that stands still during sleep and one that runs on may part by so much."""

EXCHANGES = 3
RESOLUTION_S = 0.01
"""Of /proc/uptime."""

_DRAIN_S = 0.005
_POLL_S = 0.25
_TIMES = re.compile(rb"U (\d{1,12}\.\d{1,3}) (\d{1,12}\.\d{1,3})\s*$", re.ASCII)


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How the agent runs.

    Attributes:
        threads: of the engine.
        cpus: processors to stay on; empty leaves it to the system.
        shape: (channels, height, width) of the networks' input.
    """

    threads: int
    cpus: tuple[int, ...]
    shape: tuple[int, int, int]


class PhoneRig:
    """A phone that is connected and holds the agent.

    Args:
        files: of a configuration by its key.
        options: of the load by its key.
    """

    def __init__(
        self,
        device: Device,
        agent: InstalledAgent,
        gauge: BatteryGauge,
        files: Callable[[int], NcnnFiles],
        options: Callable[[int], LoadOptions],
        poll_s: float = 0.2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device, self._agent, self._gauge = device, agent, gauge
        self._files, self._options = files, options
        self._poll_s, self._clock = poll_s, clock
        self._sampler: PowerSampler | None = None
        self._rows: list[PowerRow] = []
        self._newest_s = math.nan
        self._heard_s = 0.0
        self._offset = (0.0, 0.0)
        self._millivolts = math.nan

    def open(self, seconds: float) -> None:
        """Begin to read the sensor."""
        self.close()
        gauge = self._gauge
        paths = (gauge.current, gauge.voltage, gauge.charge)
        self._offset = self._clock_offset()
        self.battery()
        self._sampler = PowerSampler(self._device, paths, self._poll_s, seconds)
        self._heard_s = self._clock()
        self._newest_s = math.nan
        while math.isnan(self._newest_s):
            self._drain(_POLL_S)

    def idle(self, seconds: float, tick: Tick) -> tuple[float, float]:
        """Let the phone rest."""
        start_s = self._newest_s
        self._until(start_s + seconds, tick)
        return start_s, self._newest_s

    def load(self, key: int, seconds: float, tick: Tick) -> Work:
        """Run a network with the agent."""
        options = self._options(key)
        param, weights = self._put(key)
        most_s = 2 * seconds + MARGIN_S
        bench = BenchOptions(
            warm_up=3, runs=1, min_seconds=seconds, max_seconds=most_s,
            threads=options.threads, cpus=options.cpus,
        )  # fmt: skip

        def go_on() -> None:
            self._drain(_DRAIN_S)
            tick(self._newest_s)

        records = self._agent.run(
            bench_arguments(param, weights, options.shape, bench),
            timeout_s=most_s + MARGIN_S,
            go_on=go_on,
        )
        before, after = self._offset, self._clock_offset()
        self._offset = after
        slept = abs(after[0] - before[0]) > SLEPT_S + before[1] + after[1]
        best_s = min(before, after, key=lambda offset: offset[1])[0]
        work = _work(records, best_s, slept, options.cpus)
        self._until(work.end_s, tick)
        return work

    def battery(self) -> BatteryState:
        """What Android says of the battery."""
        told = run_sections(self._device, {"battery": "dumpsys battery"})
        state = parse_battery(told["battery"].output if "battery" in told else b"")
        if state.voltage_mv is not None:
            self._millivolts = state.voltage_mv
        return state

    def take(self) -> FloatArray:
        """Readings since the last call; the voltage is Android's where the gauge tells none."""
        rows = np.array([(row.t_s, *row.values) for row in self._rows], dtype=float)
        self._rows.clear()
        rows = rows.reshape(-1, COLUMNS)
        if self._gauge.voltage is None:
            rows[:, 2] = self._millivolts * 1000
        return rows

    def close(self) -> None:
        """End the loop on the phone."""
        if self._sampler is not None:
            self._sampler.close()
            self._sampler = None

    def _until(self, t_s: float, tick: Tick) -> None:
        while self._newest_s < t_s:
            self._drain(_POLL_S)
            tick(self._newest_s)

    def _drain(self, wait_s: float) -> None:
        """Take the readings that came; wait for one so long."""
        sampler = self._sampler
        assert sampler is not None
        for row in sampler.rows(wait_s):
            self._heard_s = self._clock()
            # A clock that goes back is a phone that was started anew: its rows are dropped.
            if not row.t_s <= self._newest_s:
                self._rows.append(row)
                self._newest_s = row.t_s
        if self._clock() - self._heard_s > SILENCE_S:
            raise DeviceTimeoutError("reading the power sensor", SILENCE_S)

    def _clock_offset(self) -> tuple[float, float]:
        """The time since the phone's start less the agent's clock, which stands during sleep, and
        how far off that may be, both in s: of a few exchanges the quickest."""
        program = self._agent.program
        once = f"read u r </proc/uptime; {program} info; read w r </proc/uptime; echo U $u $w; "
        best: tuple[float, float] | None = None
        at_s: float | None = None
        for line in self._device.shell(once * EXCHANGES).stdout.splitlines():
            record = decode(line) if line.startswith(b"{") else None
            times = _TIMES.match(line)
            if isinstance(record, Info):
                at_s = record.monotonic_ns / 1e9
            elif times is not None and at_s is not None:
                before_s, after_s = float(times[1]), float(times[2])
                off_s = (after_s - before_s) / 2 + RESOLUTION_S
                if best is None or off_s < best[1]:
                    best = (before_s + after_s) / 2 - at_s, off_s
                at_s = None
        if best is None:
            raise DeviceError("The phone does not tell its time.", "Run the same command again.")
        return best

    def _put(self, key: int) -> tuple[str, str]:
        """Copy a network's files, unless they are there."""
        name = "burner" if key == BURNER else f"network{key}"
        files = self._files(key)
        param = self._agent.put(f"{name}.param", files.param.encode())
        return param, self._agent.put(f"{name}.bin", files.weights)


def _work(
    records: Sequence[AgentRecord], offset_s: float, slept: bool, cpus: Sequence[int]
) -> Work:
    """A load block from what ``bench`` said.

    Raises:
        DeviceError: something is missing in it.
    """
    first = next((r for r in records if isinstance(r, Latencies)), None)
    end = next((r for r in records if isinstance(r, End)), None)
    start = next((r for r in records if isinstance(r, Bench)), None)
    if first is None or end is None or start is None or not end.runs:
        raise DeviceError(
            "The agent's measurement is incomplete.", "Run the same command again to go on."
        )
    start_s = first.start_ns / 1e9 + offset_s
    cap_khz = None if end.after is None else cap_of(end.after, cpus)
    return Work(
        start_s, start_s + end.elapsed_ns / 1e9, end.runs, slept,
        None if cap_khz is None else cap_khz / 1000,
    )  # fmt: skip
