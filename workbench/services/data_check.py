"""See what a data folder holds before anything is trained, as a job in a worker process."""

from __future__ import annotations

import csv
from pathlib import Path

from workbench.core.files import atomic_write
from workbench.jobs import Job, JobContext, run_in_process
from workbench.tasks.findings import DataReport
from workbench.tasks.options import NO_OPTIONS, TaskOptions
from workbench.tasks.reading import read_data
from workbench.tasks.registry import task


def start_data_check(task_name: str, data: Path, options: TaskOptions = NO_OPTIONS) -> Job:
    """Read the whole folder without training; the job's result is a `DataReport`.

    Raises:
        SettingsError: when the task is unknown, or cannot be had that way.
    """
    task(task_name, options)
    return run_in_process(
        "workbench.services.data_check:report_data",
        {"task_name": task_name, "data": str(data), "options": options},
        name=f"check the data of {task_name}",
    )


def report_data(
    context: JobContext, *, task_name: str, data: str, options: TaskOptions = NO_OPTIONS
) -> DataReport:
    """The part that runs in the worker.

    Raises:
        InputFileError: when nothing in the folder can be read as this task's data.
    """
    context.progress(None, "Reading the data")
    return read_data(task(task_name, options), Path(data), context)[1]


def write_findings(path: Path, report: DataReport) -> None:
    """Write all findings as a CSV table: path, line, kind, samples left out, what.

    Raises:
        InputFileError: when the file cannot be written.
    """
    with atomic_write(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("path", "line", "kind", "samples", "what"))
        for finding in report.findings:
            line = "" if finding.line is None else finding.line
            writer.writerow((finding.path, line, finding.kind, finding.items, finding.what))
