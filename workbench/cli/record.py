"""`adaspring-workbench record`: record a context trace."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from workbench.cli.project_option import project_option
from workbench.devices.local import LocalSettings
from workbench.jobs import Job, JobCancelled, LogLine, run_in_thread
from workbench.services.devices import clean
from workbench.services.phone_recording import (
    PhoneRecordingSettings,
    PhoneRecordingSummary,
    record_phone,
)
from workbench.services.project_recording import record_into_project
from workbench.services.recording import RecordingSettings, RecordingSummary, record_local
from workbench.services.trace_library import TraceLibrary

LOCAL = "local"
LOCAL_TITLE = "Recording of a computer"

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
@click.option(
    "--device",
    metavar="DEVICE",
    default="local",
    show_default=True,
    help="This computer (local), or a phone: its serial number, or HOST:PORT.",
)
@click.option(
    "--duration",
    type=parse_duration,
    metavar="TIME",
    help="Such as 60s, 20min, 2h. Default: until Ctrl+C.",
)
@click.option(
    "--rate",
    "rate_hz",
    default=2.0,
    show_default=True,
    help="Samples a second; at most 10 from a phone.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Trace file to write.  [default: into the project]",
)
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
@click.option(
    "--l2-kib",
    type=click.FloatRange(1, 2**20),
    help="L2 cache of a phone's fastest cores.  [default: as the phone or a table says]",
)
@click.option("--title", default="", help="Name of the trace.  [default: says what was recorded]")
@click.option("--description", default="", help="A sentence to keep with the trace.")
@project_option(writes=True)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def command(
    device: str,
    duration: float | None,
    rate_hz: float,
    out: Path | None,
    event_rate_hz: float,
    cache_load_factor: float,
    l2_kib: float | None,
    title: str,
    description: str,
    as_json: bool,
) -> None:
    """Record the context of a device into the project, or into a trace file.

    Ctrl+C ends the recording and keeps what was recorded so far.
    """
    settings = RecordingSettings(
        rate_hz=rate_hz,
        duration_s=duration,
        event_rate_hz=event_rate_hz,
        title=title or (LOCAL_TITLE if device == LOCAL else ""),
        description=description,
        local=LocalSettings(cache_load_factor),
    )
    summary: RecordingSummary | PhoneRecordingSummary
    if device == LOCAL:
        if l2_kib is not None:
            raise click.UsageError("--l2-kib is for phones: this computer tells its own.")
        arguments: dict[str, Any] = {"settings": settings}
        summary = _follow(_start(record_local, out, arguments, title, "this computer"))
    else:
        phone = PhoneRecordingSettings(settings, l2_kib)
        arguments = {"name": device, "settings": phone}
        try:
            summary = _follow(_start(record_phone, out, arguments, title, clean(device)))
        except JobCancelled:
            click.echo("ended before the first sample: nothing was written", err=True)
            raise click.Abort from None
    if as_json:
        click.echo(json.dumps(asdict(summary), indent=2))
        return
    ended = "stopped; kept" if summary.stopped_early else "recorded"
    where = summary.path if out is not None else f"trace {Path(summary.path).stem} of the project"
    click.echo(f"{ended} {summary.samples} samples over {summary.duration_s:.1f} s in {where}")
    if isinstance(summary, PhoneRecordingSummary):
        _say_about_phone(summary)
    else:
        click.echo(
            f"the sampler took {summary.cost_ms_per_sample:.2f} ms of processor time a sample, "
            f"{summary.cost_percent_of_core:.2f} % of a core"
        )
    for name, story in summary.assumed.items():
        click.echo(f"not measured: {name}: {story}")


def _start(
    record: Callable[..., Any],
    out: Path | None,
    arguments: dict[str, Any],
    title: str,
    what: str,
) -> Job:
    """A job that records into a file, or into the project."""
    name = f"record {what}"
    if out is not None:
        return run_in_thread(record, arguments | {"path": out}, name=name)
    library = TraceLibrary()
    path = library.new_path(library.free_id(title or f"Recording of {what}"))
    arguments |= {"record": record, "path": path}
    return run_in_thread(record_into_project, arguments, name=name)


def _say_about_phone(summary: PhoneRecordingSummary) -> None:
    simulated = " Nothing in it was measured." if summary.simulated else ""
    click.echo(f"from {summary.device}, by {summary.sampler}.{simulated}")
    if summary.cost_percent_of_core is not None:
        click.echo(f"the sampler took {summary.cost_percent_of_core:.2f} % of a core")
    drift = "" if summary.clock_drift_ms is None else f"; it moved {summary.clock_drift_ms:+.1f} ms"
    if abs(summary.clock_drift_ms or 0.0) <= 2 * summary.clock_uncertainty_ms and drift:
        drift = "; no drift can be told from that"
    click.echo(f"the phone's clock is known within {summary.clock_uncertainty_ms:.1f} ms{drift}")
    for begin, end in summary.gaps:
        click.echo(f"gap: nothing was recorded from {begin:.1f} s to {end:.1f} s")
    if summary.problem:
        click.echo(f"ended early: {summary.problem}")


def _follow(job: Job) -> Any:
    """Show progress until the job ends; Ctrl+C asks it to stop and keep what it has."""
    announced = False
    # Text over text on a terminal needs the rest of the line cleared.
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    while not job.finished:
        try:
            if not announced:
                click.echo("recording; Ctrl+C ends it and keeps what was recorded", err=True)
                announced = True
            job.wait(0.5)
            for event in job.events():
                if isinstance(event, LogLine):
                    click.echo(f"{start}{event.text}", err=True)
            _show_progress(job, start)
        except KeyboardInterrupt:
            if job.cancel_requested:
                raise
            job.cancel()
    if sys.stderr.isatty():
        click.echo(err=True)
    return job.result()


def _show_progress(job: Job, start: str) -> None:
    progress = job.latest_progress
    if progress is None or not start:
        return
    left = "" if progress.eta_s is None else f", {progress.eta_s:.0f} s left"
    share = progress.detail.get("cpu_share")
    text = progress.message if share is None else f"{progress.message}, CPU share {share:.2f}"
    click.echo(f"{start}{text}{left}", nl=False, err=True)
