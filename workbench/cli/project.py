"""`adaspring-workbench project`: make, show, copy and export project files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workbench.jobs import run_in_thread
from workbench.services.project_contents import (
    ProjectOverview,
    RunEntry,
    add_file,
    copy_project,
    export_document,
    export_run,
    look_into,
    make_project,
    remove_run_from,
    size_text,
)
from workbench.services.projects import project_in_use

FILE = click.Path(dir_okay=False, path_type=Path)


def _file(ctx: click.Context, _: click.Parameter, path: Path | None) -> Path:
    return project_in_use() if path is None else path


def _json_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--json", "as_json", is_flag=True, help=f"Print {what} as JSON.")


file_argument = click.argument("file", type=FILE, required=False, callback=_file)


@click.group("project")
def command() -> None:
    """Make, show, copy and export project files.

    FILE is the project in use where it is left out: $ADASPRING_PROJECT, or your default project.
    """


@command.command("new")
@click.argument("file", type=FILE)
def new(file: Path) -> None:
    """Make an empty project."""
    make_project(file)
    click.echo(f"made {file}")


@command.command("info")
@file_argument
@click.option("--check", is_flag=True, help="Read the whole file and see whether it is sound.")
@_json_option("the figures")
def info(file: Path, check: bool, as_json: bool) -> None:
    """Show how much is in a project, and what is unfinished."""
    found = look_into(file, check=check)
    contents = found.contents
    if as_json:
        plain = {"path": str(found.path), "writable": found.writable}
        click.echo(json.dumps(plain | dataclasses.asdict(contents), indent=2))
        return
    closed = "" if found.writable else ", read only"
    click.echo(f"{found.path}, {size_text(contents.file_bytes)}{closed}")
    click.echo(
        f"{_count(contents.devices, 'device')}, {_count(contents.networks, 'network')},"
        f" {_count(contents.profiles, 'device profile')}, {_count(contents.traces, 'trace')}"
    )
    click.echo(
        f"{_count(contents.runs, 'run')} with {contents.samples:,} samples in"
        f" {_count(contents.blocks, 'block')} ({size_text(contents.sample_bytes)})"
    )
    for run in found.runs:
        if run.state != "finished":
            click.echo(f"{run.state}: {_run_text(run)}")
    if check:
        click.echo("the file is sound")


@command.command("list")
@file_argument
@_json_option("everything")
def list_(file: Path, as_json: bool) -> None:
    """List devices, runs, device profiles and traces of a project."""
    found = look_into(file)
    if as_json:
        plain = dataclasses.asdict(found) | {"path": str(found.path)}
        click.echo(json.dumps(plain, indent=1, ensure_ascii=False))
        return
    for title, lines in _sections(found):
        click.secho(title, bold=True)
        for line in lines or ["  none"]:
            click.echo(line)


@command.command("copy")
@click.argument("file", type=FILE)
@click.argument("out", type=FILE)
def copy(file: Path, out: Path) -> None:
    """Copy a project to OUT, also while it is in use."""
    if out.exists():
        raise click.UsageError(f"{out} is there already: choose another name.")
    copy_project(file, out)
    click.echo(f"wrote {out}")


@command.command("add")
@click.argument("file", type=FILE)
@click.argument("files", type=FILE, nargs=-1, required=True)
def add(file: Path, files: tuple[Path, ...]) -> None:
    """Put device profiles (.toml) and traces (.csv) into a project."""
    for path in files:
        click.echo(f"added {add_file(file, path)}")


@command.command("export")
@file_argument
@click.option("--profile", metavar="NAME", help="Device profile to write.")
@click.option("--trace", metavar="NAME", help="Trace to write.")
@click.option("--out", type=FILE, required=True, help="File to write.")
def export(file: Path, profile: str | None, trace: str | None, out: Path) -> None:
    """Write a device profile or a trace of a project into a file of its own."""
    if (profile is None) == (trace is None):
        raise click.UsageError("Name one of --profile and --trace.")
    if profile is not None:
        export_document(file, "profile", profile, out)
    elif trace is not None:
        export_document(file, "trace", trace, out)
    click.echo(f"wrote {out}")


@command.command("export-samples")
@file_argument
@click.option("--run", "run_id", type=int, required=True, help="Number of the run; see `list`.")
@click.option("--out", type=FILE, required=True, help="CSV file to write.")
def export_samples(file: Path, run_id: int, out: Path) -> None:
    """Write every raw sample of a run, finished or not, as a row of a CSV file."""
    job = run_in_thread(export_run, {"path": file, "run_id": run_id, "out": out})
    rows = job.result()
    click.echo(f"wrote {rows:,} samples to {out}")


@command.command("remove-run")
@click.argument("file", type=FILE)
@click.option("--run", "run_id", type=int, required=True, help="Number of the run; see `list`.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_run(file: Path, run_id: int, yes: bool) -> None:
    """Throw a run and all its samples away."""
    run = next((run for run in look_into(file).runs if run.id == run_id), None)
    if run is not None and not yes:
        click.confirm(f"Throw run {run_id} with its {run.done} blocks away?", abort=True)
    remove_run_from(file, run_id)
    click.echo(f"removed run {run_id}")


def _sections(found: ProjectOverview) -> list[tuple[str, list[str]]]:
    devices = [
        f"  {d.title}{' (simulated)' if d.simulated else ''}: {d.identity}, last seen {d.last_seen}"
        + (f", calibrated: {', '.join(d.calibrated)}" if d.calibrated else "")
        for d in found.devices
    ]
    return [
        ("Devices", devices),
        ("Runs", [f"  {_run_text(run)}, {run.state}" for run in found.runs]),
        ("Device profiles", [f"  {p.id}: {p.title}" for p in found.profiles]),
        ("Traces", [f"  {t.id}: {t.title}, {size_text(t.size_bytes)}" for t in found.traces]),
    ]


def _run_text(run: RunEntry) -> str:
    network = f" of {run.network}" if run.network else ""
    return (
        f"run {run.id}: {run.kind}{network} on {run.device}, plan {run.plan},"
        f" {run.done} of {run.total} blocks, begun {run.began}"
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
