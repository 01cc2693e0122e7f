"""Heat: a quick node (the chip) on a slow one (case and battery), and what Android makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

CHIP_C_PER_W = 17.0
CHIP_SECONDS = 6.0
CASE_C_PER_W = 6.0
CASE_SECONDS = 400.0

STATUS_FROM_C = (62.0, 70.0, 78.0, 88.0, 95.0, 105.0)
"""Chip temperatures from which Android's status is 1 (light), 2 (moderate) ... 6 (shutdown)."""

CAP_ABOVE_C = 70.0
FREE_BELOW_C = 64.0
CAP_SECONDS = 2.0
"""Above the first temperature the clock's cap falls by a step this often, below the second it
rises."""


@dataclass(slots=True)
class Thermal:
    """Temperatures and throttling.

    Attributes:
        forced_status: severity set from outside; None leaves it to the temperature.
        steps_down: how many steps the clocks are capped below their highest.
    """

    ambient_c: float
    chip_c: float = 0.0
    case_c: float = 0.0
    forced_status: int | None = None
    steps_down: int = 0
    _waited_s: float = 0.0

    def __post_init__(self) -> None:
        self.chip_c = self.case_c = self.ambient_c

    @property
    def status(self) -> int:
        """Android's severity, 0 (none) to 6 (shutdown)."""
        if self.forced_status is not None:
            return self.forced_status
        return sum(self.chip_c >= limit for limit in STATUS_FROM_C)

    def step(self, cpu_mw: float, total_mw: float, seconds: float) -> None:
        """Let time pass at these powers."""
        case_target = self.ambient_c + CASE_C_PER_W * total_mw / 1000
        self.case_c += (case_target - self.case_c) * -math.expm1(-seconds / CASE_SECONDS)
        chip_target = self.case_c + CHIP_C_PER_W * cpu_mw / 1000
        self.chip_c += (chip_target - self.chip_c) * -math.expm1(-seconds / CHIP_SECONDS)
        if self.forced_status is not None:
            self.steps_down = self.forced_status
            return
        self._waited_s += seconds
        if self._waited_s < CAP_SECONDS:
            return
        self._waited_s = 0.0
        if self.chip_c > CAP_ABOVE_C:
            self.steps_down += 1
        elif self.chip_c < FREE_BELOW_C and self.steps_down:
            self.steps_down -= 1
