"""Programs that run on this computer, by the clock of a phone whose time runs at another speed.

They take real seconds, but everything else on the phone lives by its own clock: what they are told
of time is divided by the speed, and what they tell is multiplied, as if the phone's processor were
so many times slower.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

_SECONDS = ("--seconds", "--min-seconds", "--max-seconds")
_RATES = ("--rate-hz", "--slow-hz")
FASTEST_HZ = 50.0
"""The most that the agent's sampler takes."""
_MOMENTS = ("monotonic_ns", "start_ns")
_LISTS = ("ns", "run_ns")


class NativeClock:
    """Turns times of native programs into the phone's.

    Args:
        speed: simulated seconds in a real one.
        uptime_s: the phone's time since its start, now.
        wall_s: Unix time on the phone's clock, now.
    """

    def __init__(self, speed: float, uptime_s: float, wall_s: float) -> None:
        self.speed = speed
        self._real_ns = time.monotonic_ns()
        self._uptime_s, self._wall_s = uptime_s, wall_s

    def arguments(self, words: Sequence[str]) -> list[str]:
        """The agent's options with times in real seconds."""
        found = list(words)
        for index, word in enumerate(found[:-1]):
            if word in _SECONDS:
                found[index + 1] = _scaled(found[index + 1], 1 / self.speed, 7 * 86400.0)
            elif word in _RATES:
                found[index + 1] = _scaled(found[index + 1], self.speed, FASTEST_HZ)
        return found

    def line(self, line: bytes) -> bytes:
        """A line of the agent's with times by the phone's clock; others stay as they are."""
        try:
            record = json.loads(line)
        except ValueError:
            return line
        if not isinstance(record, dict):
            return line
        return json.dumps(self._converted(record), separators=(",", ":")).encode() + b"\n"

    def _converted(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._converted(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {key: self._field(key, item) for key, item in value.items()}

    def _field(self, key: str, value: Any) -> Any:
        if key in _LISTS and isinstance(value, list):
            return [round(item * self.speed) for item in value]
        if key.endswith("_ns") and isinstance(value, int):
            if key in _MOMENTS:
                return round(self._uptime_s * 1e9 + (value - self._real_ns) * self.speed)
            if key == "realtime_ns":
                # The same moment as that of `monotonic_ns`, but for the time between two calls.
                passed_ns = (time.monotonic_ns() - self._real_ns) * self.speed
                return round(self._wall_s * 1e9 + passed_ns)
            return round(value * self.speed)
        return self._converted(value)


def _scaled(text: str, factor: float, most: float) -> str:
    try:
        return f"{min(most, float(text) * factor):.6g}"
    except ValueError:
        return text
