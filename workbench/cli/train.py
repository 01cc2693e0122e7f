"""`adaspring-workbench train`: train a self-evolutionary network and measure it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Literal

import click

from workbench.jobs import Job, JobCancelled
from workbench.jobs.events import Progress
from workbench.services.training import TrainingRequest, start_training

EXIT_INTERRUPTED = 130
LINE_EVERY_S = 10.0
"""Without a terminal a line is printed that often."""


@click.command("train")
@click.option("--task", default="fashion_mnist", show_default=True, help="What to train.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder with the data set's files (Debian: /usr/share/datasets/fashion-mnist).",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="New network."
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Time for the training itself; measuring comes on top. Default: the recipe's epochs.",
)
@click.option("--seed", default=1, show_default=True, help="Of every random choice.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in --out.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
    help="Of activations while training; auto takes the one this machine is faster with.",
)
@click.option(
    "--measure",
    "measured",
    type=click.IntRange(min=20),
    help="How many configurations to measure. Default: a space of up to 10,000 whole, else 600.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def command(
    task: str,
    data: Path,
    out: Path,
    minutes: float | None,
    seed: int,
    resume: bool,
    precision: Literal["auto", "float32", "bfloat16"],
    measured: int | None,
    as_json: bool,
) -> int:
    """Train a self-evolutionary network, measure its accuracy and write its folder.

    Ctrl+C stops; the same command with --resume goes on from there.
    """
    job = start_training(
        TrainingRequest(task, data, out, minutes, seed, resume, precision, measured)
    )
    try:
        figures = _follow(job)
    except JobCancelled:
        click.echo("stopped; go on with the same command and --resume", err=True)
        return EXIT_INTERRUPTED
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return 0
    click.echo(f"wrote {out}")
    click.echo(
        f"whole network {figures['accuracy_percent']:.2f}%, {figures['random_configurations']}"
        f" random configurations {figures['random_accuracy_percent']:.2f}% on average"
        f" ({figures['test_images']} test images, measured)"
    )
    click.echo(
        f"{figures['measured_configurations']} configurations measured; predictor off by"
        f" {figures['predictor_error_points']:.2f} points on average on held-out ones"
    )
    return 0


def _follow(job: Job) -> dict[str, Any]:
    """Show progress until the job ends; Ctrl+C asks it to write a checkpoint and stop."""
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
        job.events()
        if progress is None or (not terminal and job.elapsed_s - printed_s < LINE_EVERY_S):
            continue
        printed_s = job.elapsed_s
        line = progress_line(progress)
        click.echo(f"\r{line:<100}" if terminal else line, nl=not terminal, err=True)
    if terminal:
        click.echo(err=True)
    result: dict[str, Any] = job.result()
    return result


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
