"""Small studies on disk, computed for real but in this process."""

from __future__ import annotations

from pathlib import Path

from workbench.services.study_cells import compute_cell
from workbench.services.study_planning import plan_study
from workbench.services.study_records import CellResult, StudyPlan
from workbench.services.study_store import write_cell, write_manifest

SMALL_PLAN = StudyPlan(
    tasks=("fashion_mnist",),
    platforms=("redmi_3s", "jetson_nano"),
    policies=("runtime3c", "static", "fixed:fire", "fixed:mbv2", "backbone"),
    repeats=2,
    contexts=3,
)
"""16 cells (fixed:mbv2 is not among them: the network lacks the operator); below 2 s."""


_computed: dict[str, CellResult] = {}


def make_study(
    folder: Path, plan: StudyPlan = SMALL_PLAN, cells: int | None = None, *, anew: bool = False
) -> Path:
    """Write a study with its first `cells` cells finished, all of them without a number.

    Args:
        anew: compute cells that were computed before.
    """
    manifest = plan_study(plan)
    write_manifest(folder, manifest)
    for work in manifest.cells[:cells]:
        if anew or work.fingerprint not in _computed:
            _computed[work.fingerprint] = compute_cell(work)
        write_cell(folder, _computed[work.fingerprint])
    return folder
