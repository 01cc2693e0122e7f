"""`adaspring-workbench profile`: measure a computer or a phone and write its device profile."""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from pathlib import Path

import click

from workbench.cli.project_option import project_option
from workbench.core.provenance import Provenance
from workbench.jobs import Job, JobCancelled
from workbench.profiling.energy.summary import EnergySummary
from workbench.services.phone_profiling import (
    CORES,
    MAX_THREADS,
    PhoneSettings,
    start_phone_profiling,
)
from workbench.services.profile_merging import read_list
from workbench.services.profiling import ProfilingSummary, start_local_profiling

PLAN_NAMES = ("quick", "standard", "mlperf", "sustained")
LOCAL = "local"


@click.command("profile")
@click.option(
    "--device",
    default=LOCAL,
    show_default=True,
    metavar="local|SERIAL|HOST:PORT",
    help="What to measure: this computer, or a phone as `devices` lists it.",
)
@click.option("--network", required=True, help="Network to measure: its name or its folder.")
@click.option(
    "--plan",
    type=click.Choice(PLAN_NAMES),
    default="quick",
    show_default=True,
    help="How much to measure: about 5 minutes, about 25, about 2 hours by rules like MLPerf's, or"
    " half an hour without a rest.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file to write.  [default: into the project, named after the device]",
)
@click.option(
    "--configurations",
    type=click.IntRange(min=2),
    help="How many to measure, for the fit and held out together.  [default: as the plan says]",
)
@click.option(
    "--threads",
    type=click.IntRange(1, MAX_THREADS),
    help="Of the engine, on a phone.  [default: 1]",
)
@click.option(
    "--cores",
    type=click.Choice(CORES),
    help="Where it runs on a phone: fastest cluster, slowest, or any.  [default: big]",
)
@click.option(
    "--configuration",
    "listed",
    multiple=True,
    metavar="LIST|FILE",
    help="Measure these in any case: such as ch75/fire/svd/skip, or a file with one a line; may be "
    "repeated. Added to the profile where it holds this network, under the same --plan.",
)
@click.option(
    "--energy",
    is_flag=True,
    help="Measure energy of a few configurations too, on a phone that runs on battery: about 20"
    " minutes more with a quick sensor.",
)
@click.option("--seed", default=0, show_default=True, help="Of the choice of configurations.")
@project_option(writes=True)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def command(
    device: str,
    network: str,
    plan: str,
    out: Path | None,
    configurations: int | None,
    threads: int | None,
    cores: str | None,
    energy: bool,
    listed: tuple[str, ...],
    seed: int,
    as_json: bool,
) -> None:
    """Measure a network's configurations on a device and write a calibrated device profile.

    Every sample goes into the project as it is measured. Close other programs first. Ctrl+C breaks
    off and writes no profile, but what was measured until then is kept: the same command goes on
    from there, also after a crash.
    """
    chosen = tuple(itertools.chain.from_iterable(map(_listed, listed)))
    if device == LOCAL:
        if threads is not None or cores is not None or energy:
            raise click.UsageError(
                "--threads, --cores and --energy are for phones: name one with --device."
            )
        job = start_local_profiling(network, plan, out, seed, configurations, chosen)
    else:
        settings = PhoneSettings(seed, threads or 1, cores or "big")
        job = start_phone_profiling(
            device, network, plan, out, configurations, settings, chosen, energy=energy
        )
    summary = _follow(job)
    if as_json:
        plain = {
            key: str(value) if isinstance(value, Path) else value
            for key, value in dataclasses.asdict(summary).items()
        }
        click.echo(json.dumps(plain, indent=2))
        return
    if out is not None:
        click.echo(f"wrote {summary.path}")
    else:
        click.echo(f"device profile {summary.path.stem} in {summary.project}")
    if summary.provenance != Provenance.MEASURED:
        click.echo(f"{summary.provenance.upper()}: {summary.device}; nothing of it was measured")
    click.echo(f"raw samples: run {summary.run} in {summary.project}")
    click.echo(
        f"{summary.runs:,} runs of {summary.fitted_configurations} configurations for the table"
        f" and {summary.held_out_configurations} held out; measurement {summary.trust}"
    )
    click.echo(
        f"held-out configurations: median error {summary.relative_error:.1%},"
        f" {summary.within_5_percent:.0%} within 5 %, {summary.within_10_percent:.0%} within 10 %"
        f" (the term model alone: {summary.term_error:.1%})"
    )
    backbone = summary.backbone
    click.echo(
        f"backbone {backbone.p50_ms:.3f} ms (95 % interval {backbone.median_low_ms:.3f} to"
        f" {backbone.median_high_ms:.3f}), p90 {backbone.p90_ms:.3f} ms"
    )
    click.echo(
        f"memory {summary.bandwidth_gb_per_s:.1f} GB/s ({summary.bandwidth_provenance});"
        f" power: {summary.power}"
    )
    if summary.sustained is not None:
        click.echo(f"sustained: {summary.sustained.text()}")
    if summary.energy is not None:
        for line in energy_lines(summary.energy):
            click.echo(line)


def energy_lines(energy: EnergySummary) -> list[str]:
    """A line for each configuration whose energy was measured."""
    lines = [f"energy, {energy.provenance}, by {energy.sensor}:"]
    for figure in energy.figures:
        group = "held out" if figure.held_out else "fit"
        told = (
            f"not resolved ({figure.low_mj:.3g} to {figure.high_mj:.3g} mJ)"
            if figure.energy_mj is None
            else f"{figure.energy_mj:.3g} mJ (95 % interval {figure.low_mj:.3g} to"
            f" {figure.high_mj:.3g})"
        )
        lines.append(
            f"  {figure.position + 1:>3} {group:8} {told}, predicted {figure.predicted_mj:.3g} mJ,"
            f" {figure.trust}"
        )
    return lines


def _listed(text: str) -> tuple[str, ...]:
    """Configurations of a file, or those that the text itself names, apart by commas."""
    if Path(text).is_file():
        return read_list(text)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _follow(job: Job) -> ProfilingSummary:
    """Show progress until the job ends; Ctrl+C cancels it."""
    show = sys.stderr.isatty()
    try:
        while not job.finished:
            job.wait(0.5)
            job.events()
            progress = job.latest_progress
            if show and progress is not None:
                left = "" if progress.eta_s is None else f", {progress.eta_s:.0f} s left"
                done = 0.0 if progress.fraction is None else progress.fraction
                click.echo(f"\r\x1b[K{done:4.0%} {progress.message}{left}", nl=False, err=True)
    except KeyboardInterrupt:
        job.cancel()
        job.wait()
        raise
    finally:
        if show:
            click.echo(err=True)
    try:
        summary: ProfilingSummary = job.result()
    except JobCancelled:
        raise KeyboardInterrupt from None
    return summary
