"""The long form of the energy tests: ``python -m tests.helpers.energy_coverage --seeds 25``.

Calibration and whole energy sessions on the virtual phone's physics, against what the phone really
spent. Nothing waits. Exit status 1 where the known energy lies within too few of the intervals.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.helpers.contexts import RecordingContext
from tests.helpers.simulated_rig import SimulatedLoad, SimulatedRig, idle_phone
from workbench.core.provenance import Provenance
from workbench.devices.virtual.simulation.settings import CurrentUnit, GaugeSettings
from workbench.profiling.energy.analysis import measure_energy
from workbench.profiling.energy.device_calibration import calibrate_device
from workbench.profiling.energy.plan import plan_blocks
from workbench.profiling.energy.session import EnergySession, put_together
from workbench.storage import Device, Plan, Project

LOADS = {0: SimulatedLoad(25.0), 1: SimulatedLoad(6.0, 0.8)}
GAUGES = (
    GaugeSettings(period_s=0.2, unit=CurrentUnit.MILLIAMPERE, sign=1),
    GaugeSettings(period_s=1.0),
    GaugeSettings(period_s=1.0, noise_ma=8, sign=1),
    GaugeSettings(period_s=5.0, noise_ma=4, drift_ma_per_hour=15, offset_ma=3),
)
LEAST, MOST = 0.90, 0.99


def errors_of(gauge: GaugeSettings, seed: int, project: Project) -> list[tuple[float, bool]]:
    """(relative error, whether the interval holds the truth) of each configuration."""
    rng = np.random.default_rng(seed)
    calibration = calibrate_device(
        RecordingContext(), SimulatedRig(idle_phone(gauge, seed), LOADS), "current_now",
        Provenance.SIMULATED, rng,
    )  # fmt: skip
    if (calibration.unit, calibration.discharge_sign) != (gauge.unit, gauge.sign):
        raise SystemExit(f"unit or sign misread with {gauge}")
    rig = SimulatedRig(idle_phone(gauge, seed + 1000), LOADS)
    plan = plan_blocks(len(LOADS), calibration, rng)
    name = f"{GAUGES.index(gauge)} {seed}"
    with project.runs.record(Plan("energy", "phone", None, name, 11, {})) as run:
        EnergySession(RecordingContext(), run, plan, calibration).go_on(rig)
        whole = put_together(run.blocks.values(), str(project.path))
    found = []
    for result in measure_energy(whole.stream, calibration, whole.blocks, whole.bad, whole.notes):
        truth_mj = rig.truth_mj(result.configuration)
        within = result.low_mj <= truth_mj <= result.high_mj
        found.append((result.energy_mj / truth_mj - 1, within))
    return found


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=25)
    seeds = parser.parse_args().seeds
    every: list[bool] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Project.open_or_create(Path(folder) / "energy.adaspring") as project,
    ):
        project.see_device(Device("phone", "phone", True))
        for gauge in GAUGES:
            found = [pair for seed in range(seeds) for pair in errors_of(gauge, seed, project)]
            off = np.array([error for error, _ in found])
            within = [held for _, held in found]
            every += within
            kind = f"{gauge.period_s:g} s {gauge.unit} {gauge.sign:+d} noise {gauge.noise_ma:g} mA"
            print(
                f"{kind}: within {sum(within)} of {len(within)}, bias {off.mean():+.2%},"
                f" most {np.abs(off).max():.2%}",
                flush=True,
            )
    share = sum(every) / len(every)
    print(f"all: {sum(every)} of {len(every)} ({share:.1%})")
    return 0 if LEAST <= share <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
