"""`adaspring-workbench train`: train a self-evolutionary network and measure it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from workbench.cli.data_options import data_options
from workbench.cli.following import EXIT_INTERRUPTED, follow
from workbench.jobs import JobCancelled
from workbench.services.training import TrainingRequest, start_training
from workbench.tasks.options import TaskOptions


@click.command("train")
@click.option("--task", default="fashion_mnist", show_default=True, help="What to train.")
@data_options
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
@click.option(
    "--skip-bad-data", is_flag=True, help="Train on the rest where some data cannot be used."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def command(
    task: str,
    data: Path,
    input_size: int | None,
    max_classes: int | None,
    out: Path,
    minutes: float | None,
    seed: int,
    resume: bool,
    precision: Literal["auto", "float32", "bfloat16"],
    measured: int | None,
    skip_bad_data: bool,
    as_json: bool,
) -> int:
    """Train a self-evolutionary network, measure its accuracy and write its folder.

    Ctrl+C stops; the same command with --resume goes on from there.
    """
    options = TaskOptions(input_size, max_classes)
    job = start_training(
        TrainingRequest(
            task, data, out, minutes, seed, resume, precision, measured, skip_bad_data, options
        )
    )
    try:
        figures = follow(job)
    except JobCancelled:
        click.echo("stopped; go on with the same command and --resume", err=True)
        return EXIT_INTERRUPTED
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return 0
    click.echo(f"wrote {out}")
    if figures["left_out_samples"]:
        click.echo(f"samples left out as unusable: {figures['left_out_samples']:,}")
    click.echo(
        f"whole network {figures['accuracy_percent']:.2f}%, {figures['random_configurations']}"
        f" random configurations {figures['random_accuracy_percent']:.2f}% on average"
        f" ({figures['test_images']} test samples, measured)"
    )
    click.echo(
        f"{figures['measured_configurations']} configurations measured; predictor off by"
        f" {figures['predictor_error_points']:.2f} points on average on held-out ones"
    )
    return 0
