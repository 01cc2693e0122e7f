"""Training a network, as a job in a worker process: this process never imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core.errors import SettingsError
from workbench.jobs import Job, run_in_process
from workbench.tasks.options import NO_OPTIONS, TaskOptions
from workbench.tasks.registry import task

GRACE_S = 60.0
"""A step and a checkpoint fit in; a worker that was asked to stop gets that long."""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What to train.

    Attributes:
        task: name of the task; its recipe says everything else.
        data: folder with the data set's files.
        out: folder for the network; made where it is missing.
        minutes: time for the training steps; None takes the recipe's epochs.
        resume: go on from the last checkpoint in `out`.
        measured: how many configurations to measure; None measures small spaces whole.
        skip_bad_data: train on the rest where some of the data cannot be used.
        options: what of the recipe is wanted otherwise.
    """

    task: str
    data: Path
    out: Path
    minutes: float | None = None
    seed: int = 1
    resume: bool = False
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    measured: int | None = None
    skip_bad_data: bool = False
    options: TaskOptions = NO_OPTIONS


def start_training(request: TrainingRequest) -> Job:
    """Start the job; its result is a dictionary of figures.

    Raises:
        SettingsError: when the task is unknown or a number makes no sense.
    """
    task(request.task, request.options)
    if request.minutes is not None and not request.minutes > 0:
        raise SettingsError("The minutes for training must be more than 0.")
    if request.measured is not None and request.measured < 20:
        raise SettingsError("At least 20 configurations must be measured.")
    return run_in_process(
        "workbench.services.training_worker:train_network",
        {
            "task_name": request.task,
            "data": str(request.data),
            "out": str(request.out),
            "seed": request.seed,
            "minutes": request.minutes,
            "resume": request.resume,
            "precision": request.precision,
            "measured": request.measured,
            "skip_bad_data": request.skip_bad_data,
            "options": request.options,
        },
        name=f"train {request.task}",
        grace_s=GRACE_S,
    )
