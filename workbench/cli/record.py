"""`adaspring-workbench record`: record a context trace."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from workbench.devices.local import LocalSettings
from workbench.jobs import Job, run_in_thread
from workbench.services.recording import RecordingSettings, RecordingSummary, record_local

_UNITS_S = {"": 1.0, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> float:
    """Seconds of a time span such as 90, 90s, 20min or 2h.

    Raises:
        click.BadParameter: when it has another form.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip(), re.ASCII)
    if match is None or match.group(2) not in _UNITS_S:
        raise click.BadParameter(f"{text!r} is no time span; write 90s, 20min or 2h.")
    return float(match.group(1)) * _UNITS_S[match.group(2)]


@click.command("record")
@click.option("--device", type=click.Choice(["local"]), default="local", show_default=True)
@click.option(
    "--duration",
    type=parse_duration,
    metavar="TIME",
    help="Such as 60s, 20min, 2h. Default: until Ctrl+C.",
)
@click.option("--rate", "rate_hz", default=2.0, show_default=True, help="Samples a second.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option(
    "--event-rate",
    "event_rate_hz",
    default=1.0,
    show_default=True,
    help="Inferences a second to write down for an application.",
)
@click.option(
    "--cache-load-factor",
    default=0.6,
    show_default=True,
    help="Share of the L2 cache that other programs hold at full load (for the estimate).",
)
@click.option("--title", default="Recording of a computer", show_default=True)
@click.option("--description", default="", help="A sentence to keep with the trace.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def command(
    device: str,
    duration: float | None,
    rate_hz: float,
    out: Path,
    event_rate_hz: float,
    cache_load_factor: float,
    title: str,
    description: str,
    as_json: bool,
) -> None:
    """Record the context of a device into a trace file.

    Ctrl+C ends the recording and keeps what was recorded so far.
    """
    settings = RecordingSettings(
        rate_hz=rate_hz,
        duration_s=duration,
        event_rate_hz=event_rate_hz,
        title=title,
        description=description,
        local=LocalSettings(cache_load_factor),
    )
    job = run_in_thread(record_local, {"settings": settings, "path": out}, name=f"record {device}")
    summary: RecordingSummary = _follow(job)
    if as_json:
        click.echo(json.dumps(asdict(summary), indent=2))
        return
    ended = "stopped; kept" if summary.stopped_early else "recorded"
    click.echo(
        f"{ended} {summary.samples} samples over {summary.duration_s:.1f} s in {summary.path}"
    )
    click.echo(
        f"the sampler took {summary.cost_ms_per_sample:.2f} ms of processor time a sample, "
        f"{summary.cost_percent_of_core:.2f} % of a core"
    )
    for name, story in summary.assumed.items():
        click.echo(f"not measured: {name}: {story}")


def _follow(job: Job) -> Any:
    """Show progress until the job ends; Ctrl+C asks it to stop and keep what it has."""
    announced = False
    while not job.finished:
        try:
            if not announced:
                click.echo("recording; Ctrl+C ends it and keeps what was recorded", err=True)
                announced = True
            job.wait(0.5)
            job.events()
            _show_progress(job)
        except KeyboardInterrupt:
            if job.cancel_requested:
                raise
            job.cancel()
    if sys.stderr.isatty():
        click.echo(err=True)
    return job.result()


def _show_progress(job: Job) -> None:
    progress = job.latest_progress
    if progress is None or not sys.stderr.isatty():
        return
    left = "" if progress.eta_s is None else f", {progress.eta_s:.0f} s left"
    share = progress.detail.get("cpu_share", 1.0)
    click.echo(f"\r{progress.message}, CPU share {share:.2f}{left}   ", nl=False, err=True)
