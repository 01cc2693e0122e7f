"""What was measured on a phone so far, on disk: a measurement that breaks off goes on from here.

One JSON object a line: first what is measured, then blocks of runs and conditions as they come.
It only grows, and a line that was cut off by a crash is dropped when it is read again.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import IO, TypeAlias

import msgspec

from workbench.core.errors import InputFileError
from workbench.devices.agent.protocol import State

FORMAT = "adaspring-phone-runs"
VERSION = 1
SUFFIX = ".unfinished.jsonl"


class Subject(msgspec.Struct, frozen=True, tag="subject", tag_field="line"):
    """What is measured: runs of two measurements belong together where all of it is the same."""

    phone: str
    space_sha256: str
    weights_sha256: str
    agent_sha256: str
    plan: str
    configurations: int
    seed: int
    threads: int
    cores: str
    simulated: bool
    format: str = FORMAT
    version: int = VERSION

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name it."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]


class Block(msgspec.Struct, frozen=True, tag="block", tag_field="line"):
    """Counted runs of a configuration in one round.

    Attributes:
        position: row among the configurations, those of the fit first.
        round: from 1.
        first_ns: the very first inference after loading.
        ns: every counted latency.
        cpu_ns, elapsed_ns: processor and wall time of the counted runs.
        before, after: clocks, their caps and temperatures.
    """

    position: int
    round: int
    load_ns: int
    first_ns: int
    ns: tuple[int, ...]
    cpu_ns: int
    elapsed_ns: int
    before: State
    after: State


class Conditions(msgspec.Struct, frozen=True, tag="conditions", tag_field="line"):
    """A phone's state at the start or the end of a session; None: it does not tell.

    Attributes:
        at: UTC, ISO 8601.
        caps_mhz: of each cluster, the fastest first.
        powered_by: chargers that deliver power.
    """

    at: str
    battery_percent: float | None
    powered_by: tuple[str, ...] | None
    battery_c: float | None
    thermal_status: int | None
    caps_mhz: tuple[float | None, ...]
    governors: tuple[str | None, ...]

    def describe(self) -> str:
        """One line for notes, such as ``83% battery, not charging, 31.2 °C, ...``."""
        parts = []
        if self.battery_percent is not None:
            parts.append(f"battery {self.battery_percent:.0f}%")
        if self.powered_by is not None:
            by = f"charging ({', '.join(self.powered_by)})"
            parts.append(by if self.powered_by else "not charging")
        if self.battery_c is not None:
            parts.append(f"{self.battery_c:.1f} °C")
        if self.thermal_status is not None:
            parts.append(f"thermal status {self.thermal_status}")
        caps = [f"{mhz:.0f}" for mhz in self.caps_mhz if mhz is not None]
        if caps:
            parts.append(f"clocks capped at {', '.join(caps)} MHz")
        return ", ".join(parts) or "nothing told"


Line: TypeAlias = Subject | Block | Conditions
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class Journal:
    """The file of one measurement; used in a ``with`` block.

    Attributes:
        blocks: (position, round) -> the block.
        conditions: in the order in which they were recorded.
        resumed: how many blocks were there when it was opened.

    Raises:
        InputFileError: the file cannot be written, or is no such file.
    """

    def __init__(self, path: Path, subject: Subject) -> None:
        self.path = path
        self.blocks: dict[tuple[int, int], Block] = {}
        self.conditions: list[Conditions] = []
        try:
            self._stream: IO[bytes] = open(path, "a+b")  # noqa: SIM115
        except OSError as error:
            raise InputFileError(
                path, f"cannot be used ({error.strerror})", "Choose a folder that can be written."
            ) from error
        try:
            self._lock()
            self._stream.seek(0)
            whole = self._read(self._stream.read(), subject)
        except BaseException:
            self._stream.close()
            raise
        self._stream.truncate(whole)
        self._stream.seek(whole)
        self.resumed = len(self.blocks)
        if whole == 0:
            self._append(subject)

    def add(self, line: Block | Conditions) -> None:
        """Keep a line; it is on the disk when this returns."""
        self._append(line)
        self._take(line)

    def delete(self) -> None:
        """Remove the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._stream.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.blocks:
            self.close()
        else:  # nothing that would be lost
            self.delete()

    def _lock(self) -> None:
        """Two measurements at once would spoil each other, and this file."""
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputFileError(
                self.path, "is in use: the same measurement is running", "Wait for it to end."
            ) from error

    def _read(self, content: bytes, subject: Subject) -> int:
        """Take every whole line; returns where they end."""
        end = 0
        for raw in content.splitlines(keepends=True):
            if not raw.endswith(b"\n"):
                break
            try:
                line = _decoder.decode(raw)
            except (msgspec.DecodeError, RecursionError) as error:
                if end and end + len(raw) == len(content):
                    break  # the crash of a computer may leave a last line of zeros
                raise self._unfit(repr(error)) from error
            if end == 0:
                if line != subject:
                    raise self._unfit("another measurement")
            elif isinstance(line, Subject):
                raise self._unfit("two headers")
            else:
                self._take(line)
            end += len(raw)
        return end

    def _take(self, line: Block | Conditions) -> None:
        if isinstance(line, Block):
            self.blocks[line.position, line.round] = line
        else:
            self.conditions.append(line)

    def _append(self, line: Line) -> None:
        try:
            self._stream.write(msgspec.json.encode(line) + b"\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise InputFileError(
                self.path,
                f"cannot be written ({error.strerror})",
                "Make room on the disk and run the same command again; what was measured is kept.",
            ) from error

    def _unfit(self, detail: str) -> InputFileError:
        return InputFileError(
            self.path,
            "holds no runs of this measurement that can be read",
            "Move it elsewhere or delete it, and run the same command again.",
            detail=detail,
        )
