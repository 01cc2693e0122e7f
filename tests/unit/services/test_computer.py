"""Watching this computer: what it is comes first, then readings until cancelled."""

from __future__ import annotations

from tests.helpers.contexts import RecordingContext
from workbench.services.computer import ComputerOverview, ComputerSample, watch_computer


class _Three(RecordingContext):
    """Stops after three waits."""

    waits = 0

    def wait(self, seconds: float) -> bool:
        assert seconds == 0.5
        self.waits += 1
        return self.waits > 3


def test_an_overview_then_samples() -> None:
    context = _Three()
    watch_computer(context, 2.0)
    overview, *samples = context.records
    assert isinstance(overview, ComputerOverview)
    names = [capability.name for capability in overview.capabilities]
    assert names[:2] == ["latency", "energy"]
    assert "battery_percent" in names
    assert all(capability.how for capability in overview.capabilities)
    assert len(samples) == 3
    for sample in samples:
        assert isinstance(sample, ComputerSample)
        assert 0 <= sample.reading.other_load <= 1
