"""What else is measured of this computer: memory bandwidth, power, its frequency cap."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

RAPL_FOLDER = Path("/sys/class/powercap")
FREQUENCY_CAPS = "cpu[0-9]*/cpufreq/scaling_max_freq"
CPU_FOLDER = Path("/sys/devices/system/cpu")

COPY_BYTES = 256 * 2**20
COPIES = 9


def memory_bandwidth(
    copy_bytes: int = COPY_BYTES, clock_ns: Callable[[], int] = time.perf_counter_ns
) -> float:
    """Bytes a second (read plus written) of one thread that copies a large array; the median.

    The arrays take at most a quarter of the memory that is free.
    """
    size = min(copy_bytes, int(psutil.virtual_memory().available) // 8)
    source = np.ones(size // 8)
    target = np.empty_like(source)
    np.copyto(target, source)  # the first copy also pays for the target's pages
    speeds = []
    for _ in range(COPIES):
        start_ns = clock_ns()
        np.copyto(target, source)
        speeds.append(2 * source.nbytes / max(1, clock_ns() - start_ns) * 1e9)
    return float(np.median(speeds))


def frequency_caps(cpu_folder: Path = CPU_FOLDER) -> tuple[str, ...]:
    """The cap on each processor's frequency as the system states it; empty where it does not."""
    caps = []
    for path in sorted(cpu_folder.glob(FREQUENCY_CAPS)):
        try:
            caps.append(path.read_text(encoding="ascii").strip())
        except OSError:
            continue
    return tuple(caps)


@dataclass(frozen=True, slots=True)
class RaplCounter:
    """The energy counter of one processor package (Intel and AMD: running average power limit).

    Attributes:
        range_uj: the value at which it starts again from 0.
    """

    folder: Path
    range_uj: int

    def read_uj(self) -> int:
        """The counter now, in microjoules.

        Raises:
            OSError: when it cannot be read; most systems allow it to root only.
        """
        return int((self.folder / "energy_uj").read_text(encoding="ascii"))

    def spent_uj(self, before_uj: int, after_uj: int) -> int:
        """Energy between two readings, at most one wrap-around apart."""
        spent = after_uj - before_uj
        return spent if spent >= 0 else spent + self.range_uj


def find_rapl(folder: Path = RAPL_FOLDER) -> tuple[RaplCounter | None, str]:
    """The first package's counter, or None and the reason why there is none."""
    zones = sorted(folder.glob("intel-rapl:[0-9]"))
    if not zones:
        return None, "this computer has no RAPL energy counter"
    try:
        counter = RaplCounter(
            zones[0], int((zones[0] / "max_energy_range_uj").read_text(encoding="ascii"))
        )
        counter.read_uj()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, f"the RAPL energy counter cannot be read ({reason}; root only on most systems)"
    return counter, ""


@dataclass(frozen=True, slots=True)
class PowerReading:
    """Power that one busy core adds, from load blocks that each stand between idle blocks.

    Attributes:
        active_mw: mean over the blocks.
        low_mw, high_mw: 95% confidence interval over the blocks.
    """

    active_mw: float
    low_mw: float
    high_mw: float

    @property
    def resolved(self) -> bool:
        """Whether the interval lies above 0."""
        return self.low_mw > 0


def measure_power(
    counter: RaplCounter,
    load: Callable[[float], None],
    idle: Callable[[float], None],
    blocks: int = 6,
    block_s: float = 2.0,
    clock_ns: Callable[[], int] = time.perf_counter_ns,
) -> PowerReading:
    """Idle, load, idle, load, ..., idle; each load block against the mean of its two neighbours.

    Args:
        load, idle: keep one core busy, or let it rest, for that many seconds.

    Raises:
        OSError: when the counter cannot be read any more.
    """
    from scipy.special import stdtrit

    def power_mw(work: Callable[[float], None]) -> float:
        start_uj, start_ns = counter.read_uj(), clock_ns()
        work(block_s)
        spent_uj = counter.spent_uj(start_uj, counter.read_uj())
        return spent_uj / max(1, clock_ns() - start_ns) * 1e6  # uJ/ns is kW, kW * 1e6 is mW

    idle_mw = [power_mw(idle)]
    added = []
    for _ in range(blocks):
        busy_mw = power_mw(load)
        idle_mw.append(power_mw(idle))
        added.append(busy_mw - (idle_mw[-1] + idle_mw[-2]) / 2)
    values = np.array(added)
    half = float(stdtrit(blocks - 1, 0.975) * values.std(ddof=1) / np.sqrt(blocks))
    mean = float(values.mean())
    return PowerReading(mean, mean - half, mean + half)
