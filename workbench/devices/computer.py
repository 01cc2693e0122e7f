"""What this computer is: processor, cores, caches, kernel. Parsers are pure; one function reads."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

CPU_FOLDER = Path("/sys/devices/system/cpu")
MAX_CPUS = 8192
"""The most that Linux can be built for; lists come from phones too and may be garbage."""


@dataclass(frozen=True, slots=True)
class Cache:
    """One cache of the processor.

    Attributes:
        level: 1, 2, 3 ...
        kind: "Data", "Instruction" or "Unified".
        size_kib: size of this one cache.
        cpus: the logical processors that share it.
    """

    level: int
    kind: str
    size_kib: int
    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ComputerDescription:
    """A computer in the words that a trace or a profile keeps; holds nothing that names its owner.

    Attributes:
        cpu_model: as the processor states it.
        logical_cpus: processors that the system schedules on.
        physical_cores: None where the system does not tell.
        memory_mib: installed memory.
        system: operating system and version of its kernel.
        architecture: machine architecture, such as x86_64.
        caches: all distinct caches, by level.
    """

    cpu_model: str
    logical_cpus: int
    physical_cores: int | None
    memory_mib: int
    system: str
    architecture: str
    caches: tuple[Cache, ...]

    @property
    def l2_kib(self) -> int | None:
        """Size of one L2 cache (the largest, where cores differ); None where it is not known."""
        sizes = [cache.size_kib for cache in self.caches if cache.level == 2]
        return max(sizes, default=None)

    def summary(self) -> str:
        """One line such as ``Intel Xeon, 2 CPUs, L2 2048 KiB, 16 GiB, Linux 6.1 (x86_64)``."""
        l2 = "" if self.l2_kib is None else f", L2 {self.l2_kib} KiB"
        cpus = f"{self.logical_cpus} CPU{'s' if self.logical_cpus != 1 else ''}"
        memory = f"{self.memory_mib / 1024:.0f} GiB"
        return f"{self.cpu_model}, {cpus}{l2}, {memory}, {self.system} ({self.architecture})"


def parse_cpu_model(cpuinfo: str) -> str | None:
    """The processor's name from the text of /proc/cpuinfo; None where it holds none.

    x86 has "model name"; ARM boards have "Model" or "Hardware" once at the end.
    """
    for key in ("model name", "Model", "Hardware", "cpu model"):
        match = re.search(rf"^{re.escape(key)}\s*:\s*(\S.*)$", cpuinfo, re.MULTILINE)
        if match:
            return re.sub(r"\s+", " ", match.group(1)).strip()
    return None


def parse_size_kib(text: str) -> int:
    """KiB from sysfs texts such as ``48K`` and ``32M``.

    Raises:
        ValueError: when the text has another form.
    """
    match = re.fullmatch(r"(\d+)([KMG]?)", text.strip())
    if match is None:
        raise ValueError(f"not a size: {text!r}")
    number = int(match.group(1))
    return {"K": number, "M": number * 1024, "G": number * 1024**2, "": number // 1024}[
        match.group(2)
    ]


def parse_cpu_list(text: str) -> tuple[int, ...]:
    """Processor numbers from lists such as ``0-3,8``; empty for an empty text.

    Raises:
        ValueError: when the text has another form.
    """
    cpus: list[int] = []
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        start, end = int(first), int(last or first)
        if not 0 <= start <= end < MAX_CPUS:
            raise ValueError(f"not a list of processors: {text!r}")
        cpus.extend(range(start, end + 1))
    return tuple(cpus)


def parse_caches(entries: Iterable[tuple[str, str, str, str]]) -> tuple[Cache, ...]:
    """Distinct caches from (level, type, size, shared_cpu_list) texts of sysfs.

    A cache that several processors share is listed under each of them and counted once. Entries
    that are malformed are left out: some phones and virtual machines have empty files.
    """
    found = set()
    for level, kind, size, cpus in entries:
        try:
            cache = Cache(int(level), kind.strip(), parse_size_kib(size), parse_cpu_list(cpus))
        except ValueError:
            continue
        if cache.size_kib > 0:
            found.add(cache)
    return tuple(sorted(found, key=lambda cache: (cache.level, cache.kind, cache.cpus)))


def read_caches(cpu_folder: Path = CPU_FOLDER) -> tuple[Cache, ...]:
    """The caches that sysfs lists; empty where it lists none."""
    entries = []
    for index in sorted(cpu_folder.glob("cpu[0-9]*/cache/index[0-9]*")):
        try:
            level, kind, size, cpus = (
                (index / name).read_text(encoding="ascii", errors="replace")
                for name in ("level", "type", "size", "shared_cpu_list")
            )
        except OSError:
            continue
        entries.append((level, kind, size, cpus))
    return parse_caches(entries)


def describe_computer() -> ComputerDescription:
    """Describe the computer that this process runs on."""
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        cpuinfo = ""
    model = parse_cpu_model(cpuinfo) or platform.processor() or "unknown processor"
    return ComputerDescription(
        cpu_model=model,
        logical_cpus=os.cpu_count() or 1,
        physical_cores=psutil.cpu_count(logical=False),
        memory_mib=int(psutil.virtual_memory().total // 2**20),
        # Only the version: what distributors append can name a machine or a company.
        system=" ".join([platform.system(), *re.findall(r"^[\d.]+\d", platform.release())]),
        architecture=platform.machine(),
        caches=read_caches(),
    )
