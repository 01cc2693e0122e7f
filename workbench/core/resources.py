"""Where the data that ships with the program lies.

`assets/` and `device_profiles/` stand at the top level of the source. Building a wheel puts them
into the package (`workbench/_data/`, see pyproject.toml); a source checkout, also one installed
with `pip install --editable`, uses them where they stand.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from workbench.core.errors import WorkbenchError


def assets_root() -> Path:
    """Return the folder with icons, fonts, shipped networks and traces.

    Raises:
        WorkbenchError: the installation lacks it.
    """
    return _data_folder("assets")


def device_profiles_root() -> Path:
    """Return the folder with the shipped device profiles, one TOML file a device.

    Raises:
        WorkbenchError: the installation lacks it.
    """
    return _data_folder("device_profiles")


def _data_folder(name: str) -> Path:
    # Wheels are always unpacked, so the package is a real folder; readers of weights need a path.
    package = Path(str(files("workbench")))
    candidates = (package / "_data" / name, package.parent / name)
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise WorkbenchError(
        f"The program's own data folder '{name}' is missing.",
        "Install adaspring-workbench again.",
        "Looked in:\n" + "\n".join(str(folder) for folder in candidates),
    )
