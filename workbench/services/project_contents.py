"""What a project holds, in records for the command line and the window, and its raw samples."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.context import read_trace
from workbench.core.errors import SettingsError
from workbench.core.files import atomic_write
from workbench.devices.profile_file import load_profile
from workbench.jobs import JobContext
from workbench.services.projects import (
    Kind,
    keep_document,
    refresh_library,
)
from workbench.storage import Block, Contents, Document, Project, Run

SAMPLE_COLUMNS = ("run", "position", "configuration", "round", "part", "sample")
"""Columns before those of the arrays, such as ``ns``."""


@dataclass(frozen=True, slots=True)
class SeenDevice:
    """A device of a project.

    Attributes:
        calibrated: sensors that were calibrated, the latest first.
    """

    identity: str
    title: str
    simulated: bool
    last_seen: str
    calibrated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run of a project.

    Attributes:
        state: ``finished``, ``running`` or ``unfinished``.
        done, total: blocks.
        programs: versions of the program that worked on it, in order.
    """

    id: int
    kind: str
    plan: str
    device: str
    network: str
    state: str
    done: int
    total: int
    began: str
    finished: str | None
    profile: str
    programs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A device profile or a trace of a project."""

    id: str
    title: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ProjectOverview:
    """Everything that a list of a project shows."""

    path: Path
    writable: bool
    contents: Contents
    devices: tuple[SeenDevice, ...]
    runs: tuple[RunEntry, ...]
    profiles: tuple[DocumentEntry, ...]
    traces: tuple[DocumentEntry, ...]


def size_text(size_bytes: int) -> str:
    """Such as ``4.2 MiB``."""
    if size_bytes < 2**20:
        return f"{size_bytes / 1024:.1f} KiB"
    return f"{size_bytes / 2**20:.1f} MiB"


def look_into(path: str | Path, *, check: bool = False) -> ProjectOverview:
    """What a project holds.

    Args:
        check: read the whole file to see whether it is sound.

    Raises:
        ProjectError: it cannot be used, or is damaged.
    """
    with Project(path) as project:
        if check:
            project.check()
        titles = {device.identity: device.title for device in project.devices()}
        return ProjectOverview(
            path=project.path,
            writable=project.writable,
            contents=project.contents(),
            devices=tuple(
                SeenDevice(
                    device.identity, device.title, device.simulated, device.last_seen,
                    tuple(dict.fromkeys(c.sensor for c in project.calibrations(device.identity))),
                )
                for device in project.devices()
            ),
            runs=tuple(_entry(project, run, titles) for run in project.runs.list()),
            profiles=tuple(DocumentEntry(d.id, d.title, d.size) for d in project.profiles.list()),
            traces=tuple(DocumentEntry(d.id, d.title, d.size) for d in project.traces.list()),
        )  # fmt: skip


def make_project(path: str | Path) -> None:
    """Make an empty project.

    Raises:
        ProjectError: there is a file of that name, or it cannot be written.
    """
    with Project.create(path) as project:
        refresh_library(project)


def copy_project(path: str | Path, out: str | Path) -> None:
    """Write a copy of a project, also of one that is in use.

    Raises:
        ProjectError: it cannot be read, or the copy cannot be written.
    """
    with Project(path) as project:
        project.copy_to(out)


def add_file(path: str | Path, file: Path) -> str:
    """Put a device profile (.toml) or a trace (.csv) into a project; returns its id.

    Raises:
        SettingsError: it is neither, by its name.
        InputFileError: it cannot be used, or the project cannot be written.
    """
    if file.suffix == ".toml":
        kind: Kind = "profile"
        title = load_profile(file).title
    elif file.suffix == ".csv":
        kind, title = "trace", read_trace(file).info.title
    else:
        raise SettingsError(
            f"{file.name!r} is neither a device profile nor a trace by its name.",
            "Profiles end in .toml and traces in .csv.",
        )
    with Project(path) as project:
        keep_document(project, kind, Document(file.stem, title, file.read_bytes()))
    return file.stem


def export_document(path: str | Path, kind: Kind, document_id: str, out: Path) -> None:
    """Write a device profile or a trace of a project into a file of its own.

    Raises:
        SettingsError: there is none of that id.
        InputFileError: the project cannot be read, or the file cannot be written.
    """
    with Project(path) as project:
        documents = project.profiles if kind == "profile" else project.traces
        content = documents.read(document_id).content
    with atomic_write(out, "wb") as stream:
        stream.write(content)


def export_run(context: JobContext, path: str | Path, run_id: int, out: Path) -> int:
    """Write every raw sample of a run, finished or not, as CSV; returns the number of rows.

    A row is a sample: `SAMPLE_COLUMNS`, then one column for each name of an array. Arrays of
    several dimensions are written element by element in C order.

    Raises:
        SettingsError: there is no such run.
        InputFileError: the project cannot be read, or the file cannot be written.
        JobCancelled: the job was asked to stop; no file is written then.
    """
    with Project(path) as project:
        run = project.runs.get(run_id)
        names = list(dict.fromkeys(n for b in project.runs.blocks(run_id) for n in b.arrays))
        rows = 0
        with atomic_write(out) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow((*SAMPLE_COLUMNS, *names))
            for number, block in enumerate(project.runs.blocks(run_id), start=1):
                context.check_cancelled()
                for row in _rows(run, block, names):
                    writer.writerow(row)
                    rows += 1
                context.progress(number / max(1, run.blocks), f"{rows:,} samples")
    return rows


def remove_run_from(path: str | Path, run_id: int) -> None:
    """Throw a run and its samples away.

    Raises:
        SettingsError: there is none, or it is being measured.
        ProjectError: the project cannot be written.
    """
    with Project(path) as project:
        project.runs.remove(run_id)


def _rows(run: Run, block: Block, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    configurations = run.plan.details.get("configurations", [])
    known = 0 <= block.position < len(configurations)
    text = "-".join(map(str, configurations[block.position])) if known else ""
    head = (run.id, block.position, text, block.round, block.part)
    columns = [block.arrays[n].ravel().tolist() if n in block.arrays else [] for n in names]
    for number, values in enumerate(itertools.zip_longest(*columns, fillvalue=""), start=1):
        yield (*head, number, *values)


def _entry(project: Project, run: Run, titles: dict[str, str]) -> RunEntry:
    plan = run.plan
    state = "finished" if run.finished else "running" if run.running else "unfinished"
    return RunEntry(
        id=run.id,
        kind=plan.kind,
        plan=plan.name,
        device=titles.get(plan.device, plan.device),
        network="" if plan.network is None else plan.network.name,
        state=state,
        done=run.blocks,
        total=plan.total_blocks,
        began=run.began,
        finished=run.finished,
        profile=run.profile,
        programs=tuple(dict.fromkeys(s.program for s in project.runs.sessions(run.id))),
    )
