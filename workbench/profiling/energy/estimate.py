"""Energy per inference from a phone's own power profile, where it cannot be measured."""

from __future__ import annotations

from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.devices.profile import DeviceProfile, power_mw, power_source
from workbench.profiling.energy.result import EstimatedEnergy


def estimate_energy(
    profile: DeviceProfile,
    latency_ms: float,
    latency_source: Source,
    *,
    frequency_ratio: float = 1.0,
    threads: int = 1,
) -> EstimatedEnergy:
    """Power that busy cores add, by the vendor's figures, times the latency.

    E = n P(f) t, with P(f) of one core from the profile's table. Memory and the rest of the chip
    are in the vendor's figures only as far as they were while these were taken.

    Args:
        latency_ms: of one inference, measured or predicted.
        latency_source: where that comes from; it is named in the result.
        frequency_ratio: clock over the cluster's full clock, above 0 to 1.
        threads: cores that are kept busy.

    Raises:
        SettingsError: when an argument is out of range.
    """
    cores = profile.clusters[0].cores
    if not latency_ms > 0 or not 0 < frequency_ratio <= 1 or not 1 <= threads <= cores:
        raise SettingsError(
            "An energy estimate needs a latency above 0, a clock above 0 and at most the full one,"
            f" and 1 to {cores} threads."
        )
    power = power_mw(profile, frequency_ratio)
    told = power_source(profile)
    if power is None:
        return EstimatedEnergy(None, Source(Provenance.ABSENT, told.story))
    busy = "one busy core" if threads == 1 else f"{threads} busy cores"
    story = (
        f"{busy} at {frequency_ratio:.0%} of the clock, {threads * float(power):.0f} mW"
        f" ({told.summary()}), times {latency_ms:.3g} ms ({latency_source.summary()})"
    )
    return EstimatedEnergy(
        threads * float(power) * latency_ms / 1000, Source(Provenance.ESTIMATED, story)
    )
