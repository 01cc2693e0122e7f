"""Where a number comes from. Every figure the workbench shows or exports carries one of these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Provenance(StrEnum):
    """How far a number can be trusted, best first."""

    MEASURED = "measured"
    """Read on the very thing it describes, under stated rules."""
    CALIBRATED = "calibrated"
    """Computed by a model that was fitted to measurements of that thing; has a held-out error."""
    ESTIMATED = "estimated"
    """Computed by a model that was never checked against that very thing."""
    SIMULATED = "simulated"
    """Reported by something that imitates a device."""
    ABSENT = "absent"
    """Not known; no number stands in for it."""


@dataclass(frozen=True, slots=True)
class Source:
    """The story behind a number, for tool tips and exports."""

    provenance: Provenance
    story: str
    relative_error: float | None = None
    """Median relative error on held-out data (0.1 is 10%), where it is known."""

    def summary(self) -> str:
        """One line such as ``estimated, median error 13%: fitted to published latencies``."""
        error = (
            ""
            if self.relative_error is None
            else f", median error {self.relative_error * 100:.0f}%"
        )
        return f"{self.provenance}{error}: {self.story}"
