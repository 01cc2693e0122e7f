"""`adaspring-workbench check-data`: what a data folder holds and what is wrong with it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from workbench.cli.data_options import data_options
from workbench.cli.following import EXIT_INTERRUPTED, follow
from workbench.jobs import JobCancelled
from workbench.services.data_check import start_data_check, write_findings
from workbench.tasks.findings import DataReport
from workbench.tasks.options import TaskOptions

EXIT_BAD_DATA = 2
SHOWN = 20


@click.command("check-data")
@click.option("--task", required=True, help="Whose data it should be.")
@data_options
@click.option(
    "--list", "list_path", type=click.Path(dir_okay=False, path_type=Path),
    help="Write all findings to this CSV file.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
def command(
    task: str,
    data: Path,
    input_size: int | None,
    max_classes: int | None,
    list_path: Path | None,
    as_json: bool,
) -> int:
    """Read a data folder as training would, and say what cannot be used.

    Ends with exit code 0 when all of it can be trained on, else with 2.
    """
    try:
        options = TaskOptions(input_size, max_classes)
        report: DataReport = follow(start_data_check(task, data, options))
    except JobCancelled:
        return EXIT_INTERRUPTED
    if list_path is not None:
        write_findings(list_path, report)
    if as_json:
        figures = dataclasses.asdict(report)
        figures |= {"left_out": report.left_out, "counts": report.counts}
        click.echo(json.dumps(figures, indent=2))
    else:
        _show(report)
    return EXIT_BAD_DATA if report.findings or report.blocked else 0


def _show(report: DataReport) -> None:
    shape = "x".join(map(str, report.shape))
    click.echo(f"{report.train:,} samples for training, {report.test:,} for testing")
    click.echo(f"{len(report.classes)} classes, inputs of {shape}")
    if report.pixel_bytes:
        click.echo(f"the decoded pictures take {report.pixel_bytes / 1e6:,.0f} MB")
    if report.findings:
        click.echo(report.summary())
    for finding in report.findings[:SHOWN]:
        click.echo(f"  {finding}")
    if len(report.findings) > SHOWN:
        click.echo(f"  … and {len(report.findings) - SHOWN:,} more; --list FILE writes them all")
    for reason in report.blocked:
        click.echo(f"cannot be trained on: {reason}")
    if report.findings and not report.blocked:
        click.echo("`train --skip-bad-data` trains on the rest")
