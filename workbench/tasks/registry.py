"""The tasks the workbench knows."""

from __future__ import annotations

from workbench.core.errors import SettingsError
from workbench.tasks import cifar100, fashion_mnist
from workbench.tasks.task import Task

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        fashion_mnist.TASK,
        cifar100.TASK,
    )
}


def task(name: str) -> Task:
    """The task of that name.

    Raises:
        SettingsError: when there is none.
    """
    if name not in TASKS:
        raise SettingsError(f"There is no task {name!r}.", f"Known: {', '.join(TASKS)}.")
    return TASKS[name]
