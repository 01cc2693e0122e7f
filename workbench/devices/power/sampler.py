"""One long stream of a device's power readings, by a bounded loop in its shell.

The loop reads any file the shell user may read and starts one program a reading (`sleep`), so it
also serves devices whose kernels name their sensors in ways of their own. It runs while the device
idles as well, so what it takes cancels.
"""

from __future__ import annotations

import contextlib
import math
import queue
import re
import shlex
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.devices.device import Device, ShellStream
from workbench.devices.errors import (
    DeviceError,
    DeviceGoneError,
    DeviceTimeoutError,
    clean,
)
from workbench.devices.parsers.text import finite

MARK = "P"
_MISSING = "-"
_READ_S = 1.0
_UPTIME = re.compile(r"\d{1,12}\.\d{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PowerRow:
    """One reading.

    Attributes:
        t_s: seconds since the device's start, to 0.01 s.
        values: of each file in the order in which they were asked for; NaN: not a number.
    """

    t_s: float
    values: tuple[float, ...]


def loop(paths: Sequence[str | None], poll_s: float, seconds: float) -> str:
    """The line for the device's shell; it ends by itself after about `seconds`.

    Args:
        paths: files to read; None reads nothing in its place.
    """
    # Bounded by its count: a loop may outlive its connection.
    count = max(1, math.ceil(seconds / poll_s))
    reads, names = [], []
    for index, path in enumerate(paths):
        names.append(f"${{v{index}:-{_MISSING}}}")
        if path is not None:
            reads.append(f"v{index}=; read v{index} <{shlex.quote(path)}; ")
    return (
        f"n=0; while [ $n -lt {count} ]; do read u r </proc/uptime; {''.join(reads)}"
        f'echo "{MARK} $u {" ".join(names)}"; sleep {poll_s:.3f}; n=$((n+1)); done 2>/dev/null'
    )


def parse_row(line: bytes, columns: int) -> PowerRow | None:
    """A reading from a line of the loop; None where it is no whole reading."""
    words = line.decode("ascii", "replace").split()
    if len(words) != columns + 2 or words[0] != MARK or not _UPTIME.fullmatch(words[1]):
        return None
    found = (finite(word) for word in words[2:])
    return PowerRow(float(words[1]), tuple(math.nan if value is None else value for value in found))


class PowerSampler:
    """A stream of readings from a device; used in a ``with`` block, which ends it there.

    A thread of its own takes them: a device that cannot hand its readings over stops reading.

    Args:
        paths: files to read; None leaves NaN in its column.
        poll_s: pause between two readings; reading takes some milliseconds more.
        seconds: after which it ends by itself.

    Raises:
        DeviceError: the device does not answer.
    """

    def __init__(
        self, device: Device, paths: Sequence[str | None], poll_s: float, seconds: float
    ) -> None:
        self.poll_s = poll_s
        self._stream: ShellStream = device.stream(loop(paths, poll_s, seconds))
        self._found: queue.SimpleQueue[PowerRow | DeviceError] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._read, args=(len(paths),), name="power sampler", daemon=True
        )
        self._thread.start()

    def rows(self, wait_s: float) -> list[PowerRow]:
        """Readings that came since the last call; waits so long for one where there is none.

        Raises:
            DeviceError: the link broke, or the loop on the device ended.
        """
        rows: list[PowerRow] = []
        with contextlib.suppress(queue.Empty):
            found = self._found.get(timeout=wait_s)
            while True:
                if isinstance(found, DeviceError):
                    self._found.put(found)  # for the next call: nothing follows it
                    if rows:
                        return rows
                    raise found
                rows.append(found)
                found = self._found.get_nowait()
        return rows

    def close(self) -> None:
        """End the loop on the device; may be called twice."""
        self._closing.set()
        self._stream.close()
        self._thread.join()

    def _read(self, columns: int) -> None:
        while not self._closing.is_set():
            try:
                for line in self._stream.lines(_READ_S):
                    row = parse_row(line, columns)
                    if row is not None:
                        self._found.put(row)
                break
            except DeviceTimeoutError:
                continue
            except DeviceError as error:
                self._found.put(error)
                return
        if self._stream.exit_code is None:  # killed, as when the phone starts anew
            self._found.put(DeviceGoneError("reading the power sensor"))
            return
        said = clean(self._stream.stderr_tail.decode("utf-8", "replace"))
        ended = DeviceError(
            "The reading of the power sensor ended on the device.",
            "Keep the device awake and run the same command again.",
            said,
        )
        self._found.put(ended)

    def __enter__(self) -> PowerSampler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
