"""Raw samples of fitted tables: put into the project with a finished run, and found again."""

from __future__ import annotations

from pathlib import Path

from workbench.devices.profile import Calibration, DeviceProfile
from workbench.devices.profile_file import format_profile, save_profile
from workbench.profiling.kept_samples import KeptSamples, find_samples, result_of
from workbench.services.projects import (
    document_path,
    keep_document,
    open_project,
    project_in_use,
)
from workbench.storage import Document, Project, Run


def finish_measurement(
    project: Project,
    run: int,
    profile: DeviceProfile,
    path: Path,
    calibration: Calibration,
    kept: KeptSamples,
) -> None:
    """Write a profile and say what its newest table was fitted to.

    A profile whose place is in the project goes there; any other place is a file to write.

    Args:
        run: whose blocks are all there.
        calibration: the table.
        kept: what it was fitted to, every sample in the project.

    Raises:
        InputFileError: project or file cannot be written.
    """
    if path == document_path("profile", profile.id, project.path):
        content = format_profile(profile).encode()
        keep_document(project, "profile", Document(profile.id, profile.title, content))
    else:
        save_profile(profile, path)
    project.runs.finish(run, result_of(kept, calibration))


def measured_samples(calibration: Calibration) -> tuple[Run, KeptSamples] | None:
    """What a table was fitted to, where the project in use has it.

    Raises:
        ProjectError: the project or what it has of them cannot be read.
    """
    file = project_in_use()
    if not file.exists():
        return None
    with open_project(file) as project:
        return find_samples(project, calibration)
