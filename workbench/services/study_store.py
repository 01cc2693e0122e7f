"""A study on disk: a manifest and one small file a finished cell.

    DIR/study-manifest.json      plan, inputs with hashes, cells (written before the first cell)
    DIR/cells/*.json             finished cells, each written whole or not at all

A study that was killed goes on where it was: cells whose fingerprint fits the manifest are
finished, everything else is computed again. Each file carries a SHA-256 of its content, so that a
damaged or edited one is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from workbench.core.errors import InputFileError
from workbench.core.files import atomic_write, read_text
from workbench.services.study_records import (
    FORMAT_VERSION,
    CellResult,
    CellWork,
    Study,
    StudyManifest,
)
from workbench.services.study_statistics import make_report

MANIFEST = "study-manifest.json"
CELLS = "cells"
MANIFEST_FORMAT, CELL_FORMAT = "adaspring-study", "adaspring-study-cell"
_LIMIT_BYTES = 64 * 2**20
_TEMPORARY = "."

T = TypeVar("T")


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """How a record stands in its file."""

    format: str
    version: int
    sha256: str
    content: msgspec.Raw


@dataclass(frozen=True, slots=True)
class StoredCells:
    """The cells of a folder.

    Attributes:
        finished: results that belong to the study, in its order.
        problems: what is wrong with other files, a sentence each.
    """

    finished: tuple[CellResult, ...]
    problems: tuple[str, ...]


def write_manifest(folder: Path, manifest: StudyManifest) -> None:
    """Make `folder` the folder of this study.

    Raises:
        InputFileError: when it cannot be written.
    """
    try:
        (folder / CELLS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputFileError(
            folder, f"cannot be written ({error.strerror})", "Choose a folder that can be written."
        ) from error
    _write(folder / MANIFEST, MANIFEST_FORMAT, manifest)


def read_manifest(folder: str | Path) -> StudyManifest:
    """The manifest of a study's folder.

    Raises:
        InputFileError: when there is none, or it is damaged or of another version.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        raise InputFileError(
            folder,
            f"is no study: it has no {MANIFEST}",
            "Name a folder that `adaspring-workbench study --out` wrote.",
        )
    return _read(path, MANIFEST_FORMAT, StudyManifest)


def write_cell(folder: Path, result: CellResult) -> None:
    """Store a finished cell; a kill at any moment leaves it whole or absent.

    Raises:
        InputFileError: when the folder cannot be written.
    """
    _write(folder / CELLS / result.key.file_name, CELL_FORMAT, result)


def read_cells(folder: Path, cells: Sequence[CellWork]) -> StoredCells:
    """The finished cells among `cells`, and what is wrong with the other files."""
    finished, problems = [], []
    known = {work.key.file_name for work in cells}
    for work in cells:
        path = folder / CELLS / work.key.file_name
        if not path.exists():
            continue
        try:
            result = _read(path, CELL_FORMAT, CellResult)
            _check(path, work, result)
        except InputFileError as error:
            problems.append(f"{CELLS}/{path.name}: {error.reason}; it is computed again")
        else:
            finished.append(result)
    problems += _strangers(folder, known)
    return StoredCells(tuple(finished), tuple(problems))


def read_study(folder: str | Path) -> Study:
    """A study from its folder, finished or not.

    Reads plain JSON only: no network, profile or trace is needed, so the folder may have been
    copied from another computer.

    Raises:
        InputFileError: when the folder holds no study, or its manifest cannot be used.
    """
    root = Path(folder)
    manifest = read_manifest(root)
    stored = read_cells(root, manifest.cells)
    done = {result.key for result in stored.finished}
    missing = tuple(work.key for work in manifest.cells if work.key not in done)
    return Study(
        folder=root,
        manifest=manifest,
        finished=stored.finished,
        missing=missing,
        problems=stored.problems,
        report=make_report(manifest, stored.finished, len(missing), stored.problems),
    )


def holds_study(folder: Path) -> bool:
    """Whether a folder has a manifest of a study, of whatever version or state."""
    return (folder / MANIFEST).is_file()


def _strangers(folder: Path, known: Iterable[str]) -> list[str]:
    """Files among the cells that belong to no cell of this study."""
    known = set(known)
    try:
        found = sorted(entry.name for entry in (folder / CELLS).iterdir())
    except OSError:
        return []
    return [
        f"{CELLS}/{name}: belongs to no cell of this study; it is left alone"
        for name in found
        # A killed write leaves its temporary file, which starts with a dot.
        if name not in known and not name.startswith(_TEMPORARY)
    ]


def _check(path: Path, work: CellWork, result: CellResult) -> None:
    if result.key != work.key:
        raise InputFileError(path, f"holds another cell ({result.key.text})")
    if result.fingerprint != work.fingerprint:
        raise InputFileError(path, "was computed from other inputs or settings")
    if tuple(run.run for run in result.runs) != work.runs:
        raise InputFileError(path, "does not hold the runs of this study")


def _write(path: Path, kind: str, record: Any) -> None:
    content = msgspec.json.encode(record, order="deterministic")
    envelope = {
        "format": kind,
        "version": FORMAT_VERSION,
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": msgspec.Raw(content),
    }
    with atomic_write(path, "wb") as stream:
        stream.write(msgspec.json.encode(envelope) + b"\n")


def _read(path: Path, kind: str, record: type[T]) -> T:
    text = read_text(path, limit_bytes=_LIMIT_BYTES)
    again = "Remove the file, or the whole folder, and run the study again."
    try:
        envelope = msgspec.json.decode(text, type=_Envelope)
    except msgspec.DecodeError as error:
        raise InputFileError(path, "is cut, damaged or no file of a study", again) from error
    if envelope.format != kind:
        raise InputFileError(path, f"is of format {envelope.format!r}, not {kind!r}", again)
    if envelope.version != FORMAT_VERSION:
        raise InputFileError(
            path,
            f"has version {envelope.version}; this program knows {FORMAT_VERSION}",
            "Use the version of the program that wrote it, or run the study again.",
        )
    if hashlib.sha256(bytes(envelope.content)).hexdigest() != envelope.sha256:
        raise InputFileError(path, "was damaged or changed after it was written", again)
    try:
        return msgspec.json.decode(envelope.content, type=record)
    except (msgspec.DecodeError, ValueError) as error:
        raise InputFileError(path, "does not hold what it should", again, detail=str(error)) from (
            error
        )
