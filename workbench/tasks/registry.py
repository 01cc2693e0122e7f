"""The tasks the workbench knows."""

from __future__ import annotations

from workbench.core.errors import SettingsError
from workbench.space.design_space import DesignSpace
from workbench.tasks import (
    cifar100,
    drums,
    fashion_mnist,
    hapt,
    imagenet,
    statefarm,
    ubisound,
    uci_har,
)
from workbench.tasks.options import NO_OPTIONS, TaskOptions
from workbench.tasks.task import Task

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        fashion_mnist.TASK,
        cifar100.TASK,
        imagenet.TASK,
        statefarm.TASK,
        hapt.TASK,
        uci_har.TASK,
        drums.TASK,
        ubisound.TASK,
    )
}


def task(name: str, options: TaskOptions = NO_OPTIONS) -> Task:
    """The task of that name, as the user wants it.

    Raises:
        SettingsError: when there is none, or it cannot be had that way.
    """
    if name not in TASKS:
        raise SettingsError(f"There is no task {name!r}.", f"Known: {', '.join(TASKS)}.")
    found = TASKS[name]
    if options == NO_OPTIONS:
        return found
    if found.with_options is None:
        takers = ", ".join(task.name for task in TASKS.values() if task.with_options)
        raise SettingsError(
            f"The task {name} has one size of input and its own classes.",
            f"Leave out --input-size and --max-classes; they are for {takers}.",
        )
    return found.with_options(options)


def design_space(name: str, options: TaskOptions = NO_OPTIONS) -> DesignSpace:
    """What can be chosen in a task's recipe, without data or training.

    Raises:
        SettingsError: when there is no such task, or it cannot be had that way.
    """
    return DesignSpace(task(name, options).backbone)
