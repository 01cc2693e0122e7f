"""What the recording of a phone is told, and what it tells at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.core.errors import SettingsError
from workbench.devices.sampling.readings import CacheSize
from workbench.services.recording import RecordingSettings

MIN_RATE_HZ, MAX_RATE_HZ = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class PhoneRecordingSettings:
    """How to record a phone.

    Attributes:
        recording: rate (0.1 to 10 Hz), duration, event rate, title, formula of the free cache.
            An empty title becomes one with the phone's name.
        l2_kib: size of the L2 cache of the phone's fastest cores; None: as the phone or a table
            tells.
    """

    recording: RecordingSettings = field(default_factory=lambda: RecordingSettings(title=""))
    l2_kib: float | None = None

    def __post_init__(self) -> None:
        if not MIN_RATE_HZ <= self.recording.rate_hz <= MAX_RATE_HZ:
            raise SettingsError(
                f"A rate of {self.recording.rate_hz:g} Hz.",
                f"A phone is sampled at {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz.",
            )
        if self.l2_kib is not None:
            CacheSize(self.l2_kib, "given by the user")


@dataclass(frozen=True, slots=True)
class PhoneRecordingSummary:
    """What was recorded.

    Attributes:
        path: the file.
        device: what was recorded.
        simulated: whether it is a virtual phone.
        sampler: what took the readings.
        samples: rows in the file.
        duration_s: from the start to the last sample.
        stopped_early: whether it ended before its time.
        problem: why, where it was not the user who ended it; empty otherwise.
        gaps: spans in seconds in which nothing was recorded.
        cost_percent_of_core: processor time of the sampler on the phone; None: not known.
        clock_uncertainty_ms: how exactly the phone's clock is known.
        clock_drift_ms: how far it moved over the recording; None: not known.
        assumed: columns that the phone cannot tell, with the reason.
    """

    path: str
    device: str
    simulated: bool
    sampler: str
    samples: int
    duration_s: float
    stopped_early: bool
    problem: str
    gaps: tuple[tuple[float, float], ...]
    cost_percent_of_core: float | None
    clock_uncertainty_ms: float
    clock_drift_ms: float | None
    assumed: dict[str, str]
