"""What a device can tell, and why it cannot tell the rest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing a device may be able to do.

    Attributes:
        name: what it is, such as ``battery_percent``.
        available: whether it can be had.
        how: where it is read, or, when it is not available, the reason.
    """

    name: str
    available: bool
    how: str
