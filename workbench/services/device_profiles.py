"""The device profiles a user can choose from: shipped ones and those measured here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from workbench.core.errors import InputFileError, SettingsError
from workbench.core.resources import device_profiles_root
from workbench.devices.profile import DeviceProfile
from workbench.devices.profile_file import load_profile
from workbench.services.environment import APP_NAME
from workbench.services.projects import library

SUFFIX = ".toml"
LOCAL_ID = "this_computer"
"""The profile that measuring this computer writes."""


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """One file among the device profiles.

    Attributes:
        id: what the command line takes; the file's name without its suffix.
        shipped: whether it came with the program.
        profile: None when the file cannot be used.
        error: why it cannot; None when it can.
    """

    id: str
    path: Path
    shipped: bool
    profile: DeviceProfile | None
    error: InputFileError | None = None


def user_profiles_folder() -> Path:
    """Where own profiles lie that belong to no project; it may not exist yet."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "device_profiles"


def list_profiles() -> tuple[ProfileEntry, ...]:
    """All device profiles: of the project in use, other own ones, shipped.

    The first of a name hides others. A file that cannot be used is listed with its error instead
    of a profile.

    Raises:
        ProjectError: the project in use cannot be read.
    """
    entries: dict[str, ProfileEntry] = {}
    for folder, shipped in _folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            if path.stem not in entries:
                entries[path.stem] = _entry(path, shipped)
    return tuple(entries.values())


def find_profile(id_or_path: str | Path) -> DeviceProfile:
    """The device profile with this id, or in this file.

    Raises:
        SettingsError: when there is no profile of that name.
        InputFileError: when the file cannot be used.
    """
    return load_profile(profile_path(id_or_path))


def profile_path(id_or_path: str | Path) -> Path:
    """The file of the device profile with this id, or the file that is named.

    Raises:
        SettingsError: when there is no profile of that name.
    """
    name = os.fspath(id_or_path)
    if isinstance(id_or_path, Path) or name.endswith(SUFFIX) or os.sep in name:
        return Path(id_or_path)
    for folder, _ in _folders():
        path = folder / f"{name}{SUFFIX}"
        if path.is_file():
            return path
    if name == LOCAL_ID:
        raise SettingsError(
            "This computer was not measured yet.",
            "Run `adaspring-workbench profile --network NETWORK` first; it takes about 5 minutes.",
        )
    raise SettingsError(
        f"There is no device profile {name!r}.",
        f"Known: {', '.join(entry.id for entry in list_profiles())}; or name a file that ends"
        f" in {SUFFIX}.",
    )


def _folders() -> tuple[tuple[Path, bool], ...]:
    """Each folder with profiles, and whether they came with the program."""
    return (
        (library("profile"), False), (user_profiles_folder(), False), (device_profiles_root(), True)
    )  # fmt: skip


def _entry(path: Path, shipped: bool) -> ProfileEntry:
    try:
        return ProfileEntry(path.stem, path, shipped, load_profile(path))
    except InputFileError as error:
        return ProfileEntry(path.stem, path, shipped, None, error)
