"""`adaspring-workbench study`: tasks x platforms x policies, with repeats and intervals."""

from __future__ import annotations

import functools
from pathlib import Path

import click
import msgspec

from workbench.cli.following import EXIT_INTERRUPTED, follow
from workbench.cli.parameters import aligned
from workbench.cli.project_option import project_option
from workbench.core.errors import WorkbenchError
from workbench.export.study_claims import claims
from workbench.export.study_text import headline
from workbench.jobs import JobCancelled, LogLine, Partial
from workbench.jobs.events import JobEvent
from workbench.services.study_executors import dask_workers, process_workers
from workbench.services.study_planning import default_tasks
from workbench.services.study_records import (
    DEFAULT_PLATFORMS,
    DEFAULT_POLICIES,
    EfficiencyChoice,
    Study,
    StudyPlan,
)
from workbench.services.study_running import StudyStarted, start_study
from workbench.services.study_store import read_cells, read_manifest

EXIT_INCOMPLETE = 1
_HEADING = ("title", "unit", "source")


def _names(value: str) -> tuple[str, ...]:
    """Names from a list with commas."""
    return tuple(name for part in value.split(",") if (name := part.strip()))


_names.__name__ = "names"


@click.command("study")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder of the study; one that was stopped goes on.",
)
@click.option("--tasks", type=_names, help="Networks, with commas.  [default: all there are]")
@click.option(
    "--platforms",
    type=_names,
    default=",".join(DEFAULT_PLATFORMS),
    show_default=True,
    help="Device profiles, with commas.",
)
@click.option(
    "--policies",
    type=_names,
    default=",".join(DEFAULT_POLICIES),
    show_default=True,
    help="Policies, with commas.",
)
@click.option(
    "--repeats",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    help="Runs of the case study's day; 0 leaves it out.",
)
@click.option(
    "--contexts",
    type=click.IntRange(0, 1000),
    default=20,
    show_default=True,
    help="Generated context traces of two hours, a run each; 0 leaves them out.",
)
@click.option(
    "--trace", default="sample_day", show_default=True, help="The case study's day: name or file."
)
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True)
@click.option(
    "--efficiency",
    type=click.Choice(["auto", "energy", "latency", "intensity"]),
    default="auto",
    show_default=True,
    help="What is weighed against accuracy; auto: energy where the platform has power, else"
    " arithmetic intensity.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 512),
    help="Worker processes.  [default: one a processor]",
)
@click.option(
    "--dask", metavar="ADDRESS", help="Compute on a Dask cluster, such as tcp://host:8786."
)
@click.option("--plots/--no-plots", default=True, help="Draw PNG and SVG plots.")
@click.option("--force", is_flag=True, help="Use a folder that holds other files.")
@project_option(writes=False)
@click.option("--json", "as_json", is_flag=True, help="Print the study as one JSON object.")
def command(
    out: Path,
    tasks: tuple[str, ...] | None,
    platforms: tuple[str, ...],
    policies: tuple[str, ...],
    repeats: int,
    contexts: int,
    trace: str,
    seed: int,
    efficiency: EfficiencyChoice,
    workers: int | None,
    dask: str | None,
    plots: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Replay every policy on every network and device, over a day and over generated contexts.

    Ctrl+C stops; the same command goes on where it was. All figures but times measured on this
    computer are the same for the same seed.
    """
    if workers is not None and dask is not None:
        raise click.UsageError("--workers and --dask exclude each other.")
    plan = StudyPlan(
        tasks=tasks if tasks is not None else default_tasks(),
        platforms=platforms,
        policies=policies,
        trace=trace,
        repeats=repeats,
        contexts=contexts,
        seed=seed,
        efficiency=efficiency,
    )
    make = (
        functools.partial(dask_workers, dask)
        if dask
        else functools.partial(process_workers, workers)
    )
    try:
        study: Study = follow(start_study(plan, out, workers=make, plots=plots, force=force), _line)
    except JobCancelled:
        click.echo(f"stopped; {_progress(out)}go on with the same command", err=True)
        return EXIT_INTERRUPTED
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(study.report), indent=1).decode())
    else:
        for line in _headline(study):
            click.echo(line)
        click.echo(f"wrote {out}")
    for key in study.missing:
        click.echo(f"not computed: {key.text}", err=True)
    return EXIT_INCOMPLETE if study.missing else 0


def _line(event: JobEvent) -> str | None:
    match event:
        case Partial(record=StudyStarted() as started):
            before = f", {started.finished} of them finished before" if started.finished else ""
            return f"{len(started.manifest.cells)} cells{before}; {started.where}"
        case LogLine(text=text):
            return text
    return None


def _progress(folder: Path) -> str:
    """How far a study came, where its folder can tell."""
    try:
        cells = read_manifest(folder).cells
        return f"{len(read_cells(folder, cells).finished)} of {len(cells)} cells are kept; "
    except WorkbenchError:
        return ""


def _headline(study: Study) -> list[str]:
    """The searcher on every task and platform, and the published figures beside it."""
    report = study.report
    lines = []
    for scenario in report.scenarios:
        table = headline(report, scenario)
        if table.rows:
            headings = [[getattr(h, part) for h in table.heading] for part in _HEADING]
            lines += [table.title, *aligned([*headings, *table.rows], headings=len(headings)), ""]
    return [*lines, *(claim.text for claim in claims(report))]
