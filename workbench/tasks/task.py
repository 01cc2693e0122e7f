"""What a task is: its data, its backbone and how that is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.core.split import Split
from workbench.space.backbone import Backbone
from workbench.space.description import DataCard
from workbench.space.recipe import TrainingSettings
from workbench.tasks.findings import Reading
from workbench.tasks.options import TaskOptions


@dataclass(frozen=True, slots=True)
class Dataset:
    """Training and test part of a data set; the test part is never trained on."""

    train: Split
    test: Split
    classes: tuple[str, ...]
    card: DataCard


@dataclass(frozen=True, slots=True)
class Task:
    """A classification task.

    Attributes:
        name: as the command line takes it.
        title: as people read it.
        backbone: the network at full size and the operators of each layer.
        read: reads the data set from a folder; notes what it cannot use in the `Reading` and raises
            InputFileError where nothing can be read. Call it through `tasks.reading`.
        data_hint: how a developer gets the data.
        usual_folder: where a distribution's package puts the data; empty where there is none.
        classes_from_data: the head has as many classes as the data; else as the backbone says.
        takes_file: the data may be one file (an archive) instead of a folder.
        with_options: the task as a user wants it; None where nothing can be chosen.
    """

    name: str
    title: str
    backbone: Backbone
    training: TrainingSettings
    read: Callable[[Path, Reading], Dataset]
    data_hint: str
    usual_folder: str = ""
    classes_from_data: bool = False
    takes_file: bool = False
    with_options: Callable[[TaskOptions], Task] | None = None

    def backbone_for(self, classes: int) -> Backbone:
        """The backbone with a head for that many classes, where the data decide on them."""
        if not self.classes_from_data:
            return self.backbone
        return dataclasses.replace(self.backbone, classes=classes)
