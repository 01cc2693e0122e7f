"""Follow a job on the command line: a line of progress, and Ctrl+C that stops it in order."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from workbench.jobs import Job
from workbench.jobs.events import JobEvent, Progress

EXIT_INTERRUPTED = 130
LINE_EVERY_S = 10.0
"""Without a terminal a line is printed that often."""


def follow(job: Job, show: Callable[[JobEvent], str | None] = lambda event: None) -> Any:
    """Show progress until the job ends and return its result; Ctrl+C asks it to stop.

    Args:
        show: a line worth keeping that an event stands for, or None.
    """
    terminal = sys.stderr.isatty()
    printed_s = -LINE_EVERY_S
    while not job.finished:
        try:
            job.wait(0.5 if terminal else 1.0)
        except KeyboardInterrupt:
            if job.cancel_requested:
                raise
            click.echo("\nstopping ...", err=True)
            job.cancel()
        progress = job.latest_progress
        _keep(job, show, terminal)
        if progress is None or (not terminal and job.elapsed_s - printed_s < LINE_EVERY_S):
            continue
        printed_s = job.elapsed_s
        line = progress_line(progress)
        click.echo(f"\r{line:<100}" if terminal else line, nl=not terminal, err=True)
    _keep(job, show, terminal)
    if terminal:
        click.echo(err=True)
    return job.result()


def _keep(job: Job, show: Callable[[JobEvent], str | None], terminal: bool) -> None:
    """Print the lines that stay, above the line of progress."""
    for line in filter(None, map(show, job.events())):
        click.echo(f"\r{line:<100}" if terminal else line, err=True)


def progress_line(progress: Progress) -> str:
    """One line: how far, how long, what, and the live figures of the ensemble."""
    share = "" if progress.fraction is None else f"{100 * progress.fraction:3.0f}% "
    left = "" if progress.eta_s is None else f", {progress.eta_s / 60:.1f} min left"
    figures = "".join(
        f", {name} {progress.detail[key]:.1f}%"
        for name, key in (
            ("whole", "largest_percent"),
            ("random", "random_percent"),
            ("smallest", "smallest_percent"),
        )
        if key in progress.detail
    )
    loss = f", loss {progress.detail['train_loss']:.3f}" if "train_loss" in progress.detail else ""
    return f"{share}{progress.message}{left}{loss}{figures}"
