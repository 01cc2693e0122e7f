"""Device profiles with round figures for tests."""

from __future__ import annotations

from workbench.core.provenance import Provenance
from workbench.devices.profile import (
    Battery,
    Calibration,
    Cluster,
    DeviceProfile,
    LatencyModel,
    Memory,
    PowerModel,
    space_signature,
)
from workbench.space.design_space import DesignSpace
from workbench.space.tables import LATENCY_TERMS

_MADE_UP = "made up for a test"


def plain_profile() -> DeviceProfile:
    """A phone with one cluster, battery and power; 1 ms per million of everything."""
    return DeviceProfile(
        id="plain",
        title="Plain phone",
        soc="Plain SoC",
        clusters=(
            Cluster(
                name="big", core_type="Plain core", cores=4, max_mhz=2000.0, l2_kib=512.0,
                frequencies_mhz=(1000.0, 2000.0), provenance=Provenance.ESTIMATED, story=_MADE_UP,
            ),
        ),
        memory=Memory(
            bandwidth_bytes_per_s=4e9, provenance=Provenance.ESTIMATED, story=_MADE_UP
        ),
        latency=LatencyModel(
            ms_per={name: 0.001 if name == "nodes" else 1e-6 for name in LATENCY_TERMS},
            cluster="big", threads=1, points=16, relative_error=0.1, relative_error_p90=0.3,
            provenance=Provenance.ESTIMATED, story=_MADE_UP,
        ),
        battery=Battery(
            capacity_mah=1000.0, nominal_v=4.0, provenance=Provenance.ESTIMATED, story=_MADE_UP
        ),
        power=PowerModel(
            frequency_ratio=(0.5, 1.0), active_mw=(200.0, 600.0),
            provenance=Provenance.ESTIMATED, story=_MADE_UP,
        ),
    )  # fmt: skip


def calibration_for(space: DesignSpace) -> Calibration:
    """A table of the right shape, its values numbered."""
    rows = [space.predecessors(decision) for decision in range(space.decisions)]
    return Calibration(
        network="small",
        space_sha256=space_signature(space),
        operators=space.operators,
        latency_ms=tuple(
            tuple(
                tuple(0.01 * (decision + 1) + 0.001 * row + 0.0001 * column
                      for column in range(size))
                for row in range(rows[decision])
            )
            for decision, size in enumerate(space.sizes)
        ),
        measured=tuple(((1,) * size,) * rows[d] for d, size in enumerate(space.sizes)),
        fitted_configurations=40,
        held_out_configurations=15,
        relative_error=0.02,
        within_5_percent=0.5,
        within_10_percent=1.0,
        provenance=Provenance.CALIBRATED,
        story=_MADE_UP,
    )  # fmt: skip
