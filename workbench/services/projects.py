"""The project in use: which file it is, and its device profiles and traces as files to read.

A project is one SQLite file. Whatever reads a device profile or a trace wants a file of its own, so
what stands in the project is laid out in a folder of the user's cache (`library`). The project is
what counts: the folder is made again from it whenever it is missing or differs.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write
from workbench.services.environment import APP_NAME

if TYPE_CHECKING:  # the window opens without SQLite
    from workbench.storage import Document, Project

PROJECT_SUFFIX = ".adaspring"
VARIABLE = "ADASPRING_PROJECT"
"""Environment variable that names the project in use, for worker processes too."""

Kind = Literal["profile", "trace"]
_FOLDERS: dict[Kind, tuple[str, str]] = {
    "profile": ("device_profiles", ".toml"),
    "trace": ("traces", ".csv"),
}
_ORIGIN = "project.txt"


def default_project() -> Path:
    """The project that is used where none is named; it may not exist yet."""
    folder = Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
    return folder / f"My project{PROJECT_SUFFIX}"


def project_in_use() -> Path:
    """The file of the project in use; it may not exist yet."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else default_project()


def project_to_name(profile: str, trace: str = "") -> Path | None:
    """The project in use, where a command must name it to find a device profile or a trace.

    None where it has neither of these ids, and for the default one, which needs no naming.
    """
    file = project_in_use()
    if file == default_project():
        return None
    ids: tuple[tuple[Kind, str], ...] = (("profile", profile), ("trace", trace))
    plain = [(kind, name) for kind, name in ids if name and name == Path(name).name]
    found = any(document_path(kind, name, file).is_file() for kind, name in plain)
    return file if found else None


def use_project(path: str | Path | None, *, create: bool = False) -> None:
    """Make a project the one in use, here and in worker processes that start from now on.

    Args:
        path: None for the default one.
        create: make the file where there is none.

    Raises:
        ProjectError: it cannot be used; the one before stays in use.
    """
    if path is None:
        os.environ.pop(VARIABLE, None)
        return
    from workbench.storage import Project

    file = Path(path).resolve()
    with Project.open_or_create(file) if create else Project(file) as project:
        refresh_library(project)
    os.environ[VARIABLE] = str(file)


def name_project(path: str | Path) -> bool:
    """Make a project the one in use without opening it; False where the file is missing.

    For the start of the window, where only names are listed; `use_project` looks into it.
    """
    file = Path(path).resolve()
    if not file.is_file():
        return False
    os.environ[VARIABLE] = str(file)
    return True


def open_project(path: str | Path | None = None) -> Project:
    """Open a project, or the one in use; the default one is made where it is missing.

    Raises:
        ProjectError: it cannot be used.
    """
    from workbench.storage import Project

    file = project_in_use() if path is None else Path(path)
    if file != default_project():
        return Project(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputFileError(
            file, f"cannot be made ({error.strerror})", "Check the permissions of its folder."
        ) from error
    return Project.open_or_create(file)


def library(kind: Kind, project: Path | None = None) -> Path:
    """The folder in which a project's documents are laid out; the project in use where left out.

    It exists only where the project has any.

    Raises:
        ProjectError: the folder has to be made and the project cannot be used.
    """
    file = project_in_use() if project is None else project
    folder = _folder(file)
    if not folder.exists() and file.exists():
        with open_project(file) as opened:
            refresh_library(opened)
    return folder / _FOLDERS[kind][0]


def document_path(kind: Kind, document_id: str, project: Path | None = None) -> Path:
    """Where a document of the project is laid out, or would be. Raises: as `library`."""
    return library(kind, project) / f"{document_id}{_FOLDERS[kind][1]}"


def keep_document(project: Project, kind: Kind, document: Document) -> Path:
    """Put a device profile or a trace into an open project; returns where it is laid out.

    Raises:
        ProjectError: the project cannot be written.
        InputFileError: the user's cache cannot be written.
    """
    documents = project.profiles if kind == "profile" else project.traces
    listed = documents.save(document)
    path = document_path(kind, document.id, project.path)
    _lay_out(path, document.content, listed.changed_ns)
    return path


def drop_document(project: Project, kind: Kind, document_id: str) -> None:
    """Take a device profile or a trace out of an open project.

    Raises:
        ProjectError: the project cannot be written.
    """
    documents = project.profiles if kind == "profile" else project.traces
    documents.remove(document_id)
    document_path(kind, document_id, project.path).unlink(missing_ok=True)


def refresh_library(project: Project) -> None:
    """Lay a project's documents out anew where they differ; folders of lost projects go.

    Raises:
        ProjectError: the project cannot be read.
        InputFileError: the user's cache cannot be written.
    """
    _remove_lost()
    folder = _folder(project.path)
    for kind, (name, suffix) in _FOLDERS.items():
        documents = project.profiles if kind == "profile" else project.traces
        listed = {f"{document.id}{suffix}": document for document in documents.list()}
        for path in (folder / name).glob("*"):
            if path.name not in listed:
                path.unlink(missing_ok=True)
        for file_name, document in listed.items():
            path = folder / name / file_name
            if not _is_laid_out(path, document):
                _lay_out(path, documents.read(document.id).content, document.changed_ns)
    _make(folder)
    origin = folder / _ORIGIN
    if not origin.exists():
        with atomic_write(origin) as stream:
            stream.write(str(project.path.resolve()))


def refresh_in_use() -> None:
    """Lay out what the project in use holds now: its file may be another one than last time.

    Raises: as `refresh_library`.
    """
    file = project_in_use()
    if file.exists():
        with open_project(file) as project:
            refresh_library(project)


def _folder(project: Path) -> Path:
    key = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:16]
    return _cache() / key


def _cache() -> Path:
    return Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)) / "projects"


def _is_laid_out(path: Path, document: Document) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (document.size, document.changed_ns)


def _lay_out(path: Path, content: bytes, changed_ns: int) -> None:
    _make(path.parent)
    with atomic_write(path, "wb") as stream:
        stream.write(content)
    os.utime(path, ns=(changed_ns, changed_ns))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputFileError(
            folder, f"cannot be made ({error.strerror})", "Check the permissions of your cache."
        ) from error


def _remove_lost() -> None:
    for origin in _cache().glob(f"*/{_ORIGIN}"):
        with contextlib.suppress(OSError):
            if not Path(origin.read_text(encoding="utf-8")).exists():
                shutil.rmtree(origin.parent, ignore_errors=True)
