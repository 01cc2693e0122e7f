"""The networks and traces a user can choose from: shipped ones and their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from workbench.context.records import Trace
from workbench.context.trace_file import read_trace
from workbench.core.errors import SettingsError
from workbench.core.resources import assets_root
from workbench.services.environment import APP_NAME
from workbench.services.projects import library
from workbench.space.description import DESCRIPTION_FILE, Network, read_network

SAMPLE_NETWORK, SAMPLE_PROFILE, SAMPLE_TRACE = "fashion_mnist", "redmi_3s", "sample_day"
"""The sample project: what a first start shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One network or trace on disk, not read yet.

    Attributes:
        id: what the command line takes.
        shipped: whether it came with the program.
    """

    id: str
    path: Path
    shipped: bool


def user_folder(kind: str) -> Path:
    """Where the user's own ``networks`` or ``traces`` are kept; it may not exist yet."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / kind


def list_networks() -> tuple[Entry, ...]:
    """All networks, the user's own first; one of these hides a shipped one of its name."""
    return _entries("networks", f"*/{DESCRIPTION_FILE}")


def list_traces() -> tuple[Entry, ...]:
    """All traces: of the project in use, other own ones, shipped; the first of a name hides others.

    Raises:
        ProjectError: the project in use cannot be read.
    """
    return _entries("traces", "*.csv", library("trace"))


def network_path(id_or_path: str | Path) -> Path:
    """The folder of the network with this id, or the folder that is named.

    Raises:
        SettingsError: when there is none of that name.
    """
    return _find("network", id_or_path, list_networks())


def trace_path(id_or_path: str | Path) -> Path:
    """The file of the trace with this id, or the file that is named.

    Raises:
        SettingsError: when there is none of that name.
    """
    return _find("trace", id_or_path, list_traces())


def find_network(id_or_path: str | Path) -> Network:
    """The network with this id, or in this folder.

    Raises:
        SettingsError: when there is none of that name.
        InputFileError: when it cannot be used.
    """
    return read_network(network_path(id_or_path))


def find_trace(id_or_path: str | Path) -> Trace:
    """The trace with this id, or in this file.

    Raises:
        SettingsError: when there is none of that name.
        InputFileError: when it cannot be used.
    """
    return read_trace(trace_path(id_or_path))


def _entries(kind: str, pattern: str, *project: Path) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    own = (*project, user_folder(kind))
    for folder, shipped in (*((place, False) for place in own), (assets_root() / kind, True)):
        for path in sorted(folder.glob(pattern)):
            place = path.parent if path.name == DESCRIPTION_FILE else path
            found.setdefault(place.stem, Entry(place.stem, place, shipped))
    return tuple(found.values())


def _find(kind: str, id_or_path: str | Path, entries: tuple[Entry, ...]) -> Path:
    name = os.fspath(id_or_path)
    for entry in entries:
        if entry.id == name:
            return entry.path
    path = Path(name)
    if isinstance(id_or_path, Path) or os.sep in name or path.suffix or path.exists():
        return path
    known = ", ".join(entry.id for entry in entries) or "none"
    raise SettingsError(f"There is no {kind} {name!r}.", f"Known: {known}; or name its path.")
