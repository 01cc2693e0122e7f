"""/proc/meminfo."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.devices.parsers.text import lines_of

_LINE = re.compile(r"([\w()]+):\s+(\d{1,18})(?: kB)?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class MemoryInfo:
    """Memory of a phone.

    Attributes:
        available_kib: what can be had without swapping; None where nothing says so.
        available_estimated: True where the kernel is older than 3.14 and `available_kib` is free
            memory + page cache - shared memory instead of the kernel's own figure.
    """

    total_kib: int | None
    available_kib: int | None
    free_kib: int | None
    available_estimated: bool = False


def parse_meminfo(output: bytes) -> MemoryInfo:
    """Parse /proc/meminfo."""
    values: dict[str, int] = {}
    for line in lines_of(output):
        match = _LINE.fullmatch(line)
        if match is not None:
            values.setdefault(match[1], int(match[2]))
    total, free = values.get("MemTotal"), values.get("MemFree")
    available = values.get("MemAvailable")
    estimated = False
    if available is None and free is not None and "Cached" in values:
        estimated = True
        available = max(0, free + values["Cached"] - values.get("Shmem", 0))
    return MemoryInfo(total, available, free, estimated)
