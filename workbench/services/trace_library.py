"""The traces there are, and what a user can do to the own ones: add, replace, rename, remove."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from workbench.context import Trace, read_trace, write_trace
from workbench.core.errors import InputFileError, SettingsError, WorkbenchError
from workbench.core.provenance import Source
from workbench.services.catalogue import Entry, list_traces, user_folder
from workbench.services.projects import document_path, drop_document, keep_document, open_project
from workbench.services.trace_editing import sources_of
from workbench.storage import Document

MAX_ID = 60
REMOVED_FOLDER = ".removed"
KEEP_REMOVED_S = 30 * 86_400.0
"""Removed traces can be brought back for so long."""
OUTLINE_POINTS = 48


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """What a list shows of a trace.

    Attributes:
        id: what the command line takes; the file's name.
        shipped: whether it is not the user's to change: it came with the program, or is opened.
        span_s: times of the first and last sample.
        outline: the battery's charge at `OUTLINE_POINTS` even times, 0 to 100.
        sources: where each column's values come from.
        error: why it cannot be read; empty where it can. The other facts are empty then.
    """

    id: str
    path: Path
    shipped: bool
    title: str
    origin: str = ""
    device: str = ""
    start: str = ""
    description: str = ""
    samples: int = 0
    span_s: tuple[float, float] = (0.0, 0.0)
    outline: tuple[float, ...] = ()
    sources: Mapping[str, Source] | None = None
    error: str = ""

    @property
    def opened(self) -> bool:
        """Whether it is a file from elsewhere, which is left as it is."""
        return Path(self.id).is_absolute()

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last sample."""
        return self.span_s[1] - self.span_s[0]


class TraceLibrary:
    """Reads and changes the traces; may be used from any thread, one call at a time.

    New ones go into the project in use. Own ones that lie in the user's folder stay there.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, int], TraceSummary] = {}

    @property
    def folder(self) -> Path:
        """Where running recordings, removed traces and those of no project lie; may not exist."""
        return user_folder("traces")

    def list(self, opened: Iterable[Path] = ()) -> tuple[TraceSummary, ...]:
        """All traces, the user's own first; files that did not change are not read again.

        Args:
            opened: files from elsewhere to list too; their paths are their ids.
        """
        found = {}
        for entry in (*(Entry(str(path), path, True) for path in opened), *list_traces()):
            key = _key(entry)
            found[key] = self._known.get(key) or _summary(entry)
        self._known = found
        return tuple(found.values())

    def read(self, trace_id: str) -> Trace:
        """One trace.

        Raises:
            SettingsError: when there is none of that id.
            InputFileError: when it cannot be used.
        """
        return read_trace(self._entry(trace_id).path)

    def free_id(self, title: str) -> str:
        """An id made from a title that no trace has yet."""
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9-]+", "_", plain.casefold()).strip("_-")[:MAX_ID] or "trace"
        taken = {entry.id for entry in list_traces()}
        number, free = 1, stem
        while free in taken:
            number += 1
            free = f"{stem}_{number}"
        return free

    def add(self, trace: Trace) -> str:
        """Put a trace into the project in use as a new one; returns its id.

        Raises:
            InputFileError: when it cannot be written.
        """
        trace_id = self.free_id(trace.info.title)
        self._keep(trace_id, trace)
        return trace_id

    def adopt(self, path: Path) -> Path:
        """Move a trace that was recorded into a file into the project; its name is the id.

        Returns where it is laid out.

        Raises:
            InputFileError: when it cannot be read or the project cannot be written; the file stays.
        """
        kept = self._keep(path.stem, read_trace(path), path)
        path.unlink(missing_ok=True)
        return kept

    def new_path(self, trace_id: str) -> Path:
        """A file to record into, its folder made.

        Raises:
            InputFileError: when the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputFileError(
                self.folder, f"cannot be made ({error.strerror})", "Check its permissions."
            ) from error
        return self.folder / f"{trace_id}.csv"

    def replace(self, trace_id: str, trace: Trace) -> None:
        """Write an own trace anew.

        Raises:
            SettingsError: when it is a shipped one.
            InputFileError: when it cannot be written.
        """
        self._write(self._own(trace_id), trace)

    def rename(self, trace_id: str, title: str) -> None:
        """Give an own trace another title; its id stays.

        Raises:
            SettingsError: when it is a shipped one.
            TraceError: when the title is empty or has more than one line.
        """
        entry = self._own(trace_id)
        trace = read_trace(entry.path)
        self._write(entry, Trace(replace(trace.info, title=title), trace.columns))

    def duplicate(self, trace_id: str) -> str:
        """Copy a trace into the user's own; returns the copy's id."""
        trace = self.read(trace_id)
        title = copy_title(trace.info.title, [item.title for item in self.list()])
        return self.add(Trace(replace(trace.info, title=title), trace.columns))

    def remove(self, trace_id: str) -> None:
        """Take an own trace away; `restore` brings it back.

        Raises:
            SettingsError: when it is a shipped one.
            InputFileError: when it cannot be moved.
        """
        entry = self._own(trace_id)
        removed = self.folder / REMOVED_FOLDER
        with _clear_errors(entry.path):
            removed.mkdir(parents=True, exist_ok=True)
            for old in removed.glob("*.csv"):
                if time.time() - old.stat().st_mtime > KEEP_REMOVED_S:
                    old.unlink()
            shutil.copy(entry.path, removed / entry.path.name)
            if _in_project(entry):
                with open_project() as project:
                    drop_document(project, "trace", trace_id)
            else:
                entry.path.unlink()

    def restore(self, trace_id: str) -> None:
        """Bring back a trace that was removed, into the project in use.

        Raises:
            SettingsError: when another trace has its id by now.
            InputFileError: when it is gone.
        """
        if any(entry.id == trace_id for entry in list_traces()):
            raise SettingsError(
                f"There is another trace '{trace_id}' by now.", "Remove or duplicate that one."
            )
        path = self.folder / REMOVED_FOLDER / f"{trace_id}.csv"
        self._keep(trace_id, read_trace(path), path)
        path.unlink()

    def _write(self, entry: Entry, trace: Trace) -> None:
        if _in_project(entry):
            self._keep(entry.id, trace)
        else:
            write_trace(trace, entry.path)

    def _keep(self, trace_id: str, trace: Trace, path: Path | None = None) -> Path:
        """Put a trace into the project, from its file where it has one."""
        if path is None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "trace.csv"
                write_trace(trace, path)
                content = path.read_bytes()
        else:
            content = path.read_bytes()
        with open_project() as project:
            document = Document(trace_id, trace.info.title, content)
            return keep_document(project, "trace", document)

    def _entry(self, trace_id: str) -> Entry:
        if Path(trace_id).is_absolute():
            return Entry(trace_id, Path(trace_id), True)
        for entry in list_traces():
            if entry.id == trace_id:
                return entry
        raise SettingsError(f"There is no trace '{trace_id}'.", "It was removed or renamed.")

    def _own(self, trace_id: str) -> Entry:
        entry = self._entry(trace_id)
        if entry.shipped:
            raise SettingsError(
                f"'{trace_id}' came with the program or is a file from elsewhere, and stays.",
                "Duplicate it first.",
            )
        return entry


def _in_project(entry: Entry) -> bool:
    return entry.path == document_path("trace", entry.id)


def copy_title(title: str, taken: list[str]) -> str:
    """A title for a copy, such as ``Sample day (copy 2)``."""
    base = re.sub(r" \(copy( \d+)?\)$", "", title)
    number, candidate = 1, f"{base} (copy)"
    while candidate in taken:
        number += 1
        candidate = f"{base} (copy {number})"
    return candidate


@contextlib.contextmanager
def _clear_errors(path: Path):  # type: ignore[no-untyped-def]
    try:
        yield
    except OSError as error:
        raise InputFileError(
            path, f"cannot be moved ({error.strerror})", "Check the permissions of its folder."
        ) from error


def _key(entry: Entry) -> tuple[Path, int, int]:
    with contextlib.suppress(OSError):
        status = entry.path.stat()
        return entry.path, status.st_mtime_ns, status.st_size
    return entry.path, 0, 0


def _summary(entry: Entry) -> TraceSummary:
    try:
        trace = read_trace(entry.path)
    except WorkbenchError as error:
        return TraceSummary(
            entry.id, entry.path, entry.shipped, Path(entry.id).name, error=str(error)
        )
    info = trace.info
    even_s = np.linspace(trace.t_s[0], trace.t_s[-1], OUTLINE_POINTS)
    return TraceSummary(
        id=entry.id,
        path=entry.path,
        shipped=entry.shipped,
        title=info.title,
        origin=info.kind,
        device=info.device,
        start=info.start,
        description=info.description,
        samples=len(trace),
        span_s=(float(trace.t_s[0]), float(trace.t_s[-1])),
        outline=tuple(np.interp(even_s, trace.t_s, trace["battery_percent"]).tolist()),
        sources=sources_of(trace),
    )
